"""Demo data of the door: at each start a device that waits to be paired, and the code of a ticket to scan."""

from datetime import timedelta
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from chalicelib import clock
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.identifiers import hash_of
from chalicelib.resources.onsite.door_device import DoorDevice
from chalicelib.resources.orders.attendee.attendee import Attendee
from chalicelib.resources.orders.order import states
from chalicelib.resources.orders.order.table import Order

SECRET: Final = "demo-door-device"  # everybody knows it: it pairs with the demo alone
_EVENT: Final = "Nordic Python Days"
_PAIRS_FOR: Final = timedelta(days=365)


def prepare(session: Session, address: str) -> list[str]:
    """Make the device, unless one waits still. Returns what to say; nothing without the demo's event."""
    event = session.scalars(select(Event).where(Event.name == _EVENT).order_by(Event.id)).first()
    if event is None or event.deleted_at is not None:
        return []
    waiting = DoorDevice.hash == hash_of(SECRET)
    ends = clock.now() + _PAIRS_FOR
    known = session.execute(update(DoorDevice).where(waiting).values(pairing_ends_at=ends))
    if not known.rowcount:  # type: ignore[attr-defined]
        session.add(
            DoorDevice(
                name="Demo door",
                hash=hash_of(SECRET),
                created_at=clock.now(),
                pairing_ends_at=ends,
                version=1,
                event_id=event.id,
            )
        )
    said = [f"the door: {address}/door#pair={SECRET} pairs this browser, once for each start"]
    ticket = session.execute(
        select(Order.identifier, Attendee.identifier, Attendee.firstname)
        .join(Order, Order.id == Attendee.order_id)
        .where(
            Attendee.event_id == event.id, Attendee.deleted_at.is_(None), Attendee.is_checked_in.is_(False)
        )
        .where(Order.status.in_(states.ADMITTING))
        .order_by(Attendee.id)
    ).first()
    if ticket is not None:
        order, attendee, name = ticket
        said.append(f"and a ticket to scan or type there, {name}'s: {order}-{attendee}")
    return said
