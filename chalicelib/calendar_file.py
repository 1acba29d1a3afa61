"""Calendar files (iCalendar, RFC 5545): events with stable UIDs, their zone's rules, and what was revised.

Equal content makes equal bytes: time stamps are those of the last change, so that a file has an entity tag.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Final

from chalicelib.settings import VERSION
from chalicelib.values.zones import local, zone

if TYPE_CHECKING:
    import icalendar

MEDIA_TYPE: Final = "text/calendar; charset=utf-8"
PRODUCT: Final = f"-//Open Event Serverless//{VERSION}//EN"
_LONGEST: Final = 5000  # characters of a description
_OCTETS: Final = 75  # of a line
_CONTROLS: Final = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f]")  # all but the end of a line
_REFRESH: Final = timedelta(hours=1)
_STEP: Final = timedelta(days=7)  # no zone changes its offset twice within it
# The rules of a zone are told for so many years, of these.
_MOST_YEARS: Final = 100
_FIRST_YEAR, _LAST_YEAR = 1900, 9998


@dataclass(frozen=True, slots=True)
class Occasion:
    """One VEVENT. Empty texts are left out. `created` and `changed` make its SEQUENCE.

    `is_cancelled`: it does not take place, and calendars that have it shall strike it out.
    """

    uid: str
    summary: str
    begin: datetime
    end: datetime
    created: datetime
    changed: datetime
    url: str
    location: str = ""
    description: str = ""
    coordinates: tuple[float, float] | None = None
    categories: Sequence[str] = ()
    is_cancelled: bool = False

    @property
    def revision(self) -> int:
        """SEQUENCE (RFC 5545, 3.8.7.4): a cancellation in the second of a change is later than it."""
        return max(0, int((self.changed - self.created).total_seconds())) + self.is_cancelled


@dataclass(frozen=True, slots=True)
class CalendarFile:
    """A calendar, whose times are shown in `timezone`."""

    name: str
    description: str
    timezone: str
    occasions: Sequence[Occasion]

    def content(self) -> bytes:
        """The file."""
        lines = (str(line).encode() for line in self.component().content_lines() if line)
        return b"".join(_folded(line) for line in lines)

    def component(self) -> "icalendar.Calendar":
        """The calendar, before it is written in one of its forms."""
        import icalendar  # lazy: 110 ms, for calendars alone

        calendar = icalendar.Calendar()
        for name, value in (
            ("prodid", PRODUCT),
            ("version", "2.0"),
            ("calscale", "GREGORIAN"),
            ("method", "PUBLISH"),
            ("x-wr-calname", _line(self.name)),
            ("x-wr-caldesc", _text(self.description)),
            ("x-wr-timezone", self.timezone),
        ):
            if value:
                calendar.add(name, icalendar.vText(value))  # escaped: without, values of x- names are not
        calendar.add("refresh-interval", _REFRESH, parameters={"VALUE": "DURATION"})
        calendar.add("x-published-ttl", icalendar.vDuration(_REFRESH).to_ical().decode())  # type: ignore[no-untyped-call]
        if self.occasions:
            calendar.add_component(_rules(self.timezone, self.occasions))
        for occasion in self.occasions:
            calendar.add_component(_component(occasion, zone(self.timezone)))
        return calendar


def _component(occasion: Occasion, where: tzinfo) -> "icalendar.Event":
    import icalendar  # lazy: 110 ms, for calendars alone

    event = icalendar.Event()
    changed = occasion.changed.astimezone(UTC).replace(microsecond=0)
    event.add("uid", occasion.uid)
    event.add("dtstamp", changed)
    event.add("created", occasion.created.astimezone(UTC).replace(microsecond=0))
    event.add("last-modified", changed)
    event.add("sequence", occasion.revision)
    event.add("dtstart", local(occasion.begin, where))
    event.add("dtend", local(occasion.end, where))
    event.add("summary", _line(occasion.summary))
    event.add("status", "CANCELLED" if occasion.is_cancelled else "CONFIRMED")
    event.add("url", occasion.url)
    if occasion.location:
        event.add("location", _line(occasion.location))
    if occasion.description:
        event.add("description", _text(occasion.description))
    if occasion.coordinates is not None:
        event.add("geo", occasion.coordinates)
    if occasion.categories:
        event.add("categories", [_line(category) for category in occasion.categories])
    return event


def _rules(name: str, occasions: Sequence[Occasion]) -> "icalendar.Timezone":
    """VTIMEZONE with each change of the offset, from the year before the first to after the last one, and for
    a century at most.
    """
    import icalendar  # lazy: 110 ms, for calendars alone

    where = zone(name)
    year = min(occasion.begin.astimezone(UTC) for occasion in occasions).year - 1
    first = datetime(min(max(year, _FIRST_YEAR), _LAST_YEAR - _MOST_YEARS), 1, 1, tzinfo=UTC)
    end = max(occasion.end.astimezone(UTC) for occasion in occasions)
    last = min(end, first.replace(year=first.year + _MOST_YEARS)) + timedelta(days=366)
    rules = icalendar.Timezone()
    rules.add("tzid", name)
    for moment in (first, *_changes(where, first, last)):
        before, now = (moment - timedelta(seconds=1)).astimezone(where), moment.astimezone(where)
        part = icalendar.TimezoneDaylight() if now.dst() else icalendar.TimezoneStandard()
        former, offset = before.utcoffset() or timedelta(), now.utcoffset() or timedelta()
        part.add("dtstart", (moment + former).replace(tzinfo=None))  # local, by the former offset
        part.add("tzoffsetfrom", former)
        part.add("tzoffsetto", offset)
        part.add("tzname", now.tzname() or name)
        rules.add_component(part)
    return rules


def _changes(where: tzinfo, first: datetime, last: datetime) -> Iterator[datetime]:
    """The moments between the two at which the offset changes, to the second."""
    moment = first
    while moment < last:
        later = moment + _STEP
        if moment.astimezone(where).utcoffset() != later.astimezone(where).utcoffset():
            low, high = moment, later
            while high - low > timedelta(seconds=1):
                middle = low + (high - low) // 2
                same = middle.astimezone(where).utcoffset() == low.astimezone(where).utcoffset()
                low, high = (middle, high) if same else (low, middle)
            yield high.replace(microsecond=0)
        moment = later


def _folded(line: bytes) -> bytes:
    """A content line in lines of 75 octets at most (RFC 5545, 3.1), no character of which is split.

    The library's own way takes half of the time that a calendar takes.
    """
    pieces, begin = [], 0
    while len(line) - begin > _OCTETS - bool(begin):
        end = begin + _OCTETS - bool(begin)  # a line that continues begins with a blank
        while line[end] & 0xC0 == 0x80:  # within a character
            end -= 1
        before = line[begin:end]
        end -= (len(before) - len(before.rstrip(b"\\"))) % 2  # nor within an escape, for older clients
        pieces.append(line[begin:end])
        begin = end
    pieces.append(line[begin:])
    return b"\r\n ".join(pieces) + b"\r\n"


def _text(text: str) -> str:
    """The beginning of a text of several lines, without control characters (RFC 5545, 3.3.11)."""
    return _CONTROLS.sub("", text[:_LONGEST])


def _line(text: str) -> str:
    return _text(" ".join(text.split()))
