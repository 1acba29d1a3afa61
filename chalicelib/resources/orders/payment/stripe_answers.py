"""Stripe's answers: PaymentIntents, refunds, events and errors, as a payment provider's.

Source: docs.stripe.com/api.
"""

from collections.abc import Mapping
from typing import Any, Final

from chalicelib.http_client import BadAnswer
from chalicelib.resources.orders.payment.answers import (
    LONGEST,
    members_in,
    number_in,
    object_in_or_empty,
    short_of,
    text_in,
    text_in_or_none,
)
from chalicelib.resources.orders.payment.payment import CANCELED, OPEN, PROCESSING, SUCCEEDED
from chalicelib.resources.orders.payment.provider import (
    ProviderPayment,
    ProviderRefund,
    Refused,
    WebhookEvent,
)
from chalicelib.resources.orders.payment.stripe_amounts import from_stripe

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
LONGEST_ADDRESS: Final = 2000
_OF_CLIENTS: Final = ("id", "object", "client_secret", "amount", "currency", "status", "livemode")


def refused_by(status: int, told: Mapping[str, Any]) -> Refused:
    """The refusal in an error of the API, or of OAuth."""
    if status in {401, 403}:  # Stripe's text quotes a part of the key
        return Refused("account", "Stripe does not let this platform act for the organizer's account.")
    of_oauth = told.get("error")
    if isinstance(of_oauth, str):
        return Refused(of_oauth[:LONGEST], str(told.get("error_description") or of_oauth)[:LONGEST])
    error = members_in(told, "error")
    code = str(error.get("code") or error.get("type") or f"status {status}")[:LONGEST]
    return Refused(code, str(error.get("message") or "Stripe has refused this.")[:LONGEST])


def payment_in(told: Mapping[str, Any]) -> ProviderPayment:
    """The payment in a PaymentIntent, with its latest charge. Raises BadAnswer."""
    state = _STATES.get(text_in(told, "status"))
    if state is None:
        raise BadAnswer("a payment in a state that is not known")
    currency = text_in(told, "currency").upper()
    charge = members_in(told, "latest_charge")
    details = members_in(charge, "payment_method_details")
    card = members_in(details, "card")
    return ProviderPayment(
        id=text_in(told, "id"),
        state=state,
        amount=from_stripe(number_in(told, "amount"), currency),
        currency=currency,
        reference=short_of(members_in(told, "metadata").get("payment")) or "",
        order=short_of(members_in(told, "metadata").get("order")) or "",
        has_fee=bool(told.get("application_fee_amount")),
        document={name: told[name] for name in _OF_CLIENTS if name in told},
        transaction=short_of(charge.get("balance_transaction") or charge.get("id")),
        method=short_of(details.get("type")),
        brand=short_of(card.get("brand")),
        last4=short_of(card.get("last4")),
        exp_month=short_of(card.get("exp_month")),
        exp_year=short_of(card.get("exp_year")),
        failure=short_of(members_in(told, "last_payment_error").get("code")) if state == OPEN else None,
        redirect=_redirect(members_in(told, "next_action")),
        refunded=from_stripe(number_in(charge, "amount_refunded") if charge else 0, currency),
        disputed=bool(charge.get("disputed")),
    )


def _redirect(action: Mapping[str, Any]) -> str | None:
    """Where the buyer goes on: such as alipay_handle_redirect, or redirect_to_url."""
    return short_of(members_in(action, str(action.get("type"))).get("url"), LONGEST_ADDRESS)


def refund_in(told: Mapping[str, Any], currency: str) -> ProviderRefund:
    """The refund in an answer. Raises BadAnswer."""
    state = _REFUND_STATES.get(text_in(told, "status"))
    if state is None:
        raise BadAnswer("a refund in a state that is not known")
    return ProviderRefund(
        id=text_in(told, "id"),
        state=state,
        amount=from_stripe(number_in(told, "amount"), currency),
        reference=short_of(members_in(told, "metadata").get("refund")),
        failure=short_of(told.get("failure_reason")),
    )


def event_in(event: Mapping[str, Any]) -> WebhookEvent:
    """The event in a body. Raises BadAnswer."""
    about = members_in(object_in_or_empty(event, "data"), "object")
    payment = about.get("id") if about.get("object") == "payment_intent" else about.get("payment_intent")
    return WebhookEvent(
        id=text_in(event, "id")[:LONGEST],
        type=text_in(event, "type")[:LONGEST],
        account=text_in_or_none(event, "account") or "",
        payment=short_of(payment),
        reference=short_of(members_in(about, "metadata").get("payment")),
    )


def listed_in(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The members of a list. Raises BadAnswer."""
    listed = told.get("data")
    if not isinstance(listed, list):
        raise BadAnswer("a list without data")
    return [member for member in listed if isinstance(member, dict)]
