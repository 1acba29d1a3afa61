"""Passwords of the former server open accounts here, and are hashed as ours when they do."""

import hashlib

import pytest

from chalicelib.auth import former_hashes, passwords, tokens
from tests.moving_in import former
from tests.support.databases import TestDatabase
from tests.support.http_client import Client

pytestmark = pytest.mark.one_database


def _log_in(client: Client, email: str, password: str) -> int:
    return client.post(
        "/v1/auth/login", {"email": email, "password": password}, content_type="application/json"
    ).status


def test_every_account_signs_in_as_it_did(client: Client) -> None:
    different = {
        (login["email"], login["status"], status)
        for login in former.answers()["logins"]
        if (status := _log_in(client, login["email"], login["password"])) != login["status"]
    }
    assert different == set()


def test_a_former_hash_is_replaced_at_the_next_sign_in(client: Client, database: TestDatabase) -> None:
    stored = "SELECT password_hash FROM users WHERE id = 43"
    email, password = "Api.Organizer@Example.com", "api organizer pass"
    salt, digest = "c2FsdA==", _digest(password, "c2FsdA==")
    database.run(
        "UPDATE users SET password_hash = :hash WHERE id = 43", hash=former_hashes.stored_form(salt, digest)
    )
    assert _log_in(client, email, f"{password} ") == 401
    assert former_hashes.is_former(database.one(stored))
    assert _log_in(client, email, password) == 200
    assert database.one(stored).startswith("$argon2id$")
    assert _log_in(client, email, password) == 200


def test_a_former_password_is_given_again_and_changed(client: Client, database: TestDatabase) -> None:
    database.run(
        "UPDATE users SET password_hash = :hash WHERE id = 44",
        hash=former_hashes.stored_form("c2FsdA==", _digest("api-buyer-Pässwort", "c2FsdA==")),
    )
    json = {"content_type": "application/json"}
    stored = former_hashes.stored_form("c2FsdA==", _digest("api-buyer-Pässwort", "c2FsdA=="))
    database.run("UPDATE users SET password_hash = :hash WHERE id = 44", hash=stored)
    version = database.one("SELECT token_version FROM users WHERE id = 44")
    asking = client.signed_in_as(tokens.access_token(44, fresh=True, version=version))
    assert asking.post("/v1/auth/fresh-login", {"password": "wrong one"}, **json).status == 401
    change = {"data": {"old-password": "api-buyer-Pässwort", "new-password": "Grünkohl mit Pinkel"}}
    assert asking.post("/v1/auth/change-password", change, **json).status == 200
    assert database.one("SELECT password_hash FROM users WHERE id = 44").startswith("$argon2id$")


def test_an_account_without_password_is_opened_by_none(client: Client, database: TestDatabase) -> None:
    assert database.one("SELECT password_hash FROM users WHERE id = 22") is None
    for password in ("", "None", "null"):
        assert _log_in(client, "mit+events20@mail.example.net", password) in {400, 401}


@pytest.mark.parametrize(
    ("salt", "digest"), [(None, "x"), ("", "x"), ("x", None), ("x", ""), ("a$b", "x"), ("ä", "x")]
)
def test_what_is_no_hash_is_not_stored(salt: str | None, digest: str | None) -> None:
    assert former_hashes.stored_form(salt, digest) is None


@pytest.mark.parametrize("password", ["\ud800", "x" * 2000, "open sesame"])
def test_a_former_hash_is_refused_without_an_error(password: str) -> None:
    stored = former_hashes.stored_form("c2FsdA==", _digest("open barley", "c2FsdA=="))
    assert not passwords.matches(password, stored)
    assert not passwords.matches(password, former_hashes.PREFIX)


def _digest(password: str, salt: str) -> str:
    import base64

    derived = hashlib.scrypt(password.encode(), salt=salt.encode(), n=16384, r=8, p=1, maxmem=2**26, dklen=64)
    return base64.b64encode(derived).decode()
