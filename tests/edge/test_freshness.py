"""What an organizer changes is seen through the edge in time, and what is unpublished is gone in time."""

import time
from collections.abc import Callable

import pytest

from tests.edge.conftest import ADMIN, PASSWORD, SHARED, STALE
from tests.edge.varnish import Asking, Told, Varnish
from tests.support.documents import document
from tests.support.running_system import RunningSystem, WireReply, eventually

_FAR = {"starts-at": "2099-05-01T09:00:00Z", "ends-at": "2099-05-02T18:00:00Z", "timezone": "UTC"}


class Organizer:
    """An account with a published event, which it edits through the edge."""

    def __init__(self, system: RunningSystem, edge: Varnish) -> None:
        self.system, self.reader = system, Asking(edge.address)
        self.edge, self.token = edge, self._token()
        made = self._send(
            "POST", "/v1/events", document("event", {"name": "One", "state": "published", **_FAR})
        )
        assert made.status == 201, made.body
        self.path = f"/v1/events/{made.json['data']['id']}"
        self.id = made.json["data"]["id"]

    def _token(self) -> str:
        sent = {"email": ADMIN, "password": PASSWORD}
        reply = self.system.ask("POST", "/v1/auth/login", sent, media_type="application/json")
        assert reply.status == 200, reply.body
        return str(reply.json["access_token"])

    def _send(self, method: str, path: str, sent: object = None) -> WireReply:
        return self.system.ask(method, f"{self.edge.address}{path}", sent, token=self.token)

    def change(self, **attributes: object) -> None:
        reply = self._send("PATCH", self.path, document("event", attributes, self.id))
        assert reply.status == 200, reply.body
        assert self._send("GET", self.path).json["data"]["attributes"].items() >= attributes.items()

    def trash(self) -> None:
        assert self._send("DELETE", self.path).status == 200
        assert self._send("GET", self.path).status == 404

    def until(self, is_new: Callable[[Told], bool], path: str) -> float:
        """Seconds until readers get the new state; from then on, they all do."""
        began = time.monotonic()

        def look() -> bool:
            asked = time.monotonic()
            told = is_new(self.reader.ask(path))
            assert told or asked < began + SHARED + STALE + 1, "a reader got what is too old"
            return told

        eventually(look, "the new state", SHARED + STALE + 10)
        assert is_new(self.reader.ask(path))
        return time.monotonic() - began


@pytest.fixture
def organizer(system: RunningSystem, edge: Varnish) -> Organizer:
    return Organizer(system, edge)


def warm(organizer: Organizer, path: str) -> None:
    """Have the cache keep what is there now."""
    eventually(lambda: organizer.reader.ask(path).cache == "Hit", "a hit")


def test_a_change_is_seen_in_time_and_by_its_author_at_once(organizer: Organizer) -> None:
    for path in (organizer.path, f"{organizer.path}.ics", "/v1/events?filter[name]=One&sort=name"):
        organizer.change(name="One")
        organizer.until(lambda answer: b"One" in answer.body, path)
        warm(organizer, path)
        organizer.change(name="Two")
        organizer.until(lambda answer: b"One" not in answer.body.replace(b"=One", b""), path)


def test_what_is_unpublished_is_gone_in_time(organizer: Organizer) -> None:
    warm(organizer, organizer.path)
    organizer.change(state="draft")
    organizer.until(lambda answer: answer.status == 404, organizer.path)
    organizer.change(state="published")
    organizer.until(lambda answer: answer.status == 200, organizer.path)


def test_what_was_looked_for_before_it_is_published_is_there_in_time(organizer: Organizer) -> None:
    for path in (organizer.path, f"{organizer.path}/sessions", f"{organizer.path}.ics"):
        organizer.change(state="draft")
        organizer.until(lambda answer: answer.status == 404, path)
        warm(organizer, path)
        assert organizer.reader.ask(path).status == 404
        organizer.change(state="published")  # whose author sees it at once
        organizer.until(lambda answer: answer.status == 200, path)


def test_what_is_in_the_trash_is_gone_in_time(organizer: Organizer) -> None:
    warm(organizer, organizer.path)
    organizer.trash()
    organizer.until(lambda answer: answer.status == 404, organizer.path)
