"""Paying online: refused in clear words as long as no provider is connected."""

from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.order import make_order
from tests.factories.user import make_user
from tests.support.documents import document
from tests.support.http_client import Client


def test_nothing_is_charged_and_the_order_stays_as_it_is(client: Client) -> None:
    buyer = stored(make_user)
    event = stored(make_event, can_pay_by_stripe=True)
    order = stored(make_order, user=buyer, event=event, status="initializing", amount=10)
    address, sent = f"/v1/orders/{order.identifier}/charge", document("charge", {"stripe": "tok_visa"})
    assert client.post(address, sent).status == 401
    assert client.signed_in_as(stored(make_user)).post(address, sent).status == 404
    refused = client.signed_in_as(buyer).post(address, sent)
    assert (refused.status, refused.errors[0]["source"]) == (409, {"pointer": "/data"})
    assert refused.errors[0]["detail"] == "This server is not connected to Stripe."
    shown = client.signed_in_as(buyer).get(f"/v1/orders/{order.identifier}")
    assert shown.data["attributes"]["status"] == "initializing"


def test_an_order_that_needs_no_payment_is_refused_as_such(client: Client) -> None:
    buyer = stored(make_user)
    for values in ({"status": "completed", "amount": 10}, {"status": "initializing", "amount": 0}):
        order = stored(make_order, user=buyer, **values)
        reply = client.signed_in_as(buyer).post(f"/v1/orders/{order.identifier}/charge", document("charge"))
        assert reply.status == 409
        assert "cannot be charged" in reply.errors[0]["detail"]


def test_what_the_organizer_is_paid_directly_is_not_charged(client: Client) -> None:
    buyer = stored(make_user)
    order = stored(make_order, user=buyer, amount=10, payment_mode="bank")
    reply = client.signed_in_as(buyer).post(f"/v1/orders/{order.identifier}/charge", document("charge"))
    assert (reply.status, reply.errors[0]["detail"]) == (
        409,
        "Payment by bank goes to the organizer directly.",
    )
