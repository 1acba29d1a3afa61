"""Orders: whose they are, how they move on, and what must be said before they do."""

from typing import Any

import pytest

from chalicelib.resources.events.event.event import Event
from chalicelib.resources.orders.order.table import Order
from chalicelib.resources.people.user.user import User
from tests.factories import stored
from tests.factories.attendee import make_attendee
from tests.factories.event import make_event
from tests.factories.order import make_order
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply


def ordered(**values: Any) -> tuple[User, User, Event, Order]:
    owner, buyer = stored(make_user), stored(make_user)
    event = stored(make_event, owner=owner, can_pay_by_bank=True, can_pay_by_stripe=True)
    return owner, buyer, event, stored(make_order, event=event, user=buyer, **values)


def patch(client: Client, order: Order, **values: Any) -> Reply:
    sent = {name.replace("_", "-"): value for name, value in values.items()}
    return client.patch(f"/v1/orders/{order.identifier}", document("order", sent, order.id))


def test_buyer_team_and_attendees_see_an_order_and_nobody_else(client: Client) -> None:
    owner, buyer, event, order = ordered()
    guest = stored(make_user)
    unproved = stored(make_user, is_verified=False)
    for person in (guest, unproved):
        stored(make_attendee, event=event, order=order, email=person.email.upper())
    for person, sees in (
        (owner, True),
        (buyer, True),
        (guest, True),
        (unproved, False),
        (stored(make_user), False),
    ):
        asking = client.signed_in_as(person)
        for id in (order.id, order.identifier):
            assert asking.get(f"/v1/orders/{id}").status == (200 if sees else 404)
        assert len(asking.get("/v1/orders").data) == sees
    assert client.get(f"/v1/orders/{order.identifier}").status == 404
    assert client.get("/v1/orders").status == 401


def test_an_attendee_sees_nobody_elses_data_in_the_order(client: Client) -> None:
    owner, buyer, event, order = ordered()
    guest = stored(make_user)
    own = stored(make_attendee, event=event, order=order, email=guest.email)
    stored(make_attendee, event=event, order=order)
    address = f"/v1/orders/{order.identifier}/attendees"
    assert [resource["id"] for resource in client.signed_in_as(guest).get(address).data] == [str(own.id)]
    for person in (owner, buyer):
        assert len(client.signed_in_as(person).get(address).data) == 2
    assert patch(client.signed_in_as(guest), order, city="Elsewhere").status == 403


def test_people_list_what_they_bought_and_what_was_bought_for_them(client: Client) -> None:
    _, buyer, event, order = ordered()
    guest = stored(make_user)
    stored(make_attendee, event=event, order=order, email=guest.email)
    for person in (buyer, guest):
        listed = client.signed_in_as(person).get(f"/v1/users/{person.id}/orders").data
        assert [item["id"] for item in listed] == [str(order.id)]
    assert client.signed_in_as(guest).get(f"/v1/users/{buyer.id}/orders").status == 404
    attended = client.signed_in_as(guest).get(f"/v1/users/{guest.id}/attendees?include=user").json
    assert (len(attended["data"]), attended["included"][0]["id"]) == (1, str(guest.id))


def test_buyers_say_where_the_bill_goes_and_nothing_about_the_price(client: Client) -> None:
    _, buyer, _, order = ordered(amount=50)
    asking = client.signed_in_as(buyer)
    assert patch(asking, order, city="Hamburg", order_notes="By bike").status == 200
    shown = patch(asking, order, order_notes="At noon").data["attributes"]
    assert (shown["city"], shown["order-notes"]) == ("Hamburg", "By bike,At noon")
    for name, value in (("amount", 0), ("cancel_note", "x"), ("discount_code_id", "7")):
        reply = patch(asking, order, **{name: value})
        assert reply.status == 403
        assert reply.errors[0]["source"]["pointer"] == f"/data/attributes/{name.replace('_', '-')}"
    assert patch(asking, order, amount=50).status == 200  # which changes nothing


@pytest.mark.parametrize(
    ("amount", "mode", "status", "expected"),
    [
        (0, "free", "completed", 200),
        (50, "bank", "placed", 200),
        (50, "stripe", "pending", 200),
        (50, "stripe", "placed", 403),
        (50, "bank", "completed", 403),
        (50, "stripe", "completed", 422),
        (50, "free", "placed", 422),
        (50, "cheque", "placed", 422),
        (50, "free", "pending", 422),
        (50, "bank", "expired", 403),
    ],
)
def test_no_buyer_completes_an_order_that_is_not_paid(
    client: Client, amount: int, mode: str, status: str, expected: int
) -> None:
    _, buyer, _, order = ordered(amount=amount)
    reply = patch(client.signed_in_as(buyer), order, status=status, payment_mode=mode)
    assert reply.status == expected, reply.text


