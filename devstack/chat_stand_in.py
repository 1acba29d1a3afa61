"""Stand-in for a Rocket.Chat server: keeps accounts, session tokens and private groups, answers JSON.

Shapes and error types are those of developer.rocket.chat/apidocs.
"""

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from devstack.stand_in_server import Asked, StandInServer, Told


class Refusal(Exception):
    """An error with this errorType."""


@dataclass(slots=True)
class Account:
    """An account, as it was created, and its session tokens."""

    created_with: Mapping[str, Any]
    tokens: set[str] = field(default_factory=set)


class ChatStandIn:
    """The server, with one bot. Its accounts and groups (name -> ids of members) may be read and changed."""

    def __init__(self, port: int = 0, *, secret: str = "") -> None:
        self.bot_id, self.bot_token, self.secret = "bot", secrets.token_hex(16), secret
        self.accounts: dict[str, Account] = {}
        self.groups: dict[str, set[str]] = {}
        self.ids: dict[str, str] = {}  # of groups, by name
        self.calls: list[str] = []
        self._server = StandInServer(self._answer, port)
        self.url = self._server.address

    def close(self) -> None:
        """Stop it."""
        self._server.close()

    def whose(self, token: str) -> str | None:
        """The id of the account with this session token."""
        return next((id for id, account in self.accounts.items() if token in account.tokens), None)

    def _answer(self, asked: Asked) -> Told:
        call = asked.path.removeprefix("/api/v1/")
        self.calls.append(call)
        if (asked.headers.get("x-user-id"), asked.headers.get("x-auth-token")) != (
            self.bot_id,
            self.bot_token,
        ):
            return _json(401, {"status": "error", "message": "You must be logged in to do this."})
        handlers: dict[tuple[str, str], Callable[[Any], dict[str, Any]]] = {
            ("POST", "users.create"): self._create_user,
            ("POST", "users.createToken"): self._create_token,
            ("POST", "groups.create"): self._create_group,
            ("POST", "groups.invite"): self._invite,
            ("POST", "groups.rename"): self._rename,
            ("GET", "groups.info"): self._info,
        }
        handle = handlers.get((asked.method, call))
        if handle is None:
            return _json(404, {"success": False, "error": "not found"})
        sent = json.loads(asked.body) if asked.body else {k: v[0] for k, v in parse_qs(asked.query).items()}
        try:
            return _json(200, {**handle(sent), "success": True})
        except Refusal as refusal:
            told = {"success": False, "error": f"Refused [{refusal}]", "errorType": str(refusal)}
            return _json(400, told)

    def _create_user(self, sent: Any) -> dict[str, Any]:
        if not all(sent.get(name) for name in ("name", "email", "password", "username")):
            raise Refusal("error-invalid-params")
        taken = {
            account.created_with[name] for account in self.accounts.values() for name in ("username", "email")
        }
        if {sent["username"], sent["email"]} & taken:
            raise Refusal("error-field-unavailable")
        id = secrets.token_hex(8)
        self.accounts[id] = Account(sent)
        return {"user": {"_id": id, "username": sent["username"]}}

    def _create_token(self, sent: Any) -> dict[str, Any]:
        if sent.get("userId") not in self.accounts:
            raise Refusal("error-invalid-user")
        if sent.get("secret", "") != self.secret:
            raise Refusal("error-not-authorized")
        token = secrets.token_hex(16)
        self.accounts[sent["userId"]].tokens.add(token)
        return {"data": {"userId": sent["userId"], "authToken": token}}

    def _create_group(self, sent: Any) -> dict[str, Any]:
        if sent["name"] in self.groups:
            raise Refusal("error-duplicate-channel-name")
        self.groups[sent["name"]] = {self.bot_id}
        self.ids[sent["name"]] = secrets.token_hex(8)
        return self._told(sent["name"])

    def _invite(self, sent: Any) -> dict[str, Any]:
        if sent.get("roomName") not in self.groups:
            raise Refusal("error-room-not-found")
        if sent.get("userId") not in self.accounts:
            raise Refusal("error-invalid-user")
        self.groups[sent["roomName"]].add(sent["userId"])
        return self._told(sent["roomName"])

    def _rename(self, sent: Any) -> dict[str, Any]:
        name = next((name for name, id in self.ids.items() if id == sent.get("roomId")), None)
        if name is None:
            raise Refusal("error-room-not-found")
        if sent["name"] in self.groups:
            raise Refusal("error-duplicate-channel-name")
        self.groups[sent["name"]] = self.groups.pop(name)
        self.ids[sent["name"]] = self.ids.pop(name)
        return self._told(sent["name"])

    def _info(self, sent: Any) -> dict[str, Any]:
        if sent.get("roomName") not in self.groups:
            raise Refusal("error-room-not-found")
        return self._told(sent["roomName"])

    def _told(self, name: str) -> dict[str, Any]:
        return {"group": {"_id": self.ids[name], "name": name, "t": "p"}}


def _json(status: int, content: object) -> Told:
    return Told(status, json.dumps(content).encode(), {"Content-Type": "application/json"})
