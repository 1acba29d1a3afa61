"""A client that does what docs/clients.md says, and judges each answer.

After 503, or 409 with Retry-After, it waits and repeats; when a connection is lost it repeats with the same
Idempotency-Key. What no answer may be is noted: a 500, a 503 without Retry-After, one later than API Gateway
waits.
"""

import http.client
import json
import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

PLAIN, JSONAPI = "application/json", "application/vnd.api+json"
GATEWAY_SECONDS: Final = 29.0
_LOST_AFTER: Final = 45.0  # seconds without an answer
_PAUSE: Final = 0.1
_LONGEST: Final = 150.0  # seconds that a client goes on with one request


class Unanswered(Exception):
    """A request has no definite answer."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass(slots=True)
class Diary:
    """What all clients saw: answers by status, when writes succeeded, and what no answer may be."""

    answers: Counter[str] = field(default_factory=Counter)
    writes: list[tuple[float, float]] = field(default_factory=list)  # begun and answered with 2xx
    stalls: list[float] = field(default_factory=list)  # seconds to the definite answer, of those repeated
    broken: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, what: str) -> None:
        """Count an answer."""
        with self.lock:
            self.answers[what] += 1

    def complain(self, sentence: str) -> None:
        """Note what must not be."""
        with self.lock:
            self.broken.append(sentence)


@dataclass(slots=True)
class Client:
    """Somebody who asks the API, signed in or not."""

    port: int
    diary: Diary
    chance: random.Random
    token: str = ""

    def ask(self, method: str, path: str, body: object = None, media: str = JSONAPI) -> Reply:
        """The definite answer to one request. Raises Unanswered."""
        headers = {"Accept": "*/*", "Content-Type": media}
        if self.token:
            headers["Authorization"] = f"JWT {self.token}"
        if method != "GET":
            headers["Idempotency-Key"] = str(uuid.UUID(int=self.chance.getrandbits(128)))
        sent = None if body is None else json.dumps(body).encode()
        began, tries = time.monotonic(), 0
        while time.monotonic() - began < _LONGEST:
            tries += 1
            reply = self._once(method, path, sent, headers)
            wait = _PAUSE if reply is None else self._judged(f"{method} {path}", reply)
            if reply is not None and wait is None:
                self._noted(method, reply, began, tries)
                return reply
            time.sleep(wait or _PAUSE)
        self.diary.complain(f"{method} {path} had no definite answer in {_LONGEST:g} s")
        raise Unanswered(f"{method} {path}")

    def _once(self, method: str, path: str, sent: bytes | None, headers: Mapping[str, str]) -> Reply | None:
        """One try; None where the connection was lost."""
        here = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_LOST_AFTER)
        began = time.monotonic()
        try:
            here.request(method, path, sent, dict(headers))
            answer = here.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as problem:
            self.diary.note("connection lost")
            if isinstance(problem, TimeoutError):
                self.diary.complain(f"{method} {path} hung for {_LOST_AFTER:g} s")
            return None
        finally:
            here.close()
        took = time.monotonic() - began
        if took > GATEWAY_SECONDS:
            self.diary.complain(f"{method} {path} took {took:.1f} s ({answer.status})")
        return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, content)

    def _judged(self, what: str, reply: Reply) -> float | None:
        """Seconds after which it is repeated; None for a definite answer."""
        again = reply.headers.get("retry-after")
        self.diary.note(f"{reply.status}{' with Retry-After' if again else ''}")
        if reply.status == 503 and again is None:
            self.diary.complain(f"{what}: 503 without Retry-After")
        if reply.status >= 500 and reply.status != 503:
            self.diary.complain(f"{what}: {reply.status} {reply.body[:200]!r}")
        if reply.status >= 500 or (reply.status in {409, 429} and again is not None):
            return float(again or _PAUSE)
        return None

    def _noted(self, method: str, reply: Reply, began: float, tries: int) -> None:
        now = time.monotonic()
        with self.diary.lock:
            if tries > 1:
                self.diary.stalls.append(now - began)
            if method != "GET" and reply.status < 300:
                self.diary.writes.append((began, now))
