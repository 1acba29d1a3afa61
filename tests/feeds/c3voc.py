"""What c3voc demands of schedule.xml and schedule.json, as checks of our own.

Its schemas are under the EUPL, so no copy of them is here. Source of the facts: github.com/voc/schedule,
validator/xsd/schedule.xml.xsd and validator/json/schema.json.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import jsonschema
from lxml import etree

# Children of conference; those of Pentabarf are not among them.
_CONFERENCE: Final = {
    *("title", "acronym", "start", "end", "days", "timeslot_duration", "base_url", "logo", "url"),
    *("time_zone_name", "color", "track"),
}
_NEEDED: Final = {
    "room",
    "title",
    "subtitle",
    "type",
    "date",
    "start",
    "duration",
    "abstract",
    "slug",
    "track",
}
_ALLOWED: Final = _NEEDED | {
    *("logo", "persons", "language", "description", "recording", "links", "attachments"),
    *("video_download_url", "url", "feedback_url", "origin_url"),
}
_URLS: Final = {"base_url", "url", "logo"}
_TEXT: Final = {"type": "string"}
_MAYBE: Final = {"type": ["string", "null"]}
_URL: Final = {"type": "string", "pattern": "^https?://"}
_GUID: Final = {"type": "string", "format": "uuid"}
_DAY: Final = {"type": "string", "format": "date"}
_MOMENT: Final = {"type": "string", "format": "date-time"}


def _object(needed: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {**needed, **(optional or {})},
        "required": [*needed],
        "additionalProperties": False,
    }


_SESSION: Final = _object(
    {
        "id": {"type": "integer", "minimum": 1},
        "guid": _GUID,
        "date": _MOMENT,
        "room": _TEXT,
        "start": _TEXT,
        "duration": {"type": "string", "pattern": r"^[0-9]+:[0-9]{2}$"},
        "slug": {"type": "string", "pattern": "^[a-z0-9_-]+[a-z0-9]$"},
        "url": _URL,
        "title": _TEXT,
        "subtitle": _MAYBE,
        "track": _MAYBE,
        "type": _TEXT,
        "language": _TEXT,
        "abstract": _MAYBE,
        "persons": {
            "type": "array",
            # Either that of frab, with public_name, or this one.
            "items": _object({"name": _TEXT}, {"guid": _GUID, "id": {"type": "integer"}, "avatar": _URL}),
        },
        "links": {"type": "array"},
    },
    {"description": _MAYBE, "attachments": {"type": "array"}},
)
_DOCUMENT: Final = _object(
    {
        "schedule": _object(
            {
                "version": _TEXT,
                "conference": _object(
                    {
                        "title": _TEXT,
                        "acronym": {"type": "string", "pattern": "^[a-z0-9_-][a-z0-9_]{3,}$"},
                        "days": {
                            "type": "array",
                            "items": _object(
                                {
                                    "index": {"type": "integer"},
                                    "date": _DAY,
                                    "day_start": _MOMENT,
                                    "day_end": _MOMENT,
                                    "rooms": {
                                        "type": "object",
                                        "additionalProperties": {"type": "array", "items": _SESSION},
                                    },
                                }
                            ),
                        },
                        "daysCount": {"type": "integer"},
                        "start": _DAY,
                        "end": _DAY,
                        "timeslot_duration": _TEXT,
                    },
                    {
                        "time_zone_name": {"type": "string", "pattern": "^([A-Z][a-z]+/[A-Z][a-z]+)|UTC$"},
                        "logo": _URL,
                        "url": _URL,
                        "tracks": {
                            "type": "array",
                            "items": _object({"name": _TEXT}, {"color": {"pattern": "^#[0-9a-f]{6}$"}}),
                        },
                        "rooms": {"type": "array", "items": _object({"guid": _GUID, "name": _TEXT})},
                    },
                ),
            },
            {"base_url": _URL},
        )
    },
    {"$schema": _TEXT, "generator": {"type": "object"}},
)


def demand_schedule_json(document: Any) -> None:
    """Raise ValidationError for a document that c3voc's schema would refuse."""
    checker = jsonschema.Draft7Validator.FORMAT_CHECKER
    jsonschema.validate(document, _DOCUMENT, jsonschema.Draft7Validator, format_checker=checker)


def demand_schedule_xml(content: bytes) -> Any:
    """The root of the document. Raises AssertionError for one that c3voc's schema would refuse."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    schedule: Any = etree.fromstring(content, parser)
    assert schedule.tag == "schedule"
    tags = [child.tag for child in schedule]
    assert tags == ["generator", "version", "conference", *["day"] * (len(tags) - 3)]
    assert "day" in tags
    conference = schedule.find("conference")
    names = [child.tag for child in conference]
    assert set(names) <= _CONFERENCE
    assert all(names.count(name) == 1 for name in {*names} - {"track"})
    assert re.fullmatch("[a-z0-9_-]{4,}", conference.findtext("acronym"))
    for name in ("start", "end"):
        date.fromisoformat(conference.findtext(name))
    assert int(conference.findtext("days")) == tags.count("day")
    for track in conference.findall("track"):
        assert re.fullmatch("#[0-9a-fA-F]{6}", track.get("color", "#000000"))
        assert track.get("name")
    _demand_days(schedule)
    for element in schedule.iter(*_URLS):
        assert re.match("https?://", element.text)
    for kind in ("guid", "id"):
        ids = [event.get(kind) for event in schedule.iter("event")]
        assert len(ids) == len({*ids})
    slugs = [slug.text for slug in schedule.iter("slug")]
    assert len(slugs) == len({*slugs})
    return schedule


def _demand_days(schedule: Any) -> None:
    days = schedule.findall("day")
    assert [day.get("index") for day in days] == [str(number + 1) for number in range(len(days))]
    for day in days:
        date.fromisoformat(day.get("date"))
        assert _moment(day.get("start")) < _moment(day.get("end"))
        for room in day:
            assert (room.tag, bool(room.get("name"))) == ("room", True)
            assert room.get("guid") is None or UUID(room.get("guid")).version == 5
            for event in room:
                assert event.tag == "event"
                _demand_event(event)


def _demand_event(event: Any) -> None:
    names = [child.tag for child in event]
    assert len(names) == len({*names})
    assert {*names} >= _NEEDED
    assert {*names} <= _ALLOWED
    assert UUID(event.get("guid")).version == 5
    assert int(event.get("id")) > 0
    _moment(event.findtext("date"))
    for name, pattern in (
        ("start", "[0-2][0-9]:[0-5][0-9]"),
        ("duration", "[0-9]{1,2}:[0-9]{2}"),
        ("slug", "[a-z0-9_]{4,}-[a-z0-9_-]{4,}"),
    ):
        assert re.fullmatch(pattern, event.findtext(name)), (name, event.findtext(name))
    assert all(int(person.get("id")) and person.text for person in event.find("persons"))
    assert all(link.tag == "link" and link.get("href") for link in event.find("links"))
    assert all(link.tag == "attachment" and link.get("href") for link in event.find("attachments"))


def _moment(text: str) -> datetime:
    assert re.search(r"(Z|[+-]\d\d:\d\d)$", text), text
    return datetime.fromisoformat(text)


def sessions_in(schedule: Any) -> Iterator[dict[str, Any]]:
    """The sessions of a schedule.json."""
    for day in schedule["schedule"]["conference"]["days"]:
        for listed in day["rooms"].values():
            yield from listed
