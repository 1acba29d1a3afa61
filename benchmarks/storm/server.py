"""HTTP processes of a load test: devstack's server, optionally as naive twin or with network latency.

They are forked by a process that has imported the product (pre-forking), which takes two seconds otherwise.
"""

import contextlib
import os
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import app  # noqa: F401 - it declares every action
from chalicelib import db, driver
from chalicelib.jsonapi.ground.request import Answer
from chalicelib.jsonapi.http import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.resources.orders.basket.basket_request import parse_basket_request
from devstack import http_server, processes

_PATIENCE: Final = "SELECT set_config('lock_timeout', '3s', true)"  # as create-order itself
_LOCK: Final = """
SELECT id FROM events WHERE id = (SELECT event_id FROM tickets WHERE id = $1) FOR UPDATE
"""


def lock_the_event_first() -> None:
    """Make create-order hold the row of its event from its first statement to the commit.

    The lock travels with the statement that follows, so that it costs no round trip of its own.
    """
    found = action.find("POST", ("v1", "orders", "create-order"))
    assert found
    create_order = found[0].run

    def locked(context: Context) -> Answer:
        db.enqueue(context.session, _PATIENCE)
        db.enqueue(context.session, _LOCK, [parse_basket_request(context.request).tickets[0].id])
        return create_order(context)

    action.add(replace(found[0], run=locked))


def move_away(round_trip: float) -> None:
    """Let each exchange with the database take this many seconds longer, half of them on the way there.

    Nobody works meanwhile: this process sleeps, as it would wait for the network.
    """

    class Distant(driver.Connection):
        def flush_pending(self) -> None:
            """Send the queue and read all results."""
            if not self.has_pending:
                return
            time.sleep(round_trip / 2)
            try:
                super().flush_pending()
            finally:
                time.sleep(round_trip / 2)

        def execute_simple(self, statement: str) -> Any:
            """Do statements without parameters."""
            time.sleep(round_trip)
            return super().execute_simple(statement)

    driver.Connection = Distant  # type: ignore[misc]


def serve() -> None:
    """Serve the socket whose number is the only argument, until told to stop."""
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    Path(os.environ["STORM_READY"], str(os.getpid())).touch()
    http_server.main()


def reap(*_: object) -> None:
    """Wait for whoever has ended, and so count its time."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def main() -> None:
    """For each line of the input fork a process that serves, and print its number."""
    if os.environ["STORM_NAIVE"] == "yes":
        lock_the_event_first()
    if round_trip := float(os.environ["STORM_ROUND_TRIP_MS"]) / 1000:
        move_away(round_trip)
    signal.signal(signal.SIGCHLD, reap)
    tie_to_this = processes.tie_to_parent(signal.SIGTERM)
    for _ in sys.stdin:
        child = os.fork()
        if not child:
            if tie_to_this:
                tie_to_this()
            serve()
            os._exit(0)
        print(child, flush=True)


if __name__ == "__main__":
    main()
