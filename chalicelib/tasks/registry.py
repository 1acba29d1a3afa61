"""Registry of tasks: name, function, attempts, retry delays and time budget."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from chalicelib.limits.limit import Exempt, Limit
from chalicelib.registered import Registered

Run = TypeVar("Run", bound=Callable[..., None])

# Seconds of an invocation reserved for a rollback and for returning the message to the queue.
RESERVE: Final = 3.0
MESSAGE_KEY: Final = "message_key"  # in the info of a task's session: the outbox's key of what it does


class RetryLater(Exception):
    """The row that the task is about does not exist yet; retry later."""


class PermanentFailure(Exception):
    """Permanent failure: dead letter without retry."""


@dataclass(frozen=True, slots=True)
class Task:
    """One registered task. After the n-th failure it waits `delays[n - 1]` seconds, or the last value.

    It is not started with fewer than `min_seconds` left, but by the next invocation. `limited_by` are the
    rate limits that the request behind its emails has met, or why there are none.
    """

    name: str
    run: Callable[..., None]
    attempts: int
    delays: tuple[int, ...]
    min_seconds: float
    limited_by: tuple[Limit | Exempt, ...] = ()

    def delay_after(self, attempt: int) -> int:
        """Seconds to wait after this attempt (counted from 1) failed."""
        return self.delays[min(attempt, len(self.delays)) - 1]

    def argument_error(self, arguments: dict[str, Any]) -> str | None:
        """What is wrong with the names of the arguments, or None if the function accepts them."""
        try:
            inspect.signature(self.run).bind(None, **arguments)
        except TypeError as problem:
            return str(problem)
        return None


TASKS: Registered[str, Task] = Registered()


def task(
    name: str,
    *,
    attempts: int = 5,
    delays: tuple[int, ...] = (10, 60, 300, 1800),
    min_seconds: float = 10.0,
    limited_by: tuple[Limit | Exempt, ...] = (),
) -> Callable[[Run], Run]:
    """Decorator: register `run(session, **primitives)` as the task `name`.

    It runs in a transaction that also records the message, so it takes effect once. It may raise RetryLater,
    PermanentFailure or anything else; all but PermanentFailure is retried. `min_seconds` includes RESERVE,
    which it must exceed; ValueError otherwise.
    """
    if min_seconds <= RESERVE:
        raise ValueError(f"{name} needs more than the {RESERVE:g} seconds that belong to no task")

    def register(run: Run) -> Run:
        registered = Task(name, run, attempts, delays, min_seconds, limited_by)
        TASKS.declare(name, registered, f"there are two tasks named {name}")
        return run

    return register
