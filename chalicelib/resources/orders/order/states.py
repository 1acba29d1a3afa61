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
# Places are kept for it until its time is over.
HELD: Final = (INITIALIZING, PENDING)
# Its tickets admit.
ADMITTING: Final = (PLACED, COMPLETED)
# It counts: its places are taken.
LIVING: Final = (*HELD, *ADMITTING)
# What reports of sales tell apart.
REPORTED: Final = (COMPLETED, PLACED, PENDING)
# Its places are given back, so it stays as it is.
ENDED: Final = (CANCELLED, EXPIRED)


def listed(states: Iterable[str]) -> str:
    """SQL: the states in brackets, for IN."""
    return f"({', '.join(repr(state) for state in states)})"
