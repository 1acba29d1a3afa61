"""One-time tokens: they prove the address that they were mailed to, for one purpose, once, for a while."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib import clock, db
from chalicelib.resources.people.user.one_time_tokens import LIFETIMES, OneTimeToken, Purpose
from tests.auth.holder import NEW, PASSWORD, RESEND, RESET, Holder, exchange, interleaved, reset, verify
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.group import make_group
from tests.factories.role_invite import make_role_invite
from tests.factories.user import make_user
from tests.factories.users_groups_role import make_users_groups_role
from tests.support.databases import TestDatabase
from tests.support.http_client import Client
from tests.support.pump import Pump
from tests.support.statements import counted_statements

STRANGER = "stranger@example.org"


@pytest.fixture
def holder(client: Client, pump: Pump) -> Holder:
    return Holder(client, pump)


def is_verified(database: TestDatabase, holder: Holder) -> Any:
    return database.one(f"SELECT is_verified FROM users WHERE id = {holder.id}")


@pytest.mark.parametrize("purpose", list(Purpose))
def test_no_token_verifies_an_address_that_it_was_not_mailed_to(
    client: Client, database: TestDatabase, holder: Holder, purpose: Purpose
) -> None:
    """With a token in hand one's address is changed to a stranger's, and the token sent then."""
    token = {Purpose.PASSWORD_RESET: holder.asks_for_reset(), Purpose.EMAIL_VERIFICATION: holder.verification}
    assert holder.patch(email=STRANGER).status == 200
    if purpose is Purpose.PASSWORD_RESET:
        assert reset(client, token[purpose]).status == 404
    else:
        assert verify(client, token[purpose]).status == 400
    assert is_verified(database, holder) is False
    assert holder.sign_in(PASSWORD, STRANGER)


def test_an_address_that_changes_while_it_is_verified_is_not_verified(
    client: Client, database: TestDatabase, holder: Holder
) -> None:
    changed, verified = interleaved(
        database,
        "user.email_changed",
        lambda: holder.patch(email=STRANGER),
        lambda: verify(client, holder.verification),
    )
    assert (changed.status, verified.status) == (200, 400)
    assert is_verified(database, holder) is False


def test_an_address_that_is_verified_while_it_changes_is_not_verified(
    client: Client, database: TestDatabase, holder: Holder
) -> None:
    verified, changed = interleaved(
        database,
        "user.verified",
        lambda: verify(client, holder.verification),
        lambda: holder.patch(email=STRANGER),
    )
    assert (verified.status, changed.status) == (200, 200)
    row = database.rows(f"SELECT email, is_verified FROM users WHERE id = {holder.id}")
    assert row == [{"email": STRANGER, "is_verified": False}]


def test_an_address_that_changes_while_its_password_is_reset_is_not_verified(
    client: Client, database: TestDatabase, holder: Holder
) -> None:
    token = holder.asks_for_reset()
    changed, done = interleaved(
        database, "user.email_changed", lambda: holder.patch(email=STRANGER), lambda: reset(client, token)
    )
    assert (changed.status, done.status) == (200, 404)
    assert is_verified(database, holder) is False


@pytest.mark.parametrize("waits", ["the change", "the invitation"])
def test_an_address_that_changes_while_its_invitation_is_accepted_is_not_verified(
    client: Client, database: TestDatabase, holder: Holder, waits: str
) -> None:
    invite = stored(make_role_invite, event=stored(make_event), email=holder.email)

    def accept() -> Any:
        return client.post("/v1/role_invites/accept-invite", {"data": {"token": invite.hash}})

    def change() -> Any:
        return holder.patch(email=STRANGER)

    if waits == "the change":
        accepted, changed = interleaved(database, "user.verified", accept, change)
        assert (accepted.status, changed.status) == (200, 200)
    else:
        changed, accepted = interleaved(database, "user.email_changed", change, accept)
        assert (changed.status, accepted.status) == (200, 404)
    assert is_verified(database, holder) is False


@pytest.mark.parametrize(("days", "verified"), [(29, True), (31, False)])
def test_an_invitation_tells_whose_the_mailbox_is_for_a_month(
    client: Client, database: TestDatabase, holder: Holder, days: int, verified: bool
) -> None:
    invite = stored(make_role_invite, event=stored(make_event), email=holder.email)
    with clock.shifted(timedelta(days=days)):
        reply = client.post("/v1/role_invites/accept-invite", {"data": {"token": invite.hash}})
        assert reply.status == 200, reply.text
    assert is_verified(database, holder) is verified
    assert database.one("SELECT count(*) FROM users_events_roles WHERE user_id = :id", id=holder.id) == 1


def test_of_two_uses_at_once_one_succeeds(client: Client, database: TestDatabase, holder: Holder) -> None:
    token = holder.asks_for_reset()
    first, second = interleaved(
        database,
        "user.password_changed",
        lambda: reset(client, token, NEW),
        lambda: reset(client, token, "what an attacker wants"),
    )
    assert (first.status, second.status) == (200, 404)
    assert holder.sign_in(NEW)


def test_a_token_is_used_once(client: Client, database: TestDatabase, holder: Holder) -> None:
    assert [verify(client, holder.verification).status for _ in range(2)] == [200, 400]
    token = holder.asks_for_reset()
    assert [reset(client, token).status for _ in range(2)] == [200, 404]
    assert database.one("SELECT count(*) FROM one_time_tokens") == 0


def test_using_one_uses_up_all_that_were_mailed_for_the_same(client: Client, holder: Holder) -> None:
    former, newer = holder.asks_for_reset("203.0.113.3"), holder.asks_for_reset("203.0.113.4")
    assert former != newer
    assert reset(client, former).status == 200
    assert reset(client, newer).status == 404


def test_a_refused_password_does_not_use_up_the_token(client: Client, holder: Holder) -> None:
    token = holder.asks_for_reset()
    refused = reset(client, token, "  ")
    assert (refused.status, refused.errors[0]["source"]["pointer"]) == (422, "/data/password")
    assert reset(client, token).status == 200


@pytest.mark.parametrize("purpose", list(Purpose))
def test_a_token_counts_for_a_limited_time(client: Client, holder: Holder, purpose: Purpose) -> None:
    token = holder.asks_for_reset()

    def use() -> int:
        if purpose is Purpose.PASSWORD_RESET:
            return reset(client, token).status
        return verify(client, holder.verification).status

    with clock.shifted(LIFETIMES[purpose] + timedelta(seconds=5)):
        assert use() in {400, 404}
    with clock.shifted(LIFETIMES[purpose] - timedelta(minutes=5)):
        assert use() == 200


def test_no_token_is_stored_but_as_a_hash(database: TestDatabase, holder: Holder) -> None:
    tokens = [holder.verification, holder.asks_for_reset()]
    tables = database.rows(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    for table in tables:
        for row in database.rows(f'SELECT t::text AS told FROM "{table["relname"]}" t'):
            assert not [token for token in tokens if token in row["told"]], table
    assert database.one("SELECT count(*) FROM one_time_tokens") == 2


def test_a_token_of_a_mail_that_was_not_sent_is_not_there(
    client: Client, database: TestDatabase, pump: Pump, holder: Holder
) -> None:
    """Nothing is made when it is asked for; so an interrupted mail leaves nothing, and is made anew."""
    asked = client.from_address("203.0.113.5").post(RESET, {"data": {"email": holder.email}})
    assert asked.status == 200
    assert database.one("SELECT count(*) FROM one_time_tokens WHERE purpose = 'password reset'") == 0
    pump.everything()
    assert database.one("SELECT count(*) FROM one_time_tokens WHERE purpose = 'password reset'") == 1


def test_tokens_that_are_too_old_are_swept(database: TestDatabase, pump: Pump, holder: Holder) -> None:
    holder.asks_for_reset()
    pump.tick("sweep_outbox")
    assert database.one("SELECT count(*) FROM one_time_tokens") == 2
    with clock.shifted(timedelta(days=8)):
        pump.tick("sweep_outbox")
    assert database.one("SELECT count(*) FROM one_time_tokens") == 0


def test_a_purged_account_takes_its_tokens_along(database: TestDatabase, holder: Holder) -> None:
    database.run("DELETE FROM users")
    with db.transaction() as session:
        assert session.query(OneTimeToken).count() == 0


@pytest.mark.parametrize("path", [RESET, RESEND])
def test_neither_answer_nor_work_tells_whether_there_is_an_account(
    client: Client, holder: Holder, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    told = []
    for n, email in enumerate((holder.email, "nobody@example.org")):
        with counted_statements(monkeypatch) as seen:
            reply = client.from_address(f"198.51.100.{n}").post(path, {"data": {"email": email}})
        told.append((reply.status, reply.text, list(seen)))
    assert told[0] == told[1]
    assert told[0][0] == 200


def test_asking_again_mails_those_alone_who_wait_for_it(client: Client, pump: Pump, holder: Holder) -> None:
    known, verified = holder.email, stored(make_user).email
    before = len(pump.mails())
    for email in (known.upper(), verified, "nobody@example.org"):
        assert client.post(RESEND, {"data": {"email": email}}).status == 200
    token = holder.mailed("/verify?")
    assert [mail["to"] for mail in pump.mails()[before:]] == [[known]]
    assert verify(client, token).status == 200
    assert verify(client, holder.verification).status == 400


def test_each_token_opens_its_own_door_alone(client: Client, database: TestDatabase, holder: Holder) -> None:
    owner = stored(make_user)
    invite = stored(make_role_invite, event=stored(make_event, owner=owner), email=holder.email)
    group = stored(make_users_groups_role, group=stored(make_group, user=owner), email=holder.email)
    tokens = {
        "access": holder.access,
        "refresh": holder.refresh,
        "reset": holder.asks_for_reset(),
        "verification": holder.verification,
        "role invite": invite.hash,
        "group invite": group.token,
        "nonsense": "0" * 64,
    }

    def shown(method: str, path: str, asking: Client, **more: str) -> Any:
        return lambda token: asking.request(method, path, {"data": {"token": token, **more}})

    doors: dict[str, Any] = {
        "access": lambda token: client.signed_in_as(token).get(f"/v1/users/{holder.id}"),
        "verification": lambda token: verify(client, token),
        "refresh": lambda token: exchange(client, token),
        "group invite": shown("POST", "/v1/users-groups-roles/accept-invite", holder.me),
        "role invite": shown("POST", "/v1/role_invites/accept-invite", client),
        "reset": lambda token: reset(client, token),
    }
    switching = client.with_headers({}).signed_in_as  # one more that reads the header by itself
    for name, token in tokens.items():
        taken = switching(token).post(
            "/v1/auth/switch-profile", {"profile": None}, content_type="application/json"
        )
        assert (taken.status == 200) == (name == "access"), name
    for door, opens in doors.items():
        for name, token in sorted(tokens.items(), key=lambda item: item[0] == door):
            reply = opens(token)
            assert (reply.status == 200) == (name == door), (name, door, reply.text)
