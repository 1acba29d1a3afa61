"""Schedule as XML: schedule.xml of frab and c3voc, whose ancestor is Pentabarf's.

Source: github.com/voc/schedule (validator/xsd/schedule.xml.xsd), and what readers of frab's and Pentabarf's
files look for.
"""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from chalicelib.feeds.days import Day, days_of, hours, stamp
from chalicelib.feeds.programme import Programme
from chalicelib.feeds.slots import Link, Slot, Track, acronym, guid, is_web, slug_of
from chalicelib.settings import VERSION, settings
from chalicelib.values.xml_writing import inside, one_line, root, written
from chalicelib.values.zones import local, zone

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MEDIA_TYPE: Final = "text/xml; charset=utf-8"
GENERATOR: Final = "Open Event Serverless"
TIMESLOT: Final = "00:15"
NO_TYPE: Final = "Talk"
_COLOR: Final = re.compile("#[0-9a-f]{6}")
_SHORT_COLOR: Final = re.compile("#[0-9a-f]{3}")


def schedule_xml(programme: Programme, *, pentabarf: bool = False) -> bytes:
    """The document. With `pentabarf` it has elements besides that only Pentabarf's readers know."""
    days = days_of(programme)
    document = root("schedule")
    inside(document, "generator", name=GENERATOR, version=VERSION)
    inside(document, "version", stamp(programme.revised, zone("UTC")))
    _conference(inside(document, "conference"), programme, days, pentabarf=pentabarf)
    for day in days:
        about = {"index": str(day.index), "date": day.date.isoformat(), "start": day.begin, "end": day.end}
        of_day = inside(document, "day", **about)
        for here in day.rooms:
            of_room = inside(of_day, "room", name=here.room.name)
            if here.room.id:
                of_room.set("guid", guid(programme.identifier, "room", here.room.id))
            for slot in here.slots:
                _event(of_room, programme, slot, here.room.name, pentabarf=pentabarf)
    return written(document)


def described(track: Track) -> dict[str, str]:
    """Name of a track, and its color as #rrggbb if it has one."""
    color = track.color.lower()
    if _SHORT_COLOR.fullmatch(color):
        color = "#" + "".join(digit * 2 for digit in color[1:])
    named = {"name": one_line(track.name)}
    return {**named, "color": color} if _COLOR.fullmatch(color) else named


def tracks_of(programme: Programme) -> list[Track]:
    """The tracks of the sessions, each once, by name."""
    tracks = {slot.track.name: slot.track for slot in programme.sessions if slot.track is not None}
    return [tracks[name] for name in sorted(tracks)]


def _conference(conference: "Element", programme: Programme, days: list[Day], *, pentabarf: bool) -> None:
    inside(conference, "acronym", acronym(programme.identifier))
    inside(conference, "title", one_line(programme.name))
    inside(conference, "start", days[0].date.isoformat())
    inside(conference, "end", days[-1].date.isoformat())
    inside(conference, "days", str(len(days)))
    inside(conference, "timeslot_duration", TIMESLOT)
    inside(conference, "base_url", settings().web_url)
    inside(conference, "url", programme.address)
    if is_web(programme.logo):
        inside(conference, "logo", programme.logo)
    inside(conference, "time_zone_name", programme.timezone)
    for track in tracks_of(programme):
        inside(conference, "track", **described(track))
    if pentabarf:
        inside(conference, "day_change", "00:00")
        inside(conference, "venue", one_line(programme.location))


def _event(of_room: "Element", programme: Programme, slot: Slot, room: str, *, pentabarf: bool) -> None:
    where = zone(programme.timezone)
    event = inside(of_room, "event", guid=guid(programme.identifier, "session", slot.id), id=str(slot.id))
    for tag, text in (
        ("date", stamp(slot.begin, where)),
        ("start", f"{local(slot.begin, where):%H:%M}"),
        ("duration", hours(slot.end - slot.begin)),
        ("room", room),
        ("slug", slug_of(programme.identifier, slot)),
        ("url", slot.address),
        ("title", one_line(slot.title)),
        ("subtitle", one_line(slot.subtitle)),
        ("track", one_line(slot.track.name) if slot.track is not None else ""),
        ("type", one_line(slot.type) or NO_TYPE),
        ("language", one_line(slot.language)),
        ("abstract", slot.abstract),
        ("description", slot.description),
    ):
        inside(event, tag, text)
    persons = inside(event, "persons")
    for person in slot.persons:
        inside(persons, "person", one_line(person.name), id=str(person.id))
    for tag, addresses in (("link", slot.links), ("attachment", slot.attachments)):
        _addresses(inside(event, f"{tag}s"), tag, addresses)
    if pentabarf:
        inside(event, "conf_url", programme.address)
        inside(event, "full_conf_url", slot.address)
        inside(event, "released", str(programme.is_released))


def _addresses(parent: "Element", tag: str, addresses: Sequence[Link]) -> None:
    for link in addresses:
        inside(parent, tag, one_line(link.name), href=link.address)
