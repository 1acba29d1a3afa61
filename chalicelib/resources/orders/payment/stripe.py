"""Stripe client: PaymentIntents as direct charges on connected accounts, refunds, webhooks, Connect's OAuth.

Plain HTTP with a pinned API version; ADR 11 says why without the SDK. Source: docs.stripe.com (api, webhooks,
currencies, connect/oauth-reference).
"""

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from chalicelib.http_client import BadAnswer, Deadline, NoAnswer, send
from chalicelib.resources.orders.payment.answers import object_in, text_in
from chalicelib.resources.orders.payment.provider import (
    Connected,
    Intent,
    ProviderPayment,
    ProviderRefund,
    RefundIntent,
    Refused,
    WebhookEvent,
)
from chalicelib.resources.orders.payment.stripe_amounts import to_stripe
from chalicelib.resources.orders.payment.stripe_answers import (
    event_in,
    listed_in,
    payment_in,
    refund_in,
    refused_by,
)
from chalicelib.settings import settings

VERSION: Final = "2024-06-20"
OLDEST_EVENT: Final = 300  # seconds, as in Stripe's own libraries


@dataclass(frozen=True, slots=True)
class Stripe:
    """Stripe, as the platform with this secret key."""

    secret_key: str

    def create(self, intent: Intent, until: Deadline) -> ProviderPayment:
        """The PaymentIntent of this reference: Stripe makes one per idempotency key."""
        sent: dict[str, Any] = {
            "amount": to_stripe(intent.amount, intent.currency),
            "currency": intent.currency.lower(),
            "description": intent.about,
            "metadata": {"payment": intent.reference, **({"order": intent.order} if intent.order else {})},
            "expand": ["latest_charge"],
        }
        if intent.method is None:
            sent["automatic_payment_methods"] = {"enabled": "true"}
        else:
            sent["payment_method_types"] = [intent.method]
        if intent.fee:
            sent["application_fee_amount"] = to_stripe(intent.fee, intent.currency)
        told = self._ask("POST", "/v1/payment_intents", sent, intent.account, until, key=intent.reference)
        return payment_in(told)

    def retrieve(self, id: str, account: str, until: Deadline) -> ProviderPayment:
        """A PaymentIntent, with its latest charge."""
        return payment_in(self._ask("GET", f"/v1/payment_intents/{id}", _WITH_CHARGE, account, until))

    def redirect(self, id: str, intent: Intent, until: Deadline) -> ProviderPayment:
        """A PaymentIntent whose buyer pays at a page of the intent's method, and returns from there."""
        sent = {
            **_WITH_CHARGE,
            "payment_method_data": {"type": intent.method},
            "return_url": intent.paid_page,
        }
        return payment_in(self._ask("POST", f"/v1/payment_intents/{id}/confirm", sent, intent.account, until))

    def cancel(self, id: str, account: str, until: Deadline) -> ProviderPayment:
        """Cancel a PaymentIntent; one that cannot be is told as it is."""
        with suppress(Refused):  # paid or canceled already
            self._ask("POST", f"/v1/payment_intents/{id}/cancel", {}, account, until)
        return self.retrieve(id, account, until)

    def capture(self, id: str, account: str, key: str, until: Deadline) -> ProviderPayment:
        """A PaymentIntent: Stripe captures by itself."""
        return self.retrieve(id, account, until)

    def refund(self, intent: RefundIntent, until: Deadline) -> ProviderRefund:
        """Refund a PaymentIntent, with as large a share of the platform's fee, if there was one."""
        sent: dict[str, Any] = {
            "payment_intent": intent.payment,
            "amount": to_stripe(intent.amount, intent.currency),
            "metadata": {"refund": intent.reference},
        }
        if intent.has_fee:
            sent["refund_application_fee"] = "true"
        told = self._ask("POST", "/v1/refunds", sent, intent.account, until, key=intent.reference)
        return refund_in(told, intent.currency)

    def refunds(self, id: str, account: str, currency: str, until: Deadline) -> list[ProviderRefund]:
        """All refunds of a PaymentIntent, latest first, page by page."""
        sent: dict[str, Any] = {"payment_intent": id, "limit": 100}
        seen: list[ProviderRefund] = []
        while True:
            listed = self._ask("GET", "/v1/refunds", sent, account, until)
            page = [refund_in(member, currency) for member in listed_in(listed)]
            seen += page
            if listed.get("has_more") is not True or not page:
                return seen
            sent["starting_after"] = page[-1].id

    def made_since(self, moment: datetime, account: str) -> Iterator[ProviderPayment]:
        """The PaymentIntents of an account that were created since this moment, latest first."""
        for intent in self._all_since("/v1/payment_intents", moment, account, ["data.latest_charge"]):
            yield payment_in(intent)

    def refunded_since(self, moment: datetime, account: str) -> set[str]:
        """The ids of PaymentIntents of an account of which something went back since this moment."""
        listed = self._all_since("/v1/refunds", moment, account, [])
        return {text_in(refund, "payment_intent") for refund in listed if refund.get("payment_intent")}

    def _all_since(
        self, path: str, moment: datetime, account: str, expand: list[str]
    ) -> Iterator[dict[str, Any]]:
        sent: dict[str, Any] = {"created": {"gte": int(moment.timestamp())}, "limit": 100, "expand": expand}
        while True:
            listed = self._ask("GET", path, sent, account, Deadline())
            page = listed_in(listed)
            yield from page
            if listed.get("has_more") is not True or not page:
                return
            sent["starting_after"] = text_in(page[-1], "id")

    def dispute(self, id: str, account: str, until: Deadline) -> str | None:
        """The status of the latest dispute."""
        listed = self._ask("GET", "/v1/disputes", {"payment_intent": id, "limit": 1}, account, until)
        return next((text_in(member, "status") for member in listed_in(listed)), None)

    def verify(self, body: bytes, signature: str, secret: str, now: datetime) -> WebhookEvent:
        """The event, if its signature (scheme v1) is right and it was signed in the last five minutes.

        `secret` has commas between several: live and test events come from webhooks of their own.
        """
        parts = [part.partition("=")[::2] for part in signature.split(",")]
        times = [value for name, value in parts if name.strip() == "t"]
        if len(times) != 1 or not (times[0].isascii() and times[0].isdecimal() and len(times[0]) < 12):
            raise Refused("signature", "The signature has no time.")
        signed = times[0].encode() + b"." + body
        keys = [key.strip().encode() for key in secret.split(",") if key.strip()]
        expected = [hmac.new(key, signed, hashlib.sha256).hexdigest().encode() for key in keys]
        given = [value.encode() for name, value in parts if name.strip() == "v1"]
        if not any(hmac.compare_digest(right, value) for right in expected for value in given):
            raise Refused("signature", "The signature is not that of this body.")
        if abs(now.timestamp() - int(times[0])) > OLDEST_EVENT:
            raise Refused("signature", "The signature is too old.")
        return event_in(object_in(body))

    def exchange(self, code: str, until: Deadline) -> Connected:
        """Connect the account that gave this authorization code. Its tokens are not kept."""
        sent = {"grant_type": "authorization_code", "code": code, "client_secret": self.secret_key}
        told = self._ask("POST", "/oauth/token", sent, None, until, host=settings().stripe_connect_url)
        return Connected(text_in(told, "stripe_user_id"), text_in(told, "stripe_publishable_key"))

    def disconnect(self, client_id: str, account: str, until: Deadline) -> None:
        """Disconnect an account; one that is not connected stays so."""
        sent = {"client_id": client_id, "stripe_user_id": account}
        try:
            self._ask("POST", "/oauth/deauthorize", sent, None, until, host=settings().stripe_connect_url)
        except Refused as refusal:
            if refusal.code != "invalid_client":
                raise

    def _ask(
        self,
        method: str,
        path: str,
        sent: Mapping[str, Any],
        account: str | None,
        until: Deadline,
        *,
        key: str | None = None,
        host: str | None = None,
    ) -> dict[str, Any]:
        headers = {
            "Authorization": f"Bearer {self.secret_key}",
            "Stripe-Version": VERSION,
            "Content-Type": "application/x-www-form-urlencoded",
        }
        if account:  # none: the platform's own
            headers["Stripe-Account"] = account
        if key is not None:
            headers["Idempotency-Key"] = key
        form, url = urlencode([*_flat(sent)]), (host or settings().stripe_api_url).rstrip("/") + path
        if method == "GET":
            reply = send(method, f"{url}?{form}", until, headers=headers)
        else:
            reply = send(method, url, until, headers=headers, body=form.encode())
        if reply.status in {409, 429} or reply.status >= 500:
            raise NoAnswer(f"status {reply.status}")
        told = object_in(reply.body)
        if reply.status >= 400:
            raise refused_by(reply.status, told)
        if reply.status != 200:
            raise BadAnswer(f"status {reply.status}")
        return told


_WITH_CHARGE: Final = {"expand": ["latest_charge"]}


def _flat(sent: Mapping[str, Any], within: str = "") -> Iterator[tuple[str, str]]:
    """Nested members as Stripe's forms have them: metadata[payment], expand[0]."""
    for name, value in sent.items():
        key = f"{within}[{name}]" if within else name
        if isinstance(value, dict):
            yield from _flat(value, key)
        elif isinstance(value, list):
            yield from ((f"{key}[{number}]", str(member)) for number, member in enumerate(value))
        else:
            yield key, str(value)
