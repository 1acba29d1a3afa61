"""HTTP processes of one run: they share a socket, can be killed, and are replaced at once."""

import random
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.fork_server import ForkServer
from devstack import processes
from devstack.processes import NotStarted

_PATIENCE = 60.0  # seconds


@dataclass(frozen=True, slots=True)
class Kind:
    """Who is to serve: ours or its naive twin, and how many ms away from the database, there and back."""

    naive: bool = False
    round_trip_ms: float = 0.0


class Servers:
    """Processes that serve the product at `port`."""

    def __init__(self, environment: Mapping[str, str], directory: Path, count: int, kind: Kind) -> None:
        self._directory = directory
        own = {
            **environment,
            "STORM_NAIVE": "yes" if kind.naive else "no",
            "STORM_ROUND_TRIP_MS": str(kind.round_trip_ms),
            "STORM_READY": str(directory),
        }
        self._forking = ForkServer("benchmarks.storm.server", own, directory / "http.log")
        self._children = [self._forking.fork() for _ in range(count)]
        self.killed = 0

    @property
    def port(self) -> int:
        """Where they serve, on 127.0.0.1."""
        return self._forking.port

    def wait(self) -> None:
        """Return when all of them serve. Raises NotStarted."""
        deadline = time.monotonic() + _PATIENCE
        while not all(self._serves(child) for child in self._children):
            if not all(map(processes.lives, self._children)) or time.monotonic() > deadline:
                raise NotStarted(f"an HTTP process did not start: {processes.last_line(self._forking.log)}")
            time.sleep(0.05)

    def kill_one(self, chance: random.Random) -> None:
        """Kill one that serves, in the middle of whatever it does, and start another in its place."""
        serving = [n for n, child in enumerate(self._children) if self._serves(child)]
        if not serving:
            return
        chosen = chance.choice(serving)
        self._children[chosen].kill()
        self._children[chosen].wait()
        self._children[chosen] = self._forking.fork()
        self.killed += 1

    def cpu_seconds(self) -> float:
        """The CPU time of all of them, with those that were killed."""
        return self._forking.cpu_seconds(self._children)

    def stop(self) -> None:
        """Let each finish what it is doing, then end it."""
        self._forking.stop(self._children)

    def _serves(self, child: psutil.Process) -> bool:
        return (self._directory / str(child.pid)).exists()


@contextmanager
def serving(environment: Mapping[str, str], count: int, kind: Kind = Kind()) -> Iterator[Servers]:
    """`count` processes for the length of the block; they serve when it begins."""
    directory = Path(tempfile.mkdtemp(prefix="storm-http-"))
    try:
        servers = Servers(environment, directory, count, kind)
        try:
            servers.wait()
            yield servers
        finally:
            servers.stop()
    finally:
        shutil.rmtree(directory, ignore_errors=True)
