"""Refunds all orders of an event that does not take place, and cancels them: in batches, each once.

An organizer wants it, or the event was deleted before its end.
"""

from typing import Final

from sqlalchemy.orm import Session

from chalicelib import clock, db, outbox, signals, task_results
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.orders.attendee.admission import is_anybody_inside
from chalicelib.resources.orders.order import effects, states
from chalicelib.resources.orders.payment.ledger import add_refund, living, payments_of, remainder
from chalicelib.resources.orders.payment.settling import lock_order
from chalicelib.resources.orders.refund import EVENT_CANCELLED
from chalicelib.tasks.registry import task

NAME: Final = "refund_event"
_AT_ONCE: Final = 20
_NEXT: Final = f"""
SELECT id FROM orders WHERE event_id = $1 AND id > $2 AND status NOT IN {states.listed(states.ENDED)}
ORDER BY id LIMIT {_AT_ONCE}
"""  # noqa: S608 - no user input
_GIVE_BACK: Final = "UPDATE attendees SET deleted_at = $2 WHERE order_id = $1 AND deleted_at IS NULL"


@task(NAME, min_seconds=14.0)
def refund_event(
    session: Session,
    event_id: int,
    note: str | None = None,
    viewer_id: int | None = None,
    result_id: str | None = None,
    after: int = 0,
    done: int = 0,
    skipped: int = 0,
) -> None:
    """Refund the next orders in full, and leave the rest to another task. Orders with somebody who has
    checked in are skipped. The result is {refunded, skipped}: how many orders.
    """
    ids = [id for (id,) in db.fetch(session, _NEXT, [event_id, after])]
    for id in ids:
        if _refund(session, id, note, viewer_id):
            done += 1
        else:
            skipped += 1
    if len(ids) == _AT_ONCE:
        rest = {
            "event_id": event_id, "note": note, "viewer_id": viewer_id, "after": ids[-1], "done": done,
            "skipped": skipped,
        }  # fmt: skip
        if result_id is None:
            outbox.add(session, NAME, rest, key=f"{NAME}-{event_id}-{ids[-1]}-{clock.now():%Y%m%d%H%M%S}")
        else:
            task_results.go_on(session, result_id, NAME, rest)
    elif result_id is not None:
        task_results.finish(session, result_id, {"refunded": done, "skipped": skipped})


def _refund(session: Session, order_id: int, note: str | None, viewer_id: int | None) -> bool:
    """Refund an order in full and cancel it; False where somebody has checked in."""
    order = lock_order(session, order_id)
    if order.status in states.ENDED:
        return True
    if is_anybody_inside(session, order_id):
        return False
    ids: list[int] | None = living(session, order_id)
    for payment in payments_of(session, order_id):
        if remainder(payment):
            add_refund(
                session, payment, remainder(payment), EVENT_CANCELLED, note=note, attendee_ids=ids or None
            )
            ids = None
    former, order.status, order.expires_at = order.status, states.CANCELLED, None
    order.cancel_note = note or order.cancel_note
    session.flush()
    db.fetch(session, _GIVE_BACK, [order_id, clock.now()])
    effects.emit_state(session, order, former, viewer_id)
    return True


@signals.on("event.deleted")
def _it_does_not_take_place(
    session: Session, *, id: int, viewer_id: int | None = None, **_payload: object
) -> None:
    event = session.get(Event, id)
    if event is not None and event.deleted_at is not None and event.ends_at > clock.now():
        moment = f"{event.deleted_at:%Y%m%d%H%M%S}"
        values = {"event_id": id, "viewer_id": viewer_id, "note": "The event was cancelled."}
        outbox.add(session, NAME, values, key=f"{NAME}-{id}-{moment}")
