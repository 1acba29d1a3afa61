"""Stripe's answers: PaymentIntents, refunds, events and errors, as a payment provider's.

Source: docs.stripe.com/api.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from chalicelib.http_client import BadAnswer
from chalicelib.resources.orders.payment.payment import CANCELED, OPEN, PROCESSING, SUCCEEDED
from chalicelib.resources.orders.payment.provider import (
    ProviderPayment,
    ProviderRefund,
    Refused,
    WebhookEvent,
)
from chalicelib.resources.orders.payment.stripe_amounts import from_stripe

LONGEST: Final = 200
_STATES: Final = {
    "requires_payment_method": OPEN,
    "requires_confirmation": OPEN,
    "requires_action": OPEN,
    "requires_capture": OPEN,
    "processing": PROCESSING,
    "succeeded": SUCCEEDED,
    "canceled": CANCELED,
}
_REFUND_STATES: Final = {
    "pending": "pending",
    "requires_action": "pending",
    "succeeded": "succeeded",
    "failed": "failed",
    "canceled": "failed",
}
_OF_CLIENTS: Final = ("id", "object", "client_secret", "amount", "currency", "status", "livemode")


def refused_by(status: int, told: Mapping[str, Any]) -> Refused:
    """The refusal in an error of the API, or of OAuth."""
    if status in {401, 403}:  # Stripe's text quotes a part of the key
        return Refused("account", "Stripe does not let this platform act for the organizer's account.")
    of_oauth = told.get("error")
    if isinstance(of_oauth, str):
        return Refused(of_oauth[:LONGEST], str(told.get("error_description") or of_oauth)[:LONGEST])
    error = _members(told, "error")
    code = str(error.get("code") or error.get("type") or f"status {status}")[:LONGEST]
    return Refused(code, str(error.get("message") or "Stripe has refused this.")[:LONGEST])


def payment_in(told: Mapping[str, Any]) -> ProviderPayment:
    """The payment in a PaymentIntent, with its latest charge. Raises BadAnswer."""
    state = _STATES.get(text_in(told, "status"))
    if state is None:
        raise BadAnswer("a payment in a state that is not known")
    currency = text_in(told, "currency").upper()
    charge = _members(told, "latest_charge")
    details = _members(charge, "payment_method_details")
    card = _members(details, "card")
    return ProviderPayment(
        id=text_in(told, "id"),
        state=state,
        amount=from_stripe(_number(told, "amount"), currency),
        currency=currency,
        reference=_short(_members(told, "metadata").get("payment")) or "",
        document={name: told[name] for name in _OF_CLIENTS if name in told},
        transaction=_short(charge.get("balance_transaction") or charge.get("id")),
        method=_short(details.get("type")),
        brand=_short(card.get("brand")),
        last4=_short(card.get("last4")),
        exp_month=_short(card.get("exp_month")),
        exp_year=_short(card.get("exp_year")),
        failure=_short(_members(told, "last_payment_error").get("code")) if state == OPEN else None,
        refunded=from_stripe(_number(charge, "amount_refunded") if charge else 0, currency),
        disputed=bool(charge.get("disputed")),
    )


def refund_in(told: Mapping[str, Any], currency: str) -> ProviderRefund:
    """The refund in an answer. Raises BadAnswer."""
    state = _REFUND_STATES.get(text_in(told, "status"))
    if state is None:
        raise BadAnswer("a refund in a state that is not known")
    return ProviderRefund(
        id=text_in(told, "id"),
        state=state,
        amount=from_stripe(_number(told, "amount"), currency),
        reference=_short(_members(told, "metadata").get("refund")),
        failure=_short(told.get("failure_reason")),
    )


def event_in(event: Mapping[str, Any]) -> WebhookEvent:
    """The event in a body. Raises BadAnswer."""
    about = _members(_members(event, "data"), "object")
    payment = about.get("id") if about.get("object") == "payment_intent" else about.get("payment_intent")
    return WebhookEvent(
        id=text_in(event, "id")[:LONGEST],
        type=text_in(event, "type")[:LONGEST],
        account=str(event.get("account") or ""),
        payment=_short(payment),
        reference=_short(_members(about, "metadata").get("payment")),
    )


def object_in(body: bytes) -> dict[str, Any]:
    """The JSON object in a body, whose texts can be stored. Raises BadAnswer."""
    try:
        told = json.loads(body)
        texts = json.dumps(told, ensure_ascii=False).encode()  # ValueError: half of a surrogate pair
    except (ValueError, RecursionError):
        raise BadAnswer("no JSON") from None
    if rb"\u0000" in texts:
        raise BadAnswer("a character that cannot be stored")
    if not isinstance(told, dict):
        raise BadAnswer("JSON, but no object")
    return told


def listed_in(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The members of a list. Raises BadAnswer."""
    listed = told.get("data")
    if not isinstance(listed, list):
        raise BadAnswer("a list without data")
    return [member for member in listed if isinstance(member, dict)]


def _members(told: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = told.get(name)
    return value if isinstance(value, dict) else {}


def text_in(told: Mapping[str, Any], name: str) -> str:
    """A text that must be there. Raises BadAnswer."""
    value = told.get(name)
    if not isinstance(value, str) or not value:
        raise BadAnswer(f"an answer without {name}")
    return value


def _number(told: Mapping[str, Any], name: str) -> int:
    value = told.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadAnswer(f"an answer without {name}")
    return value


def _short(value: object) -> str | None:
    return str(value)[:LONGEST] if value not in (None, "") else None
