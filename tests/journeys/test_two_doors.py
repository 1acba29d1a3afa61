"""Two doors lose the network for ten minutes, let people in, and come back: told over HTTP on running processes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.door.node_door import NodeDoor
from tests.journeys.test_orders import PLAIN, Person
from tests.support.running_system import RunningSystem


class Hall:
    """An event, whose seven tickets one person has bought."""

    def __init__(self, system: RunningSystem) -> None:
        self.owner, self.buyer = Person(system, "hanna"), Person(system, "nils")
        times = {"starts-at": "2031-05-02T09:00:00+00:00", "ends-at": "2031-05-03T18:00:00+00:00"}
        about = {"name": "Night of the Organs", "state": "published", "timezone": "Europe/Berlin", **times}
        self.event = self.owner.create("event", about)["id"]
        on_sale = {"sales-starts-at": "2020-01-01T00:00:00Z", "sales-ends-at": "2031-05-01T00:00:00Z"}
        kind = {"name": "Nave", "type": "free", "quantity": 20, "max-order": 10, **on_sale}
        ticket = self.owner.create("ticket", kind, event=("event", self.event))["id"]
        order, self.people = self.buyer.order(ticket, 7)
        for place, person in enumerate(self.people):
            said = {"firstname": f"Guest {place}", "lastname": "Pipe", "email": f"guest.{place}@example.org"}
            named = self.buyer.change("attendee", person, **said)
            assert named.status == 200, named.body
        assert self.buyer.change("order", order, status="completed").status == 200
        self.codes = [self.read_code(person) for person in self.people]

    def read_code(self, person: str) -> str:
        """What the QR code of the ticket says."""
        return str(self.buyer.read(f"/v1/attendees/{person}")["attributes"]["qr-code-text"])

    def plain(self, method: str, path: str, body: object = None) -> Any:
        """An action of the owner's; the answer's JSON."""
        address = f"/v1/events/{self.event}/{path}"
        return self.owner.said(self.owner.ask(method, address, body, media_type=PLAIN))

    def conflicts(self) -> list[dict[str, Any]]:
        """What the crew is told."""
        told: list[dict[str, Any]] = self.plain("GET", "door-conflicts")["conflicts"]
        return told


@contextmanager
def doors(system: RunningSystem, hall: Hall) -> Iterator[list[NodeDoor]]:
    """Two paired devices that have the list."""
    devices = [NodeDoor(system.address), NodeDoor(system.address)]
    try:
        for name, device in zip(("North", "South"), devices, strict=True):
            made = hall.plain("POST", "door-devices", {"name": name})
            assert device("pair", made["pairing"]["token"]) is None
            assert device("sync")["people"] == 7
        yield devices
    finally:
        for device in devices:
            device.close()


def test_two_doors_without_a_network(system: RunningSystem) -> None:
    hall = Hall(system)
    with doors(system, hall) as (north, south):
        assert north.scan(hall.codes[0])["offline"] is False
        south("sync")
        for device in (north, south):
            device("world", {"isOnline": False})
        both_let_people_in(hall, north, south)
        meanwhile_a_ticket_is_replaced(hall)
        they_come_back(hall, north, south)
        everybody_is_in_once(hall)
        and_knows_of_the_other(hall, north, south)


def both_let_people_in(hall: Hall, north: NodeDoor, south: NodeDoor) -> None:
    assert south.scan(hall.codes[0])["reason"] == "already-in"
    assert [north.scan(code)["admitted"] for code in hall.codes[1:4]] == [True] * 3
    for device in (north, south):
        device("world", {"offset": 600_000})  # ten minutes
    assert [south.scan(code)["admitted"] for code in hall.codes[3:6]] == [True] * 3
    left = north.scan(hall.codes[1], direction="out")
    assert (left["admitted"], left["offline"]) == (True, True)


def meanwhile_a_ticket_is_replaced(hall: Hall) -> None:
    path = f"/v1/attendees/{hall.people[5]}/ticket-code"
    hall.owner.said(hall.owner.ask("POST", path, {"reason": "lost"}, media_type=PLAIN))


def they_come_back(hall: Hall, north: NodeDoor, south: NodeDoor) -> None:
    south("world", {"isOnline": True, "answers": False})
    south("wake")  # what it sends arrives, and it is not told so
    assert south("state")["queued"] == 4
    for device in (south, north):
        device("world", {"isOnline": True, "answers": True})
        device("wake")
        state = device("state")
        assert (state["online"], state["queued"], state["refused"]) == (True, 0, 0)


def everybody_is_in_once(hall: Hall) -> None:
    shown = [hall.owner.read(f"/v1/attendees/{person}")["attributes"] for person in hall.people]
    came = [len((person["checkin-times"] or "").split(",")) * person["is-checked-in"] for person in shown]
    assert came == [1, 1, 1, 2, 1, 0, 0]
    assert [person["is-checked-out"] for person in shown] == [False, True, *[False] * 5]
    told = {each["attendee"]["name"]: each for each in hall.conflicts()}
    assert {name: each["reason"] for name, each in told.items()} == {
        "Guest 3 Pipe": "already-in",
        "Guest 5 Pipe": "revoked",
    }
    twice = told["Guest 3 Pipe"]
    assert (twice["before"]["device_name"], twice["scan"]["device_name"]) == ("North", "South")
    assert len(hall.plain("GET", "door-scans")["scans"]) == 9


def and_knows_of_the_other(hall: Hall, north: NodeDoor, south: NodeDoor) -> None:
    for device in (north, south):
        device("sync")
        device("world", {"isOnline": False})
    assert south.scan(hall.codes[2])["reason"] == "already-in"
    assert north.scan(hall.codes[4])["reason"] == "already-in"
    assert south.scan(hall.codes[1])["admitted"]  # has left through the other door
    assert north.scan(hall.codes[5])["reason"] == "revoked"
    assert north.scan(hall.read_code(hall.people[5]))["admitted"]
