"""`make rush`: a link is posted, and ten thousand people open one event while its organizer edits it.

Ten minutes of life, told in a fifth of the time: the lifetimes of shared answers are a fifth too. Every
reader opens five pages through a real Varnish with the rules of the edge, and the organizer renames the event
every 25 seconds. Printed are the share of reads that reached a function, the oldest page that a reader got,
and what the rush costs with the edge and without. The exit code is 1 where an aim is missed. READERS and
SPEED make it smaller or faster; everything stays on 127.0.0.1.
"""

import heapq
import json
import multiprocessing
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from benchmarks import numbers, prices
from tests.edge.varnish import SECRET, Varnish, in_front_of
from tests.support.documents import document
from tests.support.running_system import RunningSystem, running

READERS: Final = numbers.whole("READERS", 10_000)
SPEED: Final = numbers.whole("SPEED", 5)  # seconds of life in one of ours; 2, 5 or 10
_MINUTES, _PROCESSES = 10, 2
_LIFE: Final = _MINUTES * 60.0
_SHARED, _STALE = 10, 4  # seconds, as by default
_EDIT_EVERY = 25.0  # seconds of life
_OLDEST, _AIM = 30.0, 0.99
_FUNCTION_MS, _MEMORY_GB = 3.0, 1.0  # of one read, billed: docs/cost.md
_FAR = {"starts-at": "2099-05-01T09:00:00Z", "ends-at": "2099-05-02T18:00:00Z", "timezone": "UTC"}
_ADMIN = {"ADMIN_EMAIL": "admin@example.org", "ADMIN_PASSWORD": "what only admins know"}
_JSONAPI = {"Accept": "application/vnd.api+json"}


@dataclass(frozen=True, slots=True)
class Read:
    """One answer: when it was asked for, in seconds of life, and the version that it told."""

    asked: float
    version: int


@dataclass(slots=True)
class Story:
    """What the organizer did: from which second of life on each version was there."""

    began: list[float] = field(default_factory=list)

    def age(self, read: Read) -> float:
        """For how many seconds of life what was read had been over; 0 for the present version."""
        following = read.version + 1
        over = self.began[following] if following < len(self.began) else read.asked
        return max(read.asked - over, 0.0)


