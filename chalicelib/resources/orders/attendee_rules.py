"""Who sees an attendee, who may change what about one, and how coming and going is noted."""

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import func, select

from chalicelib import clock, db
from chalicelib.auth.roles import REGISTRARS
from chalicelib.auth.viewer import Kind
from chalicelib.jsonapi.ask import Ask
from chalicelib.jsonapi.errors import conflict, forbidden, invalid, not_found
from chalicelib.jsonapi.policy import Policy, holds, nobody, of_viewer, where_sql
from chalicelib.resources.forms.custom_form import CustomForm
from chalicelib.resources.forms.form_rules import demand_answers
from chalicelib.resources.orders.notes import appended, no_moments
from chalicelib.resources.orders.tag import Tag
from chalicelib.resources.policies import addressed_to
from chalicelib.resources.tickets.ticket import Ticket

if TYPE_CHECKING:
    from chalicelib.jsonapi.change import Change
    from chalicelib.jsonapi.context import Context

_AT_THE_DOOR = {
    "is_checked_in", "device_name_checkin", "checkin_times", "checkout_times", "attendee_notes",
    "is_checked_out", "is_registered", "register_times", "is_badge_printed", "badge_printed_at",
}  # fmt: skip
_BY_TEAM = _AT_THE_DOOR | {"tag_id"}
_ARRIVALS = {
    "is_checked_in", "device_name_checkin", "checkin_times", "checkout_times", "is_checked_out",
    "is_registered", "register_times",
}  # fmt: skip
_ADMITTED = {"placed", "completed"}
_ENDED = {"cancelled", "expired"}
_TIMES = {"checkin_times", "checkout_times", "register_times"}
_GROWING = ("device_name_checkin", "checkin_times", "checkout_times", "attendee_notes", "register_times")


def _bought(ask: Ask, t: str) -> str:
    if ask.kind is Kind.NOBODY:
        return "FALSE"
    return (
        "EXISTS (SELECT 1 FROM orders bought "  # noqa: S608 - no user input
        f"WHERE bought.id = {t}.order_id AND {of_viewer(ask, 'bought')})"
    )


_BUYER = where_sql(_bought, "buyer")
_CREW = holds(REGISTRARS)
POLICY = Policy(
    see=_CREW | addressed_to("email") | _BUYER,  # what is cheapest to tell comes first
    create=nobody,
    change=_BUYER | _CREW,
    remove=_CREW,
    # Whoever was removed comes back by the crew alone: else a cancelled ticket could be revived.
    trash=_CREW,
)


class _Bought(NamedTuple):
    """What counts of the order that somebody comes by."""

    buyer_id: int | None
    profile_id: int | None
    status: str


def heed_the_order(context: "Context", change: "Change") -> None:
    """Buyers fill in the names while they order; later only arrivals are noted, and labels put on."""
    if not change.before:
        return
    bought = _held_still(context, change.row)
    if change.restores and bought.status in _ENDED:
        reason = f"The order is {bought.status}: nobody comes by it any more."
        raise conflict(reason, "/data/attributes/deleted-at")
    changed = change.before.keys() - {"deleted_at"}
    _change_what_is_ones_own(context, change, changed, bought)
    _come_by_what_was_ordered(change, changed, bought)


def leave_with_the_order_still(context: "Context", change: "Change") -> None:
    """Nobody is removed from an order that is being changed at this moment."""
    _held_still(context, change.row)


def _held_still(context: "Context", row: Any) -> _Bought:
    """The attendee's order, which stays as it is until this transaction ends.

    Whoever changes an order locks it first and its attendees next. We have the attendee already, so
    waiting could be for ever: who comes at the wrong moment is told to come again (503).
    """
    sql = "SELECT user_id, profile_id, status FROM orders WHERE id = $1 FOR SHARE NOWAIT"
    found = db.fetch(context.session, sql, [row.order_id], flush=False)
    return _Bought(*found[0]) if found else _Bought(None, None, "initializing")


