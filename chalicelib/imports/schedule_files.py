"""Reads schedule.xml of Pentabarf, frab, pretalx and c3voc.

Source: github.com/voc/schedule (validator/xsd/schedule.xml.xsd), and what frab writes that it does not say:
files of before have no guid, and no date of a talk, which is the day's then.
"""

from collections.abc import Callable, Iterator
from typing import Any
from xml.etree.ElementTree import Element

from chalicelib.feeds.slots import Link
from chalicelib.imports.programmes import ImportedPerson, ImportedProgramme
from chalicelib.imports.report import BadFile
from chalicelib.imports.schedule_reader import Get, Reader, programme_of


def read_schedule_xml(root: Element, otherwise: str) -> ImportedProgramme:
    """The programme in the document of a schedule.xml. Raises BadFile."""
    conference = root.find("conference")
    if root.tag != "schedule" or conference is None:
        raise BadFile("This is no schedule.xml: it has no schedule with a conference.", path=f"/{root.tag}")
    about = _members(conference)
    reader = Reader(about, otherwise)
    change = about("day_change") or ""
    for day_number, day in enumerate(root.iterfind("day"), 1):
        date = day.get("date", "")
        for room_number, room in enumerate(day.iterfind("room"), 1):
            name = (room.get("name") or "").strip()
            for number, event in enumerate(room.iterfind("event"), 1):
                path = f"/schedule/day[{day_number}]/room[{room_number}]/event[{number}]"
                reader.add(
                    path, _of_event(event), date, day.get("start") or change, name, _more_of(reader, event)
                )
    colors = {track.get("name", ""): track.get("color", "") for track in conference.iterfind("track")}
    return programme_of(reader, about, colors, location=about("venue") or "", description="")


def _members(element: Element) -> Get:
    return element.findtext


def _of_event(event: Element) -> Get:
    return lambda name: event.get(name) if name in {"guid", "id"} else event.findtext(name)


def _more_of(reader: Reader, event: Element) -> Callable[[], dict[str, Any]]:
    def links(parent: str, tag: str) -> Iterator[Link]:
        for link in event.iterfind(f"{parent}/{tag}"):
            yield Link((link.text or "").strip(), link.get("href", "").strip())

    def more() -> dict[str, Any]:
        persons = [
            ImportedPerson(
                "".join(person.itertext()).strip(), person.get("guid") or reader.own_id(person.get("id"))
            )
            for person in event.iterfind("persons/person")
        ]
        links_in, attached = [*links("links", "link")], [*links("attachments", "attachment")]
        return {"persons": persons, "links": links_in, "attachments": attached}

    return more
