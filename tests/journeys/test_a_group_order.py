"""A group order, told over HTTP to the running system: one buys for all, and each fills in their own form."""

import re
from typing import Any
from urllib.parse import quote

from tests.journeys.test_orders import PLAIN, Person
from tests.support.running_system import RunningSystem, WireReply, eventually

ADDRESSES = ("faye@company.example.org", "glen@company.example.org")
WHO_HAS_NOT = quote('[{"name": "state", "op": "eq", "val": "asked"}]')


def test_one_buys_and_each_fills_in_their_own_form(system: RunningSystem) -> None:
    owner, buyer = Person(system, "gerda"), Person(system, "boris")
    ticket = an_event_with_a_form(owner)
    order, people = buyer.order(ticket, 2)
    assert buyer.change("order", order, status="completed").status == 422  # nobody has answered
    for person, address in zip(people, ADDRESSES, strict=True):
        asked = buyer.ask(
            "POST", f"/v1/attendees/{person}/form-request", {"email": address}, media_type=PLAIN
        )
        assert asked.status == 200, asked.body
    buyer.said(buyer.change("order", order, status="completed"))
    faye = mailed_key(system, ADDRESSES[0])
    shown = of_link(system, "show", faye)
    assert (shown.status, shown.json["event"]["name"]) == (200, "Company Day")
    missing = of_link(system, "fill-in", faye, attributes={"firstname": "Faye", "lastname": "Valentine"})
    assert missing.status == 422
    said = {"firstname": "Faye", "lastname": "Valentine", "company": "Bebop"}
    assert of_link(system, "fill-in", faye, attributes=said).status == 200
    eventually(lambda: tickets(system, ADDRESSES[0]), "her ticket")
    left = buyer.said(buyer.ask("GET", f"/v1/orders/{order}/form-requests?filter={WHO_HAS_NOT}"))
    assert [item["attributes"]["email"] for item in left["data"]] == [ADDRESSES[1]]
    seen = buyer.read(f"/v1/attendees/{people[0]}")["attributes"]
    assert (seen["firstname"], seen.get("company")) == ("Faye", None)
    # Glen does not come: somebody else is asked, and his link opens nothing any more.
    glen, other = mailed_key(system, ADDRESSES[1]), "hank@company.example.org"
    path = f"/v1/form-requests/{left['data'][0]['id']}/resend"
    buyer.said(buyer.ask("POST", path, {"email": other}, media_type=PLAIN))
    assert of_link(system, "fill-in", glen, attributes=said).status == 404
    hank = mailed_key(system, other)
    assert of_link(system, "fill-in", hank, attributes={**said, "firstname": "Hank"}).status == 200
    counted = owner.said(owner.ask("GET", f"/v1/orders/{order}/form-requests?filter={WHO_HAS_NOT}"))
    assert counted["meta"]["count"] == 0


def an_event_with_a_form(owner: Person) -> str:
    """An event that sells a free ticket, asks for the company, and allows group orders; the ticket's id."""
    event = owner.create(
        "event",
        {
            "name": "Company Day",
            "state": "published",
            "timezone": "Europe/Berlin",
            "starts-at": "2031-05-02T09:00:00+00:00",
            "ends-at": "2031-05-03T18:00:00+00:00",
            "is-group-order-enabled": True,
        },
    )["id"]
    owner.create(
        "custom-form",
        {
            "form": "attendee",
            "field-identifier": "company",
            "name": "Company",
            "type": "text",
            "is-required": True,
            "is-included": True,
        },
        event=("event", event),
    )
    attributes = {
        "name": "Seat",
        "type": "free",
        "quantity": 5,
        "sales-starts-at": "2020-01-01T00:00:00Z",
        "sales-ends-at": "2031-05-01T00:00:00Z",
    }
    return str(owner.create("ticket", attributes, event=("event", event))["id"])


def texts(system: RunningSystem, address: str) -> list[str]:
    return [mail["text"] for mail in system.mails(address)]


def mailed_key(system: RunningSystem, address: str) -> str:
    """The secret of the link that was mailed to the address."""

    def found() -> list[str]:
        return re.findall(r"/attendee-forms#key=(\S+)", "\n".join(texts(system, address)))

    return str(eventually(found, "the link to the form")[-1])


def tickets(system: RunningSystem, address: str) -> list[str]:
    return [text for text in texts(system, address) if "You have a ticket" in text]


def of_link(system: RunningSystem, verb: str, key: str, **more: Any) -> WireReply:
    sent = {"data": {"token": key, **more}}
    return system.ask("POST", f"/v1/form-requests/{verb}", sent, media_type=PLAIN)
