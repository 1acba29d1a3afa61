"""PayPal client: Orders v2 with the organizer as payee, refunds of captures, verification of webhooks.

Plain HTTP, as for Stripe (ADR 11). The money moves at the capture, which is ours to ask for. Source:
developer.paypal.com/docs/api (orders/v2, payments/v2, webhooks/v1) and /api/rest/authentication.
"""

import hashlib
import json
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from chalicelib.http_client import BadAnswer, Deadline, NoAnswer, Reply, send
from chalicelib.resources.orders.payment.answers import number_in, object_in, text_in
from chalicelib.resources.orders.payment.paypal_amounts import to_paypal
from chalicelib.resources.orders.payment.paypal_answers import (
    ALREADY_CAPTURED,
    payment_in,
    refund_in,
    refunds_in,
    refused_by,
)
from chalicelib.resources.orders.payment.provider import (
    Intent,
    ProviderPayment,
    ProviderRefund,
    RefundIntent,
    Refused,
)

ORDERS: Final = "/v2/checkout/orders"
_LONGEST_ABOUT: Final = 127
_SPARE: Final = 60  # seconds before its end when a token is not used any more
_MOST_TOKENS: Final = 8
# Access tokens of the platform, by a hash of its keys, with the time when they end.
_access_tokens: dict[str, tuple[str, float]] = {}
# Header of a webhook, and the member of the question about it.
_SIGNED: Final = {
    "paypal-auth-algo": "auth_algo",
    "paypal-cert-url": "cert_url",
    "paypal-transmission-id": "transmission_id",
    "paypal-transmission-sig": "transmission_sig",
    "paypal-transmission-time": "transmission_time",
}


