"""Large neighborhood search: talks are placed one by one, then some are taken out and placed anew, over and
over. What is better is kept, and at first also what is a little worse (simulated annealing).

The same problem and seed give the same solution, unless time runs out.
"""

import math
import random
import time
from collections.abc import Sequence
from typing import Final

from chalicelib.scheduling.board import UNPLACED, Board, Place
from chalicelib.scheduling.problem import Problem, Solution, span, starts_in

_ROUNDS_OF_EACH: Final = 12  # session that may be moved
_FEWEST_ROUNDS: Final = 500
_MOST_AT_ONCE: Final = 8
_WARMEST: Final = 6.0


def solve(problem: Problem, seed: int, seconds: float) -> Solution:
    """A solution without hard conflicts among the talks that it places, in so many seconds at most."""
    ends = time.monotonic() + seconds
    dice = random.Random(seed)  # noqa: S311 - no secret
    board = Board(problem)
    movable = []
    for number, talk in enumerate(problem.talks):
        if talk.fixed is not None:
            board.put(number, talk.fixed)
        else:
            movable.append(number)
    for number in _hardest_first(problem, board, movable):
        if time.monotonic() > ends:
            break
        _place(board, number, dice)
    best, cost = list(board.places), 0.0
    lowest, rounds, most = 0.0, 0, max(_FEWEST_ROUNDS, _ROUNDS_OF_EACH * len(movable))
    while movable and rounds < most and time.monotonic() < ends:
        warmth = _WARMEST * (1 - rounds / most)
        cost += _renew(board, _some(board, movable, dice), dice, warmth)
        rounds += 1
        if cost < lowest - 1e-9:
            lowest, best = cost, list(board.places)
    return judged(problem, best, rounds)


def judged(problem: Problem, places: Sequence[Place | None], rounds: int) -> Solution:
    """The solution of these places, counted anew."""
    talks = problem.talks

    def at_once(first: int, second: int) -> bool:
        mine, yours = places[first], places[second]
        if mine is None or yours is None:
            return False
        return mine[1] < yours[1] + talks[second].length and yours[1] < mine[1] + talks[first].length

    tracks: dict[tuple[int, int], set[int]] = {}
    parallel = overfull = wishes = met = 0
    for number, talk in enumerate(talks):
        place = places[number]
        if talk.track is not None:
            parallel += sum(
                talks[other].track == talk.track and at_once(number, other)
                for other in range(number + 1, len(talks))
            )
        if place is None:
            wishes += bool(talk.wished) + bool(talk.wished_rooms)
            continue
        room, start = place
        if talk.track is not None and room is not None:
            tracks.setdefault((talk.track, problem.day_of[start]), set()).add(room)
        capacity = None if room is None else problem.rooms[room].capacity
        overfull += capacity is not None and talk.liked_by > capacity
        if talk.wished:
            wishes += 1
            met += bool(starts_in(talk.wished, talk.length) & span(start, 1))
        if talk.wished_rooms:
            wishes += 1
            met += room in talk.wished_rooms
    return Solution(
        places=list(places),
        rounds=rounds,
        clashes=sum(people for (first, second), people in problem.together.items() if at_once(first, second)),
        parallel=parallel,
        room_changes=sum(len(rooms) - 1 for rooms in tracks.values()),
        overfull=overfull,
        wishes=wishes,
        wishes_met=met,
    )


def _hardest_first(problem: Problem, board: Board, numbers: Sequence[int]) -> list[int]:
    """Those with the fewest places, for their length, first."""

    def places(number: int) -> float:
        talk = problem.talks[number]
        count = sum(starts.bit_count() for _, starts in board.options(number))
        return count / (talk.length * (1 + len(talk.speakers)))

    return sorted(numbers, key=lambda number: (places(number), number))


def _place(board: Board, number: int, dice: random.Random, noise: float = 0.0) -> float:
    """Place the talk as cheaply as possible; returns what that costs."""
    chosen = board.best(number, noise, dice.random())
    if chosen is None:
        return UNPLACED
    cost, place = chosen
    board.put(number, place)
    return cost


def _some(board: Board, movable: Sequence[int], dice: random.Random) -> list[int]:
    """Talks to be placed anew: one, and others at its time, in its room, or any."""
    lost = [number for number in movable if board.places[number] is None]
    first = dice.choice(lost) if lost and dice.random() < 0.5 else dice.choice(movable)
    count = min(dice.randint(2, _MOST_AT_ONCE), len(movable))
    place, way = board.places[first], dice.random()
    if place is None or way < 0.3:
        others = dice.sample(movable, count)
    else:
        room, start = place

        def near(number: int) -> float:
            there = board.places[number]
            if there is None:
                return -1.0
            same = 0 if there[0] == room else 40
            return (abs(there[1] - start) + same if way < 0.65 else abs(there[1] - start)) + dice.random()

        others = sorted(movable, key=near)[:count]
    return list(dict.fromkeys([first, *others]))


def _renew(board: Board, numbers: Sequence[int], dice: random.Random, warmth: float) -> float:
    """Take these out and place them anew, or back where they were; returns by how much it costs more."""
    former: list[tuple[int, Place | None]] = []
    before = 0.0
    for number in numbers:
        before += board.cost_of(number)
        former.append((number, board.take(number)))
    order = list(numbers)
    if dice.random() < 0.5:
        dice.shuffle(order)
    after = sum(_place(board, number, dice, dice.random() * 0.5) for number in order)
    worse = after - before
    if worse <= 0 or (worse < UNPLACED / 2 and dice.random() < math.exp(-worse / max(warmth, 1e-6))):
        return worse
    for number in numbers:
        board.take(number)
    for number, place in former:
        if place is not None:
            board.put(number, place)
    return 0.0
