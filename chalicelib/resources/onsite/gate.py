"""The gate (policy decision point): the one function that says whether a ticket admits somewhere, and why
not.

Every kind of check-in asks it: scans, PATCH of an attendee, stations, and online. It knows no database;
what it decides on is loaded by gate_facts.py while the attendee is locked. docs/door.md lists the reasons.
"""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final

from chalicelib.jsonapi.ground.errors import Problem, conflict, invalid
from chalicelib.resources.orders.order import states
from chalicelib.values.zones import local

IN: Final = "in"
OUT: Final = "out"

ADMITTED: Final = "admitted"
OTHER_EVENT: Final = "other-event"
CANCELLED: Final = "cancelled"
REVOKED: Final = "revoked"
TRANSFERRED: Final = "transferred"
UNPAID: Final = "unpaid"
TEST_TICKET: Final = "test-ticket"
NOT_TODAY: Final = "not-today"
TOO_EARLY: Final = "too-early"
WRONG_KIND: Final = "wrong-kind"
NOT_THIS_ROOM: Final = "not-this-room"
ALREADY_IN: Final = "already-in"
NOT_IN: Final = "not-in"
ALREADY_OUT: Final = "already-out"
FULL: Final = "full"
# The person at the door may let in nevertheless.
FORCEABLE: Final = frozenset({NOT_TODAY, TOO_EARLY, WRONG_KIND, NOT_THIS_ROOM, ALREADY_IN, FULL})
SEQUENCE: Final = frozenset({ALREADY_IN, NOT_IN, ALREADY_OUT})


@dataclass(frozen=True, slots=True)
class HeldTicket:
    """What is known of an attendee's ticket. `code` is a reason why the code shown is void, or "".

    `order_status` is initializing while seats are held without an order.
    """

    attendee_id: int
    event_id: int
    is_removed: bool
    order_status: str
    event_is_there: bool
    is_over_as_test: bool
    ticket_id: int
    admits_from: datetime | None = None
    admits_until: datetime | None = None
    code: str = ""


@dataclass(frozen=True, slots=True)
class Gate:
    """Where somebody wants to come in or leave. `tickets` are those that admit here; none: all.

    `places` are those left inside, or None for any number; `is_room_right` whether the session, if there has
    to be one, takes place here. Without a station it is the event's own door, or online.
    """

    event_id: int
    direction: str = IN
    zone: tzinfo | None = None
    opens_at: datetime | None = None
    tickets: frozenset[int] = frozenset()
    places: int | None = None
    is_room_right: bool = True


@dataclass(frozen=True, slots=True)
class Presence:
    """Where the attendee is, as this gate counts: inside, and whether they were before. `since` is in
    words.
    """

    is_inside: bool = False
    was_inside: bool = False
    since: str = ""


def decide(
    ticket: HeldTicket, gate: Gate, presence: Presence | None, at: datetime, *, force: bool = False
) -> str:
    """The reason: ADMITTED, or the first one that speaks against it. `presence` None: it does not
    matter here.
    """
    reason = _of_ticket(ticket, gate)
    if reason:
        return reason
    checks = (
        _of_time(ticket, gate, at) if gate.direction == IN else "",
        _of_place(ticket, gate),
        _of_presence(gate.direction, presence) if presence is not None else "",
        FULL if gate.direction == IN and gate.places is not None and gate.places <= 0 else "",
    )
    against = [reason for reason in checks if reason and not (force and reason in FORCEABLE)]
    return against[0] if against else ADMITTED


def _of_ticket(ticket: HeldTicket, gate: Gate) -> str:
    if ticket.event_id != gate.event_id:
        return OTHER_EVENT
    if ticket.code:
        return ticket.code
    if ticket.order_status in states.HELD:
        return UNPAID
    if ticket.order_status not in states.ADMITTING or ticket.is_removed or not ticket.event_is_there:
        return CANCELLED
    # Who came to a rehearsal may leave later.
    return TEST_TICKET if ticket.is_over_as_test and gate.direction == IN else ""


def _of_time(ticket: HeldTicket, gate: Gate, at: datetime) -> str:
    begins, ends = ticket.admits_from, ticket.admits_until
    if begins is not None and at < begins:
        zone = gate.zone or at.tzinfo
        is_that_day = zone is not None and local(at, zone).date() == local(begins, zone).date()
        return TOO_EARLY if is_that_day else NOT_TODAY
    if ends is not None and at >= ends:
        return NOT_TODAY
    return TOO_EARLY if gate.opens_at is not None and at < gate.opens_at else ""


def _of_place(ticket: HeldTicket, gate: Gate) -> str:
    if gate.direction == IN and gate.tickets and ticket.ticket_id not in gate.tickets:
        return WRONG_KIND
    return "" if gate.is_room_right else NOT_THIS_ROOM


def _of_presence(direction: str, presence: Presence) -> str:
    if direction == IN:
        return ALREADY_IN if presence.is_inside else ""
    if presence.is_inside:
        return ""
    return ALREADY_OUT if presence.was_inside else NOT_IN


def sentence(reason: str, ticket: HeldTicket | None = None, since: str = "") -> str:
    """The reason in words, for the person at the door."""
    status = ticket.order_status if ticket is not None else ""
    if reason == CANCELLED and ticket is not None and status in states.ADMITTING:
        if not ticket.is_removed:
            return "The event was removed, and its tickets admit nobody."
        return "This attendee was removed, and the ticket admits nobody."
    if reason in {UNPAID, CANCELLED} and status:
        return f"The order is {status}: its tickets admit nobody before it is placed or completed."
    if reason == ALREADY_IN:
        return f"The attendee has checked in already{since and f', at {since}'}."
    return _SENTENCES[reason]


_SENTENCES: Final = {
    ADMITTED: "The ticket admits.",
    OTHER_EVENT: "The ticket is for another event.",
    CANCELLED: "The ticket was cancelled.",
    REVOKED: "This code was revoked, and another one is valid.",
    TRANSFERRED: "The ticket was passed on: the code of its new holder is valid.",
    UNPAID: "The ticket is not paid.",
    TEST_TICKET: "The ticket is a test: it admits nobody once the event has begun.",
    NOT_TODAY: "The ticket is not for now.",
    TOO_EARLY: "It is too early.",
    WRONG_KIND: "This kind of ticket does not admit here.",
    NOT_THIS_ROOM: "The session takes place in another room than the station's.",
    NOT_IN: "The attendee has not checked in.",
    ALREADY_OUT: "The attendee is checked out already.",
    FULL: "There is no place left inside.",
}


def demand_admission(ticket: HeldTicket, gate: Gate, at: datetime, pointer: str) -> None:
    """Raise Problem 409 unless the ticket admits there, whoever is inside."""
    reason = decide(ticket, gate, None, at)
    if reason != ADMITTED:
        raise conflict(sentence(reason, ticket), pointer)


def demand_presence(direction: str, presence: Presence, pointer: str) -> None:
    """Raise Problem 409 if who is inside comes, or who is not leaves."""
    reason = _of_presence(direction, presence)
    if reason:
        raise conflict(sentence(reason, since=presence.since), pointer)


def refusal(reason: str, ticket: HeldTicket, pointers: tuple[str, str], words: str = "") -> Problem:
    """The Problem of a station's refusal. `pointers` lead to the attendee and to the session."""
    of_attendee, of_session = pointers
    if reason == NOT_THIS_ROOM:
        return invalid(sentence(reason), of_session)
    if reason in SEQUENCE:
        return invalid(words or sentence(reason))
    return conflict(sentence(reason, ticket), of_attendee)
