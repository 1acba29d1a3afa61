"""The current time. All code reads the clock here, so that tests can shift it."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

_offset = timedelta(0)


def now() -> datetime:
    """The current time, in UTC."""
    return datetime.now(UTC) + _offset


def endless() -> float:
    """Seconds left where there is no time limit: infinity."""
    return math.inf


@contextmanager
def shifted(by: timedelta) -> Iterator[None]:
    """Within the block, now() is `by` later (or earlier, when negative)."""
    global _offset
    before = _offset
    _offset = before + by
    try:
        yield
    finally:
        _offset = before
