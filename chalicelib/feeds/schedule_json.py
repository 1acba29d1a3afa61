"""Schedule as JSON: schedule.json of frab, pretalx and c3voc.

Source: github.com/voc/schedule (validator/json/schema.json).
"""

import json
import re
from collections.abc import Sequence
from typing import Any, Final

from chalicelib.feeds.days import Day, days_of, hours, rooms_of, stamp
from chalicelib.feeds.programme import Programme
from chalicelib.feeds.schedule_xml import GENERATOR, NO_TYPE, TIMESLOT, described, tracks_of
from chalicelib.feeds.slots import Link, Person, Slot, acronym, guid, is_web, slug_of
from chalicelib.settings import VERSION, settings
from chalicelib.values.xml_writing import one_line
from chalicelib.values.zones import local, zone

MEDIA_TYPE: Final = "application/json"
_SCHEMA: Final = "https://c3voc.de/schedule/schema.json"
_A_ZONE: Final = re.compile("[A-Z][a-z]+/[A-Z][a-z]+|UTC$")  # those that the schema takes


def schedule_json(programme: Programme) -> str:
    """The document."""
    days = days_of(programme)
    document = {
        "$schema": _SCHEMA,
        "generator": {"name": GENERATOR, "version": VERSION},
        "schedule": {
            "version": stamp(programme.revised, zone("UTC")),
            "base_url": f"{settings().web_url}/",
            "conference": _conference(programme, days),
        },
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _conference(programme: Programme, days: list[Day]) -> dict[str, Any]:
    optional = {}
    if _A_ZONE.match(programme.timezone):
        optional["time_zone_name"] = programme.timezone
    if is_web(programme.logo):
        optional["logo"] = programme.logo
    return {
        "acronym": acronym(programme.identifier),
        "title": one_line(programme.name),
        "start": days[0].date.isoformat(),
        "end": days[-1].date.isoformat(),
        "daysCount": len(days),
        "timeslot_duration": TIMESLOT,
        "url": programme.address,
        **optional,
        "tracks": [described(track) for track in tracks_of(programme)],
        "rooms": [
            {"name": room.name, "guid": guid(programme.identifier, "room", room.id)}
            for room in rooms_of(days)
        ],
        "days": [
            {
                "index": day.index,
                "date": day.date.isoformat(),
                "day_start": day.begin,
                "day_end": day.end,
                "rooms": {
                    here.room.name: [_event(programme, slot, here.room.name) for slot in here.slots]
                    for here in day.rooms
                },
            }
            for day in days
        ],
    }


def _event(programme: Programme, slot: Slot, room: str) -> dict[str, Any]:
    where = zone(programme.timezone)
    return {
        "guid": guid(programme.identifier, "session", slot.id),
        "id": slot.id,
        "date": stamp(slot.begin, where),
        "start": f"{local(slot.begin, where):%H:%M}",
        "duration": hours(slot.end - slot.begin),
        "room": room,
        "slug": slug_of(programme.identifier, slot),
        "url": slot.address,
        "title": one_line(slot.title),
        "subtitle": one_line(slot.subtitle),
        "track": one_line(slot.track.name) if slot.track is not None else None,
        "type": one_line(slot.type) or NO_TYPE,
        "language": one_line(slot.language),
        "abstract": slot.abstract,
        "description": slot.description,
        "persons": [_person(programme, person) for person in slot.persons],
        "links": _addresses(slot.links),
        "attachments": _addresses(slot.attachments),
    }


def _person(programme: Programme, person: Person) -> dict[str, Any]:
    known = {
        "guid": guid(programme.identifier, "speaker", person.id),
        "id": person.id,
        "name": one_line(person.name),
    }
    return {**known, "avatar": person.photo} if is_web(person.photo) else known


def _addresses(links: Sequence[Link]) -> list[dict[str, str]]:
    return [{"title": one_line(link.name), "url": link.address} for link in links]
