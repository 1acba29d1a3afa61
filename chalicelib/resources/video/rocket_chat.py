"""Rocket.Chat client: accounts, their session tokens, and private groups, by its REST API.

A bot account acts for us, by the personal access token that staff has stored in the settings. People get
accounts that only this system makes, with a random password that is kept nowhere, and session tokens that
expire as at any sign-in. Source: developer.rocket.chat/apidocs.
"""

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from chalicelib.http_client import BadAnswer, Deadline, send
from chalicelib.resources.identifiers import slug

_LONGEST_USERNAME: Final = 32
_ATTEMPTS: Final = 4  # usernames that are tried
_KEY: Final = re.compile(r"\[(error-[a-z-]+)\]")
_TAKEN: Final = frozenset({"error-field-unavailable", "error-blocked-username", "error-invalid-username"})
_NO_ACCOUNT: Final = frozenset({"error-invalid-user", "error-user-not-found"})
NO_GROUP: Final = "error-room-not-found"
_SAME_NAME: Final = "error-duplicate-channel-name"


class Refused(Exception):
    """The server has refused a call; `key` is its errorType."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


@dataclass(frozen=True, slots=True)
class Admission:
    """A person's account at the server, and a session token for it."""

    account_id: str
    token: str


@dataclass(frozen=True, slots=True)
class Bot:
    """The server's address, and the bot's id and personal access token.

    `secret` is the server's CREATE_TOKENS_FOR_USERS_SECRET, which Rocket.Chat asks for from version 8 on.
    """

    url: str
    id: str
    token: str
    secret: str = ""

    def admit(self, group: str, account_id: str | None, name: str, until: Deadline) -> Admission:
        """Let a person into the group, whose account is made if need be, as the group is.

        Raises NoAnswer, BadAnswer and Refused.
        """
        admission = self._signed_in(account_id, name, until)
        invitation = {"roomName": group, "userId": admission.account_id}
        try:
            self._post("groups.invite", invitation, until)
        except Refused as refusal:
            if refusal.key != NO_GROUP:
                raise
            self._create_group(group, until)
            self._post("groups.invite", invitation, until)
        return admission

    def rename(self, group: str, name: str, until: Deadline) -> None:
        """Rename the group. Raises Refused with NO_GROUP where there is none."""
        found = self._ask("GET", f"groups.info?{urlencode({'roomName': group})}", None, until)
        self._post("groups.rename", {"roomId": _text_in(found, "group", "_id"), "name": name}, until)

    def _signed_in(self, account_id: str | None, name: str, until: Deadline) -> Admission:
        if account_id is not None:
            try:
                return self._token_for(account_id, until)
            except Refused as refusal:
                if refusal.key not in _NO_ACCOUNT:  # it was deleted there: another one is made
                    raise
        return self._token_for(self._create_account(name, until), until)

    def _token_for(self, account_id: str, until: Deadline) -> Admission:
        sent = {"userId": account_id, **({"secret": self.secret} if self.secret else {})}
        return Admission(
            account_id, _text_in(self._post("users.createToken", sent, until), "data", "authToken")
        )

    def _create_account(self, name: str, until: Deadline) -> str:
        base = slug(name)[:_LONGEST_USERNAME] or "guest"
        for attempt in range(_ATTEMPTS):
            username = f"{base[: _LONGEST_USERNAME - 7]}.{secrets.token_hex(3)}" if attempt else base
            sent = {
                "name": name,
                "username": username,
                # The address and the password are never used: people come by tokens.
                "email": f"{username}@open-event.invalid",
                "password": secrets.token_urlsafe(32),
                "roles": ["user"],
                "verified": True,
                "joinDefaultChannels": False,
                "requirePasswordChange": False,
                "sendWelcomeEmail": False,
            }
            try:
                return _text_in(self._post("users.create", sent, until), "user", "_id")
            except Refused as refusal:
                if refusal.key not in _TAKEN:
                    raise
        raise Refused("error-field-unavailable")

    def _create_group(self, name: str, until: Deadline) -> None:
        try:
            self._post("groups.create", {"name": name}, until)
        except Refused as refusal:
            if refusal.key != _SAME_NAME:  # somebody else came at the same time
                raise

    def _post(self, call: str, sent: Mapping[str, object], until: Deadline) -> Mapping[str, Any]:
        return self._ask("POST", call, json.dumps(sent).encode(), until)

    def _ask(self, method: str, call: str, body: bytes | None, until: Deadline) -> Mapping[str, Any]:
        headers = {"X-User-Id": self.id, "X-Auth-Token": self.token, "Content-Type": "application/json"}
        reply = send(method, f"{self.url.rstrip('/')}/api/v1/{call}", until, headers=headers, body=body)
        if 300 <= reply.status < 400:  # whatever it says, it is not followed
            raise BadAnswer(f"status {reply.status}")
        try:
            told = json.loads(reply.body)
        except (ValueError, RecursionError):
            raise BadAnswer(f"no JSON, status {reply.status}") from None
        if not isinstance(told, dict):
            raise BadAnswer("no JSON object")
        if reply.status >= 400 or told.get("success") is not True:
            raise Refused(_key_in(told, reply.status))
        return told


def _key_in(told: Mapping[str, Any], status: int) -> str:
    """The errorType of a refusal, or its status: never its text, which may quote what was sent."""
    named = told.get("errorType")
    found = _KEY.search(str(told.get("error", "")))
    if isinstance(named, str) and re.fullmatch(r"error-[a-z-]{1,80}", named):
        return named
    return found[1] if found else f"status-{status}"


def _text_in(told: Mapping[str, Any], *names: str) -> str:
    value: Any = told
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    if not isinstance(value, str) or not value or len(value) > 255:
        raise BadAnswer(f"no {names[-1]}")
    return value
