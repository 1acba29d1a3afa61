"""A ticket is exchanged for another one: exact to the cent, once, and never neither nor both."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import clock
from tests.factories import stored
from tests.factories.custom_form import make_custom_form
from tests.factories.discount_code import make_discount_code
from tests.factories.event import make_event
from tests.factories.tax import make_tax
from tests.factories.ticket import make_ticket
from tests.factories.ticket_pool import make_ticket_pool
from tests.factories.user import make_user
from tests.payments.test_refund_rules import answered, refunds, ruled
from tests.payments.test_refunds import sold, taken
from tests.payments.test_ticket_cancellation import cancelled, confirmed, credited, terms
from tests.support.documents import document
from tests.support.guests import Guest
from tests.support.http_client import Client, Reply
from tests.support.payments import Counter
from tests.support.pump import Pump

pytestmark = pytest.mark.one_database

_BOOKS = """
SELECT coalesce((SELECT sum(amount_minor - refunded_minor) FROM payments
    WHERE order_id = :id AND state = 'succeeded'), 0)::bigint AS kept,
  coalesce((SELECT (content ->> 'total')::numeric * 100 FROM invoices WHERE order_id = :id), 0)::bigint
  - coalesce((SELECT sum(amount_minor) FROM credit_notes WHERE order_id = :id), 0)::bigint AS billed
