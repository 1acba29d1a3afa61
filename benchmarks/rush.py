"""`make rush`: a link is posted, and ten thousand people open one event while its organizer edits it.

Ten minutes of life, told in a fifth of the time: the lifetimes of shared answers are a fifth too. Every
reader opens five pages through a real Varnish with the rules of the edge, and the organizer renames the event
every 25 seconds; of a second event, with as many readers, it also takes the page back for one minute of the
ten. Printed for both are the share of reads that reached a function, the oldest answer that a reader got, and
what the rush costs with the edge and without. The exit code is 1 where an aim is missed. READERS and SPEED
make it smaller or faster; everything stays on 127.0.0.1.
"""

import heapq
import json
import multiprocessing
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from benchmarks import numbers, prices
from benchmarks.rush_story import LIFE, Read, Story
from tests.edge.varnish import SECRET, Varnish, in_front_of
from tests.support.documents import document
from tests.support.running_system import RunningSystem, running

READERS: Final = numbers.whole("READERS", 10_000)
SPEED: Final = numbers.whole("SPEED", 5)  # seconds of life in one of ours; 2, 5 or 10
_PROCESSES = 2
_SHARED, _STALE = 10, 4  # seconds, as by default
_EDIT_EVERY = 25.0  # seconds of life
_UNPUBLISHED = (290.0, 350.0)  # the minute of life in which there is no page
_OLDEST, _AIM = 30.0, 0.99
_FUNCTION_MS, _MEMORY_GB = 3.0, 1.0  # of one read, billed: docs/cost.md
_FAR = {"starts-at": "2099-05-01T09:00:00Z", "ends-at": "2099-05-02T18:00:00Z", "timezone": "UTC"}
_ADMIN = {"ADMIN_EMAIL": "admin@example.org", "ADMIN_PASSWORD": "what only admins know"}
_JSONAPI = {"Accept": "application/vnd.api+json"}


@dataclass(frozen=True, slots=True)
class Rush:
    """What happened: reads of the event, how many reads there were, and how many reached a function.

    `told` are the bytes that readers got.
    """

    reads: list[Read]
    count: int
    reached: int
    told: int
    organizer: "Organizer"


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
            met = [_report(_happen(system, varnish, unpublishes)) for unpublishes in (False, True)]
    print(f"prices: {prices.said()}")
    print("all aims are met" if all(met) else "an aim is missed")
    return 0 if all(met) else 1


def _happen(system: RunningSystem, varnish: Varnish, unpublishes: bool) -> Rush:
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
    organizer.live(began, _UNPUBLISHED if unpublishes else ())
    parts = [queue.get() for _ in readers]
    for reader in readers:
        reader.join()
    return Rush(
        reads=[Read(*read) for reads, _ in parts for read in reads],
        count=sum(count for _, count in parts),
        reached=varnish.count("MAIN.backend_req") - before - organizer.changes,
        told=varnish.count("MAIN.s_resp_bodybytes") - sent,
        organizer=organizer,
    )


class Organizer:
    """Makes the event, and edits it through the edge while it is read."""

    def __init__(self, system: RunningSystem, address: str) -> None:
        self._system, self._address = system, address
        self.story, self.changes = Story(), 0
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

    def live(self, began: float, unpublished: tuple[float, ...]) -> None:
        """Edit the event until its ten minutes are over; it is unpublished between two moments, if any."""
        edits = [(number * _EDIT_EVERY, "edit") for number in range(1, int(LIFE / _EDIT_EVERY))]
        turns = zip(unpublished, ("draft", "published"), strict=False)
        version, state = 0, "published"
        self.story.states.append((0.0, version))
        for moment, what in sorted([*edits, *turns]):
            _wait_until(began + moment / SPEED)
            if what == "edit":
                version += 1
                self._change({"name": f"Version {version}"})
            else:
                state = what
                self._change({"state": state})
            present = version if state == "published" else None
            if present != self.story.states[-1][1]:
                self.story.states.append(((time.time() - began) * SPEED, present))
        _wait_until(began + LIFE / SPEED)

    def _change(self, attributes: dict[str, str]) -> None:
        reply = self._ask("PATCH", f"/v1/events/{self._id}", document("event", attributes, self._id))
        assert reply.status == 200, reply.body
        self.changes += 1

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
        at = dice.expovariate(1 / 60.0) if dice.random() < 0.4 else dice.uniform(0.0, LIFE - 30.0)
        for page in pages:
            heapq.heappush(plan, (min(at + dice.uniform(0.0, 30.0), LIFE - 1.0), page))
    connection = HTTPConnection(urlsplit(address).netloc, timeout=60)
    reads, count = [], 0
    while plan:
        at, page = heapq.heappop(plan)
        _wait_until(began + at / SPEED)
        asked = (time.time() - began) * SPEED
        connection.request("GET", page, headers=_JSONAPI)
        with connection.getresponse() as answer:
            body = answer.read()
            assert answer.status in {200, 404}, body
        count += 1
        if page == pages[0]:
            name = json.loads(body)["data"]["attributes"]["name"] if answer.status == 200 else ""
            reads.append((asked, int(name.split()[1]) if name else None))
    queue.put((reads, count))


def _wait_until(moment: float) -> None:
    left = moment - time.time()
    if left > 0:
        time.sleep(left)


def _report(rush: Rush) -> bool:
    """Print the table; whether the aims are met."""
    story, count = rush.organizer.story, rush.count
    pages = [story.age(read) for read in rush.reads if read.version is not None]
    missed = [story.age(read) for read in rush.reads if read.version is None]
    spared = 1 - rush.reached / count
    gigabytes = rush.told / 1e9
    without, behind = _price(count, 0, gigabytes), _price(rush.reached, count, gigabytes)
    lines = {
        "readers, pages, reads": f"{READERS:,}, 5, {count:,}",
        "minutes of life": f"{LIFE / 60:.0f}, in {LIFE / SPEED:.0f} s; {rush.organizer.changes} changes",
        "reads that reached a function": f"{rush.reached:,} of {count:,}: {spared:.2%} did not "
        f"(aim: {_AIM:.0%})",
        "oldest page that a reader got": f"{max(pages):.1f} s (aim: at most {_OLDEST:.0f} s)",
    }
    if missed:
        lines["reads of no page, of the event"] = f"{len(missed):,}, in the minute in which it is unpublished"
        lines["told for how long after it"] = f"{max(missed):.1f} s (aim: at most {_OLDEST:.0f} s)"
    lines["price without the edge"] = f"{without:.4f} dollars"
    lines["price with the edge"] = f"{behind:.4f} dollars"
    print("An event that is edited, and unpublished for a minute" if missed else "An event that is edited")
    for what, figure in lines.items():
        print(f"  {what:32} {figure}")
    return spared >= _AIM and max(pages + missed) <= _OLDEST


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
