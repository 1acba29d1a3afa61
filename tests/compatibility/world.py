"""The event that all clients' calls are about, created through the API as its organizer would.

It is made with the test client and with a network client alike.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chalicelib import clock
from chalicelib.resources import REGISTRY
from tests.factories import stored
from tests.factories.event_sub_topic import make_event_sub_topic
from tests.factories.event_topic import make_event_topic
from tests.factories.event_type import make_event_type
from tests.factories.user import make_user
from tests.support.documents import document
from tests.support.http_client import Client
from tests.support.network_client import NetworkClient

AnyClient = Client | NetworkClient

# Accounts by what they do; names in the files are these.
PEOPLE = ("owner", "buyer", "speaker", "visitor")


@dataclass(frozen=True, slots=True)
class World:
    """Accounts by name, each as a client signs in as it, and what $(name) in a request stands for."""

    accounts: dict[str, Any]
    names: dict[str, str]


class _Organizer:
    """Creates things of an event through the API, and gives them names."""

    def __init__(self, client: AnyClient, names: dict[str, str]) -> None:
        self.client, self.names = client, names

    def create(self, name: str, type: str, attributes: dict[str, Any], **links: Any) -> Any:
        """A new resource of the event, as answered."""
        relations = REGISTRY.relations[type]
        if "event" in self.names and "event" in relations:
            links.setdefault("event", ("event", self.names["event"]))
        answer = self.client.post(f"/v1/{REGISTRY[type].path}", document(type, attributes, **links))
        assert answer.status == 201, answer.text
        self.names[name] = answer.data["id"]
        return answer.data["attributes"]


def build(client: AnyClient) -> World:
    """A published event with a programme, tickets, codes and a completed order, in the test's database."""
    users = {name: stored(make_user, email=f"{name}@example.org") for name in PEOPLE}
    users["staff"] = stored(make_user, email="staff@example.org", is_admin=True, is_super_admin=True)
    accounts = {name: user.id for name, user in users.items()}
    names = {f"{name} id": str(id) for name, id in accounts.items()}
    names |= {
        "topic": str(stored(make_event_topic).id),
        "sub topic": str(stored(make_event_sub_topic).id),
        "type": str(stored(make_event_type).id),
    }
    return build_for(client, accounts, names)


def build_for(client: AnyClient, accounts: dict[str, Any], names: dict[str, str]) -> World:
    """The same for accounts that there are, whose ids, and those of a topic, sub-topic and type, `names` has."""
    organizer = _Organizer(client.signed_in_as(accounts["owner"]), names)
    roles = organizer.client.get("/v1/roles", query={"filter[name]": "organizer"})
    names["organizer role"] = roles.data[0]["id"]
    _event(organizer)
    _programme(organizer, client.signed_in_as(accounts["speaker"]))
    _tickets(organizer)
    _order(client.signed_in_as(accounts["buyer"]), names)
    return World(accounts, names)


def _at(days: float) -> str:
    moment: datetime = clock.now() + timedelta(days=days)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _event(organizer: _Organizer) -> None:
    attributes = {
        "name": "Days of free software",
        "starts-at": _at(10),
        "ends-at": _at(12),
        "timezone": "Europe/Berlin",
        "state": "published",
        "privacy": "public",
        "location-name": "Lyon",
        "payment-country": "FR",
        "payment-currency": "EUR",
        "can-pay-onsite": True,
        "is-sessions-speakers-enabled": True,
        "is-sponsors-enabled": True,
        "is-tax-enabled": True,
    }
    links = {
        "event_topic": ("event-topic", organizer.names["topic"]),
        "event_type": ("event-type", organizer.names["type"]),
    }
    made = organizer.create("event", "event", attributes, **links)
    organizer.names["event identifier"] = made["identifier"]
    organizer.create(
        "group", "group", {"name": "Free software"}, events=[("event", organizer.names["event"])]
    )
    organizer.create("stream", "video-stream", {"name": "Hall", "url": "https://meet.jit.si/hall"})
    organizer.create("social link", "social-link", {"name": "twitter", "link": "https://twitter.com/example"})
    organizer.create("sponsor", "sponsor", {"name": "Example", "level": 1, "type": "Gold"})
    organizer.create("faq", "faq", {"question": "Where?", "answer": "In Lyon."})
    organizer.create("tax", "tax", {"name": "VAT", "rate": 20.0, "is-tax-included-in-price": True})


