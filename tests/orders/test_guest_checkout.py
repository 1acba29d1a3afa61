"""Buying without an account: the order that a link opens, for its holder alone, until an account claims it."""

from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

import pytest

from chalicelib import clock, db
from chalicelib.auth import passwords, tokens
from chalicelib.entrypoints import sweep_outbox
from chalicelib.resources.orders.order import links
from chalicelib.resources.orders.order.table import Order
from chalicelib.settings import settings
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.orders.baskets import CALCULATE, ORDER, basket, paid
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.guests import AGAIN, OPEN, Guest
from tests.support.http_client import Client
from tests.support.pump import Pump

pytestmark = pytest.mark.one_database

PASSWORD = "correct horse battery"


@pytest.fixture
def guest(client: Client, pump: Pump, request: pytest.FixtureRequest) -> Guest:
    """Somebody without an account, with an address of their own in each test."""
    return Guest(client, pump, f"g{crc32(request.node.name.encode())}@guests.example.org")


@pytest.fixture
def ticket(database: TestDatabase) -> Any:
    """A free ticket of a public event."""
    return stored(make_ticket, event=stored(make_event, can_pay_by_bank=True), quantity=1000)


def test_a_free_order_is_completed_once_the_mailed_link_was_opened(
    guest: Guest, ticket: Any, database: TestDatabase
) -> None:
    buyer, order = guest.with_order((ticket, 2))
    assert order["attributes"]["guest-name"] == "Gale Storm"
    assert order["attributes"]["guest-email"] == guest.email
    buyer.names(order)
    refused = buyer.moves(order, status="completed")
    assert (refused.status, refused.errors[0]["code"]) == (403, "unverified-user")
    assert refused.errors[0]["source"]["pointer"] == "/data/attributes/status"
    opened = guest.by_link()
    done = opened.moves(order, status="completed")
    assert (done.status, done.data["attributes"]["status"]) == (200, "completed")
    assert buyer.client.get(f"/v1/orders/{order['id']}").data["attributes"]["status"] == "completed"
    # The mail with the tickets has a link too, and so has whoever comes none.
    assert len(guest.mailed_keys()) == 2
    others = [mail for mail in guest.pump.mails() if "ada@example.org" in mail["to"]]
    assert len(others) == 1
    assert "#key=" not in others[0]["text"]
    assert opened.moves(order, status="cancelled").status == 200
    assert len(guest.mailed_keys()) == 3
    secrets = set(guest.mailed_keys())
    assert database.one("SELECT count(*) FROM order_links WHERE order_id = :id", id=int(order["id"])) == 3
    for table in ("order_links", "outbox", "mails", "idempotency_keys"):
        for row in database.rows(f"SELECT t::text AS text FROM {table} t"):
            assert not [secret for secret in secrets if secret in row["text"]], table


def test_the_link_opens_what_the_buyer_needs_and_nothing_else(guest: Guest, ticket: Any) -> None:
    buyer, order = guest.with_order(ticket)
    buyer.names(order)
    holder = guest.by_link()
    assert holder.moves(order, status="completed").status == 200
    asking, address = holder.client, f"/v1/orders/{order['id']}"
    shown = asking.get(f"{address}?include=event,tickets,attendees").json
    assert {resource["type"] for resource in shown["included"]} == {"event", "ticket", "attendee"}
    assert [resource["id"] for resource in asking.get(f"{address}/attendees").data]
    assert asking.get(f"/v1/orders/{order['attributes']['identifier']}").status == 200
    assert [resource["id"] for resource in asking.get("/v1/orders").data] == [order["id"]]
    assert asking.get("/v1/payments").data == []
    other, foreign = Guest(guest.client, guest.pump, f"x{guest.email}").with_order(ticket)
    people = other.client.get(f"/v1/orders/{foreign['id']}/attendees").data
    for path in (
        f"/v1/orders/{foreign['id']}",
        f"/v1/orders/{foreign['attributes']['identifier']}",
        f"/v1/orders/{foreign['id']}/attendees",
        f"/v1/attendees/{people[0]['id']}",
        f"/v1/orders/{foreign['id']}/tickets-pdf",
        f"/v1/tickets/{foreign['attributes']['identifier']}",
        f"/v1/orders/attendees/{people[0]['id']}.pdf",
        f"/v1/orders/invoices/{foreign['attributes']['identifier']}",
    ):
        assert asking.get(path).status == 404, path
    sent = document("attendee", {"firstname": "Mallory"}, people[0]["id"])
    assert asking.patch(f"/v1/attendees/{people[0]['id']}", sent).status == 404
    assert holder.moves(foreign, status="cancelled").status == 404
    assert asking.post(f"/v1/orders/{foreign['id']}/charge", document("charge")).status == 404
    assert asking.post(f"/v1/orders/{foreign['id']}/verify").status == 404
    assert asking.delete(f"/v1/orders/{foreign['id']}/links").status == 404
    # Nor is it an account.
    for method, path in (
        ("GET", "/v1/users/1"),
        ("GET", "/v1/users/user-details/get-user-id"),
        ("POST", "/v1/auth/fresh-login"),
        ("POST", "/v1/auth/token/refresh"),
    ):
        assert asking.request(method, path).status in {401, 404}, path
    event = document("event", {"name": "Theirs"}, ticket.event_id)
    assert asking.patch(f"/v1/events/{ticket.event_id}", event).status == 401
    assert asking.delete(address).status in {401, 403}


