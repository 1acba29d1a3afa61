"""The storm of a waiting list: many join while orders are cancelled, offers are claimed, processes die.

Everybody is a well-behaved client: what was lost, or is busy, is sent again with the same key. Looks at the
line are run by this process, until none is left. Then everything is counted anew.
"""

import asyncio
import json
import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from benchmarks.storm.buyers import Line, Reply
from benchmarks.storm.sale import Person, make_sale
from benchmarks.storm.servers import Servers
from chalicelib import db, signals
from chalicelib.resources.events.event.event import Event
from chalicelib.tasks.offer_places import offer_places
from devstack import database

_LONGEST: Final = 480.0  # seconds
_MOST_ATTEMPTS: Final = 300
_SILENCE: Final = 60.0
_PAUSE: Final = 0.05
_MOST_TOLD: Final = 5
NEVER: Final = {
    "a counter that is not its attendees and offers": """
        SELECT id FROM stocks WHERE ticket_id IS NOT NULL AND taken <>
          (SELECT count(*) FROM attendees a WHERE a.ticket_id = stocks.ticket_id AND deleted_at IS NULL)
          + (SELECT coalesce(sum(offered_quantity), 0) FROM waiting_list_entries e
             WHERE e.offered_ticket_id = stocks.ticket_id AND e.state = 'offered')""",
    "a pool whose counter is not that of its tickets": """
        SELECT pool.id FROM stocks pool WHERE pool.pool_id IS NOT NULL AND pool.taken <>
          (SELECT sum(own.taken) FROM tickets JOIN stocks own ON own.ticket_id = tickets.id
           WHERE tickets.pool_id = pool.pool_id)""",
    "more taken than there are places": "SELECT id FROM stocks WHERE taken + reserved > capacity",
    "a line that is not counted": """
        SELECT stocks.id FROM stocks WHERE ticket_id IS NOT NULL AND waiting <>
          (SELECT coalesce(sum(quantity), 0) FROM waiting_list_entries e
           JOIN waiting_list_entries_tickets l ON l.waiting_list_entry_id = e.id
           WHERE l.ticket_id = stocks.ticket_id AND e.state = 'waiting')""",
    "somebody who waits beside a free place": """
        SELECT p.id FROM stocks p WHERE p.pool_id IS NOT NULL AND p.capacity > p.taken AND p.waiting > 0""",
    "somebody who was passed by who came later": """
        SELECT early.id FROM waiting_list_entries early JOIN waiting_list_entries late
          ON late.event_id = early.event_id AND (late.joined_at, late.id) > (early.joined_at, early.id)
        WHERE early.state = 'waiting' AND late.offered_at IS NOT NULL LIMIT 5""",
    "a claim without its order": """
        SELECT id FROM waiting_list_entries WHERE (state = 'claimed') <> (order_id IS NOT NULL)""",
    "somebody in line twice": """
        SELECT user_id FROM waiting_list_entries WHERE state IN ('waiting', 'offered')
        GROUP BY user_id, event_id HAVING count(*) > 1""",
}


@dataclass(slots=True)
class Waited:
    """What came of it: how many answers of which kind, seconds, and what was broken."""

    answers: Counter[str] = field(default_factory=Counter)
    states: dict[str, int] = field(default_factory=dict)
    killed: int = 0
    seconds: float = 0.0
    until_offered: list[float] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """For people."""
        yield "  answers   " + ", ".join(f"{count} {what}" for what, count in sorted(self.answers.items()))
        yield "  entries   " + ", ".join(f"{count} {state}" for state, count in sorted(self.states.items()))
        waited = sorted(self.until_offered) or [0.0]
        yield (
            f"  offers    {waited[len(waited) // 2]:.2f} s after places came free in the median, "
            f"{waited[-1]:.2f} s at most; {self.seconds:.0f} s in all, {self.killed} processes killed"
        )
        yield from (f"  BROKEN    {what}" for what in self.broken)
        if not self.broken:
            yield "  kept      nothing oversold, nobody passed by, no free place beside somebody who waits"


