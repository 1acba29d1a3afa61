"""`python -m benchmarks.door`: the door of an event with ROWS (100,000) attendees; `make bench` has it too.

The list with its bytes, time and memory; a delta; ten devices that send what they scanned offline, twice and
in no order; verdicts; and searches by names, also misspelt. All are requests to the handler of the API.
"""

import json
import os
import random
import resource
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, Final

import chalicelib.entrypoints  # noqa: F401 - knows every model
from benchmarks import numbers
from benchmarks.rows import copy_rows
from chalicelib import clock, db, signals
from chalicelib.resources.orders.attendee.attendee import Attendee
from chalicelib.resources.orders.order.table import Order
from chalicelib.settings import settings
from devstack import database, postgres
from tests.factories.attendee import make_attendee
from tests.factories.event import make_event
from tests.factories.order import make_order
from tests.factories.ticket import make_ticket
from tests.factories.users_events_roles import make_users_events_roles
from tests.support.http_client import Client, Reply

_OF_AN_ORDER: Final = 5
_DEVICES, _BATCH, _OFFLINE = 10, 60, 6_000
_CHANGED, _VERDICTS, _SEARCHES = 1_000, 400, 60
_SYLLABLES: Final = (
    *("an", "ba", "car", "da", "el", "fi", "gor", "ha", "in", "jo", "ka", "la", "mar", "no", "ol", "pe"),
    *("qui", "ri", "sa", "ta", "ul", "vi", "wen", "xi", "ya", "zo", "ber", "ler", "mann", "son"),
)
_CAME: Final = "SELECT checkin_times FROM attendees WHERE is_checked_in ORDER BY id OFFSET $1"
_STORED: Final = "SELECT count(*) FROM door_scans WHERE nonce LIKE 'o%'"
_NAMES: Final = "SELECT firstname, lastname FROM attendees ORDER BY id DESC LIMIT 2000"


