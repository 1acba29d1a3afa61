"""Concurrency tests: many threads against the HTTP workers and the pump of `make run`.

with serving(tmp_path) as system:
    people = system.logged_in(users)
    hits = system.bombard([Shot("POST", "/v1/sessions", document, token=people[0])] * 40, threads=8)
assert statuses(hits) == {201: 40}

It returns responses and times; what was stored, the test looks up in its database.
"""

import http.client
import json
import os
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from devstack import local_clock
from devstack.workers import Workers
from tests.factories.user import PASSWORD
from tests.support.running_system import ROOT

MEDIA_TYPE = "application/vnd.api+json"
_PATIENCE = 60  # seconds per response


@dataclass(frozen=True, slots=True)
class Shot:
    """One request: `document` is sent as JSON."""

    method: str
    path: str
    document: Any = None
    token: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hit:
    """The response to a shot: status, JSON body, and seconds."""

    shot: Shot
    status: int
    json: Any
    seconds: float


@dataclass(frozen=True, slots=True)
class System:
    """Processes that serve a test's own database at a local port."""

    port: int

    def bombard(self, shots: Sequence[Shot], threads: int) -> list[Hit]:
        """Send all shots from so many threads, which start together; returns the hits, unordered.

        Every thread has a connection of its own. Raises the exception of any thread.
        """
        waiting: SimpleQueue[Shot] = SimpleQueue()
        for shot in shots:
            waiting.put(shot)
        hits: list[Hit] = []
        problems: list[BaseException] = []
        together = threading.Barrier(threads)

        def fire() -> None:
            try:
                with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=_PATIENCE)) as line:
                    line.connect()
                    together.wait(_PATIENCE)
                    while True:
                        hits.append(_fired(line, waiting.get_nowait()))
            except Empty:
                pass  # all are sent
            except BaseException as problem:
                together.abort()
                problems.append(problem)

        crowd = [threading.Thread(target=fire) for _ in range(threads)]
        for person in crowd:
            person.start()
        for person in crowd:
            person.join()
        if problems:
            raise problems[0]
        return hits

    def logged_in(self, users: Iterable[Any]) -> list[str]:
        """The users' tokens, in order, obtained by signing in; they have the factory's PASSWORD."""
        return [self._token(user.email) for user in users]

    def ask(self, shot: Shot) -> Hit:
        """Send one request."""
        (hit,) = self.bombard([shot], threads=1)
        return hit

    def _token(self, email: str) -> str:
        credentials = {"email": email, "password": PASSWORD}
        hit = self.ask(
            Shot("POST", "/v1/auth/login", credentials, headers={"Content-Type": "application/json"})
        )
        assert hit.status == 200, hit.json
        return str(hit.json["access_token"])


@contextmanager
def serving(logs: Path, workers: int = 2) -> Iterator[System]:
    """HTTP workers and a pump for the block, with this process's environment."""
    with closing(socket.socket()) as listening:
        listening.bind(("127.0.0.1", 0))
        environment = {**os.environ, "PYTHONPATH": str(ROOT), local_clock.FILE: str(logs / "clock")}
        started = Workers(listening, environment, logs, ROOT)
        try:
            started.start(workers)
            started.wait_until_healthy()
            yield System(listening.getsockname()[1])
        finally:
            started.stop()


def statuses(hits: Iterable[Hit]) -> dict[int, int]:
    """Number of hits by status."""
    return dict(Counter(hit.status for hit in hits))


def slowest(hits: Iterable[Hit], share: float = 0.95) -> float:
    """The quantile of response times, in seconds."""
    took = sorted(hit.seconds for hit in hits)
    return took[min(len(took) - 1, int(len(took) * share))]


def _fired(line: http.client.HTTPConnection, shot: Shot) -> Hit:
    headers = {"Accept": "*/*", "Content-Type": MEDIA_TYPE, **shot.headers}
    if shot.token:
        headers["Authorization"] = f"JWT {shot.token}"
    body = None if shot.document is None else json.dumps(shot.document)
    began = time.perf_counter()
    line.request(shot.method, shot.path, body, headers)
    answer = line.getresponse()
    text = answer.read()
    return Hit(shot, answer.status, json.loads(text) if text else None, time.perf_counter() - began)
