"""Attendees: visibility, permissions by attribute and order state, and the log of check-ins."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from chalicelib import clock, db
from chalicelib.auth.roles import COORGANIZERS
from chalicelib.jsonapi.ground.errors import Problem, conflict, forbidden, invalid, not_found
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.write.changing import update_row
from chalicelib.jsonapi.write.links import ResolvedLinks
from chalicelib.resources.forms.custom_form.answers import (
    demand_answers,
    drop_answers_not_asked,
    questions,
)
from chalicelib.resources.forms.custom_form.custom_form import CustomForm
from chalicelib.resources.onsite.gate import (
    IN,
    OUT,
    Gate,
    HeldTicket,
    Presence,
    demand_admission,
    demand_presence,
)
from chalicelib.resources.onsite.gate_facts import held_tickets
from chalicelib.resources.orders.attendee import changing, holding
from chalicelib.resources.orders.attendee.admission import OrderSnapshot, is_inside, order_snapshot
from chalicelib.resources.orders.attendee.excused import excused
from chalicelib.resources.orders.notes import appended, moments_in, no_moments
from chalicelib.resources.orders.order import states
from chalicelib.resources.orders.order.buyer import is_buyer
from chalicelib.resources.orders.tag import Tag
from chalicelib.resources.tickets.ticket import Ticket

# What the crew at the door notes, and nobody else.
AT_THE_DOOR = (
    "is_checked_in", "device_name_checkin", "checkin_times", "checkout_times", "attendee_notes",
    "is_checked_out", "is_registered", "register_times", "is_badge_printed", "badge_printed_at", "tag_id",
)  # fmt: skip
_ARRIVALS = {
    "is_checked_in", "device_name_checkin", "checkin_times", "checkout_times", "is_checked_out",
    "is_registered", "register_times",
}  # fmt: skip
_LEAVING = {"checkout_times", "is_checked_out"}
_TIMES = {"checkin_times", "checkout_times", "register_times"}
_REFUNDED = """
SELECT 1 FROM refunds WHERE attendee_ids @> to_jsonb($1::bigint) AND order_id = (
  SELECT order_id FROM attendees WHERE id = $1::bigint
) LIMIT 1
"""
_CANCELLED = "SELECT 1 FROM ticket_cancellations WHERE attendee_id = $1"
_GROWING = ("device_name_checkin", "checkin_times", "checkout_times", "attendee_notes", "register_times")


def check_order_state(context: Context, change: Change) -> None:
    """Buyers edit attendees while they order; after that only check-ins and tags change.

    The event's team names whom it invites, who answers the form when accepting.
    """
    if not change.before:
        return
    bought = order_snapshot(context, change.row.order_id)
    if change.restores and bought.status in states.ENDED:
        reason = f"The order is {bought.status}: nobody comes by it any more."
        raise conflict(reason, "/data/attributes/deleted-at")
    if change.restores and db.fetch(context.session, _REFUNDED, [change.row.id], flush=False):
        raise conflict("This ticket was refunded: it is bought anew.", "/data/attributes/deleted-at")
    if change.restores and db.fetch(context.session, _CANCELLED, [change.row.id], flush=False):
        raise conflict("This ticket was cancelled: it is bought anew.", "/data/attributes/deleted-at")
    _say_who_comes(context, change, bought)
    changed = change.before.keys() & _ARRIVALS
    arriving = sorted(name for name in changed if getattr(change.row, name))
    if arriving:
        pointer = f"/data/attributes/{arriving[0].replace('_', '-')}"
        demand_admission(*_at_the_door(context, change, leaves=_LEAVING.issuperset(arriving)), pointer)


def _at_the_door(context: Context, change: Change, *, leaves: bool) -> tuple[HeldTicket, Gate, datetime]:
    """The ticket, the event's own door, and when. The order was locked before its attendee."""
    row = change.row
    ticket = held_tickets(context.session, [row.id])[row.id]
    place = Gate(row.event_id, OUT if leaves else IN)
    times = moments_in(change.sent.get("checkin_times"))
    return replace(ticket, is_removed=row.deleted_at is not None), place, times[-1] if times else clock.now()


def cancel_order_without_attendees(context: Context, change: Change) -> None:
    """Checked-in attendees stay, and removing the last attendee cancels the order, if the viewer may
    do that.
    """
    row = change.row
    if row.deleted_at is not None or row.order_id is None:
        return
    if is_inside(context, row):
        raise conflict("This attendee has checked in: check them out first.", "/data")
    others = "SELECT 1 FROM attendees WHERE order_id = $1 AND deleted_at IS NULL AND id <> $2 LIMIT 1"
    if db.fetch(context.session, others, [row.order_id, row.id], flush=False):
        return
    orders = context.registry["order"]
    try:
        update_row(
            context,
            orders,
            context.session.get_one(orders.model_or_raise, row.order_id),
            ResolvedLinks(),
            {"status": states.CANCELLED},
            follows=True,
        )
    except Problem as refusal:
        refusal.detail = f"Without its last attendee this order is cancelled. {refusal.detail}"
        refusal.pointer = "/data"
        raise


def answer_what_is_asked(
    context: Context, row: Any, change: Change | None = None, *, may_miss: Callable[[], bool] = bool
) -> None:
    """Raise Problems with a 422 for what the form of the attendee's ticket asks, and is not answered, unless
    it `may_miss`.

    Answers that the change makes superfluous are dropped.
    """
    of_ticket = select(Ticket.form_id).where(Ticket.id == row.ticket_id).scalar_subquery()
    which = func.coalesce(CustomForm.form_id, "") == func.coalesce(of_ticket, "")
    fields = questions(context.session, "attendee", row.event_id, which)
    if change is not None:
        drop_answers_not_asked(fields, change)
    demand_answers(fields, row, may_miss=may_miss)