def test_revoking_ends_links_and_tokens_and_the_address_gets_new_ones(guest: Guest, ticket: Any) -> None:
    buyer, order = guest.with_order(ticket)
    holder, key = guest.by_link(), guest.mailed_keys()[0]
    address = f"/v1/orders/{order['id']}"
    stranger = guest.client.signed_in_as(stored(make_user))
    assert guest.client.delete(f"{address}/links").status == 401
    assert stranger.delete(f"{address}/links").status == 404
    assert holder.client.delete(f"{address}/links").status == 200
    for former in (buyer, holder):
        assert former.client.get(address).status == 401
        assert former.moves(order, status="cancelled").status == 401
    assert guest.unlocks(key).status == 404
    reply = guest.client.post(AGAIN, {"data": {"email": guest.email.upper()}})
    nobody = guest.client.post(AGAIN, {"data": {"email": "nobody@example.org"}})
    assert (reply.status, reply.text) == (nobody.status, nobody.text) == (200, reply.text)
    assert guest.by_link().client.get(address).status == 200
    assert not [mail for mail in guest.pump.mails() if "nobody@example.org" in mail["to"]]


def test_links_end_after_the_event_and_tokens_after_an_hour(guest: Guest, ticket: Any) -> None:
    buyer, order = guest.with_order(ticket)
    key, address = guest.mailed_keys()[0], f"/v1/orders/{order['id']}"
    ends = guest.client.get(f"/v1/events/{ticket.event_id}").data["attributes"]["ends-at"]
    with clock.shifted(timedelta(minutes=61)):
        assert buyer.client.get(address).status == 401
        assert guest.holding(guest.unlocks(key).json["access_token"]).client.get(address).status == 200
    over = datetime.fromisoformat(ends) - clock.now()
    with clock.shifted(over + timedelta(days=61)):
        assert guest.unlocks(key).status == 404


@pytest.mark.parametrize("forged", ["", "x" * 43, "x" * 5000])
def test_a_made_up_key_opens_nothing(guest: Guest, forged: str) -> None:
    assert guest.unlocks(forged).status in {400, 404}
    assert guest.client.post(OPEN, {"data": {"token": 7}}).status == 400
    assert guest.client.post(OPEN, {"data": []}).status == 400


def test_a_token_of_a_link_is_bound_to_its_purpose_and_version(guest: Guest, ticket: Any) -> None:
    _, order = guest.with_order(ticket)
    order_id, event_id = int(order["id"]), ticket.event_id
    path = f"/v1/orders/{order_id}"
    for opens, version in (
        ({"order": order_id, "event": event_id}, 1),
        ({"order": order_id, "event": event_id + 1}, 0),
        ({"order": order_id + 1000, "event": event_id}, 0),
        ({"order": order_id}, 0),
        ({"user": 1, "event": event_id}, 0),
    ):
        asking = guest.holding(tokens.link_token(opens, version)).client
        assert asking.get(path).status == 401, (opens, version)
    good = tokens.link_token({"order": order_id, "event": event_id}, 0)
    assert guest.holding(good).client.get(path).status == 200
    with pytest.raises(Exception, match="not of type 'link'"):
        tokens.read_access(good)
    with pytest.raises(Exception, match="not of type 'link'"):
        tokens.read_refresh(good)


