"""Automatic scheduling of a large conference: 300 sessions, 10 rooms, 3 days."""

import random
import time
from typing import Any, Final

from chalicelib.scheduling.problem import Problem, Room, Talk, slots_of, span
from chalicelib.scheduling.solve import solve

_SESSIONS, _ROOMS, _DAYS, _SPEAKERS, _FANS = 300, 10, 3, 260, 1_500
_SLOTS_A_DAY: Final = 40  # of 15 minutes: ten hours, with an hour for lunch
_SECONDS: Final = 45.0


def problem(seed: int = 1) -> Problem:
    """A made-up one: sessions of half an hour and an hour, twelve tracks, speakers with one to three sessions
    and some who come for a day, and people with favorites of few tracks.
    """
    dice = random.Random(seed)  # noqa: S311 - no secret
    slots = _SLOTS_A_DAY * _DAYS
    days = [span(day * _SLOTS_A_DAY, _SLOTS_A_DAY) for day in range(_DAYS)]
    lunch = sum(span(day * _SLOTS_A_DAY + 16, 4) for day in range(_DAYS))
    # A night between the days is a slot that is never free.
    nights = sum(1 << (day * _SLOTS_A_DAY + _SLOTS_A_DAY - 1) for day in range(_DAYS))
    event = span(0, slots) & ~lunch & ~nights
    rooms = [
        Room(number, capacity, event & ~(days[number % _DAYS] if number >= _ROOMS - 2 else 0))
        for number, capacity in enumerate([800, 400, 300, 200, 200, 150, 100, 100, 80, 50])
    ]
    at_a_day = [dice.randrange(_DAYS) if dice.random() < 0.15 else None for _ in range(_SPEAKERS)]
    liked: list[int] = [0] * _SESSIONS
    together: dict[tuple[int, int], int] = {}
    tracks = [dice.randrange(12) for _ in range(_SESSIONS)]
    by_track = {track: [n for n in range(_SESSIONS) if tracks[n] == track] for track in range(12)}
    for _ in range(_FANS):
        of_taste = [n for track in dice.sample(range(12), 2) for n in by_track[track]]
        own = sorted(dice.sample(of_taste, min(len(of_taste), dice.randint(3, 15))))
        for place, first in enumerate(own):
            liked[first] += 1
            for second in own[place + 1 :]:
                together[first, second] = together.get((first, second), 0) + 1
    talks = []
    for number in range(_SESSIONS):
        speakers = dice.sample(range(_SPEAKERS), dice.choice([1, 1, 1, 2]))
        free = event
        for speaker in speakers[:1]:  # one who comes for a day says so for the session
            day = at_a_day[speaker]
            free &= days[day] if day is not None else event
        talks.append(
            Talk(
                number, dice.choice([2, 2, 2, 4]), speakers, tracks[number], free,
                audience=dice.choice([None, 60, 120]), liked_by=liked[number],
            )
        )  # fmt: skip
    day_of = [slot // _SLOTS_A_DAY for slot in range(slots)]
    return Problem(talks, rooms, day_of, gap=0, together=together)


def measured() -> dict[str, Any]:
    """{seconds, placed, sessions, conflicts, clashes, ...}: conflicts are counted anew, slot by slot."""
    posed = problem()
    began = time.monotonic()
    solution = solve(posed, seed=1, seconds=_SECONDS)
    seconds = time.monotonic() - began
    pairs = sum(posed.together.values())
    return {
        "seconds": round(seconds, 1),
        "sessions": len(posed.talks),
        "placed": sum(place is not None for place in solution.places),
        "hard conflicts": conflicts(posed, solution.places),
        "pairs liked": pairs,
        "pairs at once": solution.clashes,
        "track parallel": solution.parallel,
        "room changes": solution.room_changes,
        "overfull": solution.overfull,
        "rounds": solution.rounds,
    }


def conflicts(posed: Problem, places: Any) -> int:
    """How often a room or a speaker is taken twice, or anything is where it may not be."""
    seen: set[tuple[str, int, int]] = set()
    found = 0
    for talk, place in zip(posed.talks, places, strict=True):
        if place is None:
            continue
        room, start = place
        mask = span(start, talk.length)
        found += mask & ~(talk.free & posed.rooms[room].free) != 0
        found += talk.audience is not None and talk.audience > (posed.rooms[room].capacity or 0)
        for slot in slots_of(mask):
            taken = [("room", room, slot), *(("speaker", person, slot) for person in talk.speakers)]
            found += sum(key in seen for key in taken)
            seen.update(taken)
    return found


if __name__ == "__main__":
    print(measured())
