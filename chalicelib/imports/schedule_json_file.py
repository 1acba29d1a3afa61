"""Reads schedule.json of frab, pretalx and c3voc.

Source: github.com/voc/schedule (validator/json/schema.json), and what pretalx writes that it does not say.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from chalicelib.feeds.slots import Link
from chalicelib.imports.files import is_storable, text_of
from chalicelib.imports.programmes import ImportedPerson, ImportedProgramme
from chalicelib.imports.report import BadFile
from chalicelib.imports.schedule_reader import Get, Reader, programme_of
from chalicelib.jsonapi.ground.json_mistakes import mistake_in_json

_DEEPEST: Final = 20
_LONGEST_ROOM: Final = 1_000  # characters


def read_schedule_json(content: bytes, otherwise: str) -> ImportedProgramme:
    """The programme in a schedule.json. Raises BadFile."""
    conference = _conference_in(_json_of(content))
    about = _texts(conference)
    reader = Reader(about, otherwise)
    for day_number, day in enumerate(_list(conference, "days", "/schedule/conference")):
        at_day = f"/schedule/conference/days/{day_number}"
        rooms = day.get("rooms") if isinstance(day, dict) else None
        if not isinstance(rooms, dict):
            raise BadFile("A day has rooms, each with a list of talks.", path=at_day)
        of_day = _texts(day)
        for room, talks in rooms.items():
            if len(room) > _LONGEST_ROOM:  # it is a part of the place of each talk
                raise BadFile(
                    f"A room's name has {_LONGEST_ROOM} characters at most.", path=f"{at_day}/rooms"
                )
            at_room = f"{at_day}/rooms/{room.replace('~', '~0').replace('/', '~1')}"
            if not isinstance(talks, list) or not all(isinstance(talk, dict) for talk in talks):
                raise BadFile("A room has a list of talks.", path=at_room)
            for number, talk in enumerate(talks):
                path, begin = f"{at_room}/{number}", of_day("day_start") or ""
                reader.add(
                    path, _texts(talk), of_day("date") or "", begin, room.strip(), _more_in(reader, talk)
                )
    colors = {
        str(track["name"]): str(track.get("color", ""))
        for track in _dicts(conference.get("tracks"))
        if "name" in track
    }
    return programme_of(reader, about, colors, description=about("description") or "", location="")


def _more_in(reader: Reader, talk: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    def links(name: str) -> Iterator[Link]:
        listed = talk.get(name)
        for link in listed if isinstance(listed, list) else ():
            if isinstance(link, str):
                yield Link("", link)
            elif isinstance(link, dict):
                get = _texts(link)
                yield Link(get("title") or "", get("url") or "")

    def more() -> dict[str, Any]:
        persons = [_person(reader, person) for person in _dicts(talk.get("persons"))]
        return {"persons": persons, "links": [*links("links")], "attachments": [*links("attachments")]}

    return more


def _person(reader: Reader, person: dict[str, Any]) -> ImportedPerson:
    get = _texts(person)
    return ImportedPerson(
        name=(get("public_name") or get("name") or "").strip(),
        guid=get("guid") or reader.own_id(get("code") or get("id")),
        email=get("email") or "",
        biography=get("biography"),
        photo=get("avatar"),
    )


def _json_of(content: bytes) -> Any:
    try:
        document = json.loads(text_of(content))
    except RecursionError:
        raise BadFile("The file is nested too deeply.") from None
    except ValueError as problem:
        raise BadFile(f"The file is no JSON: {mistake_in_json(problem)}.") from None
    if not is_storable(json.dumps(document, ensure_ascii=False)):
        raise BadFile("The file has a character that cannot be stored: NUL, or half of one.")
    if _is_deeper(document, _DEEPEST):
        raise BadFile(f"The file is nested deeper than {_DEEPEST} levels.")
    return document


def _is_deeper(value: Any, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_deeper(item, levels - 1) for item in inner)


def _conference_in(document: Any) -> dict[str, Any]:
    schedule = document.get("schedule") if isinstance(document, dict) else None
    conference = schedule.get("conference") if isinstance(schedule, dict) else None
    if not isinstance(conference, dict):
        raise BadFile("This is no schedule.json: it has no schedule with a conference.", path="/schedule")
    return conference


def _list(parent: dict[str, Any], name: str, path: str) -> list[Any]:
    value = parent.get(name)
    if not isinstance(value, list):
        raise BadFile(f"{name} is a list.", path=f"{path}/{name}")
    return value


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _texts(item: Mapping[str, Any]) -> Get:
    """Members that are texts or numbers, as texts; None for others."""

    def get(name: str) -> str | None:
        value = item.get(name)
        if isinstance(value, str):
            return value
        return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else None

    return get
