"""Imports programmes: into an event that is there, or as a new one of whoever asks."""

from typing import Any, Final

from chalicelib.feeds.slots import is_web
from chalicelib.imports.calendar_files import read_ical, read_xcal
from chalicelib.imports.files import text_of
from chalicelib.imports.importing import Importing
from chalicelib.imports.jobs import made_event
from chalicelib.imports.programmes import ImportedProgramme
from chalicelib.imports.report import BadFile, Item
from chalicelib.imports.schedule_files import read_schedule_xml
from chalicelib.imports.schedule_import import ProgrammeImport
from chalicelib.imports.schedule_json_file import read_schedule_json
from chalicelib.imports.xml_files import tree_of
from chalicelib.resources.events.event.event import Event

SCHEDULES: Final = frozenset({"xml", "json"})
CALENDARS: Final = frozenset({"ics", "ical", "xcs", "xcal"})


def import_into_event(importing: Importing, content: bytes) -> None:
    """Import a programme into the event: sessions with rooms, tracks, types and people."""
    programme = programme_in(content, importing.place.zone)
    ProgrammeImport(importing, programme, importing.place.key).run()


def import_as_event(importing: Importing, content: bytes) -> None:
    """Make an event of a programme, a draft of whoever asks, and everything that is on."""
    programme = programme_in(content, "UTC")
    if not programme.talks and None in {programme.begin, programme.end}:
        raise BadFile("The file has neither talks nor days, so there is no event to be made.")
    item = Item("event", programme.title, path="/", places={"/data/attributes/name": "title"})
    event_id = importing.write(item, _event_of(programme), {})
    if event_id is None:
        return
    importing.event_id = event_id
    session = importing.context.session
    importing.result |= made_event(session, event_id)
    ProgrammeImport(importing, programme, session.get_one(Event, event_id).identifier).run()


def programme_in(content: bytes, otherwise: str) -> ImportedProgramme:
    """The programme in a file of any form that is known, by its content. Raises BadFile.

    `otherwise` is the name of the time zone where the file has none.
    """
    start = content[:200].replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    if start.startswith(b"<"):
        root = tree_of(content)
        is_schedule = root.tag.rpartition("}")[2].lower() == "schedule"
        return (read_schedule_xml if is_schedule else read_xcal)(root, otherwise)
    if start.startswith(b"{"):
        return read_schedule_json(content, otherwise)
    if start[:15].upper() == b"BEGIN:VCALENDAR":
        return read_ical(content, otherwise)
    text_of(content)  # says what is wrong with the encoding, if that is it
    raise BadFile("This is no schedule.xml, schedule.json, iCalendar or xCal file.")


def _event_of(programme: ImportedProgramme) -> dict[str, Any]:
    begins = [talk.begin for talk in programme.talks] + [programme.begin] * (programme.begin is not None)
    ends = [talk.end for talk in programme.talks] + [programme.end] * (programme.end is not None)
    begin, end = min(filter(None, begins)), max(filter(None, ends))
    attributes: dict[str, Any] = {
        "name": programme.title or "Imported event",
        "timezone": programme.timezone,
        "starts-at": begin.isoformat(),
        "ends-at": end.isoformat(),
        "state": "draft",
        "is-sessions-speakers-enabled": True,
    }
    if programme.description:
        attributes["description"] = programme.description
    if programme.location:
        attributes["location-name"] = programme.location
    if is_web(programme.address):
        attributes["external-event-url"] = programme.address
    return attributes
