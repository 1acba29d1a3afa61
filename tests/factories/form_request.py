"""Form requests: an attendee of a group order who is asked to fill in their own form."""

from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.events.event.event import Event
from chalicelib.resources.orders.attendee.attendee import Attendee
from chalicelib.resources.orders.form_request import FormRequest
from chalicelib.resources.orders.order.table import Order
from tests.factories.attendee import make_attendee
from tests.factories.order import make_order


def attributes() -> dict[str, Any]:
    """What a client could send: no client may write one."""
    return {}


def make_form_request(
    session: Session,
    *,
    event: Event | None = None,
    order: Order | None = None,
    attendee: Attendee | None = None,
    **values: Any,
) -> FormRequest:
    """An open request to the attendee (a new one, of a completed order, unless given) by the buyer."""
    if attendee is not None and attendee.order_id is not None:
        order = session.get_one(Order, attendee.order_id)
    order = order or make_order(session, event=event, status="completed")
    attendee = attendee or make_attendee(session, event=session.get_one(Event, order.event_id), order=order)
    defaults = {
        "email": "grace@example.org",
        "mails": 1,
        "attendee_id": attendee.id,
        "order_id": order.id,
        "event_id": order.event_id,
        "asked_by_id": order.user_id,
    }
    row = FormRequest(**{**defaults, **values})
    session.add(row)
    session.flush()
    return row
