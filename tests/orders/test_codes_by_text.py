"""A code is known by its text: its id, which can be counted up to, is worth nothing, and no answer tells it."""

from typing import Any

import pytest

from tests.factories import stored
from tests.factories.access_code import make_access_code
from tests.factories.discount_code import make_discount_code
from tests.factories.event import make_event
from tests.factories.order import make_order
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.orders.baskets import CALCULATE, ORDER, Asking, basket, buyer, hidden, paid
from tests.support.documents import document
from tests.support.http_client import Client

__all__ = ["buyer"]
SECRET = "Marmalade"


def spelled(id: int) -> list[Any]:
    return [id, str(id), f" {id} ", float(id), [id], {"id": id}]


@pytest.mark.parametrize("name", ["discount-code", "discount_code"])
def test_the_id_of_a_discount_code_takes_nothing_off(buyer: Asking, name: str) -> None:
    event = stored(make_event)
    ticket = paid(event)
    code = stored(make_discount_code, event=event, tickets=(ticket,), code=SECRET)
    for address in (CALCULATE, ORDER):
        for id in spelled(code.id):
            reply = buyer.client.post(address, {**basket(ticket), name: id})
            assert (reply.status, reply.errors[0]["source"]) == (422, {"pointer": f"/{name}"})
            absent = buyer.client.post(address, {**basket(ticket), name: 10**9})
            assert [error["detail"] for error in absent.errors] == ["The event has no such discount code."]
            assert SECRET not in reply.text
    assert buyer.accepted(basket(ticket, discount_code=SECRET))["discount"] == 10


def test_the_id_of_an_access_code_opens_nothing(buyer: Asking) -> None:
    event = stored(make_event)
    ticket = hidden(event, type="paid", price=10)
    code = stored(make_access_code, event=event, tickets=(ticket,), code=SECRET)
    for id in spelled(code.id):
        assert buyer.refused(basket(ticket, access_code=id)) == (422, "/access-code")
    assert buyer.accepted(basket(ticket, access_code=SECRET))["total"] == 10


def test_a_text_of_digits_is_a_text(buyer: Asking) -> None:
    event = stored(make_event)
    ticket = paid(event)
    first = stored(make_discount_code, event=event, tickets=(ticket,), value=10)
    stored(make_discount_code, event=event, tickets=(ticket,), value=20, code=str(first.id))
    for sent in (first.id, str(first.id)):
        assert buyer.accepted(basket(ticket, discount_code=sent))["discount"] == 20


@pytest.mark.parametrize("noun", ["discount-code", "access-code"])
def test_a_code_that_is_not_seen_is_linked_as_one_that_is_not_there(client: Client, noun: str) -> None:
    owner, event = stored(make_user), stored(make_event)
    mine = stored(make_event, owner=owner)
    ticket = stored(make_ticket, event=mine, is_hidden=True)
    make: Any = make_discount_code if noun == "discount-code" else make_access_code
    code = stored(make, event=event, code=SECRET)
    asking = client.signed_in_as(owner)
    address = f"/v1/tickets/{ticket.id}/relationships/{noun}s"
    for method in ("POST", "PATCH"):
        answers = [
            asking.request(method, address, {"data": [{"type": noun, "id": str(id)}]})
            for id in (code.id, 10**9)
        ]
        assert [answer.status for answer in answers] == [404, 404]
        hidden_one, absent = (answer.errors[0] for answer in answers)
        assert hidden_one["detail"].replace(str(code.id), str(10**9)) == absent["detail"]
        assert hidden_one["source"] == absent["source"]


def test_buyers_put_no_code_on_an_order_that_is_there(client: Client) -> None:
    user, event = stored(make_user), stored(make_event)
    code = stored(make_discount_code, event=event, code=SECRET)
    order = stored(make_order, event=event, user=user, status="initializing")
    asking = client.signed_in_as(user)
    for id in (code.id, 10**9):
        sent = document("order", {"discount-code-id": str(id)}, order.id)
        assert asking.patch(f"/v1/orders/{order.id}", sent).status == 403
        link = {"data": {"type": "discount-code", "id": str(id)}}
        assert asking.patch(f"/v1/orders/{order.id}/relationships/discount-code", link).status == 403
    shown = asking.get(f"/v1/orders/{order.id}?include=discount-code")
    assert shown.json["included"] == []


@pytest.mark.parametrize("noun", ["discount-code", "access-code"])
def test_the_links_of_a_code_work_for_whoever_knows_it(client: Client, noun: str) -> None:
    event = stored(make_event)
    ticket = stored(make_ticket, event=event, type="paid", price=20, is_hidden=noun == "access-code")
    make: Any = make_discount_code if noun == "discount-code" else make_access_code
    code = stored(make, event=event, tickets=(ticket,), code="Früh & spät")
    for asking in (client, client.signed_in_as(stored(make_user))):
        found = asking.get(f"/v1/events/{event.identifier}/{noun}s/fr%C3%BCh%20%26%20sp%C3%A4t")
        assert (found.status, found.data["id"]) == (200, str(code.id))
        for relation in found.data["relationships"].values():
            for kind in ("self", "related"):
                assert asking.get(relation["links"][kind]).status == 200
        assert asking.get(found.data["links"]["self"]).data["id"] == str(code.id)
        (sold,) = asking.get(found.data["relationships"]["tickets"]["links"]["related"]).data
        assert sold["id"] == str(ticket.id)
        assert asking.get(sold["relationships"]["event"]["links"]["related"]).data["id"] == str(event.id)
        # Without the text, and with a wrong one, there is nothing.
        for address in (f"/v1/{noun}s/{code.id}", f"/v1/{noun}s/{code.id}/tickets"):
            for query in ("", "?code=", "?code=wrong", f"?code={code.id}"):
                assert asking.get(address + query).status == 404


def test_a_code_opens_its_own_rows_alone(client: Client) -> None:
    event = stored(make_event)
    mine, other = (stored(make_ticket, event=event, is_hidden=True) for _ in range(2))
    stored(make_access_code, event=event, tickets=(mine,), code="mine")
    stored(make_access_code, event=event, tickets=(other,), code="other")
    assert client.get(f"/v1/tickets/{mine.id}?code=mine").status == 200
    assert client.get(f"/v1/tickets/{other.id}?code=mine").status == 404
    listed = client.get(f"/v1/events/{event.id}/tickets?code=mine").data
    assert [item["id"] for item in listed] == [str(mine.id)]