def _programme(organizer: _Organizer, speaker: AnyClient) -> None:
    names = organizer.names
    organizer.create("track", "track", {"name": "Parsing", "color": "#e51c23"})
    organizer.create("room", "microlocation", {"name": "Room 1", "floor": 1})
    organizer.create("session type", "session-type", {"name": "Talk", "length": "00:30"})
    call = {"starts-at": _at(-1), "ends-at": _at(9), "announcement": "Speak here.", "privacy": "public"}
    organizer.create("speakers call", "speakers-call", call)
    people = _Organizer(speaker, names)
    people.create("speaker", "speaker", {"name": "Ada Lovelace", "email": "speaker@example.org"})
    session = {"title": "Engines", "language": "English", "state": "pending"}
    links = {
        "track": ("track", names["track"]),
        "session_type": ("session-type", names["session type"]),
        "speakers": [("speaker", names["speaker"])],
    }
    people.create("session", "session", session, **links)
    accepted = document(
        "session",
        {"state": "accepted", "starts-at": _at(10.5), "ends-at": _at(10.6)},
        names["session"],
        microlocation=("microlocation", names["room"]),
    )
    answer = organizer.client.patch(f"/v1/sessions/{names['session']}", accepted)
    assert answer.status == 200, answer.text


def _tickets(organizer: _Organizer) -> None:
    sold = {"sales-starts-at": _at(-1), "sales-ends-at": _at(9), "min-order": 1, "max-order": 10}
    sold |= {"quantity": 100, "is-hidden": False, "is-description-visible": True}
    organizer.create("ticket", "ticket", {**sold, "name": "Free", "type": "free", "price": 0})
    organizer.create("paid ticket", "ticket", {**sold, "name": "Paid", "type": "paid", "price": 50.5})
    code = {"code": "TEN", "value": 10, "type": "percent", "tickets-number": 50, "is-active": True}
    code |= {"used-for": "ticket", "valid-from": _at(-1), "valid-till": _at(9)}
    tickets = [("ticket", organizer.names["paid ticket"])]
    hidden = {**sold, "name": "Friends", "type": "free", "price": 0, "is-hidden": True}
    organizer.create("hidden ticket", "ticket", hidden)
    access = {
        "code": "FRIEND",
        "tickets-number": 50,
        "is-active": True,
        "valid-from": _at(-1),
        "valid-till": _at(9),
    }
    links = {
        "marketer": ("user", organizer.names["owner id"]),
        "tickets": [("ticket", organizer.names["hidden ticket"])],
    }
    organizer.create("access code", "access-code", access, **links)
    organizer.create("discount code", "discount-code", code, tickets=tickets)


def _order(buyer: AnyClient, names: dict[str, str]) -> None:
    basket = {"tickets": [{"id": names["ticket"], "quantity": 1}]}
    made = buyer.post("/v1/orders/create-order?include=attendees", basket, content_type="application/json")
    assert made.status == 200, made.text
    names["order"], names["order identifier"] = made.data["id"], made.data["attributes"]["identifier"]
    names["attendee"] = made.json["included"][0]["id"]
    person = {"firstname": "Grace", "lastname": "Hopper", "email": "buyer@example.org"}
    for sent in (
        document("attendee", person, names["attendee"]),
        document("order", {"status": "completed", "payment-mode": "free"}, names["order"]),
    ):
        answer = buyer.patch(f"/v1/{sent['data']['type']}s/{sent['data']['id']}", sent)
        assert answer.status == 200, answer.text