"""

_CODE = """
SELECT bought.identifier || '-' || person.identifier FROM attendees person
JOIN orders bought ON bought.id = person.order_id WHERE person.id = :id
"""


def allow(counter: Counter, event: Any = None, **attributes: Any) -> None:
    event = event or counter.event
    sent = document("event", {"ticket-exchange": "kinds", **attributes}, event.id)
    reply = counter.organizer.patch(f"/v1/events/{event.id}", sent)
    assert reply.status == 200, reply.text


def kind(counter: Counter, price: float, **values: Any) -> Any:
    event = values.pop("event", counter.event)
    type = "paid" if price else "free"
    return stored(make_ticket, **{"event": event, "type": type, "price": price, "quantity": 10, **values})


def quoted(asking: Client, attendee: int, ticket: Any, **more: Any) -> Reply:
    sent = {"ticket": ticket.id, **more}
    return asking.post(f"/v1/attendees/{attendee}/exchange-quote", sent, content_type="application/json")


def exchanged(asking: Client, attendee: int, ticket: Any, **more: Any) -> Reply:
    """The answer to an exchange as it is quoted at the moment, or with what else is sent."""
    told = quoted(asking, attendee, ticket, **{name: more[name] for name in more.keys() & {"discount-code"}})
    quote = told.json["quote"] if told.status == 200 else "0"
    sent = {"ticket": ticket.id, "quote": quote, **more}
    return asking.post(f"/v1/attendees/{attendee}/exchange", sent, content_type="application/json")


def new_order(counter: Counter, made: Reply) -> Any:
    """The resource object of the order that is for the new ticket."""
    assert made.status == 200, made.text
    id = counter.database.one(
        "SELECT new_order_id FROM ticket_exchanges WHERE id = :id", id=int(made.data["id"])
    )
    identifier = counter.database.one("SELECT identifier FROM orders WHERE id = :id", id=id)
    return {"id": str(id), "attributes": {"identifier": identifier}}


def state(counter: Counter, made: Reply) -> str:
    found = counter.organizer.get(f"/v1/ticket-exchanges/{made.data['id']}")
    return str(found.data["attributes"]["state"])


def taken_of(counter: Counter, ticket: Any) -> int:
    return int(counter.database.one("SELECT taken FROM stocks WHERE ticket_id = :id", id=ticket.id))


def books_agree(counter: Counter, *orders: Any) -> None:
    """Invoices less credit notes are what was paid and has not gone back."""
    counter.pump.everything()
    for order in orders:
        (row,) = counter.database.rows(_BOOKS, id=int(order["id"]))
        assert row["kept"] == row["billed"], (order["id"], row)


def paid_online(counter: Counter, order: Any) -> None:
    charged = counter.charge(order)
    assert charged.json["data"]["attributes"]["status"] is True, charged.text
    counter.stripe.pay(counter.intent(order))
    assert counter.verify(order) == "completed"


def test_up_by_the_difference_that_is_paid_online(counter: Counter) -> None:
    allow(counter)
    better = kind(counter, 80)
    order = sold(counter, 2)
    first, second = counter.attendees(order)
    quote = quoted(counter.asking, first, better).json
    assert {name: quote[name] for name in ("credit", "price", "due", "amount-back", "kept")} == {
        "credit": 50.0, "price": 80.0, "due": 30.0, "amount-back": 0.0, "kept": 0.0,
    }  # fmt: skip
    made = exchanged(counter.asking, first, better, attributes={"city": "Uppsala"})
    bought = new_order(counter, made)
    assert state(counter, made) == "open"
    assert (counter.attendees(order), counter.status(bought)) == ([first, second], "initializing")
    assert (taken_of(counter, better), taken(counter)) == (1, 2), "the new place is held, the old one stays"
    again = exchanged(counter.asking, first, better)
    assert (again.status, taken_of(counter, better)) == (409, 1)
    # Who comes is known.
    (comes,) = counter.attendees(bought)
    eve = document("attendee", {"firstname": "Eve"}, comes)
    assert counter.asking.patch(f"/v1/attendees/{comes}", eve).status == 422
    # Nobody has a ticket before the difference is there.
    for status in ("placed", "completed"):
        sent = document("order", {"status": status, "payment-mode": "bank"}, bought["id"])
        assert counter.asking.patch(f"/v1/orders/{bought['id']}", sent).status == 403
    paid_online(counter, bought)
    assert (counter.attendees(order), state(counter, made)) == ([second], "completed")
    assert (taken_of(counter, better), taken(counter)) == (1, 1)
    (comes,) = counter.attendees(bought)
    (named,) = counter.database.rows("SELECT firstname, email, city FROM attendees WHERE id = :id", id=comes)
    assert named == {"firstname": "Ada", "email": f"guest{first}@example.org", "city": "Uppsala"}
    assert counter.ledger(order) == [("succeeded", 10000, 5000)]
    assert counter.ledger(bought) == [("succeeded", 3000, 0), ("succeeded", 5000, 0)]
    assert refunds(counter, order) == [(50.0, "succeeded", "exchanged")]
    books_agree(counter, order, bought)
    assert credited(counter, order) == [5000]
    for address in (counter.buyer.email, counter.owner.email, f"guest{first}@example.org"):
        told = [
            mail for mail in counter.pump.mails() if address in mail["to"] and "exchanged" in mail["subject"]
        ]
        assert len(told) == 1, address
    # Nothing of it has moved: the stand-in knows two payments and no refund.
    assert not [call for call in counter.stripe.calls if "refunds" in str(call)]


def test_what_goes_back_of_an_exchanged_ticket_goes_the_ways_the_money_came(counter: Counter) -> None:
    allow(counter)
    better = kind(counter, 80)
    order = sold(counter, 1)
    (first,) = counter.attendees(order)
    bought = new_order(counter, exchanged(counter.asking, first, better))
    paid_online(counter, bought)
    assert counter.status(order) == "cancelled", "its last ticket is another one"
    assert ruled(counter, fee=4).status == 201
    (comes,) = counter.attendees(bought)
    quote = terms(counter.asking, comes).json
    assert (quote["paid"], quote["share"], quote["amount"]) == (80.0, 64.0, 60.0)
    assert cancelled(counter.asking, comes).status == 200
    counter.pump.everything()
    assert counter.ledger(bought) == [("succeeded", 3000, 1000), ("succeeded", 5000, 5000)]
    assert sorted(refunds(counter, bought)) == [
        (10.0, "succeeded", "by-rule"),
        (50.0, "succeeded", "by-rule"),
    ]
    first_payment = counter.database.one(
        "SELECT provider_id FROM payments WHERE order_id = :id", id=int(order["id"])
    )
    assert first_payment in str(counter.stripe.calls), "the first part went back by the first payment"
    books_agree(counter, order, bought)


def test_even_and_down_complete_at_once(counter: Counter) -> None:
    allow(counter)
    even, cheaper = kind(counter, 50), kind(counter, 33.33)
    order = sold(counter, 3)
    first, second, third = counter.attendees(order)
    made = exchanged(counter.asking, first, even)
    bought = new_order(counter, made)
    assert (state(counter, made), counter.status(bought)) == ("completed", "completed")
    assert counter.ledger(bought) == [("succeeded", 5000, 0)]
    refused = quoted(counter.asking, second, cheaper)
    assert (refused.status, refused.errors[0]["source"]["pointer"]) == (409, "/ticket")
    allow(counter, **{"cheaper-exchange": "kept"})
    assert quoted(counter.asking, second, cheaper).json["kept"] == 16.67
    kept = new_order(counter, exchanged(counter.asking, second, cheaper))
    assert counter.ledger(kept) == [("succeeded", 3333, 0)]
    assert counter.ledger(order) == [("succeeded", 15000, 8333)]
    books_agree(counter, order, bought, kept)
    allow(counter, **{"cheaper-exchange": "refunded"})
    done = exchanged(counter.asking, third, cheaper)
    assert done.data["attributes"]["amount-back"] == 16.67
    assert (counter.status(order), counter.ledger(order)) == ("cancelled", [("succeeded", 15000, 13333)])
    books_agree(counter, order, new_order(counter, done))
    assert taken_of(counter, cheaper) == 2
    # And further, from one to another and back: what was paid moves along.
    (comes,) = counter.attendees(bought)
    back = new_order(counter, exchanged(counter.asking, comes, counter.ticket))
    assert (counter.status(bought), counter.ledger(back)) == ("cancelled", [("succeeded", 5000, 0)])
    books_agree(counter, bought, back)
    assert counter.refund(back).status == 200
    counter.pump.everything()
    assert counter.ledger(back) == [("succeeded", 5000, 5000)]
    assert refunds(counter, back) == [(50.0, "succeeded", "requested")]


def test_the_difference_goes_back_by_the_refund_rule_and_perhaps_an_organizer_decides(
    counter: Counter,
) -> None:
    allow(counter, **{"cheaper-exchange": "by-rule"})
    cheaper = kind(counter, 20)
    order = sold(counter, 2)
    first, second = counter.attendees(order)
    assert quoted(counter.asking, first, cheaper).json["kept"] == 30.0, "there is no rule"
    assert ruled(counter, fee=1).status == 201
    quote = quoted(counter.asking, first, cheaper).json
    assert (quote["percent"], quote["fee"], quote["amount-back"], quote["kept"]) == (80, 1.0, 23.0, 7.0)
    assert exchanged(counter.asking, first, cheaper).status == 200
    assert counter.ledger(order) == [("succeeded", 10000, 4300)]
    counter.database.run("DELETE FROM refund_rules WHERE event_id = :id", id=counter.event.id)
    assert ruled(counter, **{"needs-approval": True}).status == 201
    counter.database.run("DELETE FROM refund_rule_versions WHERE NOT (rule ->> 'needs_approval')::boolean")
    assert quoted(counter.asking, second, cheaper).json["needs-approval"] is True
    assert exchanged(counter.asking, second, cheaper).status == 200
    assert counter.ledger(order) == [("succeeded", 10000, 6300)]
    (request,) = counter.organizer.get(f"/v1/orders/{order['id']}/refund-requests").data
    assert answered(counter, request, "approved").status == 200
    assert counter.ledger(order) == [("succeeded", 10000, 8700)]
    books_agree(counter, order)


def test_discount_and_tax_are_part_of_both_prices(counter: Counter) -> None:
    allow(counter)
    stored(make_tax, event=counter.event, rate=19, is_tax_included_in_price=False)
    counter.database.run("UPDATE events SET is_tax_enabled = true WHERE id = :id", id=counter.event.id)
    better = kind(counter, 80)
    code = stored(make_discount_code, event=counter.event, type="percent", value=10, tickets=[better])
    order = sold(counter, 1)
    (first,) = counter.attendees(order)
    quote = quoted(counter.asking, first, better, **{"discount-code": code.code}).json
    assert (quote["credit"], quote["price"], quote["due"]) == (59.5, 85.68, 26.18)
    assert quoted(counter.asking, first, better).json["price"] == 95.2
    wrong = quoted(counter.asking, first, better, **{"discount-code": "nothing"})
    assert (wrong.status, wrong.errors[0]["source"]["pointer"]) == (422, "/discount-code")
    bought = new_order(counter, exchanged(counter.asking, first, better, **{"discount-code": code.code}))
    paid_online(counter, bought)
    assert counter.ledger(bought) == [("succeeded", 2618, 0), ("succeeded", 5950, 0)]
    books_agree(counter, order, bought)


def test_the_difference_is_paid_to_the_organizer_who_confirms_it(counter: Counter) -> None:
    allow(counter)
    better = kind(counter, 80)
    order = sold(counter, 1)
    (first,) = counter.attendees(order)
    bought = new_order(counter, exchanged(counter.asking, first, better))
    sent = document("order", {"status": "pending", "payment-mode": "bank"}, bought["id"])
    assert counter.asking.patch(f"/v1/orders/{bought['id']}", sent).status == 200
    held = counter.database.one("SELECT expires_at FROM orders WHERE id = :id", id=int(bought["id"]))
    assert held > clock.now() + timedelta(days=6)
    assert counter.attendees(order) == [first]
    confirmed(counter, bought)
    assert (counter.status(order), counter.status(bought)) == ("cancelled", "completed")
    assert counter.ledger(bought) == [("succeeded", 5000, 0), ("succeeded", 3000, 0)]
    books_agree(counter, order, bought)


def test_what_is_not_paid_lapses_and_the_ticket_stays(counter: Counter) -> None:
    allow(counter)
    better = kind(counter, 80)
    order = sold(counter, 1)
    (first,) = counter.attendees(order)
    made = exchanged(counter.asking, first, better)
    bought = new_order(counter, made)
    counter.database.run(
        "UPDATE orders SET expires_at = now() - interval '1 hour' WHERE id = :id", id=int(bought["id"])
    )
    counter.pump.tick("sweep_outbox")
    counter.pump.everything()
    assert (counter.status(bought), state(counter, made)) == ("expired", "lapsed")
    assert (counter.attendees(order), taken_of(counter, better)) == ([first], 0)
    # Once more, and given up by the buyer.
    made = exchanged(counter.asking, first, better)
    bought = new_order(counter, made)
    sent = document("order", {"status": "cancelled"}, bought["id"])
    assert counter.asking.patch(f"/v1/orders/{bought['id']}", sent).status == 200
    assert (state(counter, made), counter.attendees(order), counter.status(order)) == (
        "lapsed", [first], "completed",
    )  # fmt: skip


def test_money_for_a_ticket_that_is_gone_goes_back(counter: Counter) -> None:
    """Begun, then the old ticket is cancelled: there is one refund for it, and the difference is not kept."""
    allow(counter)
    assert ruled(counter, steps=[{"hours-before": 0, "percent": 100}]).status == 201
    better = kind(counter, 80)
    order = sold(counter, 2)
    first, second = counter.attendees(order)
    bought = new_order(counter, exchanged(counter.asking, first, better))
    assert counter.charge(bought).json["data"]["attributes"]["status"] is True
    assert cancelled(counter.asking, first).status == 200
    counter.stripe.pay(counter.intent(bought))
    assert counter.verify(bought) == "expired"
    counter.pump.everything()
    assert (counter.attendees(order), counter.attendees(bought)) == ([second], [])
    assert counter.ledger(order) == [("succeeded", 10000, 5000)]
    assert counter.ledger(bought) == [("succeeded", 3000, 3000)]
    assert taken_of(counter, better) == 0
    # So it is where the organizer confirms: not then.
    other = new_order(counter, exchanged(counter.asking, second, better))
    counter.database.run("UPDATE attendees SET is_checked_in = true WHERE id = :id", id=second)
    pending = document("order", {"status": "pending", "payment-mode": "bank"}, other["id"])
    assert counter.asking.patch(f"/v1/orders/{other['id']}", pending).status == 200
    sent = document("order", {"status": "completed"}, other["id"])
    assert counter.organizer.patch(f"/v1/orders/{other['id']}", sent).status == 409
    assert (counter.attendees(order), counter.ledger(other)) == ([second], [])


def test_sold_out_is_not_exchanged_but_for_the_last_place_of_the_same_pool(counter: Counter) -> None:
    allow(counter, **{"cheaper-exchange": "kept"})
    pool = stored(make_ticket_pool, event=counter.event, quantity=1)
    hall, box = kind(counter, 50, pool_id=pool.id), kind(counter, 80, pool_id=pool.id)
    stalls, full = kind(counter, 50, pool_id=pool.id), kind(counter, 50, quantity=1)
    counter.ticket = full
    sold(counter, 1)
    counter.ticket = hall
    order = sold(counter, 1)
    (first,) = counter.attendees(order)
    refused = quoted(counter.asking, first, full)
    assert (refused.status, refused.errors[0]["source"]["pointer"]) == (409, "/ticket")

    def places() -> tuple[int, ...]:
        of_pool = counter.database.one("SELECT taken FROM stocks WHERE pool_id = :id", id=pool.id)
        return (of_pool, *(taken_of(counter, ticket) for ticket in (hall, stalls, box)))

    even = new_order(counter, exchanged(counter.asking, first, stalls))
    assert places() == (1, 0, 1, 0)
    (comes,) = counter.attendees(even)
    # To be paid: the place stays the old ticket's until then.
    better = new_order(counter, exchanged(counter.asking, comes, box))
    assert (places(), counter.attendees(better)) == ((1, 0, 1, 0), [])
    paid_online(counter, better)
    assert (places(), len(counter.attendees(better)), counter.attendees(even)) == ((1, 0, 0, 1), 1, [])
    books_agree(counter, order, even, better)
    # Who comes from elsewhere finds nothing.
    counter.ticket = kind(counter, 50)
    (outside,) = counter.attendees(sold(counter, 1))
    assert quoted(counter.asking, outside, stalls).status == 409


def test_two_at_once_have_one(counter: Counter) -> None:
    allow(counter)
    last = kind(counter, 50, quantity=1)
    order = sold(counter, 2)
    first, second = counter.attendees(order)
    with ThreadPoolExecutor(4) as pool:
        made = [*pool.map(lambda id: exchanged(counter.asking, id, last), [first, second, first, second])]
    assert min(reply.status for reply in made) == 200
    assert [reply.status for reply in made].count(200) == 1, [reply.text for reply in made]
    assert (len(counter.attendees(order)), taken_of(counter, last), taken(counter)) == (1, 1, 1)
    assert counter.ledger(order) == [("succeeded", 10000, 5000)]
    # And an exchange beside a cancellation of the same ticket.
    (left,) = counter.attendees(order)
    other = kind(counter, 50)
    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(exchanged, counter.asking, left, other)
        cancellation = pool.submit(cancelled, counter.asking, left)
    assert min(one.result().status, cancellation.result().status) == 200
    assert taken_of(counter, other) == (one.result().status == 200)
    assert (counter.attendees(order), counter.status(order)) == ([], "cancelled")


def test_another_date_of_the_same_owner_and_of_nobody_else(counter: Counter) -> None:
    allow(counter, **{"ticket-exchange": "dates"})
    date = stored(
        make_event, owner=counter.owner, payment_currency="EUR", can_pay_by_bank=True, can_pay_by_stripe=True
    )
    foreign = stored(make_event, payment_currency="EUR", can_pay_by_bank=True, ticket_exchange="dates")
    there, elsewhere = kind(counter, 50, event=date), kind(counter, 50, event=foreign)
    order = sold(counter, 2)
    first, second = counter.attendees(order)
    for ticket in (there, elsewhere):
        assert quoted(counter.asking, first, ticket).status == 409
    allow(counter, date, **{"ticket-exchange": "dates"})
    bought = new_order(counter, exchanged(counter.asking, first, there))
    event = counter.database.one("SELECT event_id FROM orders WHERE id = :id", id=int(bought["id"]))
    assert (event, counter.attendees(order), taken_of(counter, there)) == (date.id, [second], 1)
    counter.database.run("UPDATE events SET payment_currency = 'USD' WHERE id = :id", id=date.id)
    assert quoted(counter.asking, second, there).status == 409
    books_agree(counter, order, bought)


def test_organizers_say_whether_until_when_and_which_kinds(counter: Counter) -> None:
    even = kind(counter, 50)
    order = sold(counter, 1)
    (first,) = counter.attendees(order)
    assert quoted(counter.asking, first, even).status == 409, "off unless it is switched on"
    past = (clock.now() - timedelta(minutes=1)).isoformat()
    allow(counter, **{"ticket-exchange-ends-at": past})
    assert quoted(counter.asking, first, even).status == 409
    allow(counter, **{"ticket-exchange-ends-at": None})
    for ticket in (even, counter.ticket):
        fixed = document("ticket", {"is-exchangeable": False}, ticket.id)
        assert counter.organizer.patch(f"/v1/tickets/{ticket.id}", fixed).status == 200
        assert exchanged(counter.asking, first, even).status == 409
        open_again = document("ticket", {"is-exchangeable": True}, ticket.id)
        assert counter.organizer.patch(f"/v1/tickets/{ticket.id}", open_again).status == 200
    stranger = counter.client.signed_in_as(stored(make_user))
    assert quoted(stranger, first, even).status == 404
    assert quoted(counter.asking, first, counter.ticket).status == 422
    for sent, pointer in (({"tickets": 1}, "/tickets"), ({"ticket": "x"}, "/ticket"), ({}, "/ticket")):
        wrong = counter.asking.post(
            f"/v1/attendees/{first}/exchange-quote", sent, content_type="application/json"
        )
        assert (wrong.status, wrong.errors[0]["source"]["pointer"]) == (422, pointer)
    changed = exchanged(counter.asking, first, even, quote="0" * 40)
    assert (changed.status, changed.errors[0]["source"]["pointer"]) == (409, "/quote")
    # The new ticket's form is answered.
    counter.database.run("UPDATE tickets SET form_id = 'vip' WHERE id = :id", id=even.id)
    stored(
        make_custom_form, event=counter.event, form="attendee", form_id="vip", name="Meal",
        field_identifier="meal", is_required=True,
    )  # fmt: skip
    for attributes, pointer in (
        (None, "/attributes/complex-field-values/meal"),
        ({"email": "eve@example.org"}, "/attributes/email"),
    ):
        unanswered = exchanged(counter.asking, first, even, attributes=attributes)
        assert (unanswered.status, unanswered.errors[0]["source"]["pointer"]) == (422, pointer)
    # A name is not changed beside it where the event lets nobody change names.
    renamed = exchanged(counter.asking, first, even, attributes={"firstname": "Eve"})
    assert (renamed.status, renamed.errors[0]["source"]["pointer"]) == (422, "/attributes/firstname")
    meal = {"complex-field-values": {"meal": "None"}}
    assert exchanged(counter.asking, first, even, attributes=meal).status == 200


def test_a_guest_exchanges_by_the_link_and_has_a_token_for_the_new_order(
    counter: Counter, client: Client, pump: Pump
) -> None:
    allow(counter)
    free, better = kind(counter, 0), kind(counter, 30)
    guest, order = Guest(client, pump).with_order((free, 1))
    guest.names(order)
    guest = guest.by_link()
    assert guest.moves(order, status="completed").status == 200
    (first,) = counter.attendees(order)
    made = exchanged(guest.client, first, better)
    bought = new_order(counter, made)
    opened = guest.holding(made.json["meta"]["access_token"])
    assert opened.client.get(f"/v1/orders/{bought['id']}").status == 200
    assert guest.client.get(f"/v1/orders/{bought['id']}").status == 404
    charged = opened.client.post(
        f"/v1/orders/{bought['attributes']['identifier']}/charge", document("charge", {"stripe": None})
    )
    assert charged.status == 200, charged.text
    counter.stripe.pay(counter.intent(bought))
    opened.client.post(f"/v1/orders/{bought['attributes']['identifier']}/verify")
    assert (counter.status(bought), counter.status(order)) == ("completed", "cancelled")


def test_who_holds_a_ticket_that_was_passed_on_exchanges_it(counter: Counter) -> None:
    allow(counter)
    even = kind(counter, 50)
    order = sold(counter, 1)
    (first,) = counter.attendees(order)
    eve = stored(make_user, is_verified=True)
    counter.database.run(
        "UPDATE attendees SET email = :email, transferred_at = now() - interval '1 hour' WHERE id = :id",
        id=first, email=eve.email,
    )  # fmt: skip
    assert quoted(counter.asking, first, even).status == 404
    made = exchanged(counter.client.signed_in_as(eve), first, even)
    bought = new_order(counter, made)
    owner = counter.database.one("SELECT user_id FROM orders WHERE id = :id", id=int(bought["id"]))
    assert owner == eve.id
    assert counter.asking.get(f"/v1/ticket-exchanges/{made.data['id']}").status == 404


def test_the_door_refuses_the_old_code_and_takes_the_new_one(counter: Counter) -> None:
    allow(counter)
    even = kind(counter, 50)
    bought = sold(counter, 1)
    (first,) = counter.attendees(bought)
    former = counter.database.one(_CODE, id=first)
    swapped = new_order(counter, exchanged(counter.asking, first, even))
    (comes,) = counter.attendees(swapped)
    verdicts = []
    for number, text in enumerate((former, counter.database.one(_CODE, id=comes))):
        reply = counter.organizer.post(
            f"/v1/events/{counter.event.id}/check-ins",
            {"code": text, "nonce": f"exchange-{first}-{number}"},
            content_type="application/json",
        )
        assert reply.status == 200, reply.text
        verdicts.append(reply.json["reason"])
    assert verdicts == ["cancelled", "admitted"]
