"""Processes of the functions in a chaos test: API, tasks, files and the clock's sweep, forked by one parent.

Their services are behind proxies that fail. What stands for AWS itself, receiving from queues, goes past
them, and delivers as SQS may: in another order, twice, and to two functions at once.
"""

import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, Final, cast

import app
from benchmarks.storm.server import reap
from chalicelib.tasks import send_bulk_mail_share
from devstack import aws_stand_in, gateway, http_server, local_clock, processes, pump
from devstack.pump_process import resources_from_environment

DIRECT: Final = "CHAOS_AWS"  # the stand-in's own address
READY: Final = "CHAOS_READY"
SWEEPS: Final = "CHAOS_SWEEPS"  # seconds between two sweeps, of which there is one a minute in AWS
API, TASKS, FILES, SWEEP = "api", "tasks", "files", "sweep"
_POLL: Final = 1  # seconds
_DOUBT: Final = timedelta(seconds=20)  # after which a bulk mail that SES did not confirm is sent again
_TWICE: Final = 0.08  # share of messages that are delivered twice
_SECONDS: Final = {TASKS: 120.0, FILES: 120.0, SWEEP: 55.0}  # as in .chalice/config.json


def main() -> None:
    """For each line of the input, which names a function, fork a process of it, and print its number."""
    send_bulk_mail_share.DOUBT = _DOUBT  # type: ignore[misc]
    signal.signal(signal.SIGCHLD, reap)
    tie_to_this = processes.tie_to_parent(signal.SIGKILL)
    for line in sys.stdin:
        name = line.strip()
        child = os.fork()
        if not child:
            if tie_to_this:
                tie_to_this()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
            Path(os.environ[READY], str(os.getpid())).touch()
            http_server.main() if name == API else _go_on(name)
            os._exit(0)
        print(child, flush=True)


def _go_on(name: str) -> None:
    """Rounds of one function until it is told to stop."""
    stopped: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: stopped.append(number))
    endpoint = os.environ[DIRECT]
    own = resources_from_environment()
    there = {
        field: getattr(own, field).replace(own.endpoint, endpoint)
        for field in ("endpoint", "tasks_url", "dead_letters_url", "files_url")
    }
    resources = replace(own, **there)
    chance = random.Random(f"{os.environ['CHAOS_SEED']} {os.getpid()}")  # noqa: S311 - no secret
    rounds: dict[str, Callable[[], object]] = {
        TASKS: lambda: pump.deliver_tasks(_disorderly(resources, chance), resources, _POLL),
        FILES: lambda: pump.deliver_files(_handlers(FILES), resources, _POLL),
        SWEEP: lambda: pump.tick(_handlers(SWEEP), "sweep_outbox"),
    }
    while not stopped:
        try:
            rounds[name]()
        except Exception:  # as in Lambda: it is delivered again
            traceback.print_exc()
            time.sleep(0.2)
        if name == SWEEP:
            time.sleep(float(os.environ[SWEEPS]))


def _handlers(name: str) -> Any:
    def called(handler: Callable[..., Any]) -> Callable[..., Any]:
        def run(event: Any, _context: object) -> Any:
            with local_clock.followed():
                return handler(event, gateway.LambdaContext(name, seconds=_SECONDS[name]))

        return run

    names = ("tasks", "files", "sweep_outbox")
    return cast(ModuleType, SimpleNamespace(**{handler: called(getattr(app, handler)) for handler in names}))


def _disorderly(resources: aws_stand_in.Resources, chance: random.Random) -> Any:
    """The handler of tasks, which gets its messages in any order, and some of them twice."""
    handlers = _handlers(TASKS)
    ordered = handlers.tasks

    def tasks(event: Any, context: object) -> Any:
        chance.shuffle(event["Records"])
        for record in event["Records"]:
            if chance.random() < _TWICE:  # the copy comes at once, so perhaps to another process
                sqs = aws_stand_in.client("sqs", resources.endpoint)
                sqs.send_message(QueueUrl=resources.tasks_url, MessageBody=record["body"])
        return ordered(event, context)

    handlers.tasks = tasks
    return handlers


if __name__ == "__main__":
    main()