def test_an_event_may_sell_to_accounts_alone(guest: Guest, database: TestDatabase) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    closed = stored(make_ticket, event=event)
    assert guest.client.get(f"/v1/events/{event.id}").data["attributes"]["is-guest-checkout-enabled"] is True
    sent = document("event", {"is-guest-checkout-enabled": False}, event.id)
    assert guest.client.signed_in_as(owner).patch(f"/v1/events/{event.id}", sent).status == 200
    before = database.one("SELECT count(*) FROM orders")
    refused = guest.orders(closed)
    assert (refused.status, refused.errors[0]["code"]) == (403, "guest-checkout-off")
    assert refused.errors[0]["source"]["pointer"] == "/buyer"
    assert database.one("SELECT count(*) FROM orders") == before
    assert guest.client.signed_in_as(stored(make_user)).post(ORDER, basket(closed)).status == 200


def test_who_buys_is_said_by_those_without_an_account_alone(guest: Guest, ticket: Any) -> None:
    assert guest.client.post(ORDER, basket(ticket)).status == 401
    assert guest.client.post(ORDER, basket(ticket, buyer=None)).status == 401
    both = guest.client.signed_in_as(stored(make_user)).post(
        ORDER, basket(ticket, buyer={"name": "Gale", "email": guest.email})
    )
    assert (both.status, both.errors[0]["source"]["pointer"]) == (422, "/buyer")
    assert (
        guest.client.post(CALCULATE, basket(ticket, buyer={"name": "G", "email": guest.email})).status == 200
    )


@pytest.mark.parametrize(
    ("buyer", "pointer"),
    [
        ({}, "/buyer/name"),
        ({"name": "Gale"}, "/buyer/email"),
        ({"name": "Gale", "email": "nowhere"}, "/buyer/email"),
        ({"name": "Gale", "email": "a@b.example\r\nBcc: c@d.example"}, "/buyer/email"),
        ({"name": "Gale", "email": ["a@b.example"]}, "/buyer/email"),
        ({"name": "", "email": "gale@example.org"}, "/buyer/name"),
        ({"name": " \u200b ", "email": "gale@example.org"}, "/buyer/name"),
        ({"name": "G" * 201, "email": "gale@example.org"}, "/buyer/name"),
        ({"name": 7, "email": "gale@example.org"}, "/buyer/name"),
        ({"name": "Gale", "email": "gale@example.org", "user": 1}, "/buyer/user"),
        ("Gale", "/buyer"),
        ([{"name": "Gale"}], "/buyer"),
    ],
)
def test_a_buyer_is_told_what_is_wrong(
    guest: Guest, ticket: Any, buyer: Any, pointer: str, database: TestDatabase
) -> None:
    before = database.one("SELECT count(*) FROM orders")
    refused = guest.client.post(ORDER, basket(ticket, buyer=buyer))
    assert refused.status == 422, refused.text
    assert pointer in {error["source"]["pointer"] for error in refused.errors}
    assert database.one("SELECT count(*) FROM orders") == before


def test_what_is_mailed_before_the_address_is_proven_was_not_typed_by_who_ordered(
    client: Client, pump: Pump, ticket: Any
) -> None:
    guest = Guest(client, pump, "victim@example.org", 'Win <a href="http://spam.example">here</a>')
    guest.with_order(ticket)
    guest.mailed_keys()
    (mail,) = [mail for mail in pump.mails() if "victim@example.org" in mail["to"]]
    assert "spam" not in str(mail)
    assert "Win" not in str(mail)


