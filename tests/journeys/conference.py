"""A conference and its twelve people, as they use it over HTTP: who they are, and how they ask.

They share a clock (/local/clock). Tasks are run by the pump, as in `make run`; mails are read from the inbox.
"""

import re
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import unquote

from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Reply
from tests.support.network_client import NetworkClient
from tests.support.running_system import eventually

_T = TypeVar("_T")
PASSWORD = "correct horse battery"
PLAIN = "application/json"
TEAM = {
    "otto": "organizer",
    "cora": "coorganizer",
    "tara": "track_organizer",
    "mona": "moderator",
    "rita": "registrar",
}
REVIEWERS = ("rob", "rae")
SPEAKERS = ("ada", "grace", "jean")
FAN = "fay"
PEOPLE = ("olga", *TEAM, *REVIEWERS, *SPEAKERS, FAN)
ALL = {"page[size]": 0}
DAY = timedelta(days=1)
_SIGNED_IN_FOR = timedelta(hours=20)  # an access token ends after a day
_SKEW = timedelta(seconds=5)  # the system may have moved its clock a moment before it says so
_LATE = timedelta(seconds=61)  # after which the sweep has run


def ok(reply: Reply) -> Any:
    """The answer's JSON; what is refused is a failure."""
    assert reply.status in {200, 201}, reply.text
    return reply.json


def at_once(act: Callable[[_T], Any], several: Iterable[_T]) -> list[Any]:
    """The results of what is done with, or by, several at the same time, in their order."""
    waiting = list(several)
    with ThreadPoolExecutor(len(waiting)) as crowd:
        return list(crowd.map(act, waiting))


class Person:
    """Somebody who signs up, and proves their address by the link in a mail."""

    def __init__(self, conference: "Conference", name: str) -> None:
        self.conference, self.name, self.email = conference, name, f"{name}@conference.example.org"
        self._token, self._until = "", conference.now()
        self.id = ""

    @property
    def here(self) -> NetworkClient:
        """A client of their own, signed in."""
        client = NetworkClient(self.conference.address_of_system)
        if not self.id:
            return client
        if self.conference.now() > self._until:
            said = {"email": self.email, "password": PASSWORD}
            self._token = ok(client.post("/v1/auth/login", said, content_type=PLAIN))["access_token"]
            self._until = self.conference.now() + _SIGNED_IN_FOR
        return client.signed_in_as(self._token)

    def sign_up(self) -> None:
        """By the form; the address is not proved yet."""
        self.id = self.create("user", {"email": self.email, "password": PASSWORD})

    def create(self, type_: str, attributes: dict[str, Any], path: str = "", **links: Any) -> str:
        """The id of what this person has created."""
        id: str = ok(self.try_to_create(type_, attributes, path, **links))["data"]["id"]
        return id

    def try_to_create(self, type_: str, attributes: dict[str, Any], path: str = "", **links: Any) -> Reply:
        """The answer to it, whatever it is."""
        sent = {name.replace("_", "-"): value for name, value in attributes.items()}
        return self.here.post(path or f"/v1/{type_}s", document(type_, sent, **links))

    def change(self, type_: str, id: str, **attributes: Any) -> Reply:
        """PATCH a resource."""
        sent = {name.replace("_", "-"): value for name, value in attributes.items()}
        return self.here.patch(f"/v1/{type_}s/{id}", document(type_, sent, id))

    def read(self, path: str, **query: object) -> Any:
        """A document's data."""
        return ok(self.here.get(path, query=query))["data"]

    def sees(self, path: str) -> bool:
        """Whether there is something for this person; who sees nothing is told nothing of it."""
        status = self.here.get(path).status
        assert status in {200, 404}
        return status == 200

    def do(self, path: str, body: object = None) -> Any:
        """The answer to an action."""
        return ok(self.here.post(path, body))

    def result_of(self, task_url: str) -> dict[str, Any]:
        """The result of a task that this person has started, polled as clients do."""

        def ended() -> Any:
            said = ok(self.here.get(task_url))
            return said if said["state"] in {"SUCCESS", "FAILURE"} else None

        said = eventually(ended, "the end of a task", 60)
        assert said["state"] == "SUCCESS", said
        result: dict[str, Any] = said["result"]
        return result

    def mails(self) -> list[dict[str, Any]]:
        """What this person was sent, oldest first."""
        inbox = NetworkClient(self.conference.address_of_system, headers={"Accept": "application/json"})
        mails: list[dict[str, Any]] = inbox.get("/local/mails", query={"to": self.email}).json
        return mails

    def link(self, pattern: str) -> str:
        """What a link in the latest mail with one says, as the page behind it reads its own address."""
        matches = re.findall(pattern, " ".join(mail["text"] for mail in self.mails()))
        assert matches, f"{self.name} was sent no such link: {pattern}"
        return unquote(matches[-1])

    def news(self, kind: str) -> list[str]:
        """Texts of the notifications of this kind, newest first."""
        rows = self.read(f"/v1/users/{self.id}/notifications", **{"filter[kind]": kind})
        return [row["attributes"]["message"] for row in rows]


