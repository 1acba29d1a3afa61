"""Who sees an attendee, who may change what about one, and how coming and going is noted."""

from typing import TYPE_CHECKING, Any

from chalicelib import clock, db
from chalicelib.auth.roles import REGISTRARS
from chalicelib.auth.viewer import Kind
from chalicelib.jsonapi.ask import Ask
from chalicelib.jsonapi.errors import forbidden, invalid, not_found
from chalicelib.jsonapi.policy import Policy, holds, nobody, where_sql
from chalicelib.resources.orders.notes import appended
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
_GROWING = ("device_name_checkin", "checkin_times", "checkout_times", "attendee_notes", "register_times")


def _bought(ask: Ask, t: str) -> str:
    if ask.kind is Kind.NOBODY:
        return "FALSE"
    return (
        "EXISTS (SELECT 1 FROM orders bought "  # noqa: S608 - no user input
        f"WHERE bought.id = {t}.order_id AND bought.user_id = {ask.bind('viewer_id', 'bigint')})"
    )


_BUYER = where_sql(_bought, "buyer")
_CREW = holds(REGISTRARS)
POLICY = Policy(
    see=_BUYER | addressed_to("email") | _CREW,
    create=nobody,
    change=_BUYER | _CREW,
    remove=_CREW,
    # Whoever was removed comes back by the crew alone: else a cancelled ticket could be revived.
    trash=_CREW,
)


def change_what_is_ones_own(context: "Context", change: "Change") -> None:
    """Buyers fill in the names while they order; later only arrivals are noted, and labels put on."""
    row, viewer = change.row, context.viewer
    changed = change.before.keys() - {"deleted_at"}
    found = db.fetch(
        context.session, "SELECT user_id, status FROM orders WHERE id = $1", [row.order_id], flush=False
    )
    buyer, status = found[0] if found else (None, "initializing")
    is_crew = viewer.holds(REGISTRARS, row.event_id)
    if not is_crew and "tag_id" in changed:
        raise forbidden("Only the event's team tags attendees.", "/data/attributes/tag-id")
    if status != "initializing" and changed and not is_crew and "checkin_times" not in change.sent:
        raise invalid("The order is placed: attendees cannot change any more.")
    personal = sorted(changed - _BY_TEAM)
    if not personal:
        return
    pointer = f"/data/attributes/{personal[0].replace('_', '-')}"
    if viewer.id != buyer and not viewer.is_staff:
        raise forbidden("Only the buyer says who comes.", pointer)
    if status != "initializing" and not (viewer.is_staff and "checkin_times" in change.sent):
        raise invalid("The order is placed: who comes cannot change any more.", pointer)


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