class Measured:
    """The event, its devices, and the figures."""

    def __init__(self, url: str, rows: int) -> None:
        self.rows, self.figures = rows, dict[str, float]()
        self.event_id, self.crew, self.codes = _begin(url, rows)
        self.address = f"/v1/events/{self.event_id}"
        self.devices = [self._device(f"Door {number}") for number in range(_DEVICES)]
        self.cursor = ""

    def all(self) -> dict[str, float]:
        """Each figure once."""
        self._snapshot()
        self._delta()
        self._offline()
        self._verdicts()
        self._search()
        return self.figures

    def _device(self, name: str) -> Client:
        owner = self.crew
        made = _ok(owner.post(f"{self.address}/door-devices", {"name": name})).json
        body = {"data": {"token": made["pairing"]["token"]}}
        paired = _ok(Client(headers=_GZIP).post("/v1/door-devices/pair", body)).json
        return Client(token=paired["access_token"], headers=_GZIP)

    def _snapshot(self) -> None:
        before, began = _memory(), time.perf_counter()
        size = people = 0
        cursor, more, slowest = "", True, 0.0
        while more:
            page_began = time.perf_counter()
            reply = _ok(self.devices[0].get(f"{self.address}/door-snapshot{cursor}"))
            slowest = max(slowest, time.perf_counter() - page_began)
            content = reply.json
            size += reply.size
            people += len(content["entries"])
            cursor, more = f"?cursor={content['cursor']}", content["more"]
        assert people == self.rows, people
        self.cursor = cursor
        self.figures["snapshot: bytes per attendee"] = round(size / people, 1)
        self.figures["snapshot: seconds"] = round(time.perf_counter() - began, 2)
        self.figures["snapshot: ms of the slowest page"] = round(slowest * 1000, 1)
        self.figures["snapshot: MB more of memory"] = round(_memory() - before, 1)

    def _delta(self) -> None:
        codes = self.codes[:_CHANGED]
        scans = [{"nonce": f"d{place}", "code": code} for place, code in enumerate(codes)]
        results = _ok(self.devices[0].post(f"{self.address}/check-ins/batch", {"scans": scans})).json
        assert all(result["admitted"] for result in results["results"])
        times, size = [], 0
        for _ in range(7):
            began = time.perf_counter()
            reply = _ok(self.devices[0].get(f"{self.address}/door-snapshot{self.cursor}"))
            times.append(time.perf_counter() - began)
            size = reply.size
            assert len(reply.json["entries"]) == _CHANGED
        self.figures["delta of 1,000: kB"] = round(size / 1000, 1)
        self.figures["delta of 1,000: ms"] = round(statistics.median(times) * 1000, 1)

    def _offline(self) -> None:
        """What ten devices have scanned, a third at two doors; each batch is sent twice, in no order."""
        dice = random.Random(1)  # noqa: S311 - no secret
        codes = self.codes[_CHANGED : _CHANGED + _OFFLINE * 2 // 3]
        scanned = codes + codes[: _OFFLINE - len(codes)]
        now = clock.now()
        scans = [
            {
                "nonce": f"o{place}",
                "code": code,
                "device_time": (now - timedelta(seconds=dice.random() * 3600)).isoformat(),
                "offline": {"admitted": True, "reason": "admitted"},
            }
            for place, code in enumerate(scanned)
        ]
        dice.shuffle(scans)
        batches = [scans[at : at + _BATCH] for at in range(0, len(scans), _BATCH)] * 2
        dice.shuffle(batches)
        began = time.perf_counter()
        with ThreadPoolExecutor(_DEVICES) as pool:
            lists = [batches[number::_DEVICES] for number in range(_DEVICES)]
            list(pool.map(self._send_all, self.devices, lists))
        seconds = time.perf_counter() - began
        with db.transaction() as session:
            stored = db.fetch(session, _STORED)[0][0]
            texts = db.fetch(session, _CAME, [_CHANGED])
        moments = sum(len(text.split(",")) for (text,) in texts)
        conflicts = self._conflicts()
        self.figures["ten devices: scans a second, each sent twice"] = round(2 * len(scans) / seconds)
        self.figures["ten devices: scans lost or double"] = abs(stored - len(scans)) + abs(
            moments - len(scans)
        )
        self.figures["ten devices: conflicts missed"] = abs(conflicts - (len(scanned) - len(codes)))

    def _conflicts(self) -> int:
        found, cursor, more = 0, "0", True
        while more:
            content = _ok(self.crew.get(f"{self.address}/door-conflicts?cursor={cursor}")).json
            found += len(content["conflicts"])
            cursor, more = content["cursor"], content["more"]
        return found

    def _send_all(self, device: Client, batches: list[list[dict[str, Any]]]) -> None:
        for batch in batches:
            body = {"sent_at": clock.now().isoformat(), "scans": batch}
            while (reply := device.post(f"{self.address}/check-ins/batch", body)).status == 503:
                pass  # another device has the same people
            _ok(reply)

    def _verdicts(self) -> None:
        times = []
        for place, code in enumerate(self.codes[-_VERDICTS:]):
            body = {"nonce": f"v{place}", "code": code}
            device, began = self.devices[place % _DEVICES], time.perf_counter()
            reply = device.post(f"{self.address}/check-ins", body)
            times.append(time.perf_counter() - began)
            assert _ok(reply).json["admitted"]
        self.figures["verdict: ms, 99 of 100"] = round(sorted(times)[len(times) * 99 // 100] * 1000, 1)
        self.figures["verdict: ms, median"] = round(statistics.median(times) * 1000, 1)

    def _search(self) -> None:
        dice = random.Random(2)  # noqa: S311 - no secret
        with db.transaction() as session:
            people = db.fetch(session, _NAMES)
        times, times_of_misspelt, found = [], list[float](), 0
        for first, last in dice.sample(people, _SEARCHES):
            began = time.perf_counter()
            people_named = self._named(f"{first} {last}")
            times.append(time.perf_counter() - began)
            assert any(person["lastname"] == last for person in people_named)
            began = time.perf_counter()
            misspelt = self._named(f"{first} {_misspelt(last, dice)}")
            times_of_misspelt.append(time.perf_counter() - began)
            found += any(person["lastname"] == last for person in misspelt)
        self.figures["search by name: ms, median"] = round(statistics.median(times) * 1000, 1)
        self.figures["search by misspelt name: ms, median"] = round(
            statistics.median(times_of_misspelt) * 1000, 1
        )
        self.figures["misspelt names: found, of 100"] = round(100 * found / _SEARCHES)

    def _named(self, words: str) -> list[dict[str, Any]]:
        reply = self.devices[0].get(f"{self.address}/attendees/search", query={"q": words})
        people: list[dict[str, Any]] = _ok(reply).json
        return people


_GZIP: Final = {"Accept-Encoding": "gzip"}


def measured() -> dict[str, float]:
    """The figures, of a process of its own."""
    command = [sys.executable, "-m", "benchmarks.door", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def main(*, as_json: bool = False) -> int:
    """Make the rows, measure, and print."""
    rows = numbers.whole("ROWS", 100_000)
    with postgres.temporary() as server:
        database.create_if_missing(server.url("postgres"), "door")
        os.environ |= {
            "DATABASE_URL": server.url("door"),
            "JWT_KEYS": json.dumps({"door": "door" * 16}),
            "LIMITS": "false",
        }
        database.migrate(server.url("door"))
        settings.cache_clear()
        figures = Measured(server.url("door"), rows).all()
        db.forget()
    print(
        json.dumps(figures) if as_json else "\n".join(f"{name}: {value:g}" for name, value in figures.items())
    )
    return 0


def _begin(url: str, rows: int) -> tuple[int, Client, list[str]]:
    with signals.muted(), db.transaction() as session:
        event = make_event(session)
        ticket = make_ticket(session, event=event, quantity=rows)
        owner = make_users_events_roles(session, event=event, role="owner").user_id
        order = make_order(session, event=event, status="completed")
        first = make_attendee(session, event=event, order=order, ticket=ticket, firstname="Ada")
        event_id, order_id, first_id = event.id, order.id, first.id
    with database.connected(url) as connection:
        connection.run("SET session_replication_role = replica")  # no places are counted
        source = f"orders r, generate_series(1, {rows // _OF_AN_ORDER}) n WHERE r.id = {order_id}"
        copy_rows(connection, Order, source, {"identifier": "gen_random_uuid()::text", "reference": "NULL"})
        syllable = (
            "(ARRAY[" + ", ".join(f"'{part}'" for part in _SYLLABLES) + f"])[1 + {{}} % {len(_SYLLABLES)}]"
        )
        parts = [f"(('x' || substr(md5(n || '{salt}'), 1, 7))::bit(28)::int)" for salt in "abcde"]
        first_name = f"initcap({syllable.format(parts[0])} || {syllable.format(parts[1])})"
        last_name = "initcap(" + " || ".join(syllable.format(part) for part in parts[2:]) + ")"
        other = {
            "firstname": first_name,
            "lastname": last_name,
            "email": "'person.' || n || '@example.org'",
            "identifier": "substr(md5(n::text), 1, 6)",
            "order_id": f"{order_id} + 1 + (n - 1) / {_OF_AN_ORDER}",
        }
        copy_rows(
            connection, Attendee, f"attendees r, generate_series(1, {rows}) n WHERE r.id = {first_id}", other
        )
        differing = {name for (name,) in connection.run(_DIFFERENCES, first=first_id) or ()}
        assert differing <= other.keys(), differing
        connection.run("DELETE FROM attendees WHERE id = :id", id=first_id)
        connection.run("DELETE FROM attendee_search_keys")
        connection.run(_SEARCH_KEYS)  # as the trigger does
        connection.run("ANALYZE")
        codes = connection.run(
            "SELECT o.identifier || '-' || a.identifier FROM attendees a JOIN orders o ON o.id = a.order_id "
            "ORDER BY a.id"
        )
    return event_id, Client(headers=_GZIP).signed_in_as(owner), [code for (code,) in codes or ()]


_SEARCH_KEYS: Final = (
    "INSERT INTO attendee_search_keys (attendee_id, keys) "
    "SELECT id, search_keys(event_id, firstname, lastname, email) FROM attendees"
)
# Columns in which a copied row is empty where that of the factory is not, or the other way: none but these.
_DIFFERENCES: Final = """
SELECT DISTINCT one.key FROM attendees copied, attendees made, jsonb_each(to_jsonb(copied)) one
JOIN LATERAL jsonb_each(to_jsonb(made)) other ON other.key = one.key
WHERE made.id = :first AND copied.id = :first + 1 AND (one.value = 'null') <> (other.value = 'null')
"""


def _misspelt(name: str, dice: random.Random) -> str:
    at = dice.randrange(1, len(name) - 1)
    kind = dice.randrange(3)
    if kind == 0:
        return name[:at] + name[at + 1 :]
    return name[:at] + (name[at] if kind == 1 else dice.choice("aeinrst")) + name[at + (kind == 2) :]


def _ok(reply: Reply) -> Reply:
    assert reply.status == 200, reply.text[:500]
    return reply


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main(as_json=sys.argv[1:] == ["--json"]))
