"""After the purchase, over HTTP to the running system: one ticket cancelled, others exchanged and passed on."""

import re
from typing import Any

from tests.journeys.test_buying_as_guest import Fair
from tests.journeys.test_orders import PLAIN, Person
from tests.support.running_system import RunningSystem, WireReply, eventually

GRACE, IDA = "grace.passed-on@fair.example.org", "ida.passed-on@fair.example.org"
ALLOWED = {"is-ticket-transfer-enabled": True, "ticket-exchange": "kinds"}


def test_plans_change_after_the_purchase(system: RunningSystem) -> None:
    fair, buyer = Fair(system, "paul"), Person(system, "carla")
    fair.owner.said(fair.owner.change("event", fair.event, **ALLOWED))
    lawn = fair.ticket(name="Lawn", type="free", quantity=1)
    small = fair.ticket(name="Corner", type="free", quantity=3)
    order, people = buys(buyer, small, 3)
    assert (
        Person(system, "late").ask("POST", "/v1/orders/create-order", wanted(small), media_type=PLAIN).status
        == 409
    )

    cancels_one(buyer, small, people[0])
    exchanges(buyer, people[1], lawn, small)
    passes_on(system, fair, buyer, people[2])
    left = {person["id"] for person in buyer.read(f"/v1/orders/{order}/attendees")}
    assert people[0] not in left
    assert people[1] not in left


def wanted(ticket: str, quantity: int = 1) -> dict[str, Any]:
    return {"tickets": [{"id": ticket, "quantity": quantity}]}


def buys(buyer: Person, ticket: str, quantity: int) -> tuple[str, list[str]]:
    order, people = buyer.order(ticket, quantity)
    for person in people:
        buyer.said(buyer.change("attendee", person, firstname="Carla", lastname="Hall", email=buyer.email))
    buyer.said(buyer.change("order", order, status="completed"))
    return order, people


def cancels_one(buyer: Person, ticket: str, attendee: str) -> None:
    """The place is free again, once, and only this ticket is void."""
    path = f"/v1/attendees/{attendee}"
    quote = buyer.said(buyer.ask("GET", f"{path}/cancellation-quote"))["quote"]
    buyer.said(buyer.ask("POST", f"{path}/cancel", {"quote": quote}, media_type=PLAIN))
    assert buyer.ask("POST", f"{path}/cancel", {"quote": quote}, media_type=PLAIN).status in {404, 409}
    buys(Person(buyer.system, "second"), ticket, 1)
    third = Person(buyer.system, "third")
    assert third.ask("POST", "/v1/orders/create-order", wanted(ticket), media_type=PLAIN).status == 409


def exchanges(buyer: Person, attendee: str, lawn: str, given_back: str) -> None:
    """The last place of another kind, for one that somebody else buys."""
    path = f"/v1/attendees/{attendee}/exchange"
    quote = buyer.said(buyer.ask("POST", f"{path}-quote", {"ticket": lawn}, media_type=PLAIN))["quote"]
    sent = {"ticket": lawn, "quote": quote}
    done = buyer.said(buyer.ask("POST", path, sent, media_type=PLAIN))["data"]["attributes"]
    assert done["state"] == "completed"
    assert buyer.ask("POST", path, sent, media_type=PLAIN).status in {404, 409}
    fourth = Person(buyer.system, "fourth")
    assert fourth.ask("POST", "/v1/orders/create-order", wanted(lawn), media_type=PLAIN).status == 409
    buys(fourth, given_back, 1)


def passes_on(system: RunningSystem, fair: Fair, buyer: Person, attendee: str) -> None:
    """Sold out as it is: declined, taken back by the organizers' date, and accepted, with a new code."""
    former = buyer.read(f"/v1/attendees/{attendee}")["attributes"]["qr-code-text"]
    path = f"/v1/attendees/{attendee}/transfer"
    buyer.said(buyer.ask("POST", path, {"email": GRACE}, media_type=PLAIN))
    assert answered(system, "decline", key(system, GRACE)).json == {"state": "declined"}
    assert buyer.read(f"/v1/attendees/{attendee}")["attributes"]["qr-code-text"] == former

    buyer.said(buyer.ask("POST", path, {"email": IDA}, media_type=PLAIN))
    offer = key(system, IDA)
    over = {"ticket-transfer-ends-at": "2020-01-01T00:00:00+00:00"}
    fair.owner.said(fair.owner.change("event", fair.event, **over))
    name = {"firstname": "Ida", "lastname": "Rhodes"}
    assert answered(system, "accept", offer, attributes=name).status == 409
    fair.owner.said(fair.owner.change("event", fair.event, **{"ticket-transfer-ends-at": None}))
    assert answered(system, "accept", offer, attributes=name).status == 200
    door = f"/v1/events/{fair.event}/check-ins"
    scan = {"code": former, "nonce": "former-code-of-carla"}
    verdict = fair.owner.said(fair.owner.ask("POST", door, scan, media_type=PLAIN))
    assert (verdict["admitted"], verdict["reason"]) == (False, "transferred")


def key(system: RunningSystem, address: str) -> str:
    """The secret in the offer that was mailed to the address."""

    def found() -> list[str]:
        mails = [mail["text"] for mail in system.mails(address)]
        return re.findall(r"/ticket-transfers#key=(\S+)", "\n".join(mails))

    return str(eventually(found, "the offer")[-1])


def answered(system: RunningSystem, verb: str, secret: str, **more: Any) -> WireReply:
    sent = {"data": {"token": secret, **more}}
    return system.ask("POST", f"/v1/ticket-transfers/{verb}", sent, media_type=PLAIN)
