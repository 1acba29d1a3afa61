"""A working day of somebody with two organizations and a staff profile, told over HTTP to the running system."""

import subprocess
import sys
from typing import Any

from tests.support.running_system import ROOT, RunningSystem, eventually, verify

PLAIN = "application/json"
PASSWORD = "correct horse battery"


class Account:
    """Somebody who signs in; `token` is what they act with at the moment."""

    def __init__(self, system: RunningSystem, email: str, password: str = PASSWORD) -> None:
        self.system, self.email, self.token = system, email, ""
        sent = {"email": email, "password": password}
        self.token = self.plain("/v1/auth/login", sent)["access_token"]

    @classmethod
    def signed_up(cls, system: RunningSystem, email: str) -> "Account":
        """A new account with a verified address."""
        sent = {"data": {"type": "user", "attributes": {"email": email, "password": PASSWORD}}}
        assert system.ask("POST", "/v1/users", sent).status == 201
        verify(system, email)
        return cls(system, email)

    def status(self, method: str, path: str, body: object = None) -> int:
        """The status code of a request."""
        return self.system.ask(method, path, body, token=self.token).status

    def plain(self, path: str, body: object, status: int = 200) -> Any:
        """POST plain JSON; what is answered."""
        reply = self.system.ask("POST", path, body, token=self.token, media_type=PLAIN)
        assert reply.status == status, reply.body
        return reply.json

    def create(self, type_: str, attributes: dict[str, Any], **links: tuple[str, str]) -> Any:
        """A resource, as answered."""
        relationships = {name: {"data": {"type": type, "id": id}} for name, (type, id) in links.items()}
        data = {"type": type_, "attributes": attributes, "relationships": relationships}
        reply = self.system.ask("POST", f"/v1/{type_}s", {"data": data}, token=self.token)
        assert reply.status == 201, reply.body
        return reply.json["data"]

    def read(self, path: str) -> Any:
        """A document's data."""
        reply = self.system.ask("GET", path, token=self.token)
        assert reply.status == 200, reply.body
        return reply.json["data"]

    def act_under(self, profile: str | None) -> None:
        """From now on under this profile, or as oneself."""
        self.token = self.plain("/v1/auth/switch-profile", {"profile": profile})["access_token"]

    @property
    def id(self) -> int:
        """Who that is."""
        return int(
            self.system.ask("GET", "/v1/users/user-details/get-user-id", token=self.token).json["user_id"]
        )


