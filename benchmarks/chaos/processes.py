"""Keeps the functions' processes alive in a chaos test, and kills the one that owns a connection."""

import random
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

import psutil

from benchmarks.chaos import functions
from benchmarks.fork_server import ForkServer
from devstack import processes
from devstack.processes import NotStarted

_PATIENCE: Final = 60.0  # seconds
_LOOKS: Final = 0.1


class Functions:
    """So many processes of each function. Who dies is started again at once, as Lambda would."""

    def __init__(self, environment: Mapping[str, str], directory: Path, counts: Mapping[str, int]) -> None:
        self._directory = directory
        own = {**environment, functions.READY: str(directory)}
        self._forking = ForkServer("benchmarks.chaos.functions", own, directory / "functions.log")
        self._lock = threading.Lock()
        self._children = [
            (name, self._forking.fork(name)) for name, count in counts.items() for _ in range(count)
        ]
        self.killed: dict[str, int] = dict.fromkeys(counts, 0)
        self.ended: list[str] = []  # by themselves, which they never should
        self.back: list[float] = []  # seconds until the next one was there
        self._murdered: dict[int, float] = {}
        self._is_over = threading.Event()
        self._keeper = threading.Thread(target=self._keep_alive, daemon=True)

    @property
    def port(self) -> int:
        """Where the API is, on 127.0.0.1."""
        return self._forking.port

    @property
    def are_started_again(self) -> bool:
        """Whether somebody still starts those again that die."""
        return self._keeper.is_alive()

    @property
    def log(self) -> Path:
        """What they have written."""
        return self._forking.log

    def wait(self) -> None:
        """Return when all of them are there. Raises NotStarted."""
        deadline = time.monotonic() + _PATIENCE
        while not all(self._is_there(child) for _, child in self._children):
            if not self._forking.runs or time.monotonic() > deadline:
                raise NotStarted(f"a function did not start: {processes.last_line(self.log)}")
            time.sleep(0.05)
        self._keeper.start()

    def kill_owner(self, port: int) -> None:
        """Kill (SIGKILL) whoever has the connection from this port, unless it is none of these."""
        with self._lock:
            for name, child in self._children:
                if child.pid not in self._murdered and _has(child, port):
                    self._kill(name, child)
                    return

    def kill_one(self, chance: random.Random) -> None:
        """Kill one of them, whatever it does."""
        with self._lock:
            there = [(name, child) for name, child in self._children if self._is_there(child)]
            if there:
                self._kill(*chance.choice(there))

    def stop(self) -> None:
        """End them, after what they are doing."""
        self._is_over.set()
        if self._keeper.is_alive():
            self._keeper.join(10)
        self._forking.stop([child for _, child in self._children])

    def _kill(self, name: str, child: psutil.Process) -> None:
        with suppress(psutil.NoSuchProcess):  # who has ended by itself is not counted as killed
            child.kill()
            self._murdered[child.pid] = time.monotonic()
            self.killed[name] += 1

    def _is_there(self, child: psutil.Process) -> bool:
        return (self._directory / str(child.pid)).exists()

    def _keep_alive(self) -> None:
        while not self._is_over.wait(_LOOKS):
            with self._lock:
                for number, (name, child) in enumerate(self._children):
                    if processes.lives(child):
                        continue
                    began = self._murdered.pop(child.pid, None)
                    if began is None:
                        self.ended.append(name)
                    self._children[number] = (name, self._forking.fork(name))
                    self.back.append(time.monotonic() - (began or time.monotonic()))


def _has(child: psutil.Process, port: int) -> bool:
    try:
        return any(line.laddr and line.laddr.port == port for line in child.net_connections("tcp4"))
    except psutil.Error:
        return False
