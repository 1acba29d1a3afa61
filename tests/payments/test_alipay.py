"""Alipay, which is a method of Stripe's: the old address leads to a page where the buyer pays."""

import json
from typing import Any
from urllib.request import urlopen

import pytest

from tests.factories import stored
from tests.factories.user import make_user
from tests.support.documents import document
from tests.support.guests import Guest
from tests.support.http_client import Reply
from tests.support.payments import Counter

pytestmark = pytest.mark.one_database


def source(counter: Counter, order: Any, method: str = "POST") -> Reply:
    address = f"/v1/alipay/create_source/{order['attributes']['identifier']}"
    return counter.asking.get(address) if method == "GET" else counter.asking.post(address)


def test_the_buyer_pays_at_alipays_page(counter: Counter) -> None:
    counter.database.run("UPDATE events SET can_pay_by_alipay = true")
    order = counter.order()
    links = {source(counter, order, method).json["link"] for method in ("POST", "GET", "POST")}
    (link,) = links
    assert counter.ledger(order) == [("open", 5000, 0)]
    assert counter.verify(order) == "pending"
    with urlopen(link, timeout=10) as answer:
        assert json.load(answer)["status"] == "succeeded"
    assert counter.verify(order) == "completed"
    shown = counter.asking.get(f"/v1/orders/{order['id']}").data["attributes"]
    assert (shown["payment-mode"], shown["paid-via"]) == ("alipay", "alipay")
    assert source(counter, order).status == 409
    assert counter.refund(order, amount=10).status == 200
    counter.pump.everything()
    assert counter.ledger(order) == [("succeeded", 5000, 1000)]


def test_a_guest_pays_at_alipays_page(counter: Counter) -> None:
    counter.database.run("UPDATE events SET can_pay_by_alipay = true")
    guest = Guest(counter.client, counter.pump, f"guest{counter.event.id}@example.org")
    buyer, order = guest.with_order((counter.ticket, 2))
    buyer.names(order)
    address = f"/v1/alipay/create_source/{order['id']}"
    assert guest.client.post(address).status == 401
    other = Guest(guest.client, guest.pump, f"x{guest.email}").with_order(counter.ticket)[0]
    assert other.client.post(address).status == 404
    links = {buyer.client.post(address).json["link"] for _ in range(2)}
    with urlopen(links.pop(), timeout=10) as answer:
        assert json.load(answer)["status"] == "succeeded"
    assert links == set()
    reply = buyer.client.post(f"/v1/orders/{order['id']}/verify")
    assert reply.json == {"payment_status": "completed"}
    assert counter.ledger(order) == [("succeeded", 10000, 0)]


def test_what_is_not_offered_is_refused(counter: Counter) -> None:
    order = counter.order()
    refused = source(counter, order)
    assert (refused.status, "takes no payment by Alipay" in refused.text) == (409, True)
    counter.database.run("UPDATE events SET can_pay_by_alipay = true")
    stranger = counter.client.signed_in_as(stored(make_user))
    address = f"/v1/alipay/create_source/{order['attributes']['identifier']}"
    assert stranger.post(address).status == 404
    assert counter.client.post(address).status == 401
    counter.database.run("DELETE FROM stripe_authorizations WHERE event_id = :id", id=counter.event.id)
    assert "no Stripe account" in source(counter, order).text
    assert counter.ledger(order) == []


@pytest.mark.parametrize("mode", ["omise", "paytm"])
def test_what_never_worked_is_a_clear_error(counter: Counter, mode: str) -> None:
    counter.database.run(f"UPDATE events SET can_pay_by_{mode} = true")
    order = counter.order()
    sent = document("order", {"status": "pending", "payment-mode": mode}, order["id"])
    assert counter.asking.patch(f"/v1/orders/{order['id']}", sent).status == 200
    refused = counter.charge(order)
    assert (refused.status, f"no payment by {mode}" in refused.text) == (409, True)
