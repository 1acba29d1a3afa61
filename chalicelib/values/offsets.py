"""Offsets of a time zone over a time, by the rules of today: so that new rules can be told from old ones.

A list of (moment, seconds east of UTC): the offset holds from the moment on, and the first one also before.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from chalicelib.values.zones import local, zone

Offsets = Sequence[tuple[datetime, int]]
_DAY: Final = timedelta(days=1)


def offsets_of(name: str, begins: datetime, ends: datetime) -> list[tuple[datetime, int]]:
    """The offsets of the zone from one moment to another, to the second."""
    where = zone(name)
    found = [(begins, _offset(begins, where))]
    earlier = begins
    while earlier < ends:
        later = min(earlier + _DAY, ends)
        if _offset(later, where) != _offset(earlier, where):
            found.append(_changed(earlier, later, where))
        earlier = later
    return found


def local_time(moment: datetime, offsets: Offsets) -> datetime:
    """The local time of the moment, without a zone, by these offsets."""
    seconds = offsets[0][1]
    for since, of_then in offsets:
        if since <= moment:
            seconds = of_then
    return moment.astimezone(UTC).replace(tzinfo=None) + timedelta(seconds=seconds)


def moment_of(local_time: datetime, name: str) -> datetime:
    """The moment (UTC) of a local time in the zone by the rules of today: of two the first one, and of a time
    that the clocks skip the one that they would have shown.
    """
    return local_time.replace(tzinfo=zone(name), fold=0).astimezone(UTC)


def _changed(earlier: datetime, later: datetime, where: tzinfo) -> tuple[datetime, int]:
    """When, between these, the offset of the later one began."""
    after = _offset(later, where)
    low, high = 0, int((later - earlier).total_seconds())
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(earlier + timedelta(seconds=middle), where) == after:
            high = middle
        else:
            low = middle
    return earlier + timedelta(seconds=high), after


def _offset(moment: datetime, where: tzinfo) -> int:
    offset = local(moment, where).utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0
