"""Worker processes: HTTP servers and the pump, restarted when they end."""

import contextlib
import http.client
import json
import socket
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from devstack import processes
from devstack.processes import Child, NotStarted

_RECENT = 30.0  # seconds
_PATIENCE = 35.0  # seconds; health checks cache a failure for 30


class Workers:
    """Workers on one shared listening socket; stop() may be called at any time."""

    def __init__(
        self, listening: socket.socket, environment: Mapping[str, str], logs: Path, directory: Path
    ) -> None:
        self._listening = listening
        self._environment = environment
        self._logs = logs
        self._directory = directory
        self._children: dict[str, Child] = {}
        self._restarts: dict[str, list[float]] = {}

    def start(self, count: int) -> None:
        """Start `count` HTTP workers and the pump."""
        self._listening.listen(512)
        for name in [*(f"http-{number}" for number in range(1, count + 1)), "pump"]:
            self._start(name)

    def wait_until_healthy(self) -> None:
        """Wait until the health check passes. Raises NotStarted when a worker ends or on a timeout."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            status, answer = self._health()
            if status == 200:
                return
            for name, child in self._children.items():
                if child.poll() is not None:
                    log = self._logs / f"{name}.log"
                    raise NotStarted(f"{name} has ended: {processes.last_line(log)} (see {log})")
            if time.monotonic() > deadline:
                raise NotStarted(f"the system did not get healthy: {answer} (see {self._logs})")
            time.sleep(0.1)

    def keep_alive(self) -> None:
        """Restart workers that have ended, and log it."""
        for name, child in list(self._children.items()):
            if child.poll() is None:
                continue
            print(f"{name} ended with {child.returncode}: starting it again", file=sys.stderr, flush=True)
            now = time.monotonic()
            recent = [moment for moment in self._restarts.get(name, []) if moment > now - _RECENT]
            time.sleep(min(len(recent), 5))  # backoff for a worker that ends at once
            self._restarts[name] = [*recent, now]
            self._start(name)

    def stop(self) -> None:
        """Let each finish its current work, then stop it."""
        for child in self._children.values():
            child.terminate()
        for child in self._children.values():
            processes.stop(child)

    def _start(self, name: str) -> None:
        number = self._listening.fileno()
        what = ["devstack.pump_process"] if name == "pump" else ["devstack.http_server", str(number)]
        self._children[name] = processes.start(
            [sys.executable, "-m", *what],
            log=self._logs / f"{name}.log",
            environment=self._environment,
            directory=self._directory,
            keep_open=[] if name == "pump" else [number],
        )

    def _health(self) -> tuple[int, str]:
        port = self._listening.getsockname()[1]
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
            try:
                connection.request("GET", "/health-check")
                answer = connection.getresponse()
                return answer.status, _failing(answer.read().decode(errors="replace"))
            except (OSError, http.client.HTTPException) as problem:
                return 0, str(problem)


def _failing(text: str) -> str:
    try:
        results = json.loads(text)["results"]
        return "; ".join(f"{check['checker']}: {check['output']}" for check in results if not check["passed"])
    except (ValueError, KeyError, TypeError):
        return text[:300]
