"""Calendar files as XML: xCal (RFC 6321), the same components and properties as in iCalendar."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from chalicelib.calendar_file import CalendarFile
from chalicelib.feeds.flat_xcal import iso_duration
from chalicelib.values.xml_writing import inside, root, written

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    import icalendar

MEDIA_TYPE: Final = "application/calendar+xml; charset=utf-8"
NAMESPACE: Final = "urn:ietf:params:xml:ns:icalendar-2.0"
_INTEGERS: Final = {"sequence"}
_URIS: Final = {"url"}


def xcal(calendar: CalendarFile) -> bytes:
    """The document."""
    document = root("icalendar", xmlns=NAMESPACE)
    _component(document, calendar.component())
    return written(document)


def _component(parent: "Element", component: "icalendar.Component") -> None:
    element = inside(parent, component.name.lower())  # type: ignore[union-attr]
    properties = inside(element, "properties")
    for name, values in component.items():
        for value in values if isinstance(values, list) else [values]:
            _property(inside(properties, name.lower()), name.lower(), value)
    if component.subcomponents:
        inner = inside(element, "components")
        for child in component.subcomponents:
            _component(inner, child)


def _property(element: "Element", name: str, value: Any) -> None:
    zone = value.params.get("TZID") if hasattr(value, "params") else None
    moment = getattr(value, "dt", None)
    if zone is not None and isinstance(moment, datetime):
        parameters = inside(element, "parameters")
        inside(inside(parameters, "tzid"), "text", str(zone))
    for kind, text in _values(name, value):
        inside(element, kind, text)


def _values(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """(type, text) of each value of a property."""
    moment = getattr(value, "dt", getattr(value, "td", None))
    if name == "geo":
        yield from (("latitude", str(value.latitude)), ("longitude", str(value.longitude)))
    elif name == "categories":
        yield from (("text", str(category)) for category in value.cats)
    elif name.startswith("tzoffset"):
        yield "utc-offset", _offset(value.td)
    elif isinstance(moment, timedelta):
        yield "duration", iso_duration(moment)
    elif isinstance(moment, datetime):
        utc = moment.tzinfo is UTC or moment.tzname() == "UTC"
        yield "date-time", moment.replace(tzinfo=None).isoformat(timespec="seconds") + ("Z" if utc else "")
    elif name in _INTEGERS:
        yield "integer", str(int(value))
    else:
        yield ("uri" if name in _URIS else "unknown" if name.startswith("x-") else "text"), str(value)


def _offset(offset: timedelta) -> str:
    """A UTC offset as +hh:mm, with seconds where it has some."""
    seconds = abs(int(offset.total_seconds()))
    sign = "-" if offset < timedelta() else "+"
    rest = f":{seconds % 60:02}" if seconds % 60 else ""
    return f"{sign}{seconds // 3600:02}:{seconds % 3600 // 60:02}{rest}"
