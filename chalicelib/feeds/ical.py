"""Calendar of an event: the event itself, and sessions of its programme."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict

from chalicelib.calendar_file import CalendarFile, Occasion
from chalicelib.feeds.programme import Programme
from chalicelib.feeds.slots import Slot


class _Times(TypedDict):
    begin: datetime
    end: datetime
    created: datetime
    changed: datetime


def calendar(programme: Programme) -> CalendarFile:
    """The calendar of one event."""
    return CalendarFile(programme.name, programme.description, programme.timezone, occasions(programme))


def occasions(programme: Programme, *, whole: bool = True) -> Sequence[Occasion]:
    """The event, unless it is not to be among them (`whole`), and its sessions, with UIDs that stay."""
    event = Occasion(
        uid=programme.identifier,
        summary=programme.name,
        url=programme.address,
        location=programme.location or (programme.address if programme.online else ""),
        description=programme.description,
        coordinates=programme.coordinates,
        **_times(programme),
    )
    sessions = [
        Occasion(
            uid=f"{slot.id}-{programme.identifier}",
            summary=slot.title,
            url=slot.address,
            location=slot.place or programme.location,
            description=slot.abstract,
            coordinates=programme.coordinates,
            categories=[slot.track.name] if slot.track is not None else (),
            is_cancelled=slot.is_cancelled,
            **_times(slot),
        )
        for slot in programme.sessions
    ]
    return [event, *sessions] if whole else sessions


def _times(told: Programme | Slot) -> _Times:
    return {"begin": told.begin, "end": told.end, "created": told.created, "changed": told.changed}