def test_the_team_says_when_the_money_has_come(client: Client) -> None:
    owner, buyer, _, order = ordered(amount=50, status="placed", payment_mode="bank")
    assert patch(client.signed_in_as(buyer), order, status="completed").status == 403
    team = client.signed_in_as(owner)
    assert patch(team, order, status="completed", city="Elsewhere").status == 403
    shown = patch(team, order, status="completed").data["attributes"]
    assert (shown["status"], shown["paid-via"]) == ("completed", "bank")
    assert shown["completed-at"] is not None
    assert patch(team, order, status="cancelled").status == 403  # it is paid for
    assert patch(client.signed_in_as(buyer), order, status="cancelled", city="Nowhere").status == 200
    refused = patch(team, order, status="placed")
    assert refused.status == 403
    assert "from cancelled to placed: what is cancelled stays so" in refused.errors[0]["detail"]


def test_cancelling_changes_nothing_else(client: Client) -> None:
    _, buyer, _, order = ordered(city="Hamburg", amount=5, status="completed")
    shown = patch(client.signed_in_as(buyer), order, status="cancelled", city="Nowhere", amount=0).data
    assert (shown["attributes"]["status"], shown["attributes"]["city"]) == ("cancelled", "Hamburg")
    assert shown["attributes"]["amount"] == 5


def test_staff_has_no_limits_but_that_what_has_ended_stays_so(client: Client) -> None:
    _, _, event, order = ordered(amount=50, status="completed", payment_mode="bank")
    staff = client.signed_in_as(stored(make_user, is_admin=True))
    shown = patch(staff, order, status="placed", amount=40.5).data["attributes"]
    assert (shown["status"], shown["amount"]) == ("placed", 40.5)
    assert patch(staff, order, amount=40.505).status == 422
    for state in ("cancelled", "expired"):
        ended = stored(make_order, event=event, amount=50, status=state)
        assert patch(staff, ended, status="placed", payment_mode="bank").status == 409
        assert patch(staff, ended, order_notes="It was the rain").status == 200


def test_a_bill_needs_an_address(client: Client) -> None:
    _, buyer, _, order = ordered(amount=50, payment_mode="bank")
    asking = client.signed_in_as(buyer)
    refused = patch(asking, order, is_billing_enabled=True, status="placed")
    assert (refused.status, refused.errors[0]["source"]["pointer"]) == (422, "/data/attributes/company")
    whole = {"company": "Acme", "address": "Kai 1", "city": "Hamburg", "zipcode": "20457", "country": "DE"}
    assert patch(asking, order, is_billing_enabled=True, status="placed", **whole).status == 200


def test_an_order_is_not_created_like_a_row(client: Client) -> None:
    reply = client.signed_in_as(stored(make_user)).post("/v1/orders", document("order"))
    assert reply.status == 405


def test_nobody_but_staff_removes_an_order_and_nobody_one_that_was_paid(
    client: Client, database: TestDatabase
) -> None:
    owner, buyer, event, order = ordered()
    guest = stored(make_user)
    stored(make_attendee, event=event, order=order, email=guest.email)
    for person in (owner, buyer, guest):
        assert client.signed_in_as(person).delete(f"/v1/orders/{order.identifier}").status == 403
    staff = client.signed_in_as(stored(make_user, is_admin=True))
    paid = stored(make_order, event=event, amount=5, status="completed")
    assert staff.delete(f"/v1/orders/{paid.id}").status == 403
    assert staff.delete(f"/v1/orders/{order.id}").status == 200
    assert database.one("SELECT count(*) FROM orders") == 1


def test_what_was_ordered_stays(client: Client) -> None:
    owner, _, event, _ = ordered()
    ticket = stored(make_ticket, event=event)
    order = stored(make_order, event=event, tickets={ticket: 2})
    team = client.signed_in_as(owner)
    admin, root = (
        client.signed_in_as(stored(make_user, is_admin=True, is_super_admin=flag)) for flag in (False, True)
    )
    assert team.delete(f"/v1/tickets/{ticket.id}").status == 403
    assert [resource["id"] for resource in team.get(f"/v1/tickets/{ticket.id}/orders").data] == [
        str(order.id)
    ]
    for asking, status in ((team, 403), (admin, 403), (root, 200)):
        assert asking.delete(f"/v1/events/{event.id}").status == status


def test_people_with_tickets_for_what_is_to_come_keep_their_account(client: Client) -> None:
    guest = stored(make_user)
    attendee = stored(make_attendee, email=guest.email)
    asking = client.signed_in_as(guest)
    assert asking.delete(f"/v1/users/{guest.id}").status == 403
    staff = client.signed_in_as(stored(make_user, is_admin=True))
    assert staff.delete(f"/v1/attendees/{attendee.id}").status == 200
    assert asking.delete(f"/v1/users/{guest.id}").status == 200
