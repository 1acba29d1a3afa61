"""Simulated buyers: many keep-alive connections, each sending one request after the other.

They are well-behaved clients: after 503 they wait for Retry-After, and when a connection is lost, or the same
request is still in progress, they repeat it with the same idempotency key.
"""

import asyncio
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from benchmarks.storm.sale import Buyer

_LONGEST_RUSH: Final = 180.0  # seconds
_LONGEST_SILENCE: Final = 60.0  # seconds, after which a connection counts as lost
_MOST_ATTEMPTS: Final = 200
_PAUSE: Final = 0.05  # seconds before a request whose connection was lost is sent again


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. Header names are lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Told:
    """What a request came to: 200 with the order's id, or 409; anything else, or None, is not definite."""

    status: int | None
    order_id: int | None = None

    @property
    def is_definite(self) -> bool:
        """Whether the buyer knows where they stand."""
        return self.status == 409 or (self.status == 200 and self.order_id is not None)


@dataclass(slots=True)
class Story:
    """A buyer with the answer to each request, the seconds to the last one, and what came in between."""

    buyer: Buyer
    told: list[Told] = field(default_factory=list)
    seconds: float = 0.0
    busy: int = 0
    lost: int = 0
    running: int = 0


@dataclass(frozen=True, slots=True)
class Rush:
    """All stories, and the seconds from the first request to the last answer."""

    stories: list[Story]
    seconds: float


def rush(
    port: int,
    buyers: Sequence[Buyer],
    connections: int,
    *,
    twice: bool = False,
    noticed: Callable[[int], None] = lambda _count: None,
) -> Rush:
    """Let all of them buy; with `twice`, each sends their request on two connections at once.

    `noticed` is told after each buyer how many know where they stand. Raises TimeoutError after three
    minutes.
    """
    return asyncio.run(_rush(port, buyers, connections, twice, noticed))


async def _rush(
    port: int, buyers: Sequence[Buyer], connections: int, twice: bool, noticed: Callable[[int], None]
) -> Rush:
    each = 2 if twice else 1
    crews = [[Line(port) for _ in range(each)] for _ in range(connections // each)]
    for line in (line for crew in crews for line in crew):
        await line.open()
    waiting = iter(buyers)
    stories: list[Story] = []

    async def serve(crew: list[Line], waiting: Iterator[Buyer]) -> None:
        for buyer in waiting:
            story = Story(buyer)
            began = time.perf_counter()
            story.told = list(await asyncio.gather(*(_definite(line, story) for line in crew)))
            story.seconds = time.perf_counter() - began
            stories.append(story)
            noticed(len(stories))

    began = time.perf_counter()
    try:
        async with asyncio.timeout(_LONGEST_RUSH):
            await asyncio.gather(*(serve(crew, waiting) for crew in crews))
    finally:
        for line in (line for crew in crews for line in crew):
            line.close()
    return Rush(stories, time.perf_counter() - began)


async def _definite(line: "Line", story: Story) -> Told:
    request = _request(story.buyer)
    for _ in range(_MOST_ATTEMPTS):
        try:
            async with asyncio.timeout(_LONGEST_SILENCE):
                reply = await line.ask(request)
        except (OSError, EOFError, TimeoutError):
            story.lost += 1
            line.close()
            await asyncio.sleep(_PAUSE)
            continue
        if reply.status == 503 or _is_running(reply):
            story.busy += reply.status == 503
            story.running += reply.status == 409
            await asyncio.sleep(float(reply.headers["retry-after"]))
        else:
            order_id = int(json.loads(reply.body)["data"]["id"]) if reply.status == 200 else None
            return Told(reply.status, order_id)
    return Told(None)


def _is_running(reply: Reply) -> bool:
    """Whether another request with the same key is being answered: a conflict that is to pass."""
    return reply.status == 409 and "retry-after" in reply.headers


def _request(buyer: Buyer) -> bytes:
    body = json.dumps({"tickets": [{"id": id, "quantity": 1} for id in buyer.tickets]}).encode()
    key = f"Idempotency-Key: {buyer.key}\r\n" if buyer.key else ""
    head = (
        "POST /v1/orders/create-order HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n"
        f"Authorization: JWT {buyer.person.token}\r\n{key}"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Line:
    """A connection that is kept alive, and opened anew after it was lost."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def open(self) -> None:
        """Connect. Raises OSError."""
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)

    async def ask(self, request: bytes) -> Reply:
        """Send it and read the answer. Raises OSError or EOFError when the connection is lost."""
        if self._reader is None or self._writer is None:
            await self.open()
        assert self._reader
        assert self._writer
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").rstrip().split("\r\n")
        pairs = (line.partition(":") for line in lines)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        body = await self._reader.readexactly(int(headers.get("content-length", "0")))
        if headers.get("connection") == "close":
            self.close()
        return Reply(int(first.split(" ")[1]), headers, body)

    def close(self) -> None:
        """Hang up."""
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None
