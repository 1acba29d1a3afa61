"""HTTP processes of one run: they share a socket, can be killed, and are replaced at once."""

import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from devstack import processes
from devstack.processes import NotStarted

ROOT = Path(__file__).resolve().parent.parent.parent
_PATIENCE = 60.0  # seconds


@dataclass(frozen=True, slots=True)
class Kind:
    """Who is to serve: ours or its naive twin, and how many ms away from the database, there and back."""

    naive: bool = False
    round_trip_ms: float = 0.0


class Servers:
    """Processes that serve the product at `port`."""

    def __init__(self, environment: Mapping[str, str], directory: Path, count: int, kind: Kind) -> None:
        self._listening = socket.socket()
        self._listening.bind(("127.0.0.1", 0))
        # Who connects while all are dead waits here for the next one to live.
        self._listening.listen(512)
        self._directory = directory
        self._environment = {
            **environment,
            "PYTHONPATH": str(ROOT),
            "STORM_NAIVE": "yes" if kind.naive else "no",
            "STORM_ROUND_TRIP_MS": str(kind.round_trip_ms),
            "STORM_READY": str(directory),
        }
        self._forking = self._prefork()
        self._children = [self._start() for _ in range(count)]
        self.killed = 0

    @property
    def port(self) -> int:
        """Where they serve, on 127.0.0.1."""
        return int(self._listening.getsockname()[1])

    def wait(self) -> None:
        """Return when all of them serve. Raises NotStarted."""
        deadline = time.monotonic() + _PATIENCE
        while not all(self._serves(child) for child in self._children):
            if not all(child.is_running() for child in self._children) or time.monotonic() > deadline:
                raise NotStarted(f"an HTTP process did not start: {processes.last_line(self._log)}")
            time.sleep(0.05)

    def kill_one(self, chance: random.Random) -> None:
        """Kill one that serves, in the middle of whatever it does, and start another in its place."""
        serving = [n for n, child in enumerate(self._children) if self._serves(child)]
        if not serving:
            return
        chosen = chance.choice(serving)
        self._children[chosen].kill()
        self._children[chosen].wait()
        self._children[chosen] = self._start()
        self.killed += 1

    def stop(self) -> None:
        """Let each finish what it is doing, then end it."""
        for child in self._children:
            child.terminate()
        for child in psutil.wait_procs(self._children, timeout=10)[1]:
            child.kill()
        # It ends with its input, after those that it has forked.
        self._forking.communicate(timeout=_PATIENCE)
        self._listening.close()

    @property
    def _log(self) -> Path:
        return self._directory / "http.log"

    def _serves(self, child: psutil.Process) -> bool:
        return (self._directory / str(child.pid)).exists()

    def _start(self) -> psutil.Process:
        assert self._forking.stdin
        assert self._forking.stdout
        self._forking.stdin.write("\n")
        self._forking.stdin.flush()
        number = self._forking.stdout.readline()
        if not number:
            raise NotStarted(f"no HTTP process can be forked: {processes.last_line(self._log)}")
        return psutil.Process(int(number))

    def _prefork(self) -> subprocess.Popen[str]:
        number = self._listening.fileno()
        with self._log.open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "benchmarks.storm.server", str(number)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                text=True,
                env=self._environment,
                cwd=ROOT,
                start_new_session=True,
                pass_fds=[number],
                preexec_fn=processes.tie_to_parent(signal.SIGTERM),
            )


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
