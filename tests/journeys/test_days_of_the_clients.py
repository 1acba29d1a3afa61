"""A day of each existing client on the running system: its recorded requests, sent over HTTP as it sends them."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.compatibility import expectations, world
from tests.compatibility.replay import Replay
from tests.factories.user import PASSWORD
from tests.support.documents import document
from tests.support.network_client import NetworkClient
from tests.support.running_system import RunningSystem

PLAIN = "application/json"


@pytest.fixture(scope="module")
def staff(system: RunningSystem) -> NetworkClient:
    """Whoever set the system up."""
    found = "\n".join(system.said).partition("the admin is ")[2].partition("\n")[0]
    email, _, password = found.partition(", password ")
    client = NetworkClient(system.address)
    return client.signed_in_as(token_of(client, email, password))


@pytest.fixture(scope="module")
def people(staff: NetworkClient) -> dict[str, str]:
    """The ids of the accounts, by what they do."""
    ids = {}
    for name in (*world.PEOPLE, "staff"):
        sent = document("user", {"email": f"{name}@example.org", "password": PASSWORD})
        ids[name] = staff.post("/v1/users", sent).data["id"]
        powers = {"is-verified": True, **({"is-admin": True} if name == "staff" else {})}
        changed = staff.patch(f"/v1/users/{ids[name]}", document("user", powers, ids[name]))
        assert changed.status == 200, changed.text
    return ids


def test_each_call_of_the_clients_gets_what_it_needs(staff: NetworkClient, people: dict[str, str]) -> None:
    missed = [line for name in expectations.FILES for line in missed_by(name, staff, people)]
    assert not missed, "\n".join(missed)


def missed_by(name: str, staff: NetworkClient, people: dict[str, str]) -> Iterator[str]:
    """What a client misses on its days, in words, for an event of its own."""
    client = NetworkClient(staff.address)
    accounts = {person: token_of(client, f"{person}@example.org", PASSWORD) for person in people}
    names = {f"{person} id": id for person, id in people.items()} | shelves(staff, name)
    file = expectations.read(name)
    # The system runs tasks by itself, while a request waits for a document.
    replay = Replay(client, world.build_for(client, accounts, names), file, lambda: None)
    yield from (f"{file.name}: {day.name}: {fault}" for day in file.days for fault in replay.missed(day))
    yield from (f"{file.name}: {fault}" for fault in client.faults)


def token_of(client: NetworkClient, email: str, password: str) -> str:
    reply = client.post("/v1/auth/login", {"email": email, "password": password}, content_type=PLAIN)
    assert reply.status == 200, reply.text
    return str(reply.json["access_token"])


def shelves(staff: NetworkClient, name: str) -> dict[str, str]:
    """The ids of a topic, a sub-topic and a type of events, by the names that the files have for them."""
    topic = made(staff, document("event-topic", {"name": f"Science of the {name}"}))
    link = {"event_topic": ("event-topic", topic)}
    return {
        "topic": topic,
        "sub topic": made(staff, document("event-sub-topic", {"name": f"Stars of the {name}"}, **link)),
        "type": made(staff, document("event-type", {"name": f"Meeting of the {name}"})),
    }


def made(staff: NetworkClient, sent: Any) -> str:
    reply = staff.post(f"/v1/{sent['data']['type']}s", sent)
    assert reply.status == 201, reply.text
    return str(reply.data["id"])
