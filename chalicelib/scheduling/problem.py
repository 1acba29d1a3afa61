"""A timetabling problem: talks, rooms and a grid of slots, with hard constraints as bit masks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Mask = int
"""A set of slots: bit n is slot n."""


def span(start: int, length: int) -> Mask:
    """The slots from `start` on."""
    return ((1 << length) - 1) << start


def starts_in(free: Mask, length: int) -> Mask:
    """The slots from which `length` free ones follow each other (erosion)."""
    done = 1
    while done < length:
        step = min(done, length - done)
        free &= free >> step
        done += step
    return free


def slots_of(mask: Mask) -> list[int]:
    """The slots of a mask, in their order."""
    found = []
    while mask:
        lowest = mask & -mask
        found.append(lowest.bit_length() - 1)
        mask ^= lowest
    return found


@dataclass(frozen=True, slots=True)
class Room:
    """A room: how many people it takes (None: any number), and when it can be had."""

    id: int
    capacity: int | None
    free: Mask


@dataclass(frozen=True, slots=True)
class Talk:
    """A session to place, of so many slots.

    free       when its speakers can be there and it may take place, with its further rooms free by themselves
    further    places in the list of rooms that it takes besides, whatever room it gets
    audience   how many must find room (hard), None for any number
    liked_by   how many like it (soft)
    wished_rooms, wished  where and when it is wished to be; none and 0 for no wish
    fixed      (room or None, first slot) where it stays
    """

    id: int
    length: int
    speakers: Sequence[int]
    track: int | None
    free: Mask
    audience: int | None = None
    liked_by: int = 0
    further: Sequence[int] = ()
    wished_rooms: frozenset[int] = frozenset()
    wished: Mask = 0
    fixed: tuple[int | None, int] | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Talks and rooms; by slot the number of its day; how many slots a change-over takes.

    together: by pairs of places in the list of talks, the smaller first, how many people like both.
    """

    talks: Sequence[Talk]
    rooms: Sequence[Room]
    day_of: Sequence[int]
    gap: int = 0
    together: Mapping[tuple[int, int], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Solution:
    """By place in the list of talks (room, first slot), None where none was found; and how good it is."""

    places: Sequence[tuple[int | None, int] | None]
    rounds: int
    clashes: int
    parallel: int
    room_changes: int
    overfull: int
    wishes: int
    wishes_met: int
