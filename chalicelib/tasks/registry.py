"""What can be done later: each task is a function with a name and a patience of its own."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from chalicelib.limits.limit import Exempt, Limit

Run = TypeVar("Run", bound=Callable[..., None])

# Seconds of a wake-up that belong to no task: to undo what was not finished, and to say that it comes back.
RESERVE: Final = 3.0


class NotYet(Exception):
    """The task came before the row it is about; trying again later makes sense."""


class NeverWill(Exception):
    """However often it is tried, this cannot be done: a dead letter at once."""


@dataclass(frozen=True, slots=True)
class Task:
    """One registered function. After the n-th failure it waits `delays[n - 1]` seconds, or the last.

    It is not begun where fewer than `needs` seconds are left, but by the next wake-up. `limited_by` are the
    rate limits that whoever causes its mails has met, or why there are none.
    """

    name: str
    run: Callable[..., None]
    attempts: int
    delays: tuple[int, ...]
    needs: float
    limited_by: tuple[Limit | Exempt, ...] = ()

    def delay_after(self, attempt: int) -> int:
        """Seconds to wait after this attempt (counted from 1) failed."""
        return self.delays[min(attempt, len(self.delays)) - 1]

    def complaint_about(self, arguments: dict[str, Any]) -> str | None:
        """What is wrong with the arguments' names, or None when the function takes them."""
        try:
            inspect.signature(self.run).bind(None, **arguments)
        except TypeError as problem:
            return str(problem)
        return None


TASKS: dict[str, Task] = {}


def task(
    name: str,
    *,
    attempts: int = 5,
    delays: tuple[int, ...] = (10, 60, 300, 1800),
    needs: float = 10.0,
    limited_by: tuple[Limit | Exempt, ...] = (),
) -> Callable[[Run], Run]:
    """Decorator: `run(session, **primitives)` is what the messages named `name` ask for.

    It runs in a transaction of its own that also records the message, so it happens once.
    It may raise NotYet, NeverWill or anything else; all but NeverWill is tried again. `needs` is in
    seconds, with the RESERVE, which it must exceed; ValueError otherwise.
    """
    if needs <= RESERVE:
        raise ValueError(f"{name} needs more than the {RESERVE:g} seconds that belong to no task")

    def register(run: Run) -> Run:
        if name in TASKS:
            raise ValueError(f"there are two tasks named {name}")
        TASKS[name] = Task(name, run, attempts, delays, needs, limited_by)
        return run

    return register
