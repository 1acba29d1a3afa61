"""Books of the stand-in for PayPal: orders, captures and refunds, as strict as PayPal is.

Shapes and issues are those of developer.paypal.com (orders/v2, payments/v2).
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from chalicelib import clock

PAYER: Final = "PAYER2NOTREAL"
_WHOLE: Final = {"HUF", "JPY", "TWD"}
_OTHERS: Final = "AUD BRL CAD CHF CNY CZK DKK EUR GBP HKD ILS MXN MYR NOK NZD PHP PLN SEK SGD THB USD"
_CURRENCIES: Final = {*_WHOLE, *_OTHERS.split()}
_UNPROCESSABLE: Final = 422
_SENTENCE: Final = "The requested action could not be performed."


class Refusal(Exception):
    """An error of PayPal's: status, issue and text."""

    def __init__(self, status: int, issue: str, text: str = _SENTENCE) -> None:
        super().__init__(text)
        self.status, self.issue = status, issue


@dataclass
class Books:
    """Orders by id and events. `declines` are the issues of the next captures, `capture_status` else."""

    url: str = ""
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    declines: list[str] = field(default_factory=list)
    capture_status: str = "COMPLETED"
    takes_fees: bool = False

    def approve(self, order: str) -> dict[str, Any]:
        """The buyer agrees to pay."""
        known = self.orders[order]
        if known["status"] in {"CREATED", "PAYER_ACTION_REQUIRED"}:
            known["status"], known["payer"] = "APPROVED", {"payer_id": PAYER}
            self._happened("CHECKOUT.ORDER.APPROVED", "checkout-order", known)
        return known

    def complete(self, order: str, status: str = "COMPLETED") -> None:
        """A capture that was pending ends."""
        capture = self._capture_of(order)
        capture["status"] = status
        self._happened(f"PAYMENT.CAPTURE.{status}", "capture", capture)

    def refund(self, order: str, value: str) -> dict[str, Any]:
        """The organizer refunds at PayPal."""
        currency = self._unit(order)["amount"]["currency_code"]
        return self.refunded(order, {"amount": {"currency_code": currency, "value": value}})

    def create(self, sent: Mapping[str, Any]) -> dict[str, Any]:
        """A new order."""
        (unit,) = sent["purchase_units"]
        self._check(unit["amount"])
        if "@" not in unit["payee"]["email_address"]:
            raise Refusal(_UNPROCESSABLE, "PAYEE_ACCOUNT_INVALID", "Payee account is invalid.")
        if "payment_instruction" in unit and not self.takes_fees:
            raise Refusal(_UNPROCESSABLE, "PLATFORM_FEE_NOT_ENABLED", "Platform fees are not enabled.")
        id = secrets.token_hex(9)[:17].upper()
        context = sent["payment_source"]["paypal"]["experience_context"]
        self.orders[id] = {
            "id": id, "intent": sent["intent"], "status": "PAYER_ACTION_REQUIRED",
            "purchase_units": [{"reference_id": "default", **unit}],
            "payment_source": {"paypal": {}}, "create_time": clock.now().isoformat(),
            "links": [
                {"href": f"{self.url}/v2/checkout/orders/{id}", "rel": "self", "method": "GET"},
                {"href": f"{self.url}/checkoutnow?token={id}", "rel": "payer-action", "method": "GET"},
            ],
            "return": context["return_url"],
        }  # fmt: skip
        return self.orders[id]

    def capture(self, order: str) -> dict[str, Any]:
        """Capture an order that was approved; returns it."""
        known, unit = self.orders[order], self._unit(order)
        if self._captures(order):
            raise Refusal(_UNPROCESSABLE, "ORDER_ALREADY_CAPTURED", "Order already captured.")
        if known["status"] != "APPROVED":
            raise Refusal(_UNPROCESSABLE, "ORDER_NOT_APPROVED", "Payer has not yet approved the Order.")
        if self.declines:
            known["status"] = "PAYER_ACTION_REQUIRED"
            raise Refusal(_UNPROCESSABLE, self.declines.pop(0), "The instrument presented was declined.")
        id = secrets.token_hex(9)[:17].upper()
        capture = {
            "id": id, "status": self.capture_status, "amount": unit["amount"], "final_capture": True,
            "custom_id": unit["custom_id"], "create_time": clock.now().isoformat(),
            "supplementary_data": {"related_ids": {"order_id": order}},
        }  # fmt: skip
        unit["payments"], known["status"] = {"captures": [capture], "refunds": []}, "COMPLETED"
        self._happened(f"PAYMENT.CAPTURE.{self.capture_status}", "capture", capture)
        return known

    def refunded(self, order: str, sent: Mapping[str, Any]) -> dict[str, Any]:
        """Refund so much of an order's capture; returns the refund."""
        capture, refunds = self._capture_of(order), self._unit(order)["payments"]["refunds"]
        self._check(sent["amount"])
        back = sum(
            (Decimal(refund["amount"]["value"]) for refund in refunds), Decimal(sent["amount"]["value"])
        )
        left = Decimal(capture["amount"]["value"]) - back
        if left < 0:
            raise Refusal(_UNPROCESSABLE, "REFUND_AMOUNT_EXCEEDED", "The refund is more than what is left.")
        refund = {
            **sent, "id": secrets.token_hex(9)[:17].upper(), "status": "COMPLETED",
            "create_time": clock.now().isoformat(),
            "links": [{"href": f"{self.url}/v2/payments/captures/{capture['id']}", "rel": "up"}],
        }  # fmt: skip
        refunds.append(refund)
        capture["status"] = "PARTIALLY_REFUNDED" if left else "REFUNDED"
        self._happened("PAYMENT.CAPTURE.REFUNDED", "refund", refund)
        return refund

    def order_of(self, capture: str) -> str | None:
        """The order of a capture, by its id."""
        ids = (id for id in self.orders if self._captures(id) and self._capture_of(id)["id"] == capture)
        return next(ids, None)

    def payee(self, order: str) -> str:
        """Who gets the money."""
        return str(self._unit(order)["payee"]["email_address"])

    def _unit(self, order: str) -> dict[str, Any]:
        unit: dict[str, Any] = self.orders[order]["purchase_units"][0]
        return unit

    def _captures(self, order: str) -> list[dict[str, Any]]:
        captures: list[dict[str, Any]] = self._unit(order).get("payments", {}).get("captures", [])
        return captures

    def _capture_of(self, order: str) -> dict[str, Any]:
        return self._captures(order)[0]

    def _check(self, amount: Mapping[str, str]) -> None:
        """The decimals of an amount. Raises Refusal."""
        if amount["currency_code"] not in _CURRENCIES:
            raise Refusal(_UNPROCESSABLE, "CURRENCY_NOT_SUPPORTED", "Currency code is not supported.")
        decimals = len(amount["value"].partition(".")[2])
        try:
            if Decimal(amount["value"]) <= 0:
                raise Refusal(_UNPROCESSABLE, "CANNOT_BE_ZERO_OR_NEGATIVE")
        except InvalidOperation:
            raise Refusal(400, "INVALID_PARAMETER_SYNTAX") from None
        if decimals > (0 if amount["currency_code"] in _WHOLE else 2):
            raise Refusal(_UNPROCESSABLE, "DECIMAL_PRECISION")

    def _happened(self, type: str, kind: str, about: Mapping[str, Any]) -> None:
        event = {
            "id": f"WH-{secrets.token_hex(8)}", "event_version": "1.0", "event_type": type,
            "resource_type": kind, "resource": json.loads(json.dumps(about)),
        }  # fmt: skip
        self.events.append(event)
        self.deliver(event)

    def deliver(self, event: Mapping[str, Any]) -> None:
        """Send an event to the platform."""
