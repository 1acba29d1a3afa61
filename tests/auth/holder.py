"""Somebody who signed up over HTTP and holds every kind of token there is, got where people get it."""

import re
import threading
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import unquote

from sqlalchemy.orm import Session

from chalicelib import db, signals
from tests.factories.user import attributes
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply
from tests.support.pump import Pump
from tests.support.running_system import eventually

PLAIN: Final = "application/json"
LOGIN, REFRESH, BLACKLIST = "/v1/auth/login", "/v1/auth/token/refresh", "/v1/auth/blacklist"
RESET, CHANGE = "/v1/auth/reset-password", "/v1/auth/change-password"
VERIFY, RESEND = "/v1/auth/verify-email", "/v1/auth/resend-verification-email"
WHO = "/v1/users/user-details/get-user-id"
PASSWORD, NEW, LATEST = "seven green teapots", "another long password", "yet another password"

_WAITING = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


class Holder:
    """An account that is not verified yet; its tokens are asked for when they are first needed."""

    def __init__(self, client: Client, pump: Pump, place: str = "203.0.113.1") -> None:
        self.client, self.pump = client.from_address(place), pump
        sent = attributes() | {"password": PASSWORD}
        reply = self.client.post("/v1/users", document("user", sent))
        assert reply.status == 201, reply.text
        self.id, self.email = int(reply.data["id"]), str(sent["email"])
        self.verification = self.mailed("/verify?")
        self.access, self.refresh = self.sign_in()

    def sign_in(self, password: str = PASSWORD, email: str | None = None) -> tuple[str, str]:
        """An access and a refresh token."""
        sent = {"email": email or self.email, "password": password}
        flags = {"remember-me": True, "include-in-response": True}
        reply = self.client.post(LOGIN, sent | flags, content_type=PLAIN)
        assert reply.status == 200, reply.text
        return reply.json["access_token"], reply.json["refresh_token"]

    def asks_for_reset(self, place: str = "203.0.113.2") -> str:
        """The token from the mail with which a forgotten password is replaced."""
        asked = self.client.from_address(place).post(RESET, {"data": {"email": self.email}})
        assert asked.status == 200, asked.text
        return self.mailed("/reset-password?")

    def mailed(self, link: str) -> str:
        """The token in the last mail that has such a link."""
        self.pump.everything()
        found = [re.search(re.escape(link) + r"token=(\S+)", mail["text"]) for mail in self.pump.mails()]
        return unquote([item for item in found if item][-1][1])

    @property
    def me(self) -> Client:
        """The client with the access token."""
        return self.client.signed_in_as(self.access)

    def patch(self, asking: Client | None = None, **attributes: object) -> Reply:
        """Change the account."""
        sent = {name.replace("_", "-"): value for name, value in attributes.items()}
        body = document("user", sent, id=str(self.id))
        return (asking or self.me).patch(f"/v1/users/{self.id}?get_trashed=true", body)

    def change_password(self, old: str = PASSWORD, new: str = NEW) -> Reply:
        return self.me.post(CHANGE, {"data": {"old-password": old, "new-password": new}}, content_type=PLAIN)


def verify(client: Client, token: str) -> Reply:
    return client.post(VERIFY, {"data": {"token": token}}, content_type=PLAIN)


def reset(client: Client, token: str, password: str = LATEST) -> Reply:
    return client.patch(RESET, {"data": {"token": token, "password": password}}, content_type=PLAIN)


def exchange(client: Client, token: str) -> Reply:
    """A refresh token for a new access token."""
    return client.signed_in_as(token).post(REFRESH)


def interleaved(
    database: TestDatabase, signal: str, first: Callable[[], Reply], second: Callable[[], Reply]
) -> tuple[Reply, Reply]:
    """Two requests, each with a connection of its own: the first stays where it tells `signal`.

    It goes on when the second one waits for a row of it, or has been answered.
    """
    underway, go_on, replies = threading.Event(), threading.Event(), dict[str, Reply]()

    def stay(_session: Session, **_payload: Any) -> None:
        if not underway.is_set():
            underway.set()
            assert go_on.wait(30)

    def run(name: str, ask: Callable[[], Reply]) -> None:
        replies[name] = ask()

    with signals.temporary_receiver(signal, stay):
        one = threading.Thread(target=run, args=("first", first))
        one.start()
        assert underway.wait(30)
        former = db.engine()
        db.engine.cache_clear()
        other = threading.Thread(target=run, args=("second", second))
        other.start()
        eventually(lambda: database.one(_WAITING) or "second" in replies, "the second one's wait")
        go_on.set()
        one.join()
        other.join()
        former.dispose()
    return replies["first"], replies["second"]
