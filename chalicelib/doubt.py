"""What follows from work that may have been done already, before a backup was restored.

Such work is *in doubt*: nobody here knows whether it took effect outside in the time that was lost. Whatever
it enqueues is in doubt too; what would leave for others a second time is held for an operator's decision
(restoration.py).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

RESTORATION: Final = "restoration"  # in the info of a task's session: which restoration its message is of

_restoration: ContextVar[int | None] = ContextVar("restoration", default=None)


class InDoubt(Exception):
    """What is in doubt would leave for others: its message is held until an operator decides. The text says
    what would have left; it may name somebody, so it is stored and not logged.
    """


@contextmanager
def about(restoration: int | None) -> Iterator[None]:
    """Within the block, what is done is in doubt since this restoration; None: it is not."""
    token = _restoration.set(restoration)
    try:
        yield
    finally:
        _restoration.reset(token)


def current() -> int | None:
    """The id of the restoration since which the present work is in doubt, or None."""
    return _restoration.get()


def demand_certainty(what: str) -> None:
    """Raise InDoubt where the present work is in doubt. Call it before what others would get twice."""
    if current() is not None:
        raise InDoubt(what)
