"""Automatic assignment: a bipartite matching with capacities, found by augmenting paths, then balanced.

First as many places as possible are filled by reviewers who cover the session's track, then what is left by
others; after that the loads are evened out by exchanging sessions along paths. The same input gives the same
result.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import Final

Pair = tuple[int, int]  # (session, reviewer)
Allowed = Mapping[int, Sequence[int]]  # reviewers by session
_NOBODY: Final[tuple[int, ...]] = ()


@dataclass(slots=True)
class Matching:
    """Who may review what, and who does.

    needs      places of each session that are still free
    preferred  reviewers of each session who cover its track, by id; none has a conflict of interest
    others     further reviewers of each session
    load       sessions of each reviewer so far
    limit      the most sessions of a reviewer, where there is one
    """

    needs: Mapping[int, int]
    preferred: Mapping[int, Sequence[int]]
    others: Mapping[int, Sequence[int]]
    load: dict[int, int]
    limit: Mapping[int, int | None]
    made: dict[int, set[int]] = field(default_factory=dict)  # new sessions by reviewer
    holders: dict[int, set[int]] = field(default_factory=dict)  # new reviewers by session
    full: set[int] = field(default_factory=set)  # from whom no path leads to room any more

    def solve(self) -> list[Pair]:
        """New pairs, sorted."""
        for allowed in (self.preferred, self._everybody()):
            self.full.clear()
            # The fewer may review a session, the sooner.
            for talk in sorted(self.needs, key=lambda talk: (len(allowed.get(talk, _NOBODY)), talk)):
                while len(self.holders.get(talk, _NOBODY)) < self.needs[talk]:
                    if not self._fill(talk, allowed):
                        break
        self._balance()
        return sorted((talk, reviewer) for reviewer, talks in self.made.items() for talk in talks)

    def _everybody(self) -> dict[int, list[int]]:
        return {
            talk: [*self.preferred.get(talk, _NOBODY), *self.others.get(talk, _NOBODY)] for talk in self.needs
        }

    def _fill(self, talk: int, allowed: Allowed) -> bool:
        """Find one more reviewer of the session; others may pass sessions on to make room."""
        firsts = [
            reviewer
            for reviewer in allowed.get(talk, _NOBODY)
            if reviewer not in self.holders.get(talk, _NOBODY) and reviewer not in self.full
        ]
        path = self._path(firsts, allowed, self._has_room)
        if path is None:
            return False
        self._pass_on(path)
        self._give(talk, path[0][0])
        return True

    def _balance(self) -> None:
        """Move sessions from the busiest reviewers along paths to those with two sessions less."""
        is_uneven = True
        while is_uneven:
            is_uneven = False
            for reviewer in sorted(self.made, key=lambda reviewer: (-self.load[reviewer], reviewer)):
                if self.load[reviewer] - 2 < min(self.load.values()):
                    continue  # nobody has two less
                is_idle = partial(self._is_idle, most=self.load[reviewer] - 2)
                path = self._path([reviewer], None, is_idle)
                if path is not None and len(path) > 1:
                    self._pass_on(path)
                    is_uneven = True

    def _path(
        self, firsts: Iterable[int], allowed: Allowed | None, ends: Callable[[int], bool]
    ) -> list[tuple[int, int]] | None:
        """The shortest path of (reviewer, session passed on to the next one) to a reviewer at whom it ends.

        The last one passes nothing on: 0.
        """
        starts = sorted(firsts, key=lambda reviewer: (self.load[reviewer], reviewer))
        came_from: dict[int, tuple[int, int] | None] = dict.fromkeys(starts)
        queue = deque(starts)
        all_there_are = len(self.load) - (0 if allowed is None else len(self.full))
        while queue:
            reviewer = queue.popleft()
            if ends(reviewer):
                return _traced(came_from, reviewer)
            if len(came_from) >= all_there_are:
                continue  # there is nobody else to pass anything on to
            for talk in sorted(self.made.get(reviewer, _NOBODY)):
                for other in self._takers(talk, reviewer, allowed):
                    if other not in came_from and (allowed is None or other not in self.full):
                        came_from[other] = (reviewer, talk)
                        queue.append(other)
        if allowed is not None:
            self.full.update(came_from)  # a later path that leads here would end here (max-flow min-cut)
        return None

    def _takers(self, talk: int, reviewer: int, allowed: Allowed | None) -> list[int]:
        """Who may take the session over; when loads are balanced: who covers its track, if this one does."""
        preferred, others = self.preferred.get(talk, _NOBODY), self.others.get(talk, _NOBODY)
        group = preferred if reviewer in preferred else others
        if allowed is not None:
            group = allowed.get(talk, _NOBODY)
        free = [other for other in group if other not in self.holders[talk]]
        return sorted(free, key=lambda other: (self.load[other], other))

    def _pass_on(self, path: list[tuple[int, int]]) -> None:
        for (reviewer, talk), (other, _) in pairwise(path):
            self.made[reviewer].discard(talk)
            self.holders[talk].discard(reviewer)
            self.load[reviewer] -= 1
            self._give(talk, other)

    def _give(self, talk: int, reviewer: int) -> None:
        self.made.setdefault(reviewer, set()).add(talk)
        self.holders.setdefault(talk, set()).add(reviewer)
        self.load[reviewer] += 1

    def _has_room(self, reviewer: int) -> bool:
        limit = self.limit.get(reviewer)
        return limit is None or self.load[reviewer] < limit

    def _is_idle(self, reviewer: int, most: int) -> bool:
        return self.load[reviewer] <= most and self._has_room(reviewer)


def _traced(came_from: Mapping[int, tuple[int, int] | None], last: int) -> list[tuple[int, int]]:
    path = [(last, 0)]
    while (before := came_from[path[-1][0]]) is not None:
        path.append(before)
    return path[::-1]
