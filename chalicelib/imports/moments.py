"""Times in files of programmes: ISO 8601, RFC 5545, hours of a day, and lengths in their many forms."""

import re
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final

from chalicelib.values.zones import known, zone

_ISO: Final = re.compile(
    r"(?P<sign>[+-])?P(?:(?P<weeks>\d{1,4})W)?(?:(?P<days>\d{1,4})D)?"
    r"(?:T(?:(?P<hours>\d{1,4})H)?(?:(?P<minutes>\d{1,5})M)?(?:(?P<seconds>\d{1,6})S)?)?"
)
_CLOCK: Final = re.compile(r"(?:(\d{1,3}):)?(\d{1,3}):(\d{2})")
_DIGITS: Final = re.compile(r"(\d{1,3})(\d{2})(\d{2})")
_LONGEST: Final = 60


def zone_named(name: str) -> tzinfo | None:
    """The zone of this name, which may have a path in front, or be Windows' own; None where unknown."""
    text = name.strip().strip('"')
    for candidate in (text, "/".join(text.split("/")[-2:]), text.rpartition("/")[2]):
        if candidate in known():
            return zone(candidate)
    from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON  # lazy: for calendars of Outlook alone

    return zone(WINDOWS_TO_OLSON[text]) if text in WINDOWS_TO_OLSON else None


def moment_in(text: str, where: tzinfo) -> datetime:
    """A moment in ISO 8601, extended or basic; without an offset in this zone. ValueError otherwise."""
    written = text.strip()
    if len(written) > _LONGEST:
        raise ValueError("no time")
    found = datetime.fromisoformat(written)
    return found if found.tzinfo is not None else found.replace(tzinfo=where)


def day_in(text: str) -> date:
    """A day in ISO 8601. ValueError otherwise."""
    return date.fromisoformat(text.strip()[:10])


def hour_of_day(text: str) -> time:
    """HH:MM or HH:MM:SS. ValueError otherwise."""
    hour, minute, *rest = text.strip().split(":")
    return time(int(hour), int(minute), int(rest[0]) if rest else 0)


def length_in(text: str) -> timedelta:
    """HH:MM, D:HH:MM, HHMMSS, or P1DT2H30M as ISO 8601 has it.

    ValueError otherwise, and for one that is not positive.
    """
    written = text.strip()
    length = timedelta()
    if match := _ISO.fullmatch(written):
        parts = {name: int(value) for name, value in match.groupdict().items() if name != "sign" and value}
        length = timedelta(**parts) * (-1 if match["sign"] == "-" else 1)
    elif match := _CLOCK.fullmatch(written):
        length = timedelta(days=int(match[1] or 0), hours=int(match[2]), minutes=int(match[3]))
    elif match := _DIGITS.fullmatch(written):
        length = timedelta(hours=int(match[1]), minutes=int(match[2]), seconds=int(match[3]))
    if length <= timedelta():
        raise ValueError("no length")
    return length