def main() -> int:
    """Let it happen, print the table, and return the exit code."""
    with tempfile.TemporaryDirectory(prefix="rush-") as name:
        lifetimes = {
            "SHARED_SECONDS": str(_SHARED // SPEED),
            "STALE_SECONDS": str(max(round(_STALE / SPEED), 1)),
        }
        directory = Path(name)
        with (
            running(directory / "state", EDGE_SECRET=SECRET, **lifetimes, **_ADMIN) as system,
            in_front_of(system.address, directory / "varnish") as varnish,
        ):
            return _report(*_happen(system, varnish))


def _happen(system: RunningSystem, varnish: Varnish) -> tuple[list[Read], int, Story, int, int]:
    """(reads of the event, all reads, what the organizer did, reads that reached a function, bytes told)."""
    organizer = Organizer(system, varnish.address)
    before = varnish.count("MAIN.backend_req")
    sent = varnish.count("MAIN.s_resp_bodybytes")
    queue: Queue[Any] = multiprocessing.Queue()
    began = time.time() + 1.0
    readers = [
        multiprocessing.Process(
            target=_read, args=(varnish.address, organizer.pages, began, part, READERS // _PROCESSES, queue)
        )
        for part in range(_PROCESSES)
    ]
    for reader in readers:
        reader.start()
    organizer.live(began)
    found = [queue.get() for _ in readers]
    for reader in readers:
        reader.join()
    reads = [Read(*read) for part in found for read in part[0]]
    reached = varnish.count("MAIN.backend_req") - before - (len(organizer.story.began) - 1)
    told = varnish.count("MAIN.s_resp_bodybytes") - sent
    return reads, sum(part[1] for part in found), organizer.story, reached, told


class Organizer:
    """Makes the event, and edits it through the edge while it is read."""

    def __init__(self, system: RunningSystem, address: str) -> None:
        self._system, self._address, self.story = system, address, Story()
        sent = {"email": _ADMIN["ADMIN_EMAIL"], "password": _ADMIN["ADMIN_PASSWORD"]}
        reply = system.ask("POST", "/v1/auth/login", sent, media_type="application/json")
        self._token = str(reply.json["access_token"])
        event = {"name": "Version 0", "state": "published", "is-sessions-speakers-enabled": True, **_FAR}
        made = self._ask("POST", "/v1/events", document("event", event)).json["data"]
        self._id, identifier = made["id"], made["attributes"]["identifier"]
        link = {"event": ("event", self._id)}
        for number in range(20):
            talk = {
                "title": f"Talk {number}",
                "state": "pending",
                "short-abstract": "What it is about. " * 20,
            }
            self._ask("POST", "/v1/sessions", document("session", talk, **link))
        self._ask("POST", "/v1/faqs", document("faq", {"question": "When?", "answer": "Soon."}, **link))
        self.pages = (
            f"/v1/events/{identifier}?include=social-links,event-copyright,speakers-call,owner,group",
            f"/v1/events/{self._id}/sessions?include=track,speakers,microlocation&page[size]=0",
            f"/v1/events/{self._id}/speakers?include=sessions.track&page[size]=0",
            f"/v1/events/{self._id}/faqs",
            f"/v1/events/{self._id}/sponsors",
        )

    def live(self, began: float) -> None:
        """Edit the event until its ten minutes are over."""
        self.story.began.append(0.0)
        for version in range(1, int(_LIFE / _EDIT_EVERY)):
            _wait_until(began + version * _EDIT_EVERY / SPEED)
            self._change({"name": f"Version {version}"})
            self.story.began.append((time.time() - began) * SPEED)
        _wait_until(began + _LIFE / SPEED)

    def _change(self, attributes: dict[str, str]) -> None:
        reply = self._ask("PATCH", f"/v1/events/{self._id}", document("event", attributes, self._id))
        assert reply.status == 200, reply.body

    def _ask(self, method: str, path: str, sent: object) -> Any:
        reply = self._system.ask(method, f"{self._address}{path}", sent, token=self._token)
        assert reply.status < 300, reply.body
        return reply


def _read(
    address: str, pages: Sequence[str], began: float, part: int, readers: int, queue: "Queue[Any]"
) -> None:
    """Be so many readers: 4 in 10 come at once, fewer from minute to minute; each reads for half one."""
    dice = random.Random(part)  # noqa: S311 - the same in each run
    plan: list[tuple[float, str]] = []
    for _ in range(readers):
        at = dice.expovariate(1 / 60.0) if dice.random() < 0.4 else dice.uniform(0.0, _LIFE - 30.0)
        for page in pages:
            heapq.heappush(plan, (min(at + dice.uniform(0.0, 30.0), _LIFE - 1.0), page))
    connection = HTTPConnection(urlsplit(address).netloc, timeout=60)
    reads, count = [], 0
    while plan:
        at, page = heapq.heappop(plan)
        _wait_until(began + at / SPEED)
        asked = (time.time() - began) * SPEED
        connection.request("GET", page, headers=_JSONAPI)
        with connection.getresponse() as answer:
            body = answer.read()
            assert answer.status == 200, body
        count += 1
        if page == pages[0]:
            reads.append((asked, int(json.loads(body)["data"]["attributes"]["name"].split()[1])))
    queue.put((reads, count))


def _wait_until(moment: float) -> None:
    left = moment - time.time()
    if left > 0:
        time.sleep(left)


def _report(reads: list[Read], count: int, story: Story, reached: int, told: int) -> int:
    oldest = max(map(story.age, reads))
    spared = 1 - reached / count
    gigabytes = told / 1e9
    lines = {
        "readers, pages, reads": f"{READERS:,}, 5, {count:,}",
        "minutes of life": f"{_MINUTES}, in {_LIFE / SPEED:.0f} s; {len(story.began) - 1} edits",
        "reads that reached a function": f"{reached:,} of {count:,}: {spared:.2%} did not (aim: {_AIM:.0%})",
        "oldest page that a reader got": f"{oldest:.1f} s (aim: at most {_OLDEST:.0f} s)",
        "price without the edge": f"{_price(count, 0, gigabytes):.4f} dollars",
        "price with the edge": f"{_price(reached, count, gigabytes):.4f} dollars",
    }
    for what, figure in lines.items():
        print(f"{what:32} {figure}")
    print(f"prices: {prices.DATE}; of CloudFront {prices.EDGE_DATE}; without free tiers")
    met = spared >= _AIM and oldest <= _OLDEST
    print("all aims are met" if met else "an aim is missed")
    return 0 if met else 1


def _price(reached: int, at_edge: int, gigabytes: float) -> float:
    """Dollars for so many reads of functions, of which `at_edge` (0: no edge) came to the edge."""
    seconds = reached * _FUNCTION_MS / 1000 * _MEMORY_GB
    million = reached / 1e6
    functions = million * (prices.LAMBDA_PER_MILLION + prices.API_GATEWAY_PER_MILLION)
    functions += seconds * prices.LAMBDA_GB_SECOND
    if not at_edge:
        return functions + gigabytes * prices.TRANSFER_PER_GB
    asked = at_edge / 1e6 * (prices.EDGE_PER_MILLION + prices.EDGE_FUNCTION_PER_MILLION)
    return functions + asked + gigabytes * prices.EDGE_TRANSFER_PER_GB


if __name__ == "__main__":
    sys.exit(main())
