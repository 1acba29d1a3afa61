"""The pump as a process: polls the queues and runs the schedules, with retries.

As in Lambda, a handler's failure is logged and the message is redelivered; unreachable services are retried
with growing delays.
"""

import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from devstack import local_clock, pump
from devstack.aws_stand_in import Resources

_LONG_POLL = 5  # seconds
_LONGEST_WAIT = 30.0
_CLOCKS = {"sweep_outbox": 60.0, "probe_health": 300.0}
_HANDLERS = ("tasks", "files", "sweep_outbox", "probe_health")


def main() -> None:
    """Pump until stopped; what is being handled then is finished first."""
    import app

    one_at_a_time = threading.Lock()
    handlers: Any = SimpleNamespace(
        **{name: _locked(one_at_a_time, getattr(app, name)) for name in _HANDLERS}
    )
    resources = resources_from_environment()
    rounds: list[Callable[[], object]] = [
        lambda: pump.deliver_tasks(handlers, resources, _LONG_POLL),
        lambda: pump.deliver_files(handlers, resources, _LONG_POLL),
        *(_clock(handlers, name, seconds) for name, seconds in _CLOCKS.items()),
    ]
    for one_round in rounds:
        threading.Thread(target=repeat, args=(one_round,), daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: None)
    signal.pause()
    one_at_a_time.acquire(timeout=20)


def repeat(one_round: Callable[[], object], stop: Callable[[], bool] = lambda: False) -> None:
    """Repeat a round; after a failure, log it and wait with exponential backoff."""
    wait = 1.0
    while not stop():
        try:
            one_round()
            wait = 1.0
        except Exception:
            traceback.print_exc()
            sys.stderr.flush()
            time.sleep(wait)
            wait = min(wait * 2, _LONGEST_WAIT)


def resources_from_environment() -> Resources:
    """The resources of the stand-in that the environment names."""
    return Resources(
        endpoint=os.environ["AWS_ENDPOINT_URL"],
        bucket=os.environ["BUCKET"],
        tasks_url=os.environ["TASKS_QUEUE_URL"],
        dead_letters_url=os.environ["DEAD_LETTERS_URL"],
        files_url=os.environ["FILES_QUEUE_URL"],
    )


def _locked(lock: threading.Lock, handler: Callable[..., Any]) -> Callable[..., Any]:
    def run(*arguments: Any) -> Any:
        with lock, local_clock.followed():
            return handler(*arguments)

    return run


def _clock(handlers: Any, name: str, seconds: float) -> Callable[[], None]:
    def strike() -> None:
        began, was_ahead = time.monotonic(), local_clock.ahead()
        pump.tick(handlers, name)
        local_clock.wait(seconds, began, was_ahead)

    return strike


if __name__ == "__main__":
    main()
