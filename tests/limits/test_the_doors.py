"""What may be asked how often at each door, and that an attacker does not lock honest people out."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib import clock
from chalicelib.auth import tokens
from chalicelib.settings import settings
from tests.factories import stored
from tests.factories.access_code import make_access_code
from tests.factories.discount_code import make_discount_code
from tests.factories.event import make_event
from tests.factories.group import make_group
from tests.factories.profile import make_profile
from tests.factories.role import built_in
from tests.factories.role_invite import make_role_invite
from tests.factories.user import PASSWORD, make_user
from tests.orders.baskets import CALCULATE, ORDER, basket, paid
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply

LOGIN, RESET = "/v1/auth/login", "/v1/auth/reset-password"
HERE, ELSEWHERE = "203.0.113.7", "198.51.100.4"


@pytest.fixture(autouse=True)
def _on(limits_on: None) -> None:
    """Here limits are what they are in production."""


def log_in(client: Client, email: str, password: str = PASSWORD) -> Reply:
    return client.post(LOGIN, {"email": email, "password": password})


def until_refused(ask: Any, most: int) -> list[int]:
    """The statuses up to the first 429, which is not among them; at most so many are asked."""
    found: list[int] = []
    for _ in range(most):
        reply = ask()
        if reply.status == 429:
            assert_told(reply)
            return found
        found.append(reply.status)
    raise AssertionError(f"{most} requests, and no limit: {found}")


def assert_told(reply: Reply) -> None:
    (error,) = reply.errors
    assert int(reply.headers["retry-after"]) >= 1
    assert (error["status"], error["code"]) == ("429", "too-many-requests")
    assert error["source"]


def test_sixty_wrong_passwords_are_not_tried(client: Client) -> None:
    email = stored(make_user).email
    attacker = client.from_address(HERE)
    assert until_refused(lambda: log_in(attacker, email, "wrong"), 60) == [401] * 10
    assert log_in(attacker, email).status == 429
    assert log_in(attacker, f" {email.upper()} ").status == 429
    assert attacker.post(LOGIN, {"username": email, "password": PASSWORD}).status == 429
    assert attacker.post("/auth/session", {"email": email, "password": PASSWORD}).status == 429


def test_an_attacker_keeps_nobody_from_signing_in_from_another_address(client: Client) -> None:
    email = stored(make_user).email
    for number in range(4):
        attacker = client.from_address(f"203.0.113.{number}")
        until_refused(lambda attacker=attacker: log_in(attacker, email, "wrong"), 60)
    assert log_in(client.from_address(ELSEWHERE), email).status == 200


def test_behind_the_same_address_the_owner_and_others_get_in_soon(client: Client) -> None:
    email, other = stored(make_user).email, stored(make_user).email
    here = client.from_address(HERE)
    until_refused(lambda: log_in(here, email, "wrong"), 60)
    refused = log_in(here, email)
    assert (refused.status, int(refused.headers["retry-after"]) <= 90) == (429, True)
    assert log_in(here, other).status == 200
    with clock.shifted(timedelta(seconds=91)):
        assert log_in(here, email).status == 200


def test_right_passwords_are_never_too_many(client: Client) -> None:
    email = stored(make_user).email
    assert [log_in(client.from_address(HERE), email).status for _ in range(15)] == [200] * 15


def test_one_place_guesses_at_many_accounts_only_so_often(
    client: Client, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("LIMIT_SIGN_IN_BY_SOURCE", "5/1h")
    settings.cache_clear()
    emails = iter([f"user-{number}@example.org" for number in range(20)])
    here = client.from_address("2001:db8:1:2::1")
    assert len(until_refused(lambda: log_in(here, next(emails), "wrong"), 20)) == 5
    # All of a network of 64 bits is one place.
    assert log_in(client.from_address("2001:db8:1:2:ffff::9"), next(emails), "wrong").status == 429
    assert log_in(client.from_address("2001:db8:1:3::1"), next(emails), "wrong").status == 401


@pytest.mark.parametrize(
    ("path", "right", "wrong"),
    [
        ("/v1/auth/fresh-login", {"password": PASSWORD}, {"password": "wrong"}),
        ("/v1/auth/verify-password", {"password": PASSWORD}, {"password": "wrong"}),
        (
            "/v1/auth/change-password",
            {"data": {"old-password": PASSWORD, "new-password": PASSWORD + "!"}},
            {"data": {"old-password": "wrong", "new-password": PASSWORD + "!"}},
        ),
    ],
)
def test_who_stole_a_token_does_not_guess_the_password(
    client: Client, path: str, right: Any, wrong: Any
) -> None:
    user = stored(make_user)
    thief = client.signed_in_as(user).from_address(HERE)
    assert len(until_refused(lambda: thief.post(path, wrong), 40)) == 20
    assert thief.post(path, right).status == 429
    assert client.signed_in_as(user).from_address(ELSEWHERE).post(path, right).status == 200


def test_joining_accounts_is_no_way_round_the_limit_on_signing_in(client: Client) -> None:
    victim = stored(make_user)
    thief = client.signed_in_as(stored(make_user)).from_address(HERE)
    guess = {"email": victim.email, "password": "wrong"}
    assert len(until_refused(lambda: thief.post("/v1/profiles/join", guess), 40)) == 10
    assert log_in(thief, victim.email).status == 429


@pytest.mark.parametrize(
    ("method", "path", "more"),
    [
        ("POST", "/v1/auth/verify-email", {}),
        ("PATCH", RESET, {"password": "another long password"}),
        ("POST", "/v1/role_invites/user", {}),
        ("POST", "/v1/role_invites/accept-invite", {}),
    ],
)
def test_tokens_are_not_guessed(client: Client, method: str, path: str, more: dict[str, str]) -> None:
    here = client.from_address(HERE)
    guess = {"data": {"token": "guess", **more}}
    assert len(until_refused(lambda: here.request(method, path, guess), 60)) == 30
    assert here.request(method, path, guess).errors[0]["source"]["pointer"] == "/data/token"
    assert client.from_address(ELSEWHERE).request(method, path, guess).status != 429


def test_refresh_tokens_are_not_guessed_and_good_ones_never_too_many(
    client: Client, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("LIMIT_REFRESH", "3/1h")
    settings.cache_clear()
    path = "/v1/auth/token/refresh"
    guess = client.from_address(HERE).signed_in_as("guess")
    assert until_refused(lambda: guess.post(path), 9) == [401] * 3


def test_who_has_an_account_is_told_only_so_often(client: Client) -> None:
    here = client.from_address(HERE)
    paths = iter(["/v1/users/checkEmail", "/v1/users/check_email"] * 50)
    asked = until_refused(lambda: here.post(next(paths), {"email": "ada@example.org"}), 90)
    assert asked == [200] * 60
    elsewhere = client.from_address(ELSEWHERE)
    assert elsewhere.post("/v1/users/checkEmail", {"email": "ada@example.org"}).status == 200


def test_one_mailbox_gets_few_verification_mails(
    client: Client, database: TestDatabase, signals_on: None
) -> None:
    user = stored(make_user, is_verified=False)
    path, numbers = "/v1/auth/resend-verification-email", iter(range(90))

    def ask() -> Reply:
        return client.from_address(f"203.0.113.{next(numbers)}").post(path, {"data": {"email": user.email}})

    assert until_refused(ask, 50) == [200] * 5
    assert database.one("SELECT count(*) FROM outbox WHERE task = 'look_for_account'") == 5
    other = {"data": {"email": stored(make_user, is_verified=False).email}}
    assert client.post(path, other).status == 200


def test_many_mailboxes_are_not_written_to_from_one_place(client: Client) -> None:
    path, here = "/v1/auth/resend-verification-email", client.from_address(HERE)
    emails = iter([f"user-{number}@example.org" for number in range(50)])
    assert until_refused(lambda: here.post(path, {"data": {"email": next(emails)}}), 50) == [200] * 20


def test_changing_the_address_mails_few_strangers_and_saving_a_form_counts_for_nothing(
    client: Client, database: TestDatabase, signals_on: None
) -> None:
    user = stored(make_user)
    asking = client.signed_in_as(user)
    email = user.email

    def save(email: str, name: str) -> Reply:
        body = document("user", {"email": email, "first-name": name}, id=user.id)
        return asking.patch(f"/v1/users/{user.id}", body)

    assert [save(email, f"Ada {number}").status for number in range(8)] == [200] * 8
    numbers = iter(range(30))
    assert until_refused(lambda: save(f"stranger-{next(numbers)}@example.org", "Ada"), 30) == [200] * 5
    assert database.one("SELECT count(*) FROM outbox WHERE task = 'send_verification_mail'") == 5
    assert database.one("SELECT email FROM users") == "stranger-4@example.org"


def test_detaching_a_profile_opens_an_account_and_mails_a_stranger_like_signing_up(
    client: Client, database: TestDatabase, environment: pytest.MonkeyPatch, signals_on: None
) -> None:
    environment.setenv("LIMIT_SIGN_UP", "2/1h")
    settings.cache_clear()
    user = stored(make_user)
    profiles = iter([stored(make_profile, user=user) for _ in range(4)])
    numbers = iter(range(9))

    def detach() -> Reply:
        body = {"email": f"stranger-{next(numbers)}@example.org", "password": PASSWORD}
        return client.signed_in_as(user).post(f"/v1/profiles/{next(profiles).id}/detach", body)

    assert until_refused(detach, 4) == [201, 201]
    assert database.one("SELECT count(*) FROM outbox WHERE task = 'send_verification_mail'") == 2


def test_accounts_are_opened_only_so_fast_from_one_place(
    client: Client, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("LIMIT_SIGN_UP", "3/1h")
    settings.cache_clear()
    numbers = iter(range(30))

    def sign_up(who: Client, password: str = PASSWORD) -> Reply:
        email = f"user-{next(numbers)}@example.org"
        return who.post("/v1/users", document("user", {"email": email, "password": password}))

    here = client.from_address(HERE)
    assert [sign_up(here, "short").status for _ in range(5)] == [422] * 5  # which opens none
    assert until_refused(lambda: sign_up(here), 9) == [201] * 3
    assert sign_up(client.from_address(ELSEWHERE)).status == 201


def role_invite(event: Any, email: str) -> Any:
    links = {"event": ("event", event), "role": ("role", stored(built_in, name="moderator"))}
    return document("role-invite", {"email": email}, **links)


def test_one_stranger_is_not_invited_forty_times(
    client: Client, database: TestDatabase, signals_on: None
) -> None:
    owner = stored(make_user)
    events = iter([stored(make_event, owner=owner) for _ in range(8)])
    asking = client.signed_in_as(owner)

    def invite() -> Reply:
        return asking.post("/v1/role-invites", role_invite(next(events), "Stranger@example.org"))

    assert until_refused(invite, 8) == [201] * 5
    assert database.one("SELECT count(*) FROM outbox WHERE task = 'send_event_role_mail'") == 5
    event = stored(make_event, owner=owner)
    assert asking.post("/v1/role-invites", role_invite(event, "other@example.org")).status == 201
    group = stored(make_group, user=owner)
    links = {"group": ("group", group), "role": ("role", stored(built_in, name="organizer"))}
    body = document("users-groups-role", {"email": "stranger@example.org"}, **links)
    assert asking.post("/v1/users-groups-roles", body).status == 429


def test_invitations_that_were_refused_count_for_nothing(client: Client) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    asking = client.signed_in_as(owner)
    assert asking.post("/v1/role-invites", role_invite(event, "helper@example.org")).status == 201
    for _ in range(8):
        assert asking.post("/v1/role-invites", role_invite(event, "helper@example.org")).status == 409
    again = stored(make_event, owner=owner)
    assert asking.post("/v1/role-invites", role_invite(again, "helper@example.org")).status == 201


def test_many_strangers_are_not_invited_at_once(client: Client, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("LIMIT_INVITATIONS", "4/1h")
    settings.cache_clear()
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    numbers = iter(range(40))
    asking = client.signed_in_as(owner)
    invited = until_refused(
        lambda: asking.post("/v1/role-invites", role_invite(event, f"{next(numbers)}@example.org")), 40
    )
    assert invited == [201] * 4


def test_an_invitation_is_mailed_again_only_so_often(
    client: Client, database: TestDatabase, signals_on: None
) -> None:
    owner = stored(make_user)
    invite = stored(make_role_invite, event=stored(make_event, owner=owner))
    path = f"/v1/role-invites/{invite.id}/resend-invite"
    assert until_refused(lambda: client.signed_in_as(owner).post(path), 40) == [200] * 3
    assert database.one("SELECT count(*) FROM outbox WHERE task = 'send_event_role_mail'") == 3


@pytest.mark.parametrize("noun", ["discount", "access"])
@pytest.mark.parametrize("way", ["lookup", "calculate", "order"])
def test_codes_are_not_guessed(client: Client, noun: str, way: str) -> None:
    event = stored(make_event)
    make: Any = make_discount_code if noun == "discount" else make_access_code
    ticket = paid(event)
    code = stored(make, event=event, tickets=(ticket,), code="Sesame")
    guesses = iter([f"GUESS{number}" for number in range(300)])
    attacker = client.signed_in_as(stored(make_user)).from_address(HERE)

    def ask(who: Client, text: str) -> Reply:
        if way == "lookup":
            return who.get(f"/v1/events/{event.id}/{noun}-codes/{text}")
        return who.post(CALCULATE if way == "calculate" else ORDER, basket(ticket, **{f"{noun}_code": text}))

    assert ask(attacker, code.code).status == 200
    assert len(until_refused(lambda: ask(attacker, next(guesses)), 300)) == 20
    assert ask(attacker, code.code).status == 429, "who guesses on is not told that it was right"
    assert attacker.get(f"/v1/events/{event.id}/{noun}-codes/{code.code}").status == 429
    assert attacker.post(CALCULATE, basket(ticket, **{f"{noun}_code": code.code})).status == 429
    assert attacker.post(CALCULATE, basket(ticket)).status == 200
    honest = client.signed_in_as(stored(make_user)).from_address(ELSEWHERE)
    assert ask(honest, code.code).status == 200
    with clock.shifted(timedelta(seconds=46)):
        assert ask(attacker, code.code).status == 200


def test_right_codes_are_never_too_many(client: Client) -> None:
    event = stored(make_event)
    ticket = paid(event)
    code = stored(make_discount_code, event=event, tickets=(ticket,))
    here = client.from_address(HERE)
    for _ in range(25):
        assert here.post(CALCULATE, basket(ticket, discount_code=code.code)).status == 200
        assert here.get(f"/v1/events/{event.id}/discount-codes/{code.code}").status == 200


def test_an_account_has_no_more_guesses_from_many_places_nor_a_place_from_many_accounts(
    client: Client, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("LIMIT_CODE_GUESSES_BY_SOURCE", "30/1h")
    settings.cache_clear()
    ticket = paid(stored(make_event))
    numbers = iter(range(300))
    account = client.signed_in_as(stored(make_user))

    def guess(who: Client) -> Reply:
        return who.post(CALCULATE, basket(ticket, discount_code=f"GUESS{next(numbers)}"))

    places = iter([f"203.0.113.{number}" for number in range(99)])
    assert len(until_refused(lambda: guess(account.from_address(next(places))), 99)) == 20
    people = [client.signed_in_as(stored(make_user)).from_address(ELSEWHERE) for _ in range(4)]
    turns = iter([person for person in people for _ in range(10)])
    assert len(until_refused(lambda: guess(next(turns)), 40)) == 30


def test_a_request_that_is_sent_again_with_its_key_counts_once(
    client: Client, database: TestDatabase, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("LIMIT_INVITATIONS", "2/1h")
    settings.cache_clear()
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    asking = client.signed_in_as(owner).with_headers({"Idempotency-Key": "first"})
    body = role_invite(event, "helper@example.org")
    replies = [asking.post("/v1/role-invites", body) for _ in range(6)]
    assert [reply.status for reply in replies] == [201] * 6
    assert {reply.headers.get("idempotent-replayed") for reply in replies[1:]} == {"true"}
    other = client.signed_in_as(owner).post("/v1/role-invites", role_invite(event, "other@example.org"))
    assert other.status == 201
    assert database.one("SELECT count(*) FROM role_invites") == 2
    again = asking.with_headers({"Idempotency-Key": "third"})
    assert again.post("/v1/role-invites", role_invite(event, "third@example.org")).status == 429


def test_a_refusal_that_is_kept_for_its_key_counts_as_a_guess_once(client: Client) -> None:
    ticket = paid(stored(make_event))
    asking = client.signed_in_as(stored(make_user))
    keyed = asking.with_headers({"Idempotency-Key": "one"})
    for _ in range(30):
        assert keyed.post(CALCULATE, basket(ticket, discount_code="GUESS")).status == 422
    assert keyed.post(CALCULATE, basket(ticket, discount_code="OTHER")).status == 422  # another request
    numbers = iter(range(300))
    rest = until_refused(
        lambda: asking.post(CALCULATE, basket(ticket, discount_code=f"GUESS{next(numbers)}")), 300
    )
    assert len(rest) == 19


def test_a_key_does_not_make_signing_in_a_replay(client: Client) -> None:
    email = stored(make_user).email
    keyed = client.from_address(HERE).with_headers({"Idempotency-Key": "one"})
    assert len(until_refused(lambda: log_in(keyed, email, "wrong"), 60)) == 10


def test_requests_without_a_source_address_are_not_limited_by_one(client: Client) -> None:
    nowhere = client.from_address("")
    assert [nowhere.post(RESET, {"data": {"email": f"{n}@example.org"}}).status for n in range(3)] == [
        200
    ] * 3


def test_headers_do_not_change_where_a_request_comes_from(client: Client) -> None:
    numbers = iter(range(99))

    def ask() -> Reply:
        lie = {
            "X-Forwarded-For": f"192.0.2.{next(numbers)}",
            "X-Real-IP": "192.0.2.1",
            "Forwarded": "for=192.0.2.1",
        }
        return log_in(client.from_address(HERE).with_headers(lie), "ada@example.org", "wrong")

    assert len(until_refused(ask, 60)) == 10


def test_a_body_that_cannot_be_read_is_told_so_and_is_no_way_round(client: Client) -> None:
    here = client.from_address(HERE)
    assert here.post(LOGIN, body=b"{", content_type="application/json").status == 400
    assert here.post(LOGIN, [1]).status == 400
    assert here.post(LOGIN, {"email": ["x"], "password": 1}).status == 400


def test_an_access_token_that_is_not_ours_is_refused_before_it_counts(
    client: Client, database: TestDatabase
) -> None:
    user = stored(make_user)
    expired = tokens.access_token(user.id, fresh=True, lifetime=timedelta(seconds=-90))
    for token in ("nonsense", expired):
        asking = client.signed_in_as(token).from_address(HERE)
        assert asking.post("/v1/auth/verify-password", {"password": "wrong"}).status == 401
    assert database.one("SELECT count(*) FROM rate_limits") == 0


def test_codes_that_reads_show_are_not_guessed_either(client: Client) -> None:
    event = stored(make_event)
    stored(make_access_code, event=event, code="HELPING-HANDS")
    here = client.from_address(HERE)
    guesses = (f"/v1/events/{event.id}/tickets?code=G{number}" for number in range(200))
    assert until_refused(lambda: here.get(next(guesses)), 150) == [200] * 100
    assert here.get(f"/v1/events/{event.id}/tickets").status == 200


def test_asking_for_mails_keeps_nobody_from_signing_up(client: Client) -> None:
    here = client.from_address(HERE)
    again = {"data": {"email": "newbie@example.org"}}
    until_refused(lambda: here.post("/v1/auth/resend-verification-email", again), 30)
    sent = document("user", {"email": "newbie@example.org", "password": PASSWORD})
    assert client.from_address(ELSEWHERE).post("/v1/users", sent).status == 201


def test_one_mailbox_is_one_however_its_domain_is_spelled(client: Client) -> None:
    stored(make_user, email="ada@example.org")
    domains = ("example.org", "EXAMPLE.org", "\uff45xample.org", "ex\uff41mple.org", "example\u3002org")
    spelled = iter([f"ada@{domain}" for domain in domains * 6])
    attacker = client.from_address(HERE)
    assert until_refused(lambda: log_in(attacker, next(spelled), "wrong"), 30) == [401] * 10


def test_files_and_badges_that_are_refused_count_too_as_they_take_computing_time(
    client: Client, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("LIMIT_UPLOADS", "3/1h")
    environment.setenv("LIMIT_BADGE_PREVIEWS", "3/1h")
    settings.cache_clear()
    asking = client.signed_in_as(stored(make_user))
    for address, sent in (
        ("/v1/upload/image", {"data": "data:image/png;base64,R0lGODlh"}),
        ("/v1/badge-forms/preview-badge-pdf", {"badgeForms": [{"badgeColor": "red"}]}),
    ):
        tried = until_refused(lambda: asking.post(address, sent, content_type="application/json"), 5)  # noqa: B023
        assert tried == [422] * 3
