"""Codes on their way from the organizer to the people who buy with them, told to the running system."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.running_system import RunningSystem, WireReply, verify

PASSWORD = "correct horse battery"
PLAIN = "application/json"
SALE = {"sales-starts-at": "2020-01-01T00:00:00Z", "sales-ends-at": "2031-05-03T00:00:00Z"}


class Person:
    """Somebody with a verified account."""

    def __init__(self, system: RunningSystem, name: str) -> None:
        self._system = system
        account = {"email": f"{name}@example.org", "password": PASSWORD}
        self._token = ""
        self.id = self.create("user", account)
        verify(system, account["email"])
        signed_in = system.ask("POST", "/v1/auth/login", account, media_type=PLAIN)
        self._token = str(signed_in.json["access_token"])

    def create(self, type: str, attributes: Any, **links: Any) -> str:
        """Create a resource; its id."""
        data = {"type": type, "attributes": attributes}
        data["relationships"] = {name: {"data": value} for name, value in links.items()}
        made = self._system.ask("POST", f"/v1/{type}s", {"data": data}, token=self._token)
        assert made.status == 201, made.body
        return str(made.json["data"]["id"])

    def get(self, path: str) -> WireReply:
        """GET."""
        return self._system.ask("GET", path, token=self._token)

    def patch(self, type: str, id: str, **attributes: Any) -> WireReply:
        """Change a resource."""
        data = {"type": type, "id": id, "attributes": attributes}
        return self._system.ask("PATCH", f"/v1/{type}s/{id}", {"data": data}, token=self._token)

    def calculate(self, **basket: Any) -> WireReply:
        """What a basket would cost."""
        return self._post("/v1/orders/calculate-amount", basket)

    def order(self, **basket: Any) -> WireReply:
        """Order a basket."""
        return self._post("/v1/orders/create-order", basket)

    def _post(self, path: str, basket: Any) -> WireReply:
        body = {name.replace("_", "-"): value for name, value in basket.items()}
        return self._system.ask("POST", path, body, token=self._token, media_type=PLAIN)


def one(type: str, id: str) -> dict[str, str]:
    return {"type": type, "id": id}


def so_many(ticket: str, quantity: int) -> list[dict[str, Any]]:
    return [{"id": ticket, "quantity": quantity}]


@pytest.fixture(scope="module")
def organizer(system: RunningSystem) -> Person:
    """Somebody who makes events."""
    return Person(system, "gwen")


@pytest.fixture(scope="module")
def buyer(system: RunningSystem) -> Person:
    """Somebody who comes to them."""
    return Person(system, "adele")


@pytest.fixture
def event(organizer: Person) -> str:
    """The id of an event that takes money."""
    times = {"starts-at": "2031-05-02T09:00:00Z", "ends-at": "2031-05-03T18:00:00Z", "timezone": "UTC"}
    sent = {"name": "Lantern Festival", "state": "published", "can-pay-onsite": True, **times}
    return organizer.create("event", sent)


def test_a_discount_goes_from_the_organizer_to_the_buyers_until_it_is_used_up(
    organizer: Person, buyer: Person, event: str
) -> None:
    of_event = {"event": one("event", event)}
    regular = organizer.create(
        "ticket", {"name": "Regular", "type": "paid", "price": 19.9, **SALE}, **of_event
    )
    code = {"code": "Spring", "type": "percent", "value": 15, "used-for": "ticket", "tickets-number": 3}
    id = organizer.create("discount-code", code, **of_event, tickets=[one("ticket", regular)])

    assert buyer.get(f"/v1/events/{event}/discount-codes/AUTUMN").status == 404
    found = buyer.get(f"/v1/events/{event}/discount-codes/SPRING").json["data"]
    assert (found["id"], found["attributes"]["value"]) == (id, 15)
    told = buyer.calculate(tickets=so_many(regular, 2), discount_code="spring").json
    assert (told["sub_total"], told["discount"], told["total"]) == (33.83, 5.97, 33.83)
    made = buyer.order(tickets=so_many(regular, 2), discount_code=" SPRING")
    assert (made.status, made.json["data"]["attributes"]["amount"]) == (200, 33.83)

    # One is left: whoever wants it for two is told so, or insists and is refused.
    told = buyer.calculate(tickets=so_many(regular, 2), discount_code="spring").json
    assert told["total"] == 36.82  # 19.90 and 16.915
    assert told["tickets"][0]["discount"]["warning"]
    insisting = {"tickets": so_many(regular, 2), "discount_code": "spring", "discount_verify": True}
    refused = buyer.order(**insisting)
    assert (refused.status, refused.json["errors"][0]["source"]) == (422, {"pointer": "/discount-code"})
    made = buyer.order(tickets=so_many(regular, 2), discount_code="spring")
    assert made.json["data"]["attributes"]["amount"] == 36.82
    assert buyer.calculate(tickets=so_many(regular, 1), discount_code="spring").json["total"] == 19.9

    # The organizer makes more of them, and then ends it.
    assert organizer.patch("discount-code", id, **{"tickets-number": 2, "max-quantity": 2}).status == 409
    assert organizer.patch("discount-code", id, **{"tickets-number": 4}).status == 200
    assert buyer.calculate(tickets=so_many(regular, 1), discount_code="spring").json["discount"] == 2.99
    assert organizer.patch("discount-code", id, **{"is-active": False}).status == 200
    assert buyer.calculate(tickets=so_many(regular, 1), discount_code="spring").status == 422
    assert buyer.get(f"/v1/events/{event}/discount-codes/SPRING").status == 405


def test_an_access_code_opens_a_hidden_ticket_until_it_is_used_up(
    organizer: Person, buyer: Person, event: str
) -> None:
    of_event = {"event": one("event", event)}
    secret = {"name": "Backstage", "type": "free", "is-hidden": True, "quantity": 20, **SALE}
    backstage = organizer.create("ticket", secret, **of_event)
    code = {"code": "Friends", "is-active": True, "tickets-number": 3, "valid-from": "2020-01-01T00:00:00Z"}
    links = {**of_event, "marketer": one("user", organizer.id), "tickets": [one("ticket", backstage)]}
    organizer.create("access-code", code, **links)

    assert buyer.get(f"/v1/events/{event}/tickets").json["data"] == []
    assert buyer.order(tickets=so_many(backstage, 1)).status == 422
    shown = buyer.get(f"/v1/events/{event}/access-codes/FRIENDS?include=tickets").json
    (ticket,) = shown["included"]
    assert (ticket["id"], ticket["attributes"]["name"]) == (backstage, "Backstage")
    made = buyer.order(tickets=so_many(ticket["id"], 2), access_code="FRIENDS")
    assert (made.status, made.json["data"]["attributes"]["status"]) == (200, "initializing")

    refused = buyer.order(tickets=so_many(backstage, 2), access_code="FRIENDS")
    assert (refused.status, refused.json["errors"][0]["source"]) == (422, {"pointer": "/access-code"})
    assert buyer.order(tickets=so_many(backstage, 1), access_code="friends").status == 200
    assert buyer.calculate(tickets=so_many(backstage, 1), access_code="friends").status == 422
    assert organizer.order(tickets=so_many(backstage, 1)).status == 200  # who sells needs no code


def test_many_who_race_for_a_discount_get_it_as_often_as_it_is_there(
    system: RunningSystem, organizer: Person, buyer: Person, event: str
) -> None:
    of_event = {"event": one("event", event)}
    regular = organizer.create("ticket", {"name": "Regular", "type": "paid", "price": 10, **SALE}, **of_event)
    code = {"code": "Fast", "type": "amount", "value": 10, "used-for": "ticket", "tickets-number": 3}
    organizer.create("discount-code", code, **of_event, tickets=[one("ticket", regular)])

    def race(_: int) -> int:
        return buyer.order(tickets=so_many(regular, 1), discount_code="fast", discount_verify=True).status

    with ThreadPoolExecutor(8) as racing:
        statuses = list(racing.map(race, range(24)))
    # Refused because it was used up before, or by somebody who was faster, or after a long wait for them.
    assert set(statuses) <= {200, 409, 422, 503}
    assert statuses.count(200) == 3
    with system.as_owner() as connection:
        (found,) = connection.run(
            "SELECT count(*) FILTER (WHERE attendees.discount_code_id IS NOT NULL), count(*), "
            "(SELECT taken FROM stocks JOIN discount_codes ON discount_codes.id = discount_code_id "
            "WHERE code = 'Fast') FROM attendees JOIN orders ON orders.id = order_id "
            "WHERE orders.event_id = :event",
            event=int(event),
        )
    assert found == [3, 3, 3]
