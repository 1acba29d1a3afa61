"""More tickets are added to an order: by its buyer, with the same limits, opened and shown together."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.factories import stored
from tests.factories.discount_code import make_discount_code
from tests.factories.event import make_event
from tests.factories.tax import make_tax
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.orders.baskets import ORDER, basket
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.guests import Guest
from tests.support.http_client import Client, Reply
from tests.support.pump import Pump

pytestmark = pytest.mark.one_database


class Shop:
    """An event whose tickets are free, or paid to the organizer, and who has bought there."""

    def __init__(self, client: Client, **values: Any) -> None:
        self.owner, self.buyer = stored(make_user), stored(make_user, is_verified=True)
        self.event = stored(make_event, owner=self.owner, can_pay_by_bank=True, payment_currency="EUR")
        kept = {"type": "paid", "price": 50, "quantity": 20, "min_order": 2, "max_order": 4, **values}
        self.ticket = stored(make_ticket, event=self.event, **kept)
        self.client, self.asking = client, client.signed_in_as(self.buyer)

    def bought(self, number: int = 3, **more: Any) -> Any:
        made = self.asking.post(ORDER, basket((self.ticket, number), **more))
        assert made.status == 200, made.text
        return self.places(made.data)

    def places(self, order: Any) -> Any:
        for attendee in self.asking.get(f"/v1/orders/{order['id']}/attendees").data:
            named = document("attendee", {"firstname": "Ada"}, attendee["id"])
            assert self.asking.patch(f"/v1/attendees/{attendee['id']}", named).status == 200
        billed = {
            "company": "Analytical Engines",
            "address": "Row 1",
            "city": "London",
            "country": "GB",
            "zipcode": "N1",
        }
        sent = {"status": "placed", "payment-mode": "bank", "is-billing-enabled": True, **billed}
        reply = self.asking.patch(f"/v1/orders/{order['id']}", document("order", sent, order["id"]))
        assert reply.status == 200, reply.text
        return reply.data

    def adds(self, order: Any, *tickets: Any, who: Client | None = None, **more: Any) -> Reply:
        asking = who or self.asking
        return asking.post(
            f"/v1/orders/{order['id']}/add", basket(*tickets, **more), content_type="application/json"
        )


def pointer(reply: Reply) -> str:
    return str(reply.errors[0]["source"]["pointer"])


def test_a_buyer_adds_tickets_without_typing_everything_again(client: Client, database: TestDatabase) -> None:
    shop = Shop(client)
    order = shop.bought()
    other = stored(make_ticket, event=shop.event, type="paid", price=20, quantity=5)
    made = shop.adds(order, (other, 2))
    assert made.status == 200, made.text
    told = made.data["attributes"]
    assert (told["status"], told["amount"], told["company"], told["city"]) == (
        "initializing", 40.0, "Analytical Engines", "London",
    )  # fmt: skip
    together = shop.asking.get(f"/v1/orders/{order['id']}?include=added-orders")
    assert [row["id"] for row in together.json["included"]] == [made.data["id"]]
    # To what was added is added further: all are linked with the first one.
    placed = shop.places(made.data)
    again = shop.adds(placed, (other, 1))
    assert again.status == 200, again.text
    rows = database.rows("SELECT added_to_id FROM orders ORDER BY id DESC LIMIT 2")
    assert {row["added_to_id"] for row in rows} == {int(order["id"])}


def test_limits_of_an_order_hold_for_all_that_are_linked(client: Client, database: TestDatabase) -> None:
    shop = Shop(client)
    code = stored(
        make_discount_code, event=shop.event, type="percent", value=10, tickets=[shop.ticket],
        min_quantity=1, max_quantity=3, tickets_number=10,
    )  # fmt: skip
    order = shop.bought(2, discount_code=code.code)
    refused = shop.adds(order, (shop.ticket, 3))
    assert (refused.status, pointer(refused)) == (422, "/tickets/0/quantity")
    coded = shop.adds(order, (shop.ticket, 2), discount_code=code.code)
    assert (coded.status, pointer(coded)) == (422, "/discount-code")
    # One alone would be too few for an order of its own.
    assert shop.asking.post(ORDER, basket((shop.ticket, 1))).status == 422
    first = shop.adds(order, (shop.ticket, 1), discount_code=code.code)
    assert (first.status, first.data["attributes"]["amount"]) == (200, 45.0)
    with ThreadPoolExecutor(3) as pool:
        made = [*pool.map(lambda _: shop.adds(order, (shop.ticket, 1)).status, range(3))]
    assert sorted(made) == [200, 422, 422], "they are counted together, whoever is faster"
    taken = database.one("SELECT taken FROM stocks WHERE ticket_id = :id", id=shop.ticket.id)
    assert taken == 4


def test_who_may_not_add_and_what_is_not_understood(client: Client) -> None:
    shop = Shop(client)
    order = shop.bought()
    foreign = stored(make_ticket, type="free", price=0)
    for who, status in (
        (client, 401),
        (client.signed_in_as(stored(make_user)), 404),
        (client.signed_in_as(shop.owner), 403),
    ):
        assert shop.adds(order, (shop.ticket, 1), who=who).status == status
    wrong = shop.adds(order, (foreign, 1))
    assert (wrong.status, pointer(wrong)) in {(422, "/tickets"), (404, "/tickets/0/id")}
    buyer = shop.adds(order, (shop.ticket, 1), buyer={"name": "Eve", "email": "eve@example.org"})
    assert (buyer.status, pointer(buyer)) == (422, "/buyer")
    begun = shop.asking.post(ORDER, basket((shop.ticket, 2))).data
    early = shop.adds(begun, (shop.ticket, 1))
    assert (early.status, pointer(early)) == (409, "/data")


def test_a_business_of_another_country_accounts_for_the_tax_of_what_is_added(
    client: Client, database: TestDatabase
) -> None:
    shop = Shop(client, min_order=1)
    stored(
        make_tax, event=shop.event, country="DE", rate=19, is_tax_included_in_price=False,
        is_reverse_charge_enabled=True,
    )  # fmt: skip
    database.run(
        "UPDATE events SET is_tax_enabled = true, payment_country = 'DE' WHERE id = :id", id=shop.event.id
    )
    order = shop.bought(1)
    database.run(
        "UPDATE orders SET country = 'FR', tax_id = 'FR40303265045' WHERE id = :id", id=int(order["id"])
    )
    added = shop.adds(order, (shop.ticket, 1)).data["attributes"]
    assert (added["amount"], added["is-reverse-charge"]) == (50.0, True)


def test_a_guest_adds_by_the_link_and_either_link_opens_both(client: Client, pump: Pump) -> None:
    shop = Shop(client, type="free", price=0, min_order=1)
    guest, order = Guest(client, pump).with_order((shop.ticket, 1))
    guest.names(order)
    guest = guest.by_link()
    assert guest.moves(order, status="completed").status == 200
    made = shop.adds(order, (shop.ticket, 1), who=guest.client)
    assert made.status == 200, made.text
    added = guest.holding(made.json["meta"]["access_token"])
    added.names(made.data)
    assert added.moves(made.data, status="completed").status == 200, "the address is proven already"
    assert guest.client.get(f"/v1/orders/{made.data['id']}").status == 404, "a token is for one order"
    for key, opened, linked in zip(
        (guest.mailed_keys()[0], guest.mailed_keys()[-1]), (order, made.data), (made.data, order), strict=True
    ):
        reply = guest.unlocks(key)
        assert reply.json["order"]["id"] == opened["id"]
        (other,) = reply.json["linked-orders"]
        assert other["id"] == linked["id"]
        assert guest.holding(other["access_token"]).client.get(f"/v1/orders/{linked['id']}").status == 200
