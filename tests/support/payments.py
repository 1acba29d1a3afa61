"""An event that is paid by Stripe, and those who buy, sell and settle there, over HTTP."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from devstack.stripe_connect import CLIENT_ID, PUBLISHABLE_KEY, SECRET_KEY
from devstack.stripe_stand_in import StripeStandIn
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.setting import make_setting
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.orders.baskets import ORDER, basket
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply
from tests.support.pump import Pump

CHARGE = document("charge", {"stripe": None})
STRIPE_KEYS = {
    "stripe_test_client_id": CLIENT_ID,
    "stripe_test_secret_key": SECRET_KEY,
    "stripe_test_publishable_key": PUBLISHABLE_KEY,
}


@dataclass
class Counter:
    """A ticket counter of an event whose owner has connected a Stripe account through the API."""

    client: Client
    database: TestDatabase
    stripe: StripeStandIn
    pump: Pump
    currency: str = "EUR"
    price: float = 50
    quantity: int = 100
    event_values: Mapping[str, Any] = field(default_factory=dict)
    keys: Mapping[str, Any] = field(default_factory=lambda: STRIPE_KEYS)

    def __post_init__(self) -> None:
        stored(make_setting, **self.keys)
        self.owner, self.buyer = stored(make_user), stored(make_user, is_verified=True)
        self.event = stored(
            make_event,
            owner=self.owner,
            can_pay_by_stripe=True,
            can_pay_by_bank=True,
            payment_currency=self.currency,
            **self.event_values,
        )
        self.ticket = stored(
            make_ticket, event=self.event, type="paid", price=self.price, quantity=self.quantity
        )
        sent = document(
            "stripe-authorization", {"stripe-auth-code": f"ac_{self.event.id}"}, event=("event", self.event)
        )
        made = self.organizer.post("/v1/stripe-authorizations", sent)
        assert made.status == 201, made.text

    @property
    def organizer(self) -> Client:
        """The event's owner."""
        return self.client.signed_in_as(self.owner)

    @property
    def asking(self) -> Client:
        """The buyer."""
        return self.client.signed_in_as(self.buyer)

    def order(self, number: int = 1, **more: Any) -> Any:
        """An order of the buyer's, whose attendees are named: its resource object."""
        made = self.asking.post(ORDER, basket((self.ticket, number), **more))
        assert made.status == 200, made.text
        for id in self.attendees(made.data):
            named = {"firstname": "Ada", "lastname": "Lovelace", "email": f"guest{id}@example.org"}
            reply = self.asking.patch(f"/v1/attendees/{id}", document("attendee", named, id))
            assert reply.status == 200, reply.text
        return made.data

    def attendees(self, order: Any) -> list[int]:
        """The ids of those who come by the order."""
        rows = self.database.rows(
            "SELECT id FROM attendees WHERE order_id = :id AND deleted_at IS NULL ORDER BY id",
            id=int(order["id"]),
        )
        return [row["id"] for row in rows]

    def charge(self, order: Any) -> Reply:
        """The buyer asks to pay."""
        return self.asking.post(f"/v1/orders/{order['attributes']['identifier']}/charge", CHARGE)

    def intent(self, order: Any) -> str:
        """The id of the order's payment at Stripe."""
        found = self.database.rows(
            "SELECT provider_id FROM payments WHERE order_id = :id ORDER BY id DESC LIMIT 1",
            id=int(order["id"]),
        )
        return str(found[0]["provider_id"])

    def verify(self, order: Any) -> str:
        """What the old client is told when it asks whether the order is paid."""
        reply = self.asking.post(f"/v1/orders/{order['attributes']['identifier']}/verify")
        assert reply.status == 200, reply.text
        return str(reply.json["payment_status"])

    def status(self, order: Any) -> str:
        """The order's state."""
        return str(self.database.one("SELECT status FROM orders WHERE id = :id", id=int(order["id"])))

    def hear(self, *events: Any, at: int | None = None) -> list[int]:
        """Stripe sends these events; returns the statuses of our answers."""
        return [self._hear(event, at).status for event in events]

    def settle(self) -> None:
        """The clock strikes, and tasks run until none is left."""
        for table in ("outbox", "tasks_done"):  # as in another interval
            self.database.run(f"DELETE FROM {table} WHERE task = 'reconcile_payments'")
        self.pump.tick("sweep_outbox")
        self.pump.everything()

    def refund(self, order: Any, **asked: Any) -> Reply:
        """The organizer refunds."""
        address = f"/v1/orders/{order['attributes']['identifier']}/refund"
        return self.organizer.post(address, asked, content_type="application/json")

    def ledger(self, order: Any) -> list[tuple[str, int, int]]:
        """State, amount and refunded amount of each payment of the order, in minor units."""
        rows = self.database.rows(
            "SELECT state, amount_minor, refunded_minor FROM payments WHERE order_id = :id ORDER BY id",
            id=int(order["id"]),
        )
        return [(row["state"], row["amount_minor"], row["refunded_minor"]) for row in rows]

    def _hear(self, event: Any, at: int | None) -> Reply:
        body, signature = self.stripe.sign(event, at)
        headers = {"Stripe-Signature": signature}
        kind = "application/json; charset=utf-8"
        return self.client.post("/v1/stripe/webhook", body=body, headers=headers, content_type=kind)
