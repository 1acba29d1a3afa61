"""Days of a programme: the sessions of each day in the event's zone, by room."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import groupby
from typing import Final

from chalicelib.feeds.programme import Programme
from chalicelib.feeds.slots import Room, Slot
from chalicelib.values.xml_writing import one_line
from chalicelib.values.zones import local, zone

UNDECIDED: Final = "Not decided yet"  # as the Open Event Server has it
_MOST_DAYS: Final = 60  # of an event without sessions: old rows may last for centuries
_NOWHERE: Final = Room(0, UNDECIDED, 2**31)


@dataclass(frozen=True, slots=True)
class InRoom:
    """The sessions of a day in one room. Rooms of the same name are one."""

    room: Room
    slots: Sequence[Slot]


@dataclass(frozen=True, slots=True)
class Day:
    """A day from midnight to midnight in the event's zone; `index` counts from 1."""

    index: int
    date: date
    begin: str
    end: str
    rooms: Sequence[InRoom]


def days_of(programme: Programme) -> list[Day]:
    """The event's days, and others that sessions begin on; at least one."""
    where = zone(programme.timezone)
    by_day: dict[date, list[Slot]] = {day: [] for day in _days_of_event(programme, where)}
    for slot in programme.sessions:
        by_day.setdefault(local(slot.begin, where).date(), []).append(slot)
    return [
        Day(index, day, _midnight(day, where), _midnight(day, where, days=1), _rooms(by_day[day]))
        for index, day in enumerate(sorted(by_day), start=1)
    ]


def rooms_of(days: Sequence[Day]) -> list[Room]:
    """All rooms of these days that are decided, each once, by position."""
    rooms = {here.room.name: here.room for day in days for here in day.rooms if here.room.id}
    return sorted(rooms.values(), key=_place)


def stamp(moment: datetime, where: tzinfo) -> str:
    """The moment in the zone (ISO 8601); in UTC where the zone's offset was no whole minute then."""
    here = local(moment, where)
    offset = here.utcoffset() or timedelta()
    return (here if not offset.seconds % 60 else here.astimezone(UTC)).isoformat(timespec="seconds")


def hours(length: timedelta) -> str:
    """A length as hours and minutes (HH:MM), of which the last one is counted in full."""
    minutes = -(-int(length.total_seconds()) // 60)
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _days_of_event(programme: Programme, where: tzinfo) -> list[date]:
    first = local(programme.begin, where).date()
    last = local(max(programme.end - timedelta(microseconds=1), programme.begin), where).date()
    count = (last - first).days + 1
    return [first + timedelta(days=number) for number in range(count if count <= _MOST_DAYS else 1)]


def _midnight(day: date, where: tzinfo, days: int = 0) -> str:
    if day == date.max:
        return stamp(datetime.combine(day, time.max if days else time.min, UTC), UTC)
    return stamp(datetime.combine(day + timedelta(days=days), time.min, where), where)


def _rooms(slots: Sequence[Slot]) -> list[InRoom]:
    def room(slot: Slot) -> Room:
        return slot.room if slot.room is not None and one_line(slot.room.name) else _NOWHERE

    placed = sorted(slots, key=lambda slot: (_place(room(slot)), slot.begin, slot.id))
    grouped: dict[str, InRoom] = {}
    for _, group in groupby(placed, key=lambda slot: _place(room(slot))):
        here = list(group)
        name = one_line(room(here[0]).name)
        former = grouped.get(name)
        first = former.room if former else Room(room(here[0]).id, name, room(here[0]).position)
        together = [*(former.slots if former else ()), *here]
        grouped[name] = InRoom(first, sorted(together, key=lambda slot: (slot.begin, slot.id)))
    return list(grouped.values())


def _place(room: Room) -> tuple[int, str, int]:
    return room.position, room.name, room.id
