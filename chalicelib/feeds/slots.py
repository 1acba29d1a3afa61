"""Parts of a programme: sessions in their time slots, with rooms, tracks, speakers and links."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.resources.identifiers import slug
from chalicelib.values.xml_writing import one_line


@dataclass(frozen=True, slots=True)
class Room:
    """A room. Rooms are listed by `position`."""

    id: int
    name: str
    position: int


@dataclass(frozen=True, slots=True)
class Track:
    """A track; `color` is #rgb or #rrggbb."""

    name: str
    color: str


@dataclass(frozen=True, slots=True)
class Person:
    """A speaker, with the URL of a photo or an empty text."""

    id: int
    name: str
    photo: str


@dataclass(frozen=True, slots=True)
class Link:
    """A web address with a name."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Slot:
    """A session of the programme, when and where. Texts are plain, and empty where nothing is known.

    address  of the session's page
    changed  when it was changed last
    is_cancelled  whether it was on the programme, and is no more
    further_rooms  names of the rooms that it takes besides: calendars tell them, schedules have one room
    """

    id: int
    title: str
    begin: datetime
    end: datetime
    created: datetime
    changed: datetime
    address: str
    abstract: str
    room: Room | None
    track: Track | None
    subtitle: str = ""
    language: str = ""
    type: str = ""
    description: str = ""
    is_cancelled: bool = False
    further_rooms: Sequence[str] = ()
    persons: Sequence[Person] = ()
    links: Sequence[Link] = ()
    attachments: Sequence[Link] = ()

    @property
    def place(self) -> str:
        """The names of all its rooms; empty where none is decided."""
        first = [self.room.name] if self.room is not None else []
        return ", ".join(filter(None, map(one_line, [*first, *self.further_rooms])))


def links_in(told: Mapping[str, Any], named: Mapping[str, str]) -> list[Link]:
    """The columns in `named` that have a web address, each with its name."""
    return [Link(name, told[column]) for column, name in named.items() if is_web(told.get(column))]


def named_links_in(listed: Any) -> list[Link]:
    """Those of a column of named links that are web addresses; rows of former servers may hold anything."""
    found = (item for item in listed if isinstance(item, dict)) if isinstance(listed, list) else ()
    return [
        Link(str(item.get("name") or item["link"]), item["link"])
        for item in found
        if isinstance(item.get("link"), str) and is_web(item["link"])
    ]


def is_web(address: str | None) -> bool:
    """Whether this is an address that browsers open: neither empty nor one of mail."""
    return (address or "").lower().startswith(("https://", "http://"))


def guid(identifier: str, kind: str, id: int) -> str:
    """The UUID of something at an event: the same each time, and another one at each event (UUIDv5)."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"urn:open-event:{identifier}:{kind}:{id}"))


def acronym(identifier: str) -> str:
    """The event's short name in schedules: four or more of a-z, 0-9 and _."""
    return slug(identifier).replace("-", "_").rjust(4, "0")


def slug_of(identifier: str, slot: Slot) -> str:
    """The session's name in addresses: unique at the event, and as the c3voc schema has it."""
    title = slug(slot.title)[:60].strip("-")
    return f"{acronym(identifier)}-{slot.id}-{title if len(title) > 1 else 'session'}"