@dataclass(frozen=True, slots=True)
class _Ask:
    """A request to send until the answer is definite, and what it is called in the figures."""

    what: str
    request: bytes


def run_waiting(
    servers: Servers,
    url: str,
    people: Sequence[Person],
    *,
    places: int,
    connections: int = 50,
    kill_every: int = 100,
    seed: int = 0,
) -> Waited:
    """The first people buy all `places`; they cancel while all others join. Raises TimeoutError."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    sale = make_sale(pools=1, kinds=3, places=places)
    kinds = list(sale.pools[0])
    with signals.muted(), db.transaction() as session:
        session.get_one(Event, sale.event_id).is_waiting_list_enabled = True
    before, done = servers.killed, Waited()
    began = time.monotonic()
    buys = [
        _post("bought", who, "/v1/orders/create-order", _basket(chance.choice(kinds)))
        for who in people[:places]
    ]
    asyncio.run(_all(servers.port, buys, connections, done, lambda _count: None))
    with database.connected(url) as connection:
        orders = connection.run("SELECT id, user_id FROM orders WHERE event_id = :id", id=sale.event_id)
    token_of = {who.user_id: who for who in people}
    cancels = [_cancel(token_of[user_id], id) for id, user_id in orders]
    path = f"/v1/events/{sale.event_id}/waiting-list"
    joins = [_post("joined", who, path, {"tickets": kinds}) for who in people[places:]]
    asks = [*cancels, *joins]
    chance.shuffle(asks)

    def notice(count: int) -> None:
        if kill_every and count % kill_every == 0:
            servers.kill_one(chance)

    looking = _Looking(url, sale.event_id)
    worker = threading.Thread(target=looking.go_on)
    worker.start()
    try:
        asyncio.run(_all(servers.port, asks, connections, done, notice, looking.offered(token_of)))
    finally:
        looking.is_over = True
        worker.join()
    done.until_offered, done.killed, done.seconds = (
        looking.took,
        servers.killed - before,
        time.monotonic() - began,
    )
    _recount(url, sale.event_id, len(asks), done)
    return done


class _Looking:
    """Runs the looks that the database has enqueued, and says what is offered."""

    def __init__(self, url: str, event_id: int) -> None:
        self._url, self._event_id = url, event_id
        self.is_over = False
        self.took: list[float] = []
        self._last = 0

    def go_on(self) -> None:
        """Until it is over, and nothing is left."""
        with database.connected(self._url) as connection:
            while True:
                is_over = self.is_over
                rows = connection.run(
                    "SELECT id, created_at FROM outbox WHERE task = 'offer_places' AND id > :last "
                    "ORDER BY id",
                    last=self._last,
                )
                if rows:
                    with db.transaction() as session:
                        offer_places(session, self._event_id)
                    ((now,),) = connection.run("SELECT clock_timestamp()")
                    self.took += [(now - created_at).total_seconds() for _, created_at in rows]
                    self._last = rows[-1][0]
                elif is_over:
                    return
                time.sleep(0.01)

    def offered(self, people: dict[int, Person]) -> Callable[[], list[_Ask]]:
        """A function that tells what those do who were offered something since it was last asked."""
        seen: set[int] = set()

        def fresh() -> list[_Ask]:
            with database.connected(self._url) as connection:
                rows = connection.run(
                    "SELECT id, user_id, offered_ticket_id FROM waiting_list_entries "
                    "WHERE event_id = :id AND state = 'offered' ORDER BY id",
                    id=self._event_id,
                )
            asks = []
            for id, user_id, ticket_id in rows:
                if id not in seen:
                    seen.add(id)
                    asks += self._answer(id, people[user_id], ticket_id)
            return asks

        return fresh

    @staticmethod
    def _answer(id: int, who: Person, ticket_id: int) -> list[_Ask]:
        """Half of them buy, a quarter leaves, and the others do nothing yet."""
        if id % 4 in {0, 1}:
            wanted = {**_basket(ticket_id), "waiting-list-offer": str(id)}
            return [_post("claimed", who, "/v1/orders/create-order", wanted)]
        return [_post("left", who, f"/v1/waiting-list-entries/{id}/leave", None)] if id % 4 == 2 else []


async def _all(
    port: int,
    asks: Sequence[_Ask],
    connections: int,
    done: Waited,
    notice: Callable[[int], None],
    fresh: Callable[[], list[_Ask]] = list,
) -> None:
    """Send all of them, and what follows from offers meanwhile."""
    waiting, count = list(reversed(asks)), 0
    later: list[_Ask] = []

    async def serve(line: Line, queue: list[_Ask]) -> None:
        nonlocal count
        while queue:
            ask = queue.pop()
            status, body = await _definite(line, ask.request)
            done.answers[ask.what if status == 200 else f"{ask.what}: {status}"] += 1
            if status not in {200, 409} and len(done.broken) < _MOST_TOLD:
                done.broken.append(f"{ask.what}: {status} {body[:300]!r}")
            count += 1
            notice(count)
        line.close()

    async with asyncio.timeout(_LONGEST):
        running = asyncio.gather(*(serve(Line(port), waiting) for _ in range(connections)))
        quiet = 0
        while not running.done() or quiet < 20:
            later += await asyncio.to_thread(fresh)
            quiet = 0 if later else quiet + 1
            await asyncio.gather(*(serve(Line(port), later) for _ in range(min(5, len(later)))))
            await asyncio.sleep(_PAUSE if fresh is not list else 0)
            if fresh is list:
                break
        await running


async def _definite(line: Line, request: bytes) -> tuple[int, bytes]:
    for _ in range(_MOST_ATTEMPTS):
        try:
            async with asyncio.timeout(_SILENCE):
                reply: Reply = await line.ask(request)
        except (OSError, EOFError, TimeoutError):
            line.close()
            await asyncio.sleep(_PAUSE)
            continue
        if "retry-after" not in reply.headers:
            return reply.status, reply.body
        await asyncio.sleep(float(reply.headers["retry-after"]))
    return 0, b""


def _basket(ticket_id: int) -> dict[str, Any]:
    return {"tickets": [{"id": ticket_id, "quantity": 1}]}


def _post(what: str, who: Person, path: str, body: Any) -> _Ask:
    return _Ask(what, _request("POST", path, who, "application/json", body))


def _cancel(who: Person, order_id: int) -> _Ask:
    body = {"data": {"type": "order", "id": str(order_id), "attributes": {"status": "cancelled"}}}
    path = f"/v1/orders/{order_id}"
    return _Ask("cancelled", _request("PATCH", path, who, "application/vnd.api+json", body))


def _request(method: str, path: str, who: Person, media: str, content: Any) -> bytes:
    body = b"" if content is None else json.dumps(content).encode()
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\nAuthorization: JWT {who.token}\r\n"
        f"Idempotency-Key: {uuid.uuid4()}\r\nContent-Type: {media}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _recount(url: str, event_id: int, asked: int, done: Waited) -> None:
    with database.connected(url) as connection:
        done.broken += [f"{what}: {rows[:5]}" for what, sql in NEVER.items() if (rows := connection.run(sql))]
        states = connection.run(
            "SELECT state, count(*) FROM waiting_list_entries WHERE event_id = :id GROUP BY 1", id=event_id
        )
        ((orders,),) = connection.run(
            "SELECT count(*) FROM orders WHERE event_id = :id AND status = 'initializing'", id=event_id
        )
    done.states = dict(states)
    answers = done.answers
    if answers["joined"] != sum(done.states.values()):
        done.broken.append(f"{answers['joined']} were told that they wait, {done.states}")
    if answers["claimed"] != done.states.get("claimed", 0) or answers["claimed"] != orders:
        done.broken.append(f"{answers['claimed']} were told that they bought; {orders} orders, {done.states}")
    told = sum(answers[what] for what in ("joined", "joined: 409", "cancelled"))
    if told != asked:
        done.broken.append(f"{asked} asked, and {dict(answers)} were told")