def _say_who_comes(context: Context, change: Change, bought: OrderSnapshot) -> None:
    row, viewer = change.row, context.viewer
    invites = bought.is_invitation and viewer.has_role(COORGANIZERS, row.event_id)
    buys = is_buyer(viewer, row.order_id, bought.buyer_id, bought.profile_id)
    # Whoever has bought or holds a sold ticket changes what the event lets them.
    is_theirs = bought.is_sold and holding.may_change(
        viewer, row, change.before.get("email", row.email), buys=buys
    )
    is_late = is_theirs and changing.changes_until(context.session, row.event_id) is not None
    may = buys or viewer.is_staff or invites or is_late
    # Staff may correct a name on site.
    is_corrected = viewer.is_staff and "checkin_times" in change.sent
    in_time = bought.is_open or is_corrected or is_late
    if not may or not in_time:
        change.undo(change.slight.difference(AT_THE_DOOR))
    personal = sorted(change.before.keys() - {"deleted_at", *AT_THE_DOOR})
    if not personal:
        return
    pointer = f"/data/attributes/{personal[0].replace('_', '-')}"
    if not may:
        raise forbidden("Only the buyer says who comes.", pointer)
    if not in_time:
        raise invalid(f"The order is {bought.status}: who comes cannot change any more.", pointer)
    if is_late and not is_corrected:
        changing.demand_changeable(context, change, personal)
    if "ticket_id" in personal and is_inside(context, row):
        raise conflict("This attendee has checked in: check them out first.", pointer)
    if not (viewer.is_staff or invites):
        answer_what_is_asked(
            context, row, change, may_miss=lambda: row.id in excused(context.session, row.order_id)
        )
    if bought.is_sold:
        changing.note_change(context, change, personal)


def require_ticket_of_event(context: Context, change: Change) -> None:
    """The ticket must belong to the event."""
    if "ticket_id" in change.before and not _is_of_the_event(context, Ticket, change.row.ticket_id, change):
        raise not_found("The event has no such ticket.", "/data/attributes/ticket-id")


def require_tag_of_event(context: Context, change: Change) -> None:
    """The tag must belong to the event."""
    tag_id = change.row.tag_id
    if (
        tag_id is not None
        and "tag_id" in change.before
        and not _is_of_the_event(context, Tag, tag_id, change)
    ):
        raise not_found("The event has no such tag.", "/data/attributes/tag-id")


def require_checkin_time(_context: Context, change: Change) -> None:
    """A check-in needs a time and happens once; check-out times are set by the server."""
    row, before = change.row, change.before
    if row.is_checked_in and "is_checked_in" in before and not change.sent.get("checkin_times"):
        raise invalid("Say when, in checkin-times.", "/data/attributes/checkin-times")
    was_in, was_out = before.get("is_checked_in", row.is_checked_in), before.get("is_checked_out")
    if row.is_checked_out and "is_checked_out" in before:
        demand_presence(OUT, Presence(bool(was_in)), "/data/attributes/is-checked-out")
        former = before.get("checkout_times", row.checkout_times)
        row.checkout_times = appended(former, clock.now().isoformat(timespec="seconds"))
    elif row.is_checked_in and _comes(change):
        since = (before.get("checkin_times", row.checkin_times) or "").rpartition(",")[2]
        inside = Presence(bool(was_in and not row.is_checked_out and not was_out), bool(was_in), since)
        demand_presence(IN, inside, "/data/attributes/is-checked-in")
        row.is_checked_out = False  # checked in again


def _comes(change: Change) -> bool:
    """Whether this is a new check-in: at another time, or by another device."""
    again = change.sent.get("is_checked_in") and _adds(change, "device_name_checkin")
    return _adds(change, "checkin_times") or bool(again)


def register_once(_context: Context, change: Change) -> None:
    """Refuse a second registration. Where people register each day, they do so at a station."""
    if change.before.get("is_registered", change.row.is_registered) and _adds(change, "register_times"):
        raise conflict("The attendee is registered already.", "/data/attributes/is-registered")


def _adds(change: Change, column: str) -> bool:
    """Whether the value sent adds to an append-only text."""
    former = change.before.get(column)
    return column in change.before and appended(former, getattr(change.row, column)) != (former or None)


def require_timestamps(_context: Context, change: Change) -> None:
    """Times added are ISO 8601 timestamps, separated by commas."""
    for column in _TIMES & change.before.keys():
        if no_moments(change.before[column], getattr(change.row, column)):
            name = column.replace("_", "-")
            raise invalid("Times are moments such as 2031-05-03T09:00:00Z.", f"/data/attributes/{name}")


def append_only_times(_context: Context, change: Change) -> None:
    """Times, devices and remarks are append-only."""
    for column in _GROWING:
        former = change.before.get(column)
        if former:
            setattr(change.row, column, appended(former, getattr(change.row, column)))


def _is_of_the_event(
    context: Context, model: type[Ticket] | type[Tag], id: int | None, change: Change
) -> bool:
    row: Any = context.session.get(model, id) if id is not None else None
    return row is not None and row.deleted_at is None and row.event_id == change.row.event_id