def test_a_verified_account_claims_the_orders_of_its_address(
    guest: Guest, ticket: Any, database: TestDatabase
) -> None:
    buyer, order = guest.with_order(ticket)
    key = guest.mailed_keys()[0]
    other = stored(make_user, email=f"other{guest.email}", password_hash=passwords.hashed(PASSWORD))
    account = stored(
        make_user, email=guest.email, is_verified=False, password_hash=passwords.hashed(PASSWORD)
    )
    address = f"/v1/orders/{order['id']}"

    def signs_in(user: Any) -> Client:
        said = {"email": user.email, "password": PASSWORD}
        reply = guest.client.post("/v1/auth/login", said, content_type="application/json")
        assert reply.status == 200, reply.text
        return guest.client.signed_in_as(reply.json["access_token"])

    for stranger in (other, account):  # another address, and one that is not verified
        assert signs_in(stranger).get(address).status == 404
    assert buyer.client.get(address).status == 200
    database.run("UPDATE users SET is_verified = true WHERE id = :id", id=account.id)
    first, mine = signs_in(account), signs_in(account)  # the second time changes nothing
    for asking in (first, mine):
        assert asking.get(address).data["attributes"].get("guest-email") is None
        assert [resource["id"] for resource in asking.get(f"/v1/users/{account.id}/orders").data] == [
            order["id"]
        ]
    assert buyer.client.get(address).status == 401
    assert guest.unlocks(key).status == 404
    assert database.one("SELECT count(*) FROM order_links WHERE order_id = :id", id=int(order["id"])) == 0
    assert database.one("SELECT link_version FROM orders WHERE id = :id", id=int(order["id"])) == 1
    # What is bought later with the address is found at the next sign-in.
    _, later = Guest(guest.client, guest.pump, guest.email.upper()).with_order(ticket)
    assert mine.get(f"/v1/orders/{later['id']}").status == 404
    assert signs_in(account).get(f"/v1/orders/{later['id']}").status == 200


def test_an_account_made_later_claims_by_verifying(guest: Guest, ticket: Any) -> None:
    _, order = guest.with_order(ticket)
    sent = document("user", {"email": guest.email, "password": PASSWORD})
    made = guest.client.post("/v1/users", sent)
    assert made.status == 201, made.text
    mine = guest.client.signed_in_as(int(made.data["id"]))
    assert mine.get(f"/v1/orders/{order['id']}").status == 404
    guest.pump.everything()
    texts = [mail["text"] for mail in guest.pump.mails() if guest.email.split("@")[0] in str(mail["to"])]
    token = next(text.split("token=")[1].split()[0] for text in texts if "token=" in text)
    assert guest.client.post("/v1/auth/verify-email", {"data": {"token": token}}).status == 200
    assert mine.get(f"/v1/orders/{order['id']}").status == 200


def test_who_does_not_finish_is_forgotten(guest: Guest, ticket: Any, database: TestDatabase) -> None:
    _, order = guest.with_order(ticket)
    id = int(order["id"])
    assert database.one("SELECT guest_source IS NOT NULL FROM orders WHERE id = :id", id=id)
    with clock.shifted(timedelta(minutes=16)):
        guest.pump.tick("sweep_outbox")
        guest.pump.everything()
        sweep_outbox()
        seen = "SELECT status, guest_source, guest_email IS NOT NULL AS known FROM orders WHERE id = :id"
        assert database.rows(seen, id=id) == [{"status": "expired", "guest_source": None, "known": True}]
    with clock.shifted(timedelta(days=31)):
        sweep_outbox()
    assert database.rows(seen, id=id) == [{"status": "expired", "guest_source": None, "known": False}]


def test_what_is_held_without_an_account_is_held_shortly(
    guest: Guest, ticket: Any, environment: pytest.MonkeyPatch, database: TestDatabase
) -> None:
    database.run("UPDATE settings SET order_expiry_time = 60")
    environment.setenv("GUEST_HOLD_MINUTES", "5")
    settings.cache_clear()
    _, order = guest.with_order(ticket)
    held = "SELECT expires_at < created_at + interval '6 min' FROM orders WHERE id = :id"
    assert database.one(held, id=int(order["id"]))


def test_an_organizer_sees_who_has_bought_and_cancels(guest: Guest) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner, can_pay_by_bank=True, payment_currency="EUR")
    buyer, order = guest.with_order(paid(event))
    buyer.names(order)
    assert buyer.moves(order, status="placed", payment_mode="bank").status == 403
    holder = guest.by_link()
    assert holder.moves(order, status="placed", payment_mode="bank").status == 200
    team = guest.client.signed_in_as(owner)
    seen = team.get(f"/v1/orders/{order['id']}").data["attributes"]
    assert (seen["guest-name"], seen["status"]) == ("Gale Storm", "placed")
    guest.pump.everything()
    told = [mail["text"] for mail in guest.pump.mails() if owner.email in mail["to"]]
    assert any(f"Gale Storm ({guest.email.replace('Guests', 'guests')})" in text for text in told)
    sent = document("order", {"status": "completed"}, order["id"])
    assert team.patch(f"/v1/orders/{order['id']}", sent).status == 200
    again = {"data": {"order": order["attributes"]["identifier"]}}
    before = len(guest.mailed_keys())
    assert team.post("/v1/orders/resend-email", again).status == 200
    receipt = {"order-identifier": order["attributes"]["identifier"]}
    assert holder.client.post("/v1/attendees/send-receipt", receipt).status == 200
    assert len(guest.mailed_keys()) == before + 2