@dataclass(frozen=True, slots=True)
class PayPal:
    """PayPal, as the platform with these keys. `takes_fees`: PayPal collects the platform's fees for it."""

    url: str
    client_id: str
    secret: str
    takes_fees: bool = False

    def create(self, intent: Intent, until: Deadline) -> ProviderPayment:
        """The order of this reference, to be approved by the buyer; its money goes to the payee."""
        unit: dict[str, Any] = {
            "custom_id": intent.reference,
            "amount": to_paypal(intent.amount, intent.currency),
            "payee": {"email_address": intent.account},
        }
        if intent.about:
            unit["description"] = intent.about[:_LONGEST_ABOUT]
        if intent.fee:
            unit["payment_instruction"] = _fees(intent.fee, intent.currency)
        context = {
            "return_url": intent.paid_page,
            "cancel_url": intent.unpaid_page,
            "user_action": "PAY_NOW",
            "shipping_preference": "NO_SHIPPING",
        }
        sent = {
            "intent": "CAPTURE",
            "purchase_units": [unit],
            "payment_source": {"paypal": {"experience_context": context}},
        }
        return payment_in(self._ask("POST", ORDERS, until, sent, key=intent.reference))

    def retrieve(self, id: str, account: str, until: Deadline) -> ProviderPayment:
        """An order, with its capture and refunds. Raises Forgotten for one that was not approved in time."""
        return payment_in(self._ask("GET", _order(id), until))

    def cancel(self, id: str, account: str, until: Deadline) -> ProviderPayment:
        """The order as it is: it cannot be canceled, and is paid by a capture alone."""
        return self.retrieve(id, account, until)

    def capture(self, id: str, account: str, key: str, until: Deadline) -> ProviderPayment:
        """Capture an order, once per key; one that was captured already is told as it is."""
        try:
            return payment_in(self._ask("POST", f"{_order(id)}/capture", until, {}, key=key))
        except Refused as refusal:
            if refusal.code != ALREADY_CAPTURED:
                raise
        return self.retrieve(id, account, until)

    def refund(self, intent: RefundIntent, until: Deadline) -> ProviderRefund:
        """Refund a capture on the payee's behalf, with its share of the platform's fee."""
        capture = intent.transaction or self.retrieve(intent.payment, intent.account, until).transaction
        if capture is None:
            raise Refused("not captured", "PayPal has not captured this payment.")
        sent: dict[str, Any] = {
            "amount": to_paypal(intent.amount, intent.currency),
            "custom_id": intent.reference,
        }
        if intent.fee:
            sent["payment_instruction"] = _fees(intent.fee, intent.currency)
        path = f"/v2/payments/captures/{quote(capture, safe='')}/refund"
        told = self._ask("POST", path, until, sent, key=intent.reference, payee=intent.account)
        return refund_in(told)

    def refunds(self, id: str, account: str, currency: str, until: Deadline) -> list[ProviderRefund]:
        """All refunds of an order, latest first."""
        return refunds_in(self._ask("GET", _order(id), until))

    def dispute(self, id: str, account: str, until: Deadline) -> str | None:
        """None: disputes are between PayPal and the payee, who has not let the platform see them."""
        return None

    def verify(self, body: bytes, headers: Mapping[str, str], webhook_id: str, until: Deadline) -> None:
        """Ask PayPal whether it has sent this body with these headers. Raises Refused if not.

        The body is a JSON object; it is sent as it came, since the signature is about its bytes.
        """
        signed = {name: headers.get(header, "") for header, name in _SIGNED.items()}
        if not all(signed.values()):
            raise Refused("signature", "The headers of the transmission are not there.")
        asked = json.dumps({**signed, "webhook_id": webhook_id})
        raw = asked[:-1].encode() + b', "webhook_event": ' + body + b"}"
        told = self._ask("POST", "/v1/notifications/verify-webhook-signature", until, raw=raw)
        if told.get("verification_status") != "SUCCESS":
            raise Refused("signature", "The signature is not that of this body.")

    def _ask(
        self,
        method: str,
        path: str,
        until: Deadline,
        sent: Mapping[str, Any] | None = None,
        *,
        key: str | None = None,
        payee: str | None = None,
        raw: bytes | None = None,
    ) -> dict[str, Any]:
        headers = {"Content-Type": "application/json", "Prefer": "return=representation"}
        if key is not None:
            headers["PayPal-Request-Id"] = key
        if payee is not None:
            headers["PayPal-Auth-Assertion"] = self._assertion(payee)
        body = raw if raw is not None or sent is None else json.dumps(sent).encode()
        reply = self._authorized(method, path, until, headers, body)
        if reply.status == 401:  # the token was revoked
            _access_tokens.pop(self._name, None)
            reply = self._authorized(method, path, until, headers, body)
        return _told(reply)

    def _authorized(
        self, method: str, path: str, until: Deadline, headers: dict[str, str], body: bytes | None
    ) -> Reply:
        headers = {**headers, "Authorization": f"Bearer {self._token(until)}"}
        return send(method, self.url.rstrip("/") + path, until, headers=headers, body=body)

    def _token(self, until: Deadline) -> str:
        token, ends = _access_tokens.get(self._name, ("", 0.0))
        if ends > time.monotonic():
            return token
        basic = b64encode(f"{self.client_id}:{self.secret}".encode()).decode()
        headers = {
            "Authorization": f"Basic {basic}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        url, form = self.url.rstrip("/") + "/v1/oauth2/token", b"grant_type=client_credentials"
        told = _told(send("POST", url, until, headers=headers, body=form))
        token, seconds = text_in(told, "access_token"), number_in(told, "expires_in")
        if len(_access_tokens) >= _MOST_TOKENS:
            _access_tokens.clear()
        _access_tokens[self._name] = token, time.monotonic() + seconds - _SPARE
        return token

    @property
    def _name(self) -> str:
        """Which keys these are, without telling them."""
        return hashlib.sha256(json.dumps([self.url, self.client_id, self.secret]).encode()).hexdigest()

    def _assertion(self, payee: str) -> str:
        """For whom the platform acts: an unsigned JSON Web Token, as the access token says who it is."""
        parts = ({"alg": "none"}, {"iss": self.client_id, "email": payee})
        encoded = (urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts)
        return ".".join([*encoded, ""])


def _order(id: str) -> str:
    return f"{ORDERS}/{quote(id, safe='')}"


def _fees(fee: int, currency: str) -> dict[str, Any]:
    return {"platform_fees": [{"amount": to_paypal(fee, currency)}]}


def _told(reply: Reply) -> dict[str, Any]:
    if reply.status in {409, 429} or reply.status >= 500:
        raise NoAnswer(f"status {reply.status}")
    told = object_in(reply.body)
    if reply.status >= 400:
        raise refused_by(reply.status, told)
    if reply.status not in {200, 201}:
        raise BadAnswer(f"status {reply.status}")
    return told
