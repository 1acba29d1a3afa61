"""A conference and its twelve people, as they use it through the API: who they are, and what each may do."""

import re
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote

from chalicelib import clock
from tests.support.documents import document
from tests.support.http_client import Client, Reply
from tests.support.pump import Pump

PASSWORD = "correct horse battery"
TEAM = {"otto": "organizer", "cora": "coorganizer", "tara": "track_organizer", "rita": "registrar"}
REVIEWERS = ("rob", "rae", "roy")
SPEAKERS = ("ada", "grace", "jean")
FAN = "fay"
PEOPLE = ("olga", *TEAM, *REVIEWERS, *SPEAKERS, FAN)


def ok(reply: Reply) -> Any:
    """The answer's JSON; what is refused is a failure."""
    assert reply.status in {200, 201}, reply.text
    return reply.json


class Person:
    """Somebody who has signed up and proved their address."""

    def __init__(self, conference: "Conference", name: str) -> None:
        self.conference, self.name, self.email = conference, name, f"{name}@conference.example.org"
        self.here = conference.client
        self.id = self.create("user", {"email": self.email, "password": PASSWORD})
        conference.pump.everything()
        sent = {"data": {"token": self.mailed_token()}}
        assert self.here.post("/v1/auth/verify-email", sent).status == 200
        self.sign_in()

    def sign_in(self) -> None:
        """Anew, as tokens end."""
        said = {"email": self.email, "password": PASSWORD}
        token = ok(self.here.post("/v1/auth/login", said))["access_token"]
        self.here = self.conference.client.signed_in_as(token)

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

    def do(self, path: str, body: object = None) -> Any:
        """The answer to an action."""
        return ok(self.here.post(path, body))

    def mails(self) -> list[dict[str, Any]]:
        """What this person was sent."""
        return [mail for mail in self.conference.pump.mails() if self.email in mail["to"]]

    def mailed_token(self) -> str:
        """The token in the latest mail with one."""
        found = re.findall(r"token=(\S+)", " ".join(mail["text"] for mail in self.mails()))
        return unquote(found[-1])

    def news(self, kind: str) -> list[str]:
        """Texts of the notifications of this kind, newest first."""
        found = self.read(f"/v1/users/{self.id}/notifications", **{"filter[kind]": kind})
        return [each["attributes"]["message"] for each in found]


class Conference:
    """A published event of three days in 60 days' time, from 00:00 in Berlin, and its people by name."""

    def __init__(self, client: Client, pump: Pump) -> None:
        self.client, self.pump, self._later = client, pump, ExitStack()
        self.people = {name: Person(self, name) for name in PEOPLE}
        midnight = clock.now().replace(hour=23, minute=0, second=0, microsecond=0)
        self.start = midnight + timedelta(days=60)
        self.event = self["olga"].create("event", {
            "name": "Compiler Days", "state": "published", "timezone": "Europe/Berlin",
            "is_sessions_speakers_enabled": True, "starts_at": self.start.isoformat(),
            "ends_at": (self.start + timedelta(days=3)).isoformat(), "schedule_conflicts": "refused",
            "certificate_rule": "checked-in", "sign_ups_per_attendee": 2,
        })  # fmt: skip
        self.address, self.here = f"/v1/events/{self.event}", ("event", self.event)
        self._invite()

    def __getitem__(self, name: str) -> Person:
        return self.people[name]

    def _invite(self) -> None:
        roles = {role["attributes"]["name"]: role["id"] for role in self["olga"].read("/v1/roles")}
        for name, role in TEAM.items():
            sent = {"email": self[name].email, "role_name": role}
            self["olga"].create("role-invite", sent, event=self.here, role=("role", roles[role]))
        self.pump.everything()
        for name in TEAM:
            self[name].do("/v1/role_invites/accept-invite", {"data": {"token": self[name].mailed_token()}})

    def at(self, hours: float) -> str:
        """The moment so many hours after the conference begins."""
        return (self.start + timedelta(hours=hours)).isoformat()

    def work(self) -> None:
        """All tasks are done: what a request has sent, and what the sweep sends of many."""
        self.pump.everything()
        self.pump.tick("sweep_outbox")
        self.pump.everything()

    def wait_until(self, moment: datetime) -> None:
        """Let the time pass; everybody signs in again."""
        self._later.enter_context(clock.shifted(moment - clock.now()))
        for person in self.people.values():
            person.sign_in()

    def end(self) -> None:
        """The clock is right again."""
        self._later.close()
