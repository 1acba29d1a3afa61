"""Stand-in for PayPal: a small server that keeps orders, captures and refunds, in PayPal's published shapes.

It wants access tokens, repeats answers by PayPal-Request-Id, refunds on the payee's behalf alone, and signs
its events. Shapes are those of developer.paypal.com (orders/v2, payments/v2, webhooks/v1).
"""

import hashlib
import hmac
import json
import secrets
from base64 import b64decode, urlsafe_b64decode
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs

from chalicelib import clock
from devstack.paypal_books import PAYER, Books, Refusal
from devstack.stand_in_server import Asked, StandInServer, Told, deliver, in_json

CLIENT_ID: Final = "paypal-client-not-real"
SECRET: Final = "paypal-secret-not-real"
WEBHOOK_ID: Final = "WEBHOOK1NOTREAL"
_SIGNING: Final = b"a key of the stand-in"


class PayPalStandIn(Books):
    """The server. `events` are those that happened; they are sent to `webhook`, if there is one."""

    def __init__(self, port: int = 0, *, state: Path | None = None) -> None:
        super().__init__()
        self._state = state  # a file that keeps the orders
        if state is not None and state.exists():
            self.orders = json.loads(state.read_text())
        self.calls: list[tuple[str, str]] = []
        self.tokens: set[str] = set()
        self.fault: Callable[[Asked], Told | None] | None = None  # instead of an answer
        self.webhook: str | None = None
        self._answers: dict[tuple[str, str], Told] = {}
        self._server = StandInServer(self._answer, port)
        self.url = self._server.address

    def close(self) -> None:
        """Stop it."""
        self._server.close()

    def sign(self, event: Mapping[str, Any]) -> tuple[bytes, dict[str, str]]:
        """The body of an event, and the headers that prove it."""
        body, id = json.dumps(event).encode(), secrets.token_hex(8)
        moment = clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        return body, {
            "PayPal-Auth-Algo": "SHA256withRSA",
            "PayPal-Cert-Url": f"{self.url}/v1/notifications/certs/CERT-1",
            "PayPal-Transmission-Id": f"t{id}",
            "PayPal-Transmission-Time": moment,
            "PayPal-Transmission-Sig": _signature(f"t{id}", moment, body),
        }

    # What the platform asks.

    def _answer(self, asked: Asked) -> Told:
        self.calls.append((asked.method, asked.path))
        told = self.fault(asked) if self.fault is not None else None
        if told is not None:
            return told
        if asked.path == "/checkoutnow":
            return self._page(asked)
        key = asked.headers.get("paypal-request-id")
        former = self._answers.get((asked.path, key)) if key else None
        if former is not None:
            return former
        try:
            status, content = self._handle(asked)
        except Refusal as refusal:
            details = [{"issue": refusal.issue, "description": str(refusal)}]
            return in_json(refusal.status, {"name": "UNPROCESSABLE_ENTITY", "details": details})
        told = in_json(status, content)
        self._save()
        if key:
            self._answers[asked.path, key] = told
        return told

    def _handle(self, asked: Asked) -> tuple[int, Mapping[str, Any]]:
        if asked.path == "/v1/oauth2/token":
            return self._token(asked)
        if asked.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return 401, {"error": "invalid_token", "error_description": "Token signature verification failed"}
        sent = json.loads(asked.body) if asked.body else {}
        parts = asked.path.strip("/").split("/")
        if asked.path == "/v1/notifications/verify-webhook-signature":
            return 200, {"verification_status": self._verified(sent, asked.body)}
        if asked.path == "/v2/checkout/orders" and asked.method == "POST":
            return 201, self.create(sent)
        if parts[:3] == ["v2", "checkout", "orders"] and parts[3] in self.orders:
            return (201, self.capture(parts[3])) if parts[4:] == ["capture"] else (200, self.orders[parts[3]])
        if parts[:3] == ["v2", "payments", "captures"] and parts[4:] == ["refund"]:
            order = self.order_of(parts[3])
            if order is not None:
                self._demand_assertion(asked, order)
                return 201, self.refunded(order, sent)
        raise Refusal(404, "INVALID_RESOURCE_ID", "Specified resource ID does not exist.")

    def _save(self) -> None:
        if self._state is not None:
            self._state.write_text(json.dumps(self.orders))

    def _token(self, asked: Asked) -> tuple[int, Mapping[str, Any]]:
        basic = asked.headers.get("authorization", "").removeprefix("Basic ")
        if b64decode(basic).decode() != f"{CLIENT_ID}:{SECRET}":
            return 401, {"error": "invalid_client", "error_description": "Client Authentication failed"}
        assert parse_qs(asked.body.decode()) == {"grant_type": ["client_credentials"]}
        token = secrets.token_hex(16)
        self.tokens.add(token)
        return 200, {"access_token": token, "token_type": "Bearer", "expires_in": 32400}

    def _demand_assertion(self, asked: Asked, order: str) -> None:
        part = asked.headers.get("paypal-auth-assertion", "..").split(".")[1]
        told = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)) or b"{}")
        if told != {"iss": CLIENT_ID, "email": self.payee(order)}:
            raise Refusal(403, "PERMISSION_DENIED", "You do not have permission to do this.")

    def _verified(self, sent: Mapping[str, Any], raw: bytes) -> str:
        body = raw.partition(b'"webhook_event": ')[2][:-1]
        expected = _signature(sent["transmission_id"], sent["transmission_time"], body)
        same = hmac.compare_digest(expected.encode(), str(sent["transmission_sig"]).encode())
        return "SUCCESS" if same and sent["webhook_id"] == WEBHOOK_ID else "FAILURE"

    def _page(self, asked: Asked) -> Told:
        """PayPal's page, where a buyer agrees at once."""
        order = parse_qs(asked.query).get("token", [""])[0]
        if order not in self.orders:
            return Told(404, b"There is no such payment.")
        back = f"{self.approve(order)['return']}?token={order}&PayerID={PAYER}"
        return Told(302, b"", {"Location": back})

    def deliver(self, event: Mapping[str, Any]) -> None:
        """Send an event to the webhook, if there is one, in a thread of its own."""
        if self.webhook is not None:
            body, headers = self.sign(event)
            deliver(self.webhook, body, headers)


def _signature(id: str, moment: str, body: bytes) -> str:
    signed = f"{id}|{moment}|{WEBHOOK_ID}|".encode() + body
    return hmac.new(_SIGNING, signed, hashlib.sha256).hexdigest()
