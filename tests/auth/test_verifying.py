"""Verifying an address by the token that was mailed to it."""

from typing import Any

import pytest

from chalicelib.auth import tokens
from tests.factories import stored
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.http_client import Client
from tests.support.pump import Pump

VERIFY, RESEND = "/v1/auth/verify-email", "/v1/auth/resend-verification-email"


def test_the_token_verifies_the_account_and_does_no_harm_twice(
    client: Client, database: TestDatabase
) -> None:
    user = stored(make_user, is_verified=False)
    body = {"data": {"token": tokens.verification_token(user.email)}}
    for _ in range(2):
        assert client.post(VERIFY, body).status == 200
    assert database.one("SELECT is_verified FROM users") is True


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"data": None},
        {"data": {}},
        {"data": {"token": 5}},
        {"data": {"token": "rubbish"}},
        {"data": {"token": "é"}},
    ],
)
def test_a_bad_token_is_a_400(client: Client, body: Any) -> None:
    assert client.post(VERIFY, body).status == 400


def test_a_token_for_an_address_without_account_is_a_400(client: Client) -> None:
    body = {"data": {"token": tokens.verification_token("gone@example.org")}}
    assert client.post(VERIFY, body).status == 400


def test_the_mail_is_sent_again_to_who_needs_it(client: Client, pump: Pump) -> None:
    waiting, verified = stored(make_user, is_verified=False), stored(make_user)
    for user in (waiting, verified):
        assert client.post(RESEND, {"data": {"email": user.email}}).status == 200
    unknown = client.post(RESEND, {"data": {"email": "nobody@example.org"}})
    assert (unknown.status, unknown.errors[0]["source"]["pointer"]) == (422, "/data/email")
    pump.everything()
    assert [mail["to"] for mail in pump.mails()] == [[waiting.email]]