def test_a_private_event_is_seen_with_its_order(guest: Guest) -> None:
    event = stored(make_event, privacy="private", bank_details="DE02 1203")
    hidden = stored(make_ticket, event=event)
    # Ids can be guessed; an account may order by them, as clients do.
    assert guest.orders(hidden).status == 404
    body = basket(hidden, buyer={"name": guest.name, "email": guest.email})
    assert guest.client.post(f"{ORDER}?event={event.identifier}x", body).status == 404
    made = guest.client.post(f"{ORDER}?event={event.identifier}", body)
    assert made.status == 200, made.text
    buyer, order = guest.holding(made.json["meta"]["access_token"]), made.data
    assert guest.client.get(f"/v1/events/{event.id}").status == 404
    assert buyer.client.get(f"/v1/events/{event.id}").data["attributes"]["bank-details"] == "DE02 1203"
    assert buyer.moves(order, status="cancelled").status == 200
    assert "bank-details" not in buyer.client.get(f"/v1/events/{event.id}").data["attributes"]


def test_a_token_is_not_stored_for_an_idempotency_key(
    guest: Guest, ticket: Any, database: TestDatabase
) -> None:
    sending = Guest(guest.client.with_headers({"Idempotency-Key": "guest-1"}), guest.pump, guest.email)
    first, again = sending.orders(ticket), sending.orders(ticket)
    assert (first.status, again.status) == (200, 200)
    assert first.headers["cache-control"] == "no-store"
    assert "idempotent-replayed" not in again.headers
    assert first.json["meta"] != again.json["meta"]
    assert database.one("SELECT count(*) FROM idempotency_keys WHERE key = 'guest-1'") == 0
    # A holder's own writes are replayed, to them alone.
    holder, order = guest.with_order(ticket)
    keyed = holder.client.with_headers({"Idempotency-Key": "guest-2"})
    sent = document("order", {"city": "Rome"}, order["id"])
    replies = [keyed.patch(f"/v1/orders/{order['id']}", sent) for _ in range(2)]
    assert [reply.status for reply in replies] == [200, 200]
    assert replies[1].headers["idempotent-replayed"] == "true"
    other = guest.client.signed_in_as(stored(make_user)).with_headers({"Idempotency-Key": "guest-2"})
    assert other.patch(f"/v1/orders/{order['id']}", sent).status == 404
    assert holder.client.delete(f"/v1/orders/{order['id']}/links").status == 200
    assert keyed.patch(f"/v1/orders/{order['id']}", sent).status == 401


def test_answers_to_the_forms_of_the_event_are_asked_for(guest: Guest, ticket: Any) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    form = {
        "field-identifier": "email", "form": "attendee", "type": "email", "is-required": True,
        "is-included": True, "is-fixed": True, "name": "Email",
    }  # fmt: skip
    sent = document("custom-form", form, event=("event", event))
    assert guest.client.signed_in_as(owner).post("/v1/custom-forms", sent).status == 201
    _, order = guest.with_order(stored(make_ticket, event=event))
    holder = guest.by_link()
    asked = holder.client.get(f"/v1/events/{event.id}/custom-forms").data
    assert [field["attributes"]["field-identifier"] for field in asked] == ["email"]
    assert holder.moves(order, status="completed").status == 422
    holder.names(order)
    assert holder.moves(order, status="completed").status == 200


def test_links_of_one_order_are_bounded(guest: Guest, ticket: Any, database: TestDatabase) -> None:
    _, order = guest.with_order(ticket)
    id = int(order["id"])
    first = guest.mailed_keys()[0]
    with db.transaction() as session:
        issued = [
            links.issue(session, session.get_one(Order, id), clock.now()) for _ in range(links.MOST_OF_ONE)
        ]
    assert database.one("SELECT count(*) FROM order_links WHERE order_id = :id", id=id) == links.MOST_OF_ONE
    assert guest.unlocks(first).status == 404
    assert guest.unlocks(issued[-1].partition("#key=")[2]).status == 200
