"""One rule for passwords, at every way of setting one; and nobody but that way stores any."""

import io
import re
from collections.abc import Callable
from typing import Any, Final

import pytest

from chalicelib import db
from chalicelib.auth import passwords
from chalicelib.auth.worst_passwords import WORST
from chalicelib.cli.commands import main
from devstack.prepare import look_after_admin
from devstack.source import read_modules
from tests.auth.holder import CHANGE, LOGIN, PLAIN, RESET, Holder
from tests.factories import stored
from tests.factories.user import PASSWORD, attributes, make_user
from tests.people.acting import Person, detach
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client
from tests.support.pump import Pump
from tests.support.running_system import ROOT

BAD: Final = {
    "one letter": "x",
    "two blanks": "  ",
    "seven": "sevenle",
    "eight blanks": " " * 8,
    "blanks that are none in ASCII": "\u00a0\u2003\u3000 \t\u2028\u00a0\u3000",
    "nothing that shows": "\u200b" * 5 + "\u200d\u2060\ufeff",
    "one letter repeated": "a" * 8,
    "the first that is tried": "password",
    "the same with something invisible": "pass\u200bword",
    "the same in wide letters": "\uff50assword",
    "the same in capitals": "PassWord",
    "the same with blanks": " password ",
    "digits": "12345678",
    "too long": "correct horse " * 80,
    "900 kB": "x y" * 300_000,
}
GOOD: Final = (
    "12 34 56 7",
    "a long and winding password",
    "pass word",
    "ůůůžžžřř",
    "🔑🔒🚪🏠🔑🔒🚪🚲",
    "x y" * 341,
)
HASH: Final = "SELECT password_hash FROM users WHERE lower(email) = :email"
Told = tuple[int, str | None]


def _told(reply: Any) -> Told:
    return reply.status, reply.errors[0]["source"]["pointer"] if reply.status >= 400 else None


class Doors:
    """Each way of setting a password, tried by whoever may: it answers with the status and the pointer."""

    def __init__(self, client: Client, pump: Pump, monkeypatch: pytest.MonkeyPatch) -> None:
        self.client, self.pump, self.monkeypatch = client, pump, monkeypatch
        self._holder: Holder | None = None

    def sign_up(self, password: str) -> Told:
        return _told(self.client.post("/v1/users", document("user", attributes() | {"password": password})))

    def by_staff(self, password: str) -> Told:
        staff = self.client.signed_in_as(stored(make_user, is_super_admin=True))
        return _told(staff.post("/v1/users", document("user", attributes() | {"password": password})))

    def change(self, password: str) -> Told:
        asking = self.client.signed_in_as(stored(make_user))
        return _told(asking.post(CHANGE, {"data": {"old-password": PASSWORD, "new-password": password}}))

    def reset(self, password: str) -> Told:
        self._holder = self._holder or Holder(self.client, self.pump)
        token = self._holder.asks_for_reset()
        return _told(self.client.patch(RESET, {"data": {"token": token, "password": password}}))

    def detach(self, password: str) -> Told:
        person = Person(self.client)
        return _told(detach(person.under(), person.museum.id, password=password))

    def command(self, password: str) -> Told:
        self.monkeypatch.setattr("sys.stdin", io.StringIO(password + "\n"))
        return main(["create-admin", "root@example.org"]), None

    def local_system(self, password: str) -> Told:
        try:
            with db.transaction() as session:
                look_after_admin(session, "root@example.org", password, insist=True)
        except SystemExit:
            return 1, None
        return 0, None


DOORS: Final[dict[str, tuple[Callable[[Doors, str], Told], Told]]] = {
    "sign up": (Doors.sign_up, (422, "/data/attributes/password")),
    "staff signs somebody up": (Doors.by_staff, (422, "/data/attributes/password")),
    "change": (Doors.change, (400, "/data/new-password")),
    "reset": (Doors.reset, (422, "/data/password")),
    "detach": (Doors.detach, (400, "/password")),
    "command": (Doors.command, (1, None)),
    "local system": (Doors.local_system, (1, None)),
}


