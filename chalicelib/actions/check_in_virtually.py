"""Virtual check-in: buyers come to an online event or a room of it, and leave, with all their attendees."""

from typing import Any, Final

from chalicelib import clock, db
from chalicelib.actions.account_requests import body
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import bad_document, forbidden, invalid
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.whole_numbers import whole
from chalicelib.jsonapi.rights.visibility import visible
from chalicelib.limits.declared import VIRTUAL_CHECK_INS
from chalicelib.resources.onsite import gate
from chalicelib.resources.onsite.gate_facts import held_tickets, lock_attendees
from chalicelib.resources.onsite.virtual_check_in import KINDS, ROOM
from chalicelib.values.zones import zone

# $4 a room or null.
_KNOWN: Final = """(SELECT json_build_object(
  'zone', event.timezone,
  'has_room', EXISTS (SELECT FROM microlocations room WHERE room.id = $4::bigint
    AND room.event_id = event.id AND room.deleted_at IS NULL)))"""
# $2 and $3 the buyer and the profile; $4 the address of who has got a ticket that was passed on, if it is
# verified.
_GUESTS: Final = """
SELECT person.id FROM orders bought
JOIN attendees person ON person.order_id = bought.id AND person.deleted_at IS NULL
WHERE bought.event_id = $1::bigint AND bought.user_id = $2::bigint AND person.transferred_at IS NULL
  AND bought.profile_id IS NOT DISTINCT FROM $3::bigint
UNION SELECT person.id FROM attendees person
WHERE person.event_id = $1::bigint AND lower(person.email) = lower($4::text)
  AND person.transferred_at IS NOT NULL AND person.deleted_at IS NULL
"""
_COME: Final = (
    "INSERT INTO virtual_check_ins (ticket_holder_id, check_in_type, microlocation_id, check_in_at) "
    "SELECT guest, $2, $3::bigint, $4 FROM unnest($1::bigint[]) guest ON CONFLICT DO NOTHING"
)
_LEAVE: Final = (
    "UPDATE virtual_check_ins SET check_out_at = $4 WHERE ticket_holder_id = ANY($1::bigint[]) "
    "AND check_in_type = $2 AND microlocation_id IS NOT DISTINCT FROM $3::bigint AND check_out_at IS NULL "
    "RETURNING id"
)


@action("POST", "/v1/events/{id}/virtual/check-in", lenient=True, limited_by=(VIRTUAL_CHECK_INS,))
@documented(
    who="whoever has bought a ticket of the event, in an order that is placed or completed, or got one later",
    request={"check_in_type": "room", "is_check_in": True, "microlocation_id": 1},
    optional=("microlocation_id",),
    response={"message": "Attendee check in/out success"},
    errors=(400, 401, 403, 404, 413, 422),
)
def check_in_virtually(context: Context, id: str) -> Answer:
    """{check_in_type: event, virtual-room or room, is_check_in, microlocation_id of a room} -> {message}.

    It is for all attendees of the buyer's orders that are placed or completed, but for tickets that were
    passed on, which are their holder's. Who is in already stays in; 422 for who leaves and is not in.
    """
    viewer = context.viewer
    context.demand_account()
    kind, comes, room = _wanted(body(context))
    address = viewer.email if viewer.is_verified else None
    event = visible(context, "event", id, _KNOWN, [room])
    known, now = event.value, clock.now()
    # Who is in stays in, so that presence does not matter.
    place = gate.Gate(event.id, gate.IN if comes else gate.OUT, zone(known["zone"]))
    whose: list[object] = [event.id, viewer.id, viewer.profile_id, address]
    lock_attendees(context.session, _guests(context, whose))
    # Looked up again: a ticket may have been passed on or cancelled before the lock was there.
    tickets = held_tickets(context.session, _guests(context, whose)).values()
    guests = [held.attendee_id for held in tickets if gate.decide(held, place, None, now) == gate.ADMITTED]
    if not guests:
        raise forbidden("You have no ticket of this event in an order that is placed or completed.")
    if room is not None and not known["has_room"]:
        raise invalid("The event has no such room.", "/microlocation_id")
    values = [guests, kind, room, now]
    if comes:
        db.fetch(context.session, _COME, values)
    elif not db.fetch(context.session, _LEAVE, values):
        raise invalid("You are not checked in there, or have left already.", "/is_check_in")
    return plain({"message": "Attendee check in/out success"})


def _guests(context: Context, whose: list[object]) -> list[int]:
    return [id for (id,) in db.fetch(context.session, _GUESTS, whose)]


def _wanted(content: dict[str, Any]) -> tuple[str, bool, int | None]:
    kind, comes = content.get("check_in_type"), content.get("is_check_in")
    if not isinstance(kind, str) or kind not in KINDS:
        raise invalid(f"check_in_type is one of {', '.join(KINDS)}.", "/check_in_type")
    if not isinstance(comes, bool):
        raise bad_document("is_check_in must be true or false.", "/is_check_in")
    if kind != ROOM:
        return kind, comes, None
    try:
        room = whole(content.get("microlocation_id"))
    except ValueError:
        room = 0
    if not 0 < room < 2**63:
        raise invalid("microlocation_id must be the id of a room.", "/microlocation_id")
    return kind, comes, room
