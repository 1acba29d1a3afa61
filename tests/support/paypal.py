"""An event that is paid at PayPal, and those who buy, sell and settle there, over HTTP."""

from typing import Any

from devstack import paypal_stand_in
from devstack.paypal_books import PAYER
from devstack.paypal_stand_in import PayPalStandIn
from devstack.stripe_stand_in import StripeStandIn
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply
from tests.support.payments import STRIPE_KEYS, Counter
from tests.support.pump import Pump

PAYPAL_KEYS = {
    "paypal_mode": "sandbox",
    "paypal_sandbox_client": paypal_stand_in.CLIENT_ID,
    "paypal_sandbox_secret": paypal_stand_in.SECRET,
}
PAYEE = "organizer@example.org"
PAGES = {
    "return-url": "http://localhost:4200/orders/1/view",
    "cancel-url": "http://localhost:4200/orders/1/pending",
}
CREATE = {"data": {"attributes": PAGES, "type": "paypal-payment"}}


class PayPalCounter(Counter):
    """A ticket counter of an event that takes PayPal as well as Stripe."""

    def __init__(
        self,
        client: Client,
        database: TestDatabase,
        stripe: StripeStandIn,
        paypal: PayPalStandIn,
        pump: Pump,
        **more: Any,
    ) -> None:
        values = {"can_pay_by_paypal": True, "paypal_email": PAYEE}
        keys = {**STRIPE_KEYS, **PAYPAL_KEYS}
        database.run("DELETE FROM ticket_fees")
        super().__init__(client, database, stripe, pump, event_values=values, keys=keys, **more)
        self.paypal = paypal

    def create(self, order: Any, asking: Client | None = None) -> Reply:
        """The buyer asks to pay by PayPal, as the old web client does."""
        address = f"/v1/orders/{order['attributes']['identifier']}/create-paypal-payment"
        return (asking or self.asking).post(address, CREATE)

    def begun(self, order: Any) -> str:
        """The id of the payment at PayPal that the buyer is to approve."""
        made = self.create(order)
        assert made.status == 200, made.text
        assert made.json["status"] is True, made.text
        return str(made.json["payment_id"])

    def pay(self, order: Any, payment: str, payer: str = PAYER) -> Reply:
        """The buyer has approved the payment, and the old web client has it captured."""
        sent = document("charge", {"paypal_payment_id": payment, "paypal_payer_id": payer})
        return self.asking.post(f"/v1/orders/{order['attributes']['identifier']}/charge", sent)

    def verify_on_phone(self, order: Any, payment: Any) -> Reply:
        """The app asks whether a payment has been made."""
        sent = {"data": {"type": "paypal-payment", "attributes": {"payment-id": payment}}}
        address = f"/v1/orders/{order['attributes']['identifier']}/verify-mobile-paypal-payment"
        return self.asking.post(address, sent)

    def hear_paypal(self, *events: Any) -> list[int]:
        """PayPal sends these events; returns the statuses of our answers."""
        return [self.sent_by_paypal(*self.paypal.sign(event)).status for event in events]

    def sent_by_paypal(self, body: bytes, headers: dict[str, str]) -> Reply:
        """A request to the webhook."""
        kind = "application/json"
        return self.client.post("/v1/paypal/webhook", body=body, headers=headers, content_type=kind)
