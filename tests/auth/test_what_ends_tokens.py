"""After each thing that can happen to an account: which of its tokens still count, as the table says."""

import io
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from chalicelib.cli.commands import main
from tests.auth.holder import BLACKLIST, NEW, PASSWORD, WHO, Holder, exchange, reset, verify
from tests.factories import stored
from tests.factories.user import make_user
from tests.people.acting import join
from tests.support.databases import TestDatabase
from tests.support.http_client import Client
from tests.support.pump import Pump

ACCESS, REFRESH, RESET, VERIFICATION = "access", "refresh", "reset", "verification"
ALL = {ACCESS, REFRESH, RESET, VERIFICATION}
MAILED, SESSIONS = {RESET, VERIFICATION}, {ACCESS, REFRESH}


@dataclass
class Scene:
    """What may be needed to change somebody's account."""

    holder: Holder
    staff: Client
    database: TestDatabase
    monkeypatch: pytest.MonkeyPatch

    def sql(self, change: str) -> None:
        self.database.run(f"UPDATE users SET {change} WHERE id = {self.holder.id}")


def _by_command(scene: Scene) -> None:
    scene.monkeypatch.setattr("sys.stdin", io.StringIO(NEW + "\n"))
    assert main(["create-admin", scene.holder.email]) == 0


def _joined(scene: Scene) -> None:
    assert scene.holder.patch(scene.staff, is_verified=True).status == 200
    reply = join(scene.holder.client.signed_in_as(stored(make_user)), scene.holder.email, PASSWORD)
    assert reply.status == 201, reply.text


def _there_and_back(scene: Scene) -> None:
    for email in ("elsewhere@example.org", scene.holder.email):
        assert scene.holder.patch(email=email).status == 200


def _deleted(scene: Scene) -> None:
    assert scene.holder.me.delete(f"/v1/users/{scene.holder.id}").status == 200


def _restored(scene: Scene) -> None:
    _deleted(scene)
    assert scene.holder.patch(scene.staff, deleted_at=None).status == 200


def _unblocked(scene: Scene) -> None:
    for blocked in (True, False):
        assert scene.holder.patch(scene.staff, is_blocked=blocked).status == 200


def _asked(scene: Scene) -> None:
    scene.holder.sign_in()
    assert scene.holder.patch(first_name="Ada").status == 200


TABLE: dict[str, tuple[Callable[[Scene], object], set[str]]] = {
    "nothing that matters": (_asked, ALL),
    "password changed": (lambda scene: scene.holder.change_password(), set()),
    "password reset": (lambda scene: reset(scene.staff, scene.holder.asks_for_reset("203.0.113.9")), set()),
    "password by command": (_by_command, set()),
    "password by SQL": (lambda scene: scene.sql("password_hash = 'x'"), set()),
    "signed out everywhere": (lambda scene: scene.holder.me.post(BLACKLIST), MAILED),
    "address changed by its owner": (lambda scene: scene.holder.patch(email="new@example.org"), SESSIONS),
    "address changed and changed back": (_there_and_back, SESSIONS),
    "address in capitals": (lambda scene: scene.holder.patch(email=scene.holder.email.upper()), SESSIONS),
    "address changed by staff": (lambda scene: scene.holder.patch(scene.staff, email="new@example.org"), set()),
    "address by SQL": (lambda scene: scene.sql("email = 'new@example.org'"), SESSIONS),
    "blocked": (lambda scene: scene.holder.patch(scene.staff, is_blocked=True), MAILED),
    "blocked and let in again": (_unblocked, MAILED),
    "deleted": (_deleted, set()),
    "deleted and restored": (_restored, set()),
    "joined with another account": (_joined, set()),
}  # fmt: skip


@pytest.mark.parametrize("happens", TABLE)
def test_tokens_end_with_what_they_were_given_for(
    client: Client, pump: Pump, database: TestDatabase, monkeypatch: pytest.MonkeyPatch, happens: str
) -> None:
    holder = Holder(client, pump)
    token = holder.asks_for_reset()
    staff = client.signed_in_as(stored(make_user, is_super_admin=True, is_admin=True))
    # Twice, so that this process remembers the account.
    assert [holder.me.get(WHO).status for _ in range(2)] == [200, 200]

    change, expected = TABLE[happens]
    change(Scene(holder, staff, database, monkeypatch))

    counts = {ACCESS: holder.me.get(WHO).status}
    counts[REFRESH] = exchange(client, holder.refresh).status
    counts[VERIFICATION] = verify(client, holder.verification).status
    counts[RESET] = reset(client, token).status
    assert {name for name, status in counts.items() if status == 200} == expected, counts
    assert {status for name, status in counts.items() if status != 200} <= {400, 401, 404}


def test_who_asked_before_is_refused_without_a_further_statement(client: Client, pump: Pump) -> None:
    holder = Holder(client, pump)
    address = f"/v1/users/{holder.id}"
    assert [holder.me.get(address).status for _ in range(2)] == [200, 200]
    assert holder.me.post(BLACKLIST).status == 200
    assert [holder.me.get(address).status for _ in range(2)] == [401, 401]
    again = client.signed_in_as(holder.sign_in()[0])
    assert [again.get(address).status for _ in range(2)] == [200, 200]


def test_a_token_that_has_ended_writes_nothing(client: Client, pump: Pump, database: TestDatabase) -> None:
    holder = Holder(client, pump)
    assert [holder.patch(first_name=name).status for name in ("Ada", "Eve")] == [200, 200]
    assert holder.me.post(BLACKLIST).status == 200
    assert holder.patch(first_name="Mallory").status == 401
    assert database.one(f"SELECT first_name FROM users WHERE id = {holder.id}") == "Eve"


def test_an_answer_that_was_kept_is_not_given_to_a_token_that_has_ended(client: Client, pump: Pump) -> None:
    holder = Holder(client, pump)
    asking = holder.me.with_headers({"Idempotency-Key": "once"})
    assert holder.patch(asking, first_name="Ada").status == 200
    assert holder.patch(asking, first_name="Ada").headers["idempotent-replayed"] == "true"
    holder.me.post(BLACKLIST)
    assert holder.patch(asking, first_name="Ada").status == 401


def test_a_password_under_another_hash_is_the_same_password(
    client: Client, pump: Pump, database: TestDatabase
) -> None:
    from argon2 import PasswordHasher

    holder = Holder(client, pump)
    weak = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    database.run("UPDATE users SET password_hash = :weak", weak=weak)
    access, refresh = holder.sign_in()
    assert database.one("SELECT password_hash FROM users") != weak
    holder.sign_in()
    assert client.signed_in_as(access).get(WHO).status == 200
    assert exchange(client, refresh).status == 200
