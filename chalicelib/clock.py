"""What time it is. One door to the clock, so that a test can move it."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

_offset = timedelta(0)


def now() -> datetime:
    """The current moment, with its zone (UTC)."""
    return datetime.now(UTC) + _offset


def endless() -> float:
    """The seconds that are left where nobody limits the time."""
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
