"""The states of an order: their names, and the named sets of them that rules are made of.

The state machine, that is who moves an order from which to which, is transitions.py.
"""

from collections.abc import Iterable
from typing import Final

INITIALIZING: Final = "initializing"
PENDING: Final = "pending"
PLACED: Final = "placed"
COMPLETED: Final = "completed"
CANCELLED: Final = "cancelled"
EXPIRED: Final = "expired"

STATES: Final = (INITIALIZING, PENDING, CANCELLED, COMPLETED, PLACED, EXPIRED)  # in the order of the API
# Seats are reserved until it expires.
HELD: Final = (INITIALIZING, PENDING)
# Its tickets admit.
ADMITTING: Final = (PLACED, COMPLETED)
# Its seats are taken.
LIVING: Final = (*HELD, *ADMITTING)
# Shown separately in sales reports.
REPORTED: Final = (COMPLETED, PLACED, PENDING)
# Final: its seats are released.
ENDED: Final = (CANCELLED, EXPIRED)


def admits(order: str, event: str) -> str:
    """SQL: whether tickets of the order in the row of this name admit to its event, in another row.

    Those of test mode do until the event begins: they are for rehearsals, and nobody has paid for them.
    """
    return f"({order}.status IN {listed(ADMITTING)} AND NOT {is_over_as_test(order, event)})"


def is_over_as_test(order: str, event: str) -> str:
    """SQL: whether the order is one of test mode, and its event has begun."""
    return f"({order}.is_test AND {event}.starts_at <= now())"


def listed(states: Iterable[str]) -> str:
    """SQL: the states in parentheses, for IN."""
    return f"({', '.join(repr(state) for state in states)})"