@pytest.mark.parametrize("door", DOORS)
def test_every_way_of_setting_a_password_refuses_the_same(
    client: Client, pump: Pump, database: TestDatabase, monkeypatch: pytest.MonkeyPatch, door: str
) -> None:
    attempt, refusal = DOORS[door]
    doors = Doors(client, pump, monkeypatch)
    for name, password in BAD.items():
        if door == "reset":
            database.run("DELETE FROM password_reset_requests")
        assert attempt(doors, password) == refusal, name
        for row in database.rows("SELECT password_hash FROM users"):
            assert not row["password_hash"] or not passwords.matches(password, row["password_hash"])


@pytest.mark.parametrize("door", DOORS)
def test_every_way_of_setting_a_password_takes_the_same(
    client: Client, pump: Pump, database: TestDatabase, monkeypatch: pytest.MonkeyPatch, door: str
) -> None:
    attempt, _ = DOORS[door]
    assert attempt(Doors(client, pump, monkeypatch), GOOD[0])[0] in {0, 200, 201}
    newest = database.one(
        "SELECT password_hash FROM users ORDER BY tokens_revoked_at DESC NULLS LAST, id DESC LIMIT 1"
    )
    assert passwords.matches(GOOD[0], newest)


@pytest.mark.parametrize("password", GOOD)
def test_a_good_password_is_fit(password: str) -> None:
    assert passwords.fit(password) == password


@pytest.mark.parametrize("password", BAD.values(), ids=BAD)
def test_a_bad_password_is_not_and_is_not_repeated(password: str) -> None:
    with pytest.raises(passwords.Unfit) as caught:
        passwords.hashed(password)
    assert len(str(caught.value)) < 100
    # Nor is it repeated, but for a word that the rule itself needs.
    assert len(password) < 2 or password.strip() == "password" or password not in str(caught.value)


def test_the_worst_are_few_and_would_be_taken_otherwise() -> None:
    assert 50 < len(WORST) < 300
    assert all(item == item.strip().lower() and len(item) >= passwords.SHORTEST for item in WORST)


def test_a_password_that_nobody_can_have_is_wrong_and_is_not_hashed(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = stored(make_user)
    monkeypatch.setattr(passwords, "_hasher", lambda: pytest.fail("it was hashed"))
    sent = {"email": user.email, "password": BAD["900 kB"]}
    reply = client.post(LOGIN, sent, content_type=PLAIN)
    assert (reply.status, reply.errors[0]["detail"]) == (401, "The e-mail address or the password is wrong.")
    asking = client.signed_in_as(user)
    for path in ("/v1/auth/fresh-login", "/v1/auth/verify-password"):
        assert asking.post(path, {"password": BAD["900 kB"]}, content_type=PLAIN).status in {200, 401}


def test_no_other_module_stores_a_password() -> None:
    """A way in that is built tomorrow goes through set_password(), and so by the rule."""
    storing = re.compile(r"\.password_hash\s*=[^=]|SET password_hash\b|passwords\.hashed\w*\(|password_hash=")
    found = {module.name: storing.findall(module.text) for module in read_modules(ROOT) if module.is_product}
    assert {name: len(hits) for name, hits in found.items() if hits} == {
        "chalicelib.resources.people.user.user": 2,  # set_password
        "chalicelib.actions.log_in": 2,  # the same password under another hash
    }


def test_no_other_module_verifies_an_account() -> None:
    found = [
        module.name
        for module in read_modules(ROOT)
        if module.is_product
        and re.search(r"(?<!replace\(viewer, )is_verified\s*=\s*True|SET is_verified", module.text)
    ]
    assert sorted(found) == ["chalicelib.actions.account_requests", "chalicelib.cli.accounts"]
