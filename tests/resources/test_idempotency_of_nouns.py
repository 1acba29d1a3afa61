"""Idempotency-Key in the whole system: who asks, what may not be kept, and requests that meet or die."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib import clock
from chalicelib.auth import tokens
from chalicelib.docs.documented import DOCUMENTED
from chalicelib.jsonapi.http.action import ACTIONS
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.people.user.user import User
from chalicelib.settings import settings
from tests.factories import attributes_of, stored
from tests.factories.event import make_event
from tests.factories.ticket import make_ticket
from tests.factories.user import PASSWORD, make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply
from tests.support.pump import Pump

KEY = {"Idempotency-Key": "k-1"}
REPLAYED = "idempotent-replayed"


@pytest.fixture
def organizer(database: TestDatabase) -> User:
    return stored(make_user)


@pytest.fixture
def event(organizer: User) -> Event:
    return stored(make_event, owner=organizer)


def ask(client: Client, event: Event) -> Reply:
    """A new FAQ with the key."""
    wanted = document("faq", {"question": "Why?", "answer": "Because."}, event=("event", event))
    return client.post("/v1/faqs", wanted, headers=KEY)


def kept(database: TestDatabase) -> Any:
    return database.one("SELECT count(*) FROM idempotency_keys")


@pytest.mark.usefixtures("signals_on")
def test_an_order_that_is_sent_twice_holds_its_places_once(client: Client, database: TestDatabase) -> None:
    ticket, buyer = stored(make_ticket, quantity=5), client.signed_in_as(stored(make_user))
    wanted = {"tickets": [{"id": ticket.id, "quantity": 2}]}
    first, again = (buyer.post("/v1/orders/create-order", wanted, headers=KEY) for _ in range(2))
    assert (first.status, again.status, again.text) == (200, 200, first.text)
    assert again.headers == first.headers | {REPLAYED: "true"}
    assert database.one("SELECT count(*) FROM orders") == 1
    assert database.one("SELECT taken FROM stocks") == 2
    assert database.one("SELECT count(*) FROM outbox WHERE task = 'expire_order'") == 1


def test_signing_up_twice_makes_one_account_and_sends_one_mail(
    client: Client, database: TestDatabase, pump: Pump
) -> None:
    wanted = document("user", attributes_of("user"))
    first, again = (client.post("/v1/users", wanted, headers=KEY) for _ in range(2))
    assert (first.status, again.status, again.text) == (201, 201, first.text)
    assert again.headers["location"] == first.headers["location"]
    assert database.one("SELECT count(*) FROM users") == 1
    pump.everything()
    assert len(pump.mails()) == 1


def test_nobody_is_known_by_their_address(client: Client) -> None:
    wanted, elsewhere = {"email": "ada@example.org"}, Client(source_ip="192.0.2.7")
    first = client.post("/v1/users/checkEmail", wanted, headers=KEY)
    stored(make_user, email="ada@example.org")
    again = client.post("/v1/users/checkEmail", wanted, headers=KEY)
    assert (again.text, again.headers[REPLAYED]) == (first.text, "true")
    theirs = elsewhere.post("/v1/users/checkEmail", wanted, headers=KEY)
    assert theirs.text != first.text
    assert REPLAYED not in theirs.headers
    somebody = client.signed_in_as(stored(make_user)).post("/v1/users/checkEmail", wanted, headers=KEY)
    assert somebody.headers[REPLAYED] == "true"  # this action looks at no token, so they are nobody to it


def test_who_was_told_to_sign_in_does_so_and_sends_the_same_again(client: Client, organizer: User) -> None:
    stale = client.signed_in_as(tokens.access_token(organizer.id, fresh=False))
    wanted = {"data": {"old-password": PASSWORD, "new-password": "another long password"}}
    address = "/v1/auth/change-password"
    assert stale.post(address, wanted, headers=KEY).status == 401
    assert client.signed_in_as(organizer).post(address, wanted, headers=KEY).status == 200


def test_cookies_come_again(client: Client) -> None:
    first, again = (client.post("/v1/auth/logout", headers=KEY) for _ in range(2))
    assert first.headers["set-cookie"]
    assert again.headers == first.headers | {REPLAYED: "true"}


def test_tokens_are_not_kept_but_made_anew(client: Client, database: TestDatabase, organizer: User) -> None:
    sign_in = {
        "email": organizer.email,
        "password": PASSWORD,
        "remember-me": True,
        "include-in-response": True,
    }
    first, again = (client.post("/v1/auth/login", sign_in, headers=KEY) for _ in range(2))
    assert (first.status, again.status) == (200, 200)
    assert first.json["access_token"] != again.json["access_token"]
    carried = client.signed_in_as(first.json["refresh_token"])
    assert carried.post("/v1/auth/token/refresh", headers=KEY).status == 200
    me = client.signed_in_as(organizer)
    assert me.post("/v1/auth/fresh-login", {"password": PASSWORD}, headers=KEY).status == 200
    assert kept(database) == 0


NEVER_STORED = {
    ("v1", "video-streams", "{id}", "join"),  # its link has a password
    ("v1", "badge-forms", "preview-badge-pdf"),  # bytes
    ("v1", "orders", "{order}", "charge"),  # the secret with which a browser pays
    ("v1", "event-invoices", "{invoice}", "create-stripe-payment"),
    ("v1", "import-files"),  # a signed form with which anybody sends a file, for ten minutes
    ("v1", "alipay", "create_source", "{order}"),  # a link with which anybody pays
    ("POST", "v1", "users", "me", "schedule-feeds"),  # the address of a feed, which only its hash is kept of
    (
        "POST",
        "v1",
        "events",
        "{id}",
        "door-devices",
    ),  # the code that pairs a device, of which only a hash is kept
    ("POST", "v1", "exhibitors", "{id}", "lead-devices"),
    ("v1", "events", "{event}", "stripe-connection"),  # a signed state, for this account
    # Codes of sign-in providers may be in their paths.
    ("v1", "auth", "oauth", "login", "{provider}"),
    ("v1", "auth", "oauth", "login", "{provider}", "{code}"),
}


def test_every_action_that_answers_tokens_says_so(client: Client) -> None:
    for item in (item for listed in ACTIONS.values() for item in listed):
        gives = DOCUMENTED[item.run].response
        answers_tokens = isinstance(gives, dict) and bool(
            {"access_token", "refresh_token", "token"} & gives.keys()
        )
        never = item.pattern in NEVER_STORED or (item.method, *item.pattern) in NEVER_STORED
        assert item.secret == (answers_tokens or never), item.pattern


def test_a_password_cannot_be_guessed_from_what_is_kept(
    client: Client, database: TestDatabase, environment: pytest.MonkeyPatch
) -> None:
    wanted, found = {"email": "ada@example.org", "password": PASSWORD}, set()
    for letter in "ab":
        environment.setenv("JWT_KEYS", f"{letter}:{letter * 40}")
        settings.cache_clear()
        assert client.post("/v1/users/checkEmail", wanted, headers=KEY).status == 200
        found.add(database.one("SELECT fingerprint FROM idempotency_keys"))
        database.run("DELETE FROM idempotency_keys")
    assert len(found) == 2  # without the signing key, nobody can tell whether a guess fits


def test_a_new_signing_key_makes_no_other_request(
    client: Client, event: Event, organizer: User, environment: pytest.MonkeyPatch
) -> None:
    first = ask(client.signed_in_as(organizer), event)
    old = settings().jwt_keys
    environment.setenv("JWT_KEYS", f"new:{'n' * 40},{old}")
    settings.cache_clear()
    again = ask(client.signed_in_as(organizer), event)
    assert (again.status, again.text) == (201, first.text)


def test_an_account_that_was_closed_meanwhile_gets_no_answer(
    client: Client, database: TestDatabase, event: Event, organizer: User
) -> None:
    me = client.signed_in_as(organizer)
    assert ask(me, event).status == 201
    database.run("UPDATE users SET is_blocked = true")
    assert ask(me, event).status == 401
    database.run("UPDATE users SET is_blocked = false")
    assert ask(me, event).status == 401  # blocking has ended the token
    sent = {"email": organizer.email, "password": PASSWORD}
    signed_in = client.post("/v1/auth/login", sent, content_type="application/json").json
    assert ask(client.signed_in_as(signed_in["access_token"]), event).headers[REPLAYED] == "true"


def test_what_a_lost_role_would_have_allowed_is_neither_done_nor_kept(
    client: Client, database: TestDatabase, event: Event, organizer: User
) -> None:
    me = client.signed_in_as(organizer)
    assert me.get(f"/v1/events/{event.id}").status == 200  # this process remembers the role
    database.run("DELETE FROM users_events_roles")
    first = ask(me, event)
    assert first.status == 403
    assert database.one("SELECT count(*) FROM faqs") == 0
    assert database.rows("SELECT status FROM idempotency_keys") == [{"status": 403}]
    stored(make_users_events_roles, user=organizer, event=event, role="owner")
    again = ask(me, event)
    assert (again.status, again.text, again.headers[REPLAYED]) == (403, first.text, "true")
    other = document("faq", {"question": "Why?", "answer": "Because."}, event=("event", event))
    assert me.post("/v1/faqs", other, headers={"Idempotency-Key": "k-2"}).status == 201


def test_the_sweep_forgets_what_is_older_than_a_day(
    client: Client, database: TestDatabase, event: Event, organizer: User, pump: Pump
) -> None:
    ask(client.signed_in_as(organizer), event)
    with clock.shifted(timedelta(hours=23, minutes=59)):
        pump.tick("sweep_outbox")
        assert kept(database) == 1
    with clock.shifted(timedelta(hours=24, seconds=1)):
        pump.tick("sweep_outbox")
        assert kept(database) == 0
