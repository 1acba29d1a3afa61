"""PayPal's answers: orders, captures, refunds, events and errors, as a payment provider's.

An order has one purchase unit, and one capture at most. Source: developer.paypal.com/docs/api/orders/v2 and
payments/v2.
"""

from collections.abc import Mapping
from typing import Any, Final

from chalicelib.http_client import BadAnswer
from chalicelib.resources.orders.payment.answers import (
    LONGEST,
    members_in,
    object_in_or_empty,
    short_of,
    text_in,
    text_in_or_none,
)
from chalicelib.resources.orders.payment.payment import CANCELED, OPEN, PROCESSING, SUCCEEDED
from chalicelib.resources.orders.payment.paypal_amounts import from_paypal
from chalicelib.resources.orders.payment.provider import (
    Forgotten,
    ProviderPayment,
    ProviderRefund,
    Refused,
    WebhookEvent,
)

ALREADY_CAPTURED: Final = "ORDER_ALREADY_CAPTURED"
_APPROVED: Final = "APPROVED"
_STATES: Final = {
    "CREATED": OPEN,
    "SAVED": OPEN,
    "PAYER_ACTION_REQUIRED": OPEN,
    _APPROVED: OPEN,
    "VOIDED": CANCELED,
}
_CAPTURE_STATES: Final = {
    "COMPLETED": SUCCEEDED,
    "PARTIALLY_REFUNDED": SUCCEEDED,
    "REFUNDED": SUCCEEDED,
    "PENDING": PROCESSING,
    "DECLINED": CANCELED,  # an order is captured once: the buyer needs another one
    "FAILED": CANCELED,
}
_REFUND_STATES: Final = {
    "COMPLETED": "succeeded",
    "PENDING": "pending",
    "CANCELLED": "failed",
    "FAILED": "failed",
}
_APPROVE: Final = ("approve", "payer-action")


def refused_by(status: int, told: Mapping[str, Any]) -> Refused:
    """The refusal in an error of the API, or of OAuth."""
    if status == 401 or "error" in told:
        return Refused("account", "PayPal does not accept the platform's keys.")
    details = told.get("details")
    first = details[0] if isinstance(details, list) and details and isinstance(details[0], dict) else {}
    code = str(first.get("issue") or told.get("name") or f"status {status}")[:LONGEST]
    text = first.get("description") or told.get("message") or "PayPal has refused this."
    return (Forgotten if status == 404 else Refused)(code, str(text)[:LONGEST])


def payment_in(told: Mapping[str, Any]) -> ProviderPayment:
    """The payment in an order. Raises BadAnswer."""
    units = told.get("purchase_units")
    if not isinstance(units, list) or len(units) != 1 or not isinstance(units[0], dict):
        raise BadAnswer("an order that has not one purchase unit")
    unit, status = units[0], text_in(told, "status")
    amount, currency = from_paypal(unit.get("amount"))
    capture = next(iter(_listed(unit, "captures")), None)
    state = _STATES.get(status) if capture is None else _CAPTURE_STATES.get(text_in(capture, "status"))
    if state is None:
        raise BadAnswer("an order in a state that is not known")
    if capture is not None and from_paypal(capture.get("amount")) != (amount, currency):
        raise BadAnswer("a capture of another amount")
    payer = members_in(told, "payer") or members_in(members_in(told, "payment_source"), "paypal")
    back = [refund_in(refund) for refund in _listed(unit, "refunds")]
    return ProviderPayment(
        id=text_in(told, "id"),
        state=state,
        amount=amount,
        currency=currency,
        reference=short_of(unit.get("custom_id")) or "",
        document={"payment_id": told["id"], "approval_url": _approval_url(told)},
        transaction=short_of(capture.get("id")) if capture is not None else None,
        method="paypal",
        failure=_failure(capture) if capture is not None and state != SUCCEEDED else None,
        refunded=sum(refund.amount for refund in back if refund.state != "failed"),
        approved=capture is None and status == _APPROVED,
        payer=short_of(payer.get("payer_id") or payer.get("account_id")),
    )


def refunds_in(told: Mapping[str, Any]) -> list[ProviderRefund]:
    """The refunds of an order, latest first. Raises BadAnswer."""
    units = [unit for unit in told.get("purchase_units") or [] if isinstance(unit, dict)]
    listed = [refund for unit in units for refund in _listed(unit, "refunds")]
    listed.sort(key=lambda refund: str(refund.get("create_time") or ""), reverse=True)
    return [refund_in(refund) for refund in listed]


def refund_in(told: Mapping[str, Any]) -> ProviderRefund:
    """The refund in an answer. Raises BadAnswer."""
    state = _REFUND_STATES.get(text_in(told, "status"))
    if state is None:
        raise BadAnswer("a refund in a state that is not known")
    return ProviderRefund(
        id=text_in(told, "id"),
        state=state,
        amount=from_paypal(told.get("amount"))[0],
        reference=short_of(told.get("custom_id")),
        failure=short_of(members_in(told, "status_details").get("reason")) if state == "failed" else None,
    )


def event_in(event: Mapping[str, Any]) -> WebhookEvent:
    """The event in a body: about an order, a capture, or a refund of one. Raises BadAnswer."""
    about = object_in_or_empty(event, "resource")
    related = members_in(members_in(about, "supplementary_data"), "related_ids")
    is_order = text_in_or_none(event, "resource_type") == "checkout-order"
    links = about.get("links")
    up = [
        str(link.get("href") or "").rpartition("/")[2]
        for link in (links if isinstance(links, list) else [])
        if isinstance(link, dict) and link.get("rel") == "up"
    ]
    return WebhookEvent(
        id=text_in(event, "id")[:LONGEST],
        type=text_in(event, "event_type")[:LONGEST],
        account="",
        payment=short_of(about.get("id") if is_order else related.get("order_id")),
        reference=short_of(about.get("custom_id")),
        transaction=short_of(related.get("capture_id") or next(iter(up), None)),
    )


def _listed(unit: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    listed = members_in(unit, "payments").get(name)
    return [member for member in listed if isinstance(member, dict)] if isinstance(listed, list) else []


def _approval_url(told: Mapping[str, Any]) -> str | None:
    links = told.get("links")
    for link in links if isinstance(links, list) else []:
        if isinstance(link, dict) and link.get("rel") in _APPROVE:
            return short_of(link.get("href"))
    return None


def _failure(capture: Mapping[str, Any]) -> str | None:
    return short_of(members_in(capture, "status_details").get("reason") or capture.get("status"))