class Conference:
    """A published event of three days in 60 days' time, from 00:00 in Berlin, and its people by name."""

    def __init__(self, address: str, database: TestDatabase) -> None:
        self.address_of_system, self._database = address, database
        self._ahead, self._moved = timedelta(0), 0.0
        self.people = {name: Person(self, name) for name in PEOPLE}
        at_once(Person.sign_up, self.people.values())
        self.work()
        at_once(self._verify, self.people.values())
        midnight = self.now().replace(hour=23, minute=0, second=0, microsecond=0)
        self.start = midnight + timedelta(days=60)
        self.end = self.start + timedelta(days=3)
        self.event = self["olga"].create("event", {
            "name": "Compiler Days", "state": "published", "timezone": "Europe/Berlin",
            "is_sessions_speakers_enabled": True, "is_sponsors_enabled": True,
            "starts_at": self.start.isoformat(), "ends_at": self.end.isoformat(), "schedule_conflicts": "refused",
            "certificate_rule": "checked-in", "sign_ups_per_attendee": 2,
            "can_pay_by_bank": True, "bank_details": "DE02 1203", "payment_currency": "EUR",
        })  # fmt: skip
        self.address, self.here = f"/v1/events/{self.event}", ("event", self.event)
        self._invite()

    def __getitem__(self, name: str) -> Person:
        return self.people[name]

    @property
    def public(self) -> NetworkClient:
        """Somebody who is not signed in."""
        return NetworkClient(self.address_of_system)

    def _verify(self, person: Person) -> None:
        sent = {"data": {"token": person.link(r"token=(\S+)")}}
        assert person.here.post("/v1/auth/verify-email", sent, content_type=PLAIN).status == 200

    def _invite(self) -> None:
        """The team accepts by mail; without the mail nobody is one of them."""
        roles = {role["attributes"]["name"]: role["id"] for role in self["olga"].read("/v1/roles")}
        for name, role in TEAM.items():
            sent = {"email": self[name].email, "role_name": role}
            self["olga"].create("role-invite", sent, event=self.here, role=("role", roles[role]))
        self.work()
        refused = self[FAN].here.post("/v1/role_invites/accept-invite", {"data": {"token": "guessed"}})
        assert refused.status == 404
        at_once(self._accept, TEAM)

    def _accept(self, name: str) -> None:
        token = self[name].link(r"role-invites\?token=(\S+)")
        self[name].do("/v1/role_invites/accept-invite", {"data": {"token": token}})

    def now(self) -> datetime:
        """The time of the system."""
        return datetime.now(UTC) + self._ahead

    def at(self, hours: float) -> str:
        """The moment so many hours after the conference begins."""
        return (self.start + timedelta(hours=hours)).isoformat()

    def wait_until(self, moment: datetime) -> None:
        """Let the time pass."""
        self._move_to(moment)
        swept = "SELECT count(*) FROM scheduled_jobs WHERE completed_at < :moment AND period_seconds = 60"
        eventually(lambda: not self._database.one(swept, moment=moment), "the sweep")
        self.work()

    def _move_to(self, moment: datetime) -> None:
        clock = NetworkClient(self.address_of_system)
        assert clock.post("/local/clock", {"now": moment.isoformat()}, content_type=PLAIN).status == 200
        self._ahead, self._moved = moment - datetime.now(UTC), time.monotonic()

    def work(self) -> None:
        """All tasks that are due are done, and none is given up; the sweep sends what a request has left."""

        def idle() -> bool:
            # What was sent before it was due is delayed by the queue, in real time.
            unsent, underway = (
                self._tasks("sent_at IS NULL"),
                self._tasks("due_at <= sent_at + interval '5 s'"),
            )
            if unsent and not underway and time.monotonic() - self._moved > 1:
                self._move_to(self.now() + _LATE)
            return not unsent + underway

        eventually(idle, "the end of all tasks", 120)
        assert self._database.rows("SELECT task, failure FROM outbox WHERE failed_at IS NOT NULL") == []

    def _tasks(self, condition: str) -> int:
        due = f"due_at <= '{(self.now() + _SKEW).isoformat()}'"
        left = "done_at IS NULL AND failed_at IS NULL"
        return int(self._database.one(f"SELECT count(*) FROM outbox WHERE {left} AND {due} AND {condition}"))
