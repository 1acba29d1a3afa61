"""Verifying an address by the token that was mailed to it."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from chalicelib.auth import tokens
from tests.auth.holder import Holder, verify
from tests.factories import stored
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.http_client import Client
from tests.support.pump import Pump

VERIFY = "/v1/auth/verify-email"


def test_the_token_from_the_mail_verifies_the_account(
    client: Client, database: TestDatabase, pump: Pump
) -> None:
    holder = Holder(client, pump)
    assert verify(client, holder.verification).status == 200
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
        {"data": {"token": "x" * 100_000}},
    ],
)
def test_a_bad_token_is_a_400(client: Client, body: Any) -> None:
    assert client.post(VERIFY, body).status == 400


def test_a_token_that_was_signed_and_not_stored_verifies_nothing(
    client: Client, database: TestDatabase
) -> None:
    """Mails from before there were one-time tokens hold such: [[address, random], key, signature]."""
    user = stored(make_user, is_verified=False)
    kid, secret = next(iter(tokens.keys().items()))
    statement = json.dumps([user.email, "0123456789abcdef"])
    text = "verify this e-mail address:" + statement
    signature = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    token = base64.urlsafe_b64encode(json.dumps([statement, kid, signature]).encode()).decode().rstrip("=")
    assert verify(client, token).status == 400
    assert database.one("SELECT is_verified FROM users") is False
