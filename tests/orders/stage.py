"""An event with everybody who could have to do with an order of it, and all that an order's change touches."""

from typing import Any, Final

from chalicelib.resources.orders.attendee.attendee import Attendee
from chalicelib.resources.orders.order.table import Order
from tests.factories import stored
from tests.factories.attendee import make_attendee
from tests.factories.event import make_event
from tests.factories.order import make_order
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply

STATES: Final = ("initializing", "pending", "placed", "completed", "cancelled", "expired")
ENDED: Final = ("cancelled", "expired")
LIVING: Final = STATES[:4]


class Stage:
    """An event with everybody who could have to do with an order of it."""

    def __init__(self, client: Client, database: TestDatabase, **order: Any) -> None:
        self.client, self.database, self.order = client, database, order
        self.event = stored(make_event, can_pay_by_bank=True)
        self.ticket = stored(make_ticket, event=self.event, quantity=1000)
        self.buyer, self.guest = stored(make_user), stored(make_user)

    def asking(self, viewer: str) -> Client:
        """A client of this viewer's."""
        if viewer == "nobody":
            return self.client
        known = {"buyer": self.buyer, "guest": self.guest}
        if viewer in known:
            return self.client.signed_in_as(known[viewer])
        if viewer in {"stranger", "staff"}:
            return self.client.signed_in_as(stored(make_user, is_admin=viewer == "staff"))
        return self.client.signed_in_as(
            stored(make_users_events_roles, event=self.event, role=viewer).user_id
        )

    def ordered(self, status: str, **values: Any) -> Order:
        """An order in this state with one attendee."""
        order = stored(
            make_order, event=self.event, user=self.buyer, status=status, **{**self.order, **values}
        )
        if status not in ENDED:
            stored(make_attendee, event=self.event, order=order, ticket=self.ticket, email=self.guest.email)
        else:
            stored(
                make_attendee, event=self.event, order=order, ticket=self.ticket, deleted_at=order.created_at
            )
        return order

    def seen(self, order: Order) -> dict[str, Any]:
        """Everything that a change of this order could touch."""
        (found,) = self.database.rows(
            "SELECT to_jsonb(orders) AS row, (SELECT count(*) FROM attendees WHERE order_id = orders.id "
            "AND deleted_at IS NULL) AS coming, (SELECT taken FROM stocks WHERE ticket_id = :ticket) AS taken, "
            "(SELECT count(*) FROM outbox) AS messages FROM orders WHERE id = :id",
            id=order.id,
            ticket=self.ticket.id,
        )
        return found


def move(asking: Client, order: Order, status: str, **values: Any) -> Reply:
    """PATCH the order's state, and what else is given."""
    sent = {name.replace("_", "-"): value for name, value in {"status": status, **values}.items()}
    return asking.patch(f"/v1/orders/{order.identifier}", document("order", sent, order.id))


def change(asking: Client, attendee: Attendee, **values: Any) -> Reply:
    """PATCH the attendee."""
    sent = {name.replace("_", "-"): value for name, value in values.items()}
    return asking.patch(f"/v1/attendees/{attendee.id}", document("attendee", sent, attendee.id))
