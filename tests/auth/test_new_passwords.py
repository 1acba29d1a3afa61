"""Forgotten and changed passwords."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import clock
from chalicelib.auth import passwords, tokens
from tests.factories import stored
from tests.factories.user import PASSWORD, attributes, make_user
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply
from tests.support.pump import Pump

RESET, CHANGE = "/v1/auth/reset-password", "/v1/auth/change-password"
NEW = "an even longer password"


def ask(client: Client, email: str, place: str) -> Reply:
    return replace(client, source_ip=place).post(RESET, {"data": {"email": email}})


def test_a_forgotten_password_is_replaced_by_mail(client: Client, pump: Pump, database: TestDatabase) -> None:
    user = stored(make_user, is_verified=False)
    assert client.post(RESET, {"data": {"email": user.email.upper()}}).status == 200
    pump.everything()
    (mail,) = pump.mails()
    assert mail["to"] == [user.email]
    token = mail["text"].split("token=")[1].split()[0]
    reply = client.patch(RESET, {"data": {"token": token, "password": NEW}})
    assert (reply.status, reply.json["email"]) == (200, user.email)
    (row,) = database.rows("SELECT password_hash, is_verified FROM users")
    assert passwords.matches(NEW, row["password_hash"])
    assert row["is_verified"] is True
    assert client.patch(RESET, {"data": {"token": token, "password": PASSWORD}}).status == 404


@pytest.mark.parametrize(
    ("with_order", "subject", "kind"),
    [(True, "Set a password", "password_reset_verify"), (False, "Set a new password", "password_reset")],
)
def test_an_account_that_an_order_has_made_is_told_so(
    client: Client, pump: Pump, database: TestDatabase, with_order: bool, subject: str, kind: str
) -> None:
    sent = attributes() | {"password": PASSWORD, "was-registered-with-order": with_order}
    assert client.post("/v1/users", document("user", sent)).status == 201
    assert ask(client, sent["email"], "192.0.2.1").status == 200
    pump.everything()
    assert pump.mails()[-1]["subject"].startswith(subject)
    assert database.one("SELECT count(*) FROM mails WHERE action = :kind", kind=kind) == 1


def test_the_answer_does_not_tell_whether_there_is_an_account(client: Client, pump: Pump) -> None:
    known = ask(client, stored(make_user).email, "192.0.2.1")
    unknown = ask(client, "nobody@example.org", "192.0.2.2")
    assert (known.status, known.text) == (unknown.status, unknown.text) == (200, known.text)
    pump.everything()
    assert len(pump.mails()) == 1


def test_an_address_gets_three_mails_an_hour(client: Client, limits_on: None) -> None:
    email = stored(make_user).email
    statuses = [ask(client, email, f"192.0.2.{n}").status for n in range(4)]
    assert statuses == [200, 200, 200, 429]
    with clock.shifted(timedelta(minutes=61)):
        assert ask(client, email, "192.0.2.9").status == 200


def test_a_place_asks_once_a_minute(client: Client, limits_on: None) -> None:
    assert ask(client, "one@example.org", "192.0.2.1").status == 200
    again = ask(client, "two@example.org", "192.0.2.1")
    assert (again.status, int(again.headers["retry-after"]) > 50) == (429, True)
    with clock.shifted(timedelta(seconds=61)):
        assert ask(client, "two@example.org", "192.0.2.1").status == 200


@pytest.mark.parametrize(
    ("data", "status"),
    [({"token": "unknown", "password": NEW}, 404), ({"token": "unknown"}, 400), ({"password": NEW}, 400)],
)
def test_a_reset_needs_a_known_token_and_a_password(client: Client, data: Any, status: int) -> None:
    stored(make_user)
    assert client.patch(RESET, {"data": data}).status == status


def test_who_knows_the_old_password_sets_a_new_one(client: Client, pump: Pump) -> None:
    user = stored(make_user)
    refresh = tokens.refresh_token(user.id)
    body = {"data": {"old-password": PASSWORD, "new-password": NEW}}
    reply = client.signed_in_as(user).post(CHANGE, body)
    assert (reply.status, reply.json["password_changed"]) == (200, True)
    login = {"email": user.email, "password": NEW}
    assert client.post("/v1/auth/login", login).status == 200
    assert client.post("/v1/auth/login", {**login, "password": PASSWORD}).status == 401
    assert client.signed_in_as(refresh).post("/v1/auth/token/refresh").status == 401
    pump.everything()
    assert [mail["to"] for mail in pump.mails()] == [[user.email]]


def test_changing_needs_a_fresh_token(client: Client) -> None:
    user = stored(make_user)
    body = {"data": {"old-password": PASSWORD, "new-password": NEW}}
    assert client.post(CHANGE, body).status == 401
    stale = client.signed_in_as(tokens.access_token(user.id, fresh=False))
    assert stale.post(CHANGE, body).status == 401


@pytest.mark.parametrize(
    ("old", "new", "pointer"),
    [
        ("wrong", NEW, "/data/old-password"),
        (PASSWORD, PASSWORD, "/data/new-password"),
        (PASSWORD, "short", "/data/new-password"),
        (PASSWORD, "", "/data/new-password"),
        (PASSWORD, 5, "/data/new-password"),
    ],
)
def test_a_change_refuses(client: Client, old: str, new: object, pointer: str) -> None:
    asking = client.signed_in_as(stored(make_user))
    reply = asking.post(CHANGE, {"data": {"old-password": old, "new-password": new}})
    assert (reply.status, reply.errors[0]["source"]["pointer"]) == (400, pointer)


def test_a_password_can_be_checked(client: Client) -> None:
    asking = client.signed_in_as(stored(make_user))
    path = "/v1/auth/verify-password"
    assert asking.post(path, {"password": PASSWORD}).json == {"result": True}
    assert asking.post(path, {"password": "wrong"}).json == {"result": False}
    assert client.post(path, {"password": PASSWORD}).status == 401
