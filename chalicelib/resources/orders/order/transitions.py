"""State machine of orders: who may move an order from which state to which, on what conditions.

One table of transitions; what is not in it is refused, and the refusal lists what is possible.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Flag, auto
from typing import Any, Final

from chalicelib.auth.roles import REGISTRARS
from chalicelib.auth.viewer import Viewer
from chalicelib.jsonapi.ground.errors import Problem, Problems, conflict, forbidden
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.resources.orders.order.buyer import is_buyer
from chalicelib.resources.orders.order.conditions import (
    Move,
    address_is_proven,
    can_be_paid,
    costs_nothing,
    event_is_there,
    holds_last_ticket,
    is_paid,
    is_paid_to_the_organizer,
    nobody_is_inside,
    nothing_is_kept,
    nothing_was_passed_on,
    nothing_was_used,
    replaces_no_ticket,
    require_attendee_answers,
    require_billing_address,
)
from chalicelib.resources.orders.order.states import (
    ADMITTING,
    CANCELLED,
    COMPLETED,
    ENDED,
    EXPIRED,
    INITIALIZING,
    PENDING,
    PLACED,
    STATES,
)

_STATUS: Final = "/data/attributes/status"

Condition = Callable[[Move], None]  # raises a Problem with the reason if it is not met


class Party(Flag):
    """Who moves an order: buyer, event's team, staff, expiry task, or whoever has its last ticket."""

    BUYER = auto()
    TEAM = auto()
    STAFF = auto()
    CLOCK = auto()
    HOLDER = auto()


@dataclass(frozen=True, slots=True)
class Transition:
    """One transition and its conditions. Its effects are in order_effects."""

    former: str
    state: str
    who: Party
    conditions: tuple[Condition, ...] = ()


_BUYER, _TEAM, _STAFF, _CLOCK = Party.BUYER, Party.TEAM, Party.STAFF, Party.CLOCK
_ANYBODY: Final = _BUYER | _TEAM

# Conditions that staff must meet as well, by target state; otherwise staff is free.
_HEEDED: Final[dict[str, tuple[Condition, ...]]] = {
    PENDING: (event_is_there, can_be_paid, require_billing_address),
    PLACED: (event_is_there, replaces_no_ticket, can_be_paid, require_billing_address),
    COMPLETED: (event_is_there, is_paid, require_billing_address),
    CANCELLED: (nothing_is_kept,),
    EXPIRED: (nothing_is_kept,),
}


def _let_go(former: str, state: str) -> tuple[Condition, ...]:
    """Conditions for leaving an admitting state."""
    return (nobody_is_inside,) if former in ADMITTING and state not in ADMITTING else ()


_TO_BE_ORDERED: Final = (event_is_there, require_attendee_answers)

TRANSITIONS: Final = (
    Transition(INITIALIZING, PENDING, _ANYBODY, (*_TO_BE_ORDERED, can_be_paid, require_billing_address)),
    Transition(
        INITIALIZING,
        PLACED,
        _ANYBODY,
        (
            *_TO_BE_ORDERED,
            replaces_no_ticket,
            is_paid_to_the_organizer,
            require_billing_address,
            address_is_proven,
        ),
    ),
    Transition(
        INITIALIZING,
        COMPLETED,
        _ANYBODY,
        (*_TO_BE_ORDERED, is_paid, require_billing_address, address_is_proven),
    ),
    Transition(INITIALIZING, CANCELLED, _ANYBODY),
    Transition(INITIALIZING, EXPIRED, _TEAM | _CLOCK),
    # Attendees are immutable by now, so the form is not checked again.
    Transition(
        PENDING,
        PLACED,
        _ANYBODY,
        (
            event_is_there,
            replaces_no_ticket,
            is_paid_to_the_organizer,
            require_billing_address,
            address_is_proven,
        ),
    ),
    Transition(
        PENDING,
        COMPLETED,
        _ANYBODY,
        (event_is_there, is_paid, require_billing_address, address_is_proven),
    ),
    Transition(PENDING, CANCELLED, _ANYBODY),
    Transition(PENDING, EXPIRED, _TEAM | _CLOCK),
    Transition(PLACED, COMPLETED, _TEAM, (event_is_there, is_paid)),
    Transition(PLACED, CANCELLED, _ANYBODY, (nothing_was_used, nothing_was_passed_on)),
    Transition(COMPLETED, CANCELLED, _BUYER, (nothing_was_used, nothing_was_passed_on)),
    # Attendees change no order; but with the last ticket, which the event lets them cancel, it ends.
    Transition(PLACED, CANCELLED, Party.HOLDER, (nothing_was_used,)),
    Transition(COMPLETED, CANCELLED, Party.HOLDER, (nothing_was_used,)),
    Transition(COMPLETED, CANCELLED, _TEAM, (costs_nothing, nobody_is_inside)),
    *(
        Transition(former, state, _STAFF, (*_let_go(former, state), *_HEEDED.get(state, ())))
        for former in STATES
        for state in STATES
        if former not in ENDED and state != former
    ),
)


def check_transition(context: Context, change: Change) -> None:
    """Refuse a transition that this viewer may not make: 403, or 409 for staff; or the error of its
    conditions.
    """
    former, state = change.before.get("status"), change.row.status
    if former is None:
        return
    who = parties(context.viewer, change.row)
    ways = [transition for transition in _leading_from(former, who) if transition.state == state]
    if not ways and state == CANCELLED and holds_last_ticket(context, change.row):
        ways = [way for way in _leading_from(former, Party.HOLDER) if way.state == state]
    if not ways:
        refused = conflict if context.viewer.is_staff else forbidden
        raise refused(_reason(former, state, who), _STATUS)
    move = Move(context, change.row, former)
    refusals = [refusal for way in ways if (refusal := _refusal(way, move)) is not None]
    if len(refusals) == len(ways):
        raise refusals[0]


def parties(viewer: Viewer, order: Any) -> Party:
    """The roles in which the viewer acts on this order."""
    if viewer.is_staff:
        return Party.STAFF
    acting = Party(0)
    if is_buyer(viewer, order.id, order.user_id, order.profile_id):
        acting |= Party.BUYER
    # Registrars do not change orders, but remove attendees, and with the last one the order.
    if viewer.has_role(REGISTRARS, order.event_id):
        acting |= Party.TEAM
    return acting


def _leading_from(former: str, who: Party) -> list[Transition]:
    return [transition for transition in TRANSITIONS if transition.former == former and transition.who & who]


def _refusal(way: Transition, move: Move) -> Problem | Problems | None:
    try:
        for condition in way.conditions:
            condition(move)
    except (Problem, Problems) as refusal:
        return refusal
    return None


def _reason(former: str, state: str, who: Party) -> str:
    possible = _in_words(dict.fromkeys(transition.state for transition in _leading_from(former, who)))
    if former in ENDED:
        rest = f"what is {former} stays so, because its places are given back."
    elif possible:
        rest = f"from {former} you may make it {possible}."
    else:
        rest = f"from {former} you may not move it at all."
    return f"This order cannot be moved from {former} to {state}: {rest}"


def _in_words(states: Iterable[str]) -> str:
    *most, last = [*states] or [""]
    return f"{', '.join(most)} or {last}" if most else last
