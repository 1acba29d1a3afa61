"""An order for a buyer and guests, what becomes of it, and who has heard of that."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from chalicelib import db, signals
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.orders.attendee.attendee import Attendee
from chalicelib.resources.orders.order.table import Order
from chalicelib.resources.people.user.user import User
from chalicelib.resources.tickets.ticket import Ticket
from tests.factories import stored
from tests.factories.attendee import make_attendee
from tests.factories.event import make_event
from tests.factories.order import make_order
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.pump import Pump


@dataclass(frozen=True, slots=True)
class Scene:
    """An order for three: the buyer, a guest with two tickets, and nobody in particular."""

    owner: User
    buyer: User
    event: Event
    ticket: Ticket
    order: Order
    attendees: tuple[Attendee, ...]

    def code(self, number: int) -> str:
        """The text of the QR code of an attendee."""
        return f"{self.order.identifier}-{self.attendees[number].identifier}"


def scene(*, status: str = "completed", **values: Any) -> Scene:
    """`values` are the event's, and where they begin with order_, the order's."""
    order_values = {name[6:]: values.pop(name) for name in list(values) if name.startswith("order_")}
    owner, buyer = stored(make_user), stored(make_user, email="ada@example.org", first_name="Ada")
    about = {"name": "Harbour Jazz Days", "payment_currency": "EUR"}
    event = stored(make_event, owner=owner, **{**about, **values})
    ticket = stored(make_ticket, event=event, name="Balcony", type="paid", price=Decimal("12.5"))
    paid = {"amount": Decimal(50), "payment_mode": "bank", "reference": "4 kind otters sang softly"}
    order = stored(
        make_order,
        event=event,
        user=buyer,
        tickets={ticket: 4},
        status=status,
        **{**paid, **order_values},
    )
    emails = ("ADA@example.org", "grace@example.org", " Grace@Example.org ", None, "  ")
    attendees = tuple(
        stored(make_attendee, event=event, order=order, ticket=ticket, email=email) for email in emails
    )
    return Scene(owner, buyer, event, ticket, order, attendees)


def happens(what: str, order: Order, viewer_id: int | None = None) -> None:
    """The order comes into a state, and whoever listens is told in the same transaction."""
    with db.transaction() as session:
        session.get_one(Order, order.id).status = what
        signals.emit(session, f"order.{what}", id=order.id, viewer_id=viewer_id)


def mails(pump: Pump) -> dict[str, dict[str, Any]]:
    """The mails by recipient, of whom each got one."""
    sent = pump.mails()
    by_recipient = {to: mail for mail in sent for to in mail["to"]}
    assert len(by_recipient) == len(sent)
    return by_recipient


def news(database: TestDatabase) -> list[tuple[str, int]]:
    """What was told to whom in the application."""
    found = database.rows(
        "SELECT type, user_id FROM notifications JOIN notification_contents c ON c.id = content_id "
        "ORDER BY type, user_id"
    )
    return [(row["type"], row["user_id"]) for row in found]