def make_staff(system: RunningSystem, email: str) -> None:
    """What an operator does on the command line."""
    done = subprocess.run(
        [sys.executable, "-m", "chalicelib.cli", "create-admin", email],
        cwd=ROOT,
        env={**system.variables(), "PATH": "/usr/bin:/bin"},
        input=PASSWORD + "\n",
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


EVENT = {
    "name": "Long Night of the Engines",
    "state": "draft",
    "timezone": "Europe/London",
    "starts-at": "2031-05-02T09:00:00+00:00",
    "ends-at": "2031-05-03T18:00:00+00:00",
}


def test_a_working_day_with_two_organizations_and_a_staff_profile(system: RunningSystem) -> None:
    ada, stranger = (Account.signed_up(system, f"{name}@example.org") for name in ("ada", "sam"))
    make_staff(system, ada.email)
    ada = Account(system, ada.email)  # a password that was set ends all tokens from before
    duty = morning_put_the_staff_powers_away(ada, stranger)
    museum, club, event = forenoon_two_organizations(ada)
    noon_a_ticket_of_ones_own(ada, event, stranger)
    afternoon_on_duty(ada, duty, stranger)
    evening_one_inbox_for_all(ada, event, museum, stranger)
    night_the_club_goes_its_own_way(ada, club, museum, event)


def morning_put_the_staff_powers_away(ada: Account, stranger: Account) -> str:
    assert ada.status("GET", f"/v1/users/{stranger.id}") == 200
    duty = str(ada.create("profile", {"name": "On duty", "is-staff": True})["id"])
    assert ada.status("GET", f"/v1/users/{stranger.id}") == 404
    return duty


def forenoon_two_organizations(ada: Account) -> tuple[str, str, str]:
    museum, club = (str(ada.create("profile", {"name": name})["id"]) for name in ("Museum", "Club"))
    ada.act_under(museum)
    event = str(ada.create("event", EVENT)["id"])
    ada.act_under(club)
    assert ada.status("GET", f"/v1/events/{event}") == 404
    rally = str(ada.create("event", {**EVENT, "name": "Rally of the Looms"})["id"])
    ada.act_under(museum)
    assert [ada.status("GET", f"/v1/events/{item}") for item in (event, rally)] == [200, 404]
    published = {"data": {"type": "event", "id": event, "attributes": {"state": "published"}}}
    assert ada.status("PATCH", f"/v1/events/{event}", published) == 200
    ada.act_under(None)
    assert ada.status("PATCH", f"/v1/events/{event}", published) == 403
    return museum, club, event


def noon_a_ticket_of_ones_own(ada: Account, event: str, stranger: Account) -> None:
    profiles = {item["attributes"]["name"]: item["id"] for item in ada.read("/v1/profiles")}
    ada.act_under(profiles["Museum"])
    times = {"sales-starts-at": "2020-01-01T00:00:00Z", "sales-ends-at": "2031-05-01T00:00:00Z"}
    ticket = ada.create(
        "ticket", {"name": "Hall", "type": "free", "quantity": 9, **times}, event=("event", event)
    )["id"]
    basket = {"tickets": [{"id": ticket, "quantity": 1}]}
    ada.act_under(None)
    order = ada.plain("/v1/orders/create-order", basket)["data"]["id"]
    assert ada.status("GET", f"/v1/orders/{order}") == 200
    ada.act_under(profiles["Club"])
    assert ada.status("GET", f"/v1/orders/{order}") == 404
    ada.act_under(profiles["Museum"])
    assert ada.status("GET", f"/v1/orders/{order}") == 200  # as the event's team
    ada.act_under(None)


def afternoon_on_duty(ada: Account, duty: str, stranger: Account) -> None:
    ada.act_under(duty)
    assert ada.status("GET", f"/v1/users/{stranger.id}") == 200
    assert ada.status("GET", "/v1/users") == 200
    ada.act_under(None)
    assert ada.status("GET", "/v1/users") == 403
    assert stranger.status("GET", "/v1/profiles/" + duty) == 404


def evening_one_inbox_for_all(ada: Account, event: str, museum: str, stranger: Account) -> None:
    # Somebody who ordered calls it off: news for the museum, which is in the one inbox of its person.
    (ticket,) = (item["id"] for item in stranger.read(f"/v1/events/{event}/tickets"))
    bought = stranger.plain("/v1/orders/create-order", {"tickets": [{"id": ticket, "quantity": 1}]})["data"][
        "id"
    ]
    off = {"data": {"type": "order", "id": bought, "attributes": {"status": "cancelled"}}}
    assert stranger.status("PATCH", f"/v1/orders/{bought}", off) == 200
    inbox = f"/v1/users/{ada.id}/notifications"
    news = eventually(lambda: ada.read(inbox), "the news of the order")
    assert {new["attributes"]["content"]["profile"]["name"] for new in news} == {"Museum"}
    ada.act_under(museum)
    assert ada.read(inbox) == news
    ada.act_under(None)


def night_the_club_goes_its_own_way(ada: Account, club: str, museum: str, event: str) -> None:
    system = ada.system
    assert ada.status("DELETE", f"/v1/profiles/{museum}") == 409  # it owns an event
    sent = {"email": "club@example.org", "password": PASSWORD}
    assert ada.plain(f"/v1/profiles/{club}/detach", sent, 201)["email"] == "club@example.org"
    assert system.ask("GET", "/v1/profiles", token=ada.token).status == 200
    verify(system, "club@example.org")
    its = Account(system, "club@example.org")
    (rally,) = its.read(f"/v1/users/{its.id}/events")
    assert rally["attributes"]["name"] == "Rally of the Looms"
    assert ada.status("GET", f"/v1/events/{rally['id']}") == 404
    joined = ada.plain("/v1/profiles/join", sent, 201)["data"]
    assert its.status("GET", f"/v1/users/{its.email}") == 401
    ada.act_under(joined["id"])
    assert ada.status("GET", f"/v1/events/{rally['id']}") == 200
    assert ada.status("GET", "/v1/users") == 403
