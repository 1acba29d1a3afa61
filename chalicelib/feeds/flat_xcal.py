"""Schedule as flat XML, which frab and Pentabarf call xCal: an element for each property, without a type.

It is not RFC 6321 (feeds/xcal.py), but what programs read that take frab's xCal.
"""

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from chalicelib.calendar_file import PRODUCT
from chalicelib.feeds.days import UNDECIDED, stamp
from chalicelib.feeds.programme import Programme
from chalicelib.feeds.slots import Slot, slug_of
from chalicelib.values.xml_writing import inside, one_line, root, written
from chalicelib.values.zones import zone

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MEDIA_TYPE: Final = "text/xml; charset=utf-8"
# The elements themselves have no namespace; frab's document declares these.
_NAMESPACES: Final = {
    "xmlns:xCal": "urn:ietf:params:xml:ns:xcal",
    "xmlns:pentabarf": "http://pentabarf.org",
}
_NO_ABSTRACT: Final = "N/A"


def flat_xcal(programme: Programme) -> bytes:
    """The document."""
    document = root("iCalendar", **_NAMESPACES)
    calendar = inside(document, "vcalendar")
    inside(calendar, "version", "2.0")
    inside(calendar, "prodid", PRODUCT)
    inside(calendar, "x-wr-caldesc", programme.description or one_line(programme.name))
    inside(calendar, "x-wr-calname", one_line(programme.name))
    for slot in programme.sessions:
        _event(calendar, programme, slot)
    return written(document)


def _event(calendar: "Element", programme: Programme, slot: Slot) -> None:
    where = zone(programme.timezone)
    event = inside(calendar, "vevent")
    for tag, text in (
        ("method", "PUBLISH"),
        ("uid", f"{slot.id}-{programme.identifier}"),
        ("pentabarf:event-id", str(slot.id)),
        ("pentabarf:event-slug", slug_of(programme.identifier, slot)),
        ("pentabarf:title", one_line(slot.title)),
        ("pentabarf:subtitle", one_line(slot.subtitle)),
        ("pentabarf:language", one_line(slot.language)),
        ("dtstart", stamp(slot.begin, where)),
        ("dtend", stamp(slot.end, where)),
        ("duration", iso_duration(slot.end - slot.begin)),
        ("summary", one_line(slot.title)),
        ("description", slot.abstract or _NO_ABSTRACT),
        ("class", "PUBLIC"),
        ("status", "CANCELLED" if slot.is_cancelled else "CONFIRMED"),
        ("categories", one_line(slot.type)),
        ("category", one_line(slot.type)),
        ("url", slot.address),
        ("location", slot.place or UNDECIDED),
        *(("attendee", one_line(person.name)) for person in slot.persons),
    ):
        inside(event, tag, text)


def iso_duration(length: timedelta) -> str:
    """A length as ISO 8601 and RFC 5545 write it, such as P1DT2H30M."""
    seconds = int(length.total_seconds())
    days, rest = divmod(seconds, 86_400)
    parts = ((rest // 3600, "H"), (rest % 3600 // 60, "M"), (rest % 60, "S"))
    time = "".join(f"{number}{unit}" for number, unit in parts if number)
    return (
        "P"
        + (f"{days}D" if days else "")
        + (f"T{time}" if time or not days else "")
        + ("" if time or days else "0S")
    )
