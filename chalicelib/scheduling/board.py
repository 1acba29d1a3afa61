"""The state of a search: where talks are, what is busy, and what a place costs."""

from collections import Counter, defaultdict
from typing import Final

from chalicelib.scheduling.problem import Mask, Problem, Talk, slots_of, span, starts_in

Place = tuple[int | None, int]
# What one of these costs; a talk without a place costs more than all else that it could spare.
UNPLACED: Final = 100_000.0
PARALLEL: Final = 3.0  # two talks of a track at once
ROOM_CHANGE: Final = 2.0  # a further room of a track on a day
UNWISHED: Final = 8.0
_OVERFULL: Final = 0.2  # each who likes the talk and finds no room
_EMPTY: Final = 0.01  # each seat that nobody is expected on


class Board:
    """Places of talks; whoever places one asks for its options first, which break no hard constraint."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.places: list[Place | None] = [None] * len(problem.talks)
        self.slots = len(problem.day_of)
        self._busy_rooms: list[Mask] = [0] * len(problem.rooms)
        self._busy_people: dict[int, Mask] = defaultdict(int)
        self._rooms_of_track: dict[tuple[int, int], Counter[int]] = defaultdict(Counter)
        # By talk those that people like beside it, with how many do, and those of its track.
        self._beside: list[list[tuple[int, float]]] = [[] for _ in problem.talks]
        for (talk_number, other), people in problem.together.items():
            self._beside[talk_number].append((other, float(people)))
            self._beside[other].append((talk_number, float(people)))
        tracks: dict[int, list[int]] = defaultdict(list)
        for number, talk in enumerate(problem.talks):
            if talk.track is not None:
                tracks[talk.track].append(number)
        for number, talk in enumerate(problem.talks):
            if talk.track is not None:
                self._beside[number] += [(other, PARALLEL) for other in tracks[talk.track] if other != number]
        self._room_costs = [[self._room_cost(talk, room) for room in range(len(problem.rooms))]
                            for talk in problem.talks]  # fmt: skip

    def put(self, number: int, place: Place) -> None:
        """Place a talk that has no place."""
        talk, (room, start) = self.problem.talks[number], place
        mask = span(start, talk.length)
        for taken in self._rooms(talk, room):
            self._busy_rooms[taken] |= mask
        for person in talk.speakers:
            self._busy_people[person] |= mask
        if talk.track is not None and room is not None:
            self._rooms_of_track[talk.track, self.problem.day_of[start]][room] += 1
        self.places[number] = place

    def take(self, number: int) -> Place | None:
        """Take a talk from its place, which is returned."""
        place = self.places[number]
        if place is None:
            return None
        talk, (room, start) = self.problem.talks[number], place
        mask = ~span(start, talk.length)
        for taken in self._rooms(talk, room):
            self._busy_rooms[taken] &= mask
        for person in talk.speakers:
            self._busy_people[person] &= mask
        if talk.track is not None and room is not None:
            rooms = self._rooms_of_track[talk.track, self.problem.day_of[start]]
            rooms[room] -= 1
            if not rooms[room]:
                del rooms[room]
        self.places[number] = None
        return place

    def options(self, number: int) -> list[tuple[int, Mask]]:
        """By room the slots at which the talk may begin, as things are: rooms without any are left out."""
        talk = self.problem.talks[number]
        free = talk.free
        for person in talk.speakers:
            free &= ~self._busy_people[person]
        for room in talk.further:
            free &= self._free_in(room)
        if not free:
            return []
        found = []
        for room, costs in enumerate(self._room_costs[number]):
            if costs < UNPLACED and room not in talk.further:
                starts = starts_in(free & self._free_in(room), talk.length)
                if starts:
                    found.append((room, starts))
        return found

    def costs_by_slot(self, number: int) -> list[float]:
        """By first slot what the talk costs at that time: people who like others then, its track, a wish."""
        talk = self.problem.talks[number]
        costs = [0.0] * self.slots
        for other, weight in self._beside[number]:
            place = self.places[other]
            if place is not None:
                start = place[1]
                first = max(0, start - talk.length + 1)
                last = min(self.slots, start + self.problem.talks[other].length)
                for slot in range(first, last):
                    costs[slot] += weight
        if talk.wished:
            granted = set(slots_of(starts_in(talk.wished, talk.length)))
            for slot in range(self.slots):
                if slot not in granted:
                    costs[slot] += UNWISHED
        return costs

    def best(self, number: int, noise: float, roll: float) -> tuple[float, Place] | None:
        """The cheapest place of the talk and its cost; of equal ones `roll` (0 to 1) decides."""
        options = self.options(number)
        if not options:
            return None
        costs = self.costs_by_slot(number)
        best_cost, best_place = UNPLACED, None
        ties = 1
        for room, starts in options:
            of_room = self._room_costs[number][room]
            for start in slots_of(starts):
                cost = costs[start] + of_room + self._change_cost(number, room, start)
                if cost > best_cost + noise:
                    continue
                ties = ties + 1 if cost >= best_cost - noise else 1
                if cost < best_cost - noise or roll * ties < 1:
                    best_cost, best_place = cost, (room, start)
        return None if best_place is None else (best_cost, best_place)

    def cost_of(self, number: int) -> float:
        """What the talk costs where it is, beside all others."""
        place = self.places[number]
        if place is None:
            return UNPLACED
        room, start = place
        cost = self.costs_by_slot(number)[start]
        if room is None:
            return cost
        rooms = self._rooms_beside(number, start)
        is_further = rooms is not None and rooms[room] == 1 and len(rooms) > 1
        return cost + self._room_costs[number][room] + (ROOM_CHANGE if is_further else 0.0)

    def _change_cost(self, number: int, room: int, start: int) -> float:
        rooms = self._rooms_beside(number, start)
        return ROOM_CHANGE if rooms and room not in rooms else 0.0

    def _rooms_beside(self, number: int, start: int) -> Counter[int] | None:
        """The rooms of its track on the day of that slot."""
        track = self.problem.talks[number].track
        return None if track is None else self._rooms_of_track.get((track, self.problem.day_of[start]))

    def _free_in(self, room: int) -> Mask:
        busy, gap = self._busy_rooms[room], self.problem.gap
        for _ in range(gap):
            busy |= busy << 1 | busy >> 1
        return self.problem.rooms[room].free & ~busy

    def _room_cost(self, talk: Talk, number: int) -> float:
        room = self.problem.rooms[number]
        cost = UNWISHED if talk.wished_rooms and number not in talk.wished_rooms else 0.0
        if room.capacity is None:
            return cost
        if talk.audience is not None and talk.audience > room.capacity:
            return UNPLACED
        expected = talk.audience if talk.audience is not None else talk.liked_by
        return cost + _OVERFULL * max(0, expected - room.capacity) + _EMPTY * max(0, room.capacity - expected)

    def _rooms(self, talk: Talk, room: int | None) -> list[int]:
        return [*talk.further, *([] if room is None else [room])]
