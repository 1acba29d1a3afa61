"""Exchanges under attack: limits of linked orders at once, codes that are used up, words of others, and the books."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from tests.factories import stored
from tests.factories.access_code import make_access_code
from tests.factories.custom_form import make_custom_form
from tests.factories.discount_code import make_discount_code
from tests.factories.event import make_event
from tests.factories.session import make_session
from tests.factories.user import make_user
from tests.orders.baskets import basket
from tests.payments.test_refunds import sold
from tests.payments.test_ticket_exchange import (
    allow,
    books_agree,
    exchanged,
    kind,
    new_order,
    paid_online,
    quoted,
)
from tests.support.documents import document
from tests.support.guests import Guest
from tests.support.http_client import Client
from tests.support.payments import Counter
from tests.support.pump import Pump
from tests.support.running_system import eventually

pytestmark = pytest.mark.one_database

_WAITING = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


def added(counter: Counter, order: Any, ticket: Any) -> Any:
    """Another ticket that is added to the order, and paid."""
    path = f"/v1/orders/{order['id']}/add"
    made = counter.asking.post(path, basket((ticket, 1)), content_type="application/json")
    assert made.status == 200, made.text
    for id in counter.attendees(made.data):
        named = {"firstname": "Ada", "lastname": "Lovelace", "email": f"guest{id}@example.org"}
        reply = counter.asking.patch(f"/v1/attendees/{id}", document("attendee", named, id))
        assert reply.status == 200, reply.text
    paid_online(counter, made.data)
    return made.data


def test_limits_of_linked_orders_hold_for_exchanges_at_once(counter: Counter) -> None:
    allow(counter)
    limited = kind(counter, 50, max_order=1)
    order = sold(counter, 1)
    orders = [order, added(counter, order, counter.ticket)]
    people = [counter.attendees(each)[0] for each in orders]
    quotes = [quoted(counter.asking, id, limited).json["quote"] for id in people]
    asks = [
        partial(
            counter.asking.post,
            f"/v1/attendees/{id}/exchange",
            {"ticket": limited.id, "quote": quote},
            content_type="application/json",
        )
        for id, quote in zip(people, quotes, strict=True)
    ]
    with counter.database.connected() as other, ThreadPoolExecutor(2) as pool:
        # Both have counted before either has its place, unless one waits for the other.
        other.run("BEGIN")
        other.run("SELECT id FROM stocks WHERE ticket_id = :id FOR UPDATE", id=limited.id)
        made = [pool.submit(ask) for ask in asks]
        eventually(lambda: counter.database.one(_WAITING) == 2, "both wait")
        other.run("COMMIT")
        statuses = sorted(reply.result().status for reply in made)
    assert statuses == [200, 422], [reply.result().text for reply in made]


def test_a_guest_gets_no_ticket_of_an_event_that_sells_to_accounts_alone(
    counter: Counter, client: Client, pump: Pump
) -> None:
    allow(counter, **{"ticket-exchange": "dates"})
    date = stored(
        make_event,
        owner=counter.owner,
        payment_currency="EUR",
        can_pay_by_stripe=True,
        can_pay_by_bank=True,
        ticket_exchange="dates",
        is_guest_checkout_enabled=False,
    )
    free, there = kind(counter, 0), kind(counter, 0, event=date)
    guest, order = Guest(client, pump).with_order((free, 1))
    guest.names(order)
    guest = guest.by_link()
    assert guest.moves(order, status="completed").status == 200
    (first,) = counter.attendees(order)
    refused = quoted(guest.client, first, there)
    assert (refused.status, refused.errors[0]["code"]) == (403, "guest-checkout-off"), refused.text


def test_a_code_that_is_used_up_by_the_old_ticket_is_good_for_the_new_one(counter: Counter) -> None:
    allow(counter)
    box = kind(counter, 80)
    code = stored(
        make_discount_code,
        event=counter.event,
        type="percent",
        value=50,
        tickets=[counter.ticket, box],
        tickets_number=1,
        max_quantity=1,
    )
    made = counter.order(1, discount_code=code.code)
    paid_online(counter, made)
    (first,) = counter.attendees(made)
    quote = quoted(counter.asking, first, box, **{"discount-code": code.code})
    assert quote.status == 200, quote.text
    assert (quote.json["credit"], quote.json["price"], quote.json["due"]) == (25.0, 40.0, 15.0)
    bought = new_order(counter, exchanged(counter.asking, first, box, **{"discount-code": code.code}))
    assert counter.attendees(made) == [first]
    taken = "SELECT taken FROM stocks WHERE discount_code_id = :id"
    assert counter.database.one(taken, id=code.id) == 1
    paid_online(counter, bought)
    assert counter.database.one(taken, id=code.id) == 1
    books_agree(counter, made, bought)


def test_an_access_code_that_is_used_up_by_the_old_ticket_is_good_for_the_new_one(counter: Counter) -> None:
    allow(counter)
    lounge, box = kind(counter, 50, is_hidden=True), kind(counter, 50, is_hidden=True)
    code = stored(
        make_access_code, event=counter.event, tickets=(lounge, box), tickets_number=1, max_quantity=1
    )
    counter.ticket = lounge
    order = counter.order(1, access_code=code.code)
    paid_online(counter, order)
    (first,) = counter.attendees(order)
    assert quoted(counter.asking, first, box).status == 422, "it is hidden"
    quote = quoted(counter.asking, first, box, **{"access-code": code.code})
    assert quote.status == 200, quote.text
    sent = {"ticket": box.id, "quote": quote.json["quote"], "access-code": code.code}
    made = counter.asking.post(f"/v1/attendees/{first}/exchange", sent, content_type="application/json")
    assert made.status == 200, made.text
    assert len(counter.attendees(new_order(counter, made))) == 1


def test_the_words_of_an_attendee_are_not_the_buyers_to_exchange(counter: Counter) -> None:
    allow(counter, **{"is-attendee-change-enabled": True})
    even = kind(counter, 50)
    order = sold(counter, 1)
    (first,) = counter.attendees(order)
    counter.database.run(
        "UPDATE attendees SET answered_at = now(), company = 'Navy' WHERE id = :id", id=first
    )
    for attributes in ({"firstname": "Eve"}, {"company": "Yale"}):
        refused = exchanged(counter.asking, first, even, attributes=attributes)
        pointer = f"/attributes/{next(iter(attributes))}"
        assert (refused.status, refused.errors[0]["source"]["pointer"]) == (409, pointer), refused.text
    bought = new_order(counter, exchanged(counter.asking, first, even, attributes={"city": "Uppsala"}))
    (comes,) = counter.attendees(bought)
    seen = counter.asking.get(f"/v1/attendees/{comes}").data["attributes"]
    assert (seen["firstname"], seen.get("company")) == ("Ada", None)


def test_sign_ups_for_sessions_stay_with_who_exchanges_the_kind(counter: Counter) -> None:
    allow(counter)
    even = kind(counter, 50)
    talk = stored(make_session, event=counter.event, state="accepted", sign_up_places=1)
    order = sold(counter, 1)
    (first,) = counter.attendees(order)
    sent = document("session-sign-up", {}, session=("session", talk.id), attendee=("attendee", first))
    signed_up = counter.asking.post("/v1/session-sign-ups", sent)
    assert signed_up.status == 201, signed_up.text
    bought = new_order(counter, exchanged(counter.asking, first, even))
    (comes,) = counter.attendees(bought)
    rows = counter.database.rows(
        "SELECT attendee_id, state FROM session_sign_ups WHERE session_id = :id", id=talk.id
    )
    assert rows == [{"attendee_id": comes, "state": "confirmed"}]


def test_answers_go_to_no_event_that_does_not_ask_for_them(counter: Counter) -> None:
    allow(counter, **{"ticket-exchange": "dates"})
    date = stored(
        make_event,
        owner=counter.owner,
        payment_currency="EUR",
        can_pay_by_stripe=True,
        ticket_exchange="dates",
    )
    there = kind(counter, 50, event=date)
    for event, name in ((counter.event, "allergies"), (counter.event, "shirt"), (date, "shirt")):
        stored(
            make_custom_form,
            event=event,
            form="attendee",
            name=name,
            field_identifier=name,
            is_required=False,
            is_included=True,
            type="text",
        )
    order = sold(counter, 1)
    (first,) = counter.attendees(order)
    counter.database.run(
        """UPDATE attendees SET complex_field_values = '{"allergies": "nuts", "shirt": "M"}' WHERE id = :id""",
        id=first,
    )
    bought = new_order(counter, exchanged(counter.asking, first, there))
    (comes,) = counter.attendees(bought)
    kept = counter.database.one("SELECT complex_field_values FROM attendees WHERE id = :id", id=comes)
    assert kept == {"shirt": "M"}


def test_limits_of_an_order_are_those_of_whose_the_new_one_is(counter: Counter) -> None:
    allow(counter)
    limited = kind(counter, 50, max_order=1)
    order = sold(counter, 2)
    first, second = counter.attendees(order)
    eve = stored(make_user, is_verified=True)
    counter.database.run(
        "UPDATE attendees SET email = :email, transferred_at = now() - interval '1 hour' WHERE id = :id",
        id=second, email=eve.email,
    )  # fmt: skip
    assert exchanged(counter.asking, first, limited).status == 200
    assert exchanged(counter.client.signed_in_as(eve), second, limited).status == 200


def test_sales_are_counted_once(counter: Counter) -> None:
    """What event statistics call sales is what was paid and has not gone back, across an exchange."""
    allow(counter, **{"cheaper-exchange": "kept"})
    better, cheaper = kind(counter, 80), kind(counter, 20)
    order = sold(counter, 3)
    first, second, _ = counter.attendees(order)
    paid_online(counter, new_order(counter, exchanged(counter.asking, first, better)))
    assert exchanged(counter.asking, second, cheaper).status == 200
    event, paid = f"/v1/events/{counter.event.id}", 180.0
    sums = counter.organizer.get(f"{event}/accounting").json["sums"]
    assert sum(line["balance"] for line in sums) == paid
    assert counter.organizer.get(f"{event}/order-statistics").data["attributes"]["sales"]["completed"] == paid
    assert counter.organizer.get(event).data["attributes"]["completed-order-sales"] == paid
    over_time = counter.organizer.get(f"{event}/sales-over-time").json["periods"]
    assert sum(period["completed"]["sales"] for period in over_time) == paid
    of_kinds = [
        counter.organizer.get(f"/v1/tickets/{ticket.id}/order-statistics").data["attributes"]["sales"][
            "completed"
        ]
        for ticket in (counter.ticket, better, cheaper)
    ]
    assert of_kinds == [50.0, 80.0, 20.0]
    staff = counter.client.signed_in_as(stored(make_user, is_admin=True))
    (row,) = (
        row
        for row in staff.get("/v1/admin/sales/by-events?page[size]=100&sort=-id").data
        if row["id"] == str(counter.event.id)
    )
    assert row["attributes"]["completed-order-sales"] == paid
