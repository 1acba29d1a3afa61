"""Times of lists in a large database and in one of a hundredth of it: the statements of each, by turns."""

import os
import statistics
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

from benchmarks.large import lists
from benchmarks.large.filling import FIRST, OF_AN_OWNER, crowd_of, events_of
from benchmarks.large.lists import Asked
from chalicelib import db
from chalicelib.driver import Connection
from chalicelib.settings import settings
from devstack import database
from tests.support.http_client import Client
from tests.support.plans import Statement, statements_heard

_WARM, _ROUNDS = 6, 25  # after five executions PostgreSQL may keep a plan for all values
_MOST_SECONDS: Final = 8.0  # for one list
# Names, each of one row, in a usual event and in the crowd's.
_NAMES: Final = """
SELECT (SELECT name FROM events WHERE id = {event}), (SELECT location_name FROM events WHERE id = {event}),
  (SELECT title FROM sessions WHERE event_id = {crowd} ORDER BY id OFFSET 20 LIMIT 1),
  (SELECT name FROM speakers WHERE event_id = {crowd} ORDER BY id OFFSET 20 LIMIT 1),
  (SELECT lastname FROM attendees WHERE event_id = {event} ORDER BY id LIMIT 1),
  (SELECT lastname FROM attendees WHERE event_id = {crowd} ORDER BY id OFFSET 20 LIMIT 1),
  (SELECT title FROM sessions WHERE event_id = {event} ORDER BY id LIMIT 1),
  (SELECT user_id FROM orders WHERE event_id = {event} ORDER BY id LIMIT 1)
"""


@dataclass
class Place:
    """A filled database, with what is asked about in it."""

    url: str
    staff_id: int
    scale: float
    places: dict[str, object] = field(init=False)
    connection: Connection = field(init=False)

    def __post_init__(self) -> None:
        at = urlsplit(self.url)
        self.connection = Connection(
            user=at.username,
            host=at.hostname,
            port=at.port,
            database=at.path[1:],
            ssl_context=False,
            prepare=True,
        )
        event, crowd = self._usual_event(), crowd_of(self.scale)
        with database.connected(self.url) as plain:
            (names,) = plain.run(_NAMES.format(event=event, crowd=crowd))
        name, location, title, speaker, person, person_of_the_crowd, usual_title, buyer = names
        self.places = {
            "event": event, "crowd": crowd, "buyer": buyer, "owner": FIRST + (event - FIRST) // OF_AN_OWNER,
            "owner of the crowd": FIRST + (crowd - FIRST) // OF_AN_OWNER,
            "name": name, "place": location, "title": title, "usual title": usual_title,
            "speaker": speaker, "person": person,
            "person of the crowd": person_of_the_crowd, "account": f"user.{event - FIRST}@",
            "now": datetime.now(UTC).replace(microsecond=0).isoformat(),
        }  # fmt: skip

    def _usual_event(self) -> int:
        """A published, public one that is yet to come."""
        last = FIRST + events_of(self.scale)
        return next(id for id in range(last - 20, last) if (id - FIRST) % 10 != 3 and (id - FIRST) % 20 != 7)

    def asks(self, asked: Asked) -> list[Statement]:
        """The statements of one answer."""
        os.environ["DATABASE_URL"] = self.url
        settings.cache_clear()
        db.forget()
        who = {
            lists.BUYER: self.places["buyer"], lists.STAFF: self.staff_id,
            lists.ORGANISER: self.places["owner"], lists.DOOR: self.places["owner"],
        }  # fmt: skip
        client = Client()
        if asked.persona in who:
            # The crowd's event has an owner of its own.
            id = self.places["owner of the crowd"] if "{crowd}" in asked.path else who[asked.persona]
            client = client.signed_in_as(self.staff_id if asked.persona == lists.STAFF else id)
        with statements_heard() as heard:
            reply = client.get(asked.target(self.places), headers=lists.BY_CURSOR if asked.by_cursor else {})
        assert reply.status == 200, (asked.title, reply.text[:500])
        return list(heard)

    def time(self, statements: list[Statement]) -> float:
        """Milliseconds of the statements, one after the other."""
        began = time.perf_counter()
        for text, values in statements:
            self.connection.run(text, values)
        return (time.perf_counter() - began) * 1000


@dataclass(frozen=True, slots=True)
class Figure:
    """Medians of a list, in ms."""

    asked: Asked
    small: float
    large: float

    @property
    def ratio(self) -> float:
        return self.large / self.small


def figure(asked: Asked, large: Place, small: Place) -> tuple[Figure, list[Statement]]:
    """The medians, and the statements in the large database."""
    statements = {large.url: large.asks(asked), small.url: small.asks(asked)}
    taken: dict[str, list[float]] = {large.url: [], small.url: []}
    began = time.monotonic()
    for number in range(_WARM + _ROUNDS):
        for place in (large, small):
            taken[place.url].append(place.time(statements[place.url]))
        if time.monotonic() - began > _MOST_SECONDS and number > _WARM:
            break
    medians = {url: statistics.median(values[_WARM:]) for url, values in taken.items()}
    return Figure(asked, medians[small.url], medians[large.url]), statements[large.url]


def explanation(place: Place, statements: list[Statement]) -> list[str]:
    """EXPLAIN (ANALYZE, BUFFERS) of the slowest statement."""
    text, values = max(statements, key=lambda statement: place.time([statement]))
    rows: Any = place.connection.run(f"EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) {text}", values).rows
    return [row[0] for row in rows]