def _change_what_is_ones_own(
    context: "Context", change: "Change", changed: set[str], bought: _Bought
) -> None:
    row, viewer = change.row, context.viewer
    is_open, at_the_door = bought.status == "initializing", "checkin_times" in change.sent
    is_crew = viewer.holds(REGISTRARS, row.event_id)
    if not is_crew and "tag_id" in changed:
        raise forbidden("Only the event's team tags attendees.", "/data/attributes/tag-id")
    if changed and not is_open and not is_crew and not at_the_door:
        raise invalid(f"The order is {bought.status}: attendees cannot change any more.")
    personal = sorted(changed - _BY_TEAM)
    if not personal:
        return
    pointer = f"/data/attributes/{personal[0].replace('_', '-')}"
    if not viewer.is_whose(bought.buyer_id, bought.profile_id) and not viewer.is_staff:
        raise forbidden("Only the buyer says who comes.", pointer)
    if not is_open and not (viewer.is_staff and at_the_door):
        raise invalid(f"The order is {bought.status}: who comes cannot change any more.", pointer)
    if not viewer.is_staff:
        _answer_what_is_asked(context, row)


def _answer_what_is_asked(context: "Context", row: Any) -> None:
    """Each attendee is filled in at once, as the form of their ticket asks."""
    of_ticket = select(Ticket.form_id).where(Ticket.id == row.ticket_id).scalar_subquery()
    which = func.coalesce(CustomForm.form_id, "") == func.coalesce(of_ticket, "")
    demand_answers(context.session, "attendee", row.event_id, row, which)


def _come_by_what_was_ordered(change: "Change", changed: set[str], bought: _Bought) -> None:
    row = change.row
    arriving = sorted(name for name in changed & _ARRIVALS if getattr(row, name))
    if not arriving:
        return
    pointer = f"/data/attributes/{arriving[0].replace('_', '-')}"
    if bought.status not in _ADMITTED:
        reason = f"The order is {bought.status}: its tickets admit nobody before it is placed or completed."
        raise conflict(reason, pointer)
    if row.deleted_at is not None:
        raise conflict("This attendee was removed, and the ticket admits nobody.", pointer)


def hold_a_ticket_of_the_event(context: "Context", change: "Change") -> None:
    """The ticket is one of the event's."""
    if "ticket_id" in change.before and not _is_of_the_event(context, Ticket, change.row.ticket_id, change):
        raise not_found("The event has no such ticket.", "/data/attributes/ticket-id")


def tag_within_the_event(context: "Context", change: "Change") -> None:
    """The tag is one of the event's."""
    tag_id = change.row.tag_id
    if (
        tag_id is not None
        and "tag_id" in change.before
        and not _is_of_the_event(context, Tag, tag_id, change)
    ):
        raise not_found("The event has no such tag.", "/data/attributes/tag-id")


def come_at_a_time(_context: "Context", change: "Change") -> None:
    """Whoever checks somebody in says when; when somebody leaves is noted by us."""
    row = change.row
    if row.is_checked_in and "is_checked_in" in change.before and not change.sent.get("checkin_times"):
        raise invalid("Say when, in checkin-times.", "/data/attributes/checkin-times")
    if row.is_checked_out and "is_checked_out" in change.before:
        former = change.before.setdefault("checkout_times", row.checkout_times)
        row.checkout_times = appended(former, clock.now().isoformat(timespec="seconds"))


def note_moments_only(_context: "Context", change: "Change") -> None:
    """What is added to times is a moment in ISO 8601, or several with commas between them."""
    for column in _TIMES & change.before.keys():
        if no_moments(change.before[column], getattr(change.row, column)):
            name = column.replace("_", "-")
            raise invalid("Times are moments such as 2031-05-03T09:00:00Z.", f"/data/attributes/{name}")


def keep_earlier_times(_context: "Context", change: "Change") -> None:
    """Times, devices and remarks are added to, never replaced."""
    for column in _GROWING:
        former = change.before.get(column)
        if former:
            setattr(change.row, column, appended(former, getattr(change.row, column)))


def _is_of_the_event(
    context: "Context", model: type[Ticket] | type[Tag], id: int | None, change: "Change"
) -> bool:
    found: Any = context.session.get(model, id) if id is not None else None
    return found is not None and found.deleted_at is None and found.event_id == change.row.event_id
