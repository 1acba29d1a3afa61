"""Exchanges under attack: limits of linked orders at once, codes that are used up, words of others, and the books."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from chalicelib import clock
from devstack.stripe_stand_in import StripeStandIn
from tests.exports.asking import Asking
from tests.factories import stored
from tests.factories.access_code import make_access_code
from tests.factories.custom_form import make_custom_form
from tests.factories.discount_code import make_discount_code
from tests.factories.event import make_event
from tests.factories.session import make_session
from tests.factories.ticket_fee import make_ticket_fee
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.orders.baskets import basket
from tests.payments.test_accounting import lines, of_provider, report
from tests.payments.test_billing import desk, invoices, on, sell, sold_for_months, strike
from tests.payments.test_refund_rules import ruled
from tests.payments.test_refunds import sold
from tests.payments.test_ticket_cancellation import cancelled, terms
from tests.payments.test_ticket_exchange import (
    allow,
    books_agree,
    exchanged,
    kind,
    new_order,
    paid_online,
    quoted,
    taken_of,
)
from tests.support.documents import document
from tests.support.guests import Guest
from tests.support.http_client import Client
from tests.support.payments import Counter
from tests.support.paypal import PayPalCounter
from tests.support.pump import Pump
from tests.support.running_system import eventually

pytestmark = pytest.mark.one_database

__all__ = ["desk"]

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


def passed_on(counter: Counter, attendee: int, email: str) -> None:
    counter.database.run(
        "UPDATE attendees SET email = :email, transferred_at = now() - interval '1 hour' WHERE id = :id",
        id=attendee,
        email=email,
    )


def test_organizers_exchange_on_behalf_of_whose_ticket_it_is(counter: Counter) -> None:
    """The event lets nobody exchange, but its organizers may; a name is not theirs to say."""
    even = kind(counter, 50, is_exchangeable=False)
    stored(
        make_custom_form, event=counter.event, form="attendee", form_id="vip", name="Meal",
        field_identifier="meal", is_required=True,
    )  # fmt: skip
    counter.database.run("UPDATE tickets SET form_id = 'vip' WHERE id = :id", id=even.id)
    order = sold(counter, 1)
    (first,) = counter.attendees(order)
    assert quoted(counter.asking, first, even).status == 409
    for role, status in (("coorganizer", 403), ("registrar", 403), ("organizer", 200)):
        member = stored(make_users_events_roles, event=counter.event, role=role).user_id
        assert quoted(counter.client.signed_in_as(member), first, even).status == status, role
    renamed = exchanged(counter.organizer, first, even, attributes={"firstname": "Eve"})
    assert (renamed.status, renamed.errors[0]["source"]["pointer"]) == (403, "/attributes/firstname")
    made = exchanged(counter.organizer, first, even)
    bought = new_order(counter, made)
    assert (counter.status(order), counter.status(bought)) == ("cancelled", "completed")
    owner = counter.database.one("SELECT user_id FROM orders WHERE id = :id", id=int(bought["id"]))
    assert owner == counter.buyer.id
    assert counter.asking.get(f"/v1/ticket-exchanges/{made.data['id']}").status == 200
    books_agree(counter, order, bought)
    noted = counter.database.rows(
        "SELECT actor FROM activities WHERE action LIKE :action",
        action=f"attendee {first} of order%exchanged%",
    )
    assert noted == [{"actor": f"user {counter.owner.id}"}]
    assert any(
        "exchanged" in mail["subject"] for mail in counter.pump.mails() if counter.buyer.email in mail["to"]
    )


def test_what_is_due_is_paid_to_the_organizer_who_exchanges(counter: Counter) -> None:
    better = kind(counter, 80)
    order = sold(counter, 2)
    first, second = counter.attendees(order)
    eve = stored(make_user, is_verified=True)
    passed_on(counter, first, eve.email)
    made = exchanged(counter.organizer, first, better)
    bought = new_order(counter, made)
    (row,) = counter.database.rows(
        "SELECT user_id, status, payment_mode, expires_at > now() + interval '6 days' AS is_held FROM orders "
        "WHERE id = :id",
        id=int(bought["id"]),
    )
    assert row == {"user_id": eve.id, "status": "pending", "payment_mode": "bank", "is_held": True}
    assert counter.attendees(order) == [first, second], "the old ticket stays until then"
    sent = document("order", {"status": "completed"}, bought["id"])
    assert counter.organizer.patch(f"/v1/orders/{bought['id']}", sent).status == 200
    assert (counter.attendees(order), counter.status(bought)) == ([second], "completed")
    books_agree(counter, order, bought)
    # Who has no account gets a link by mail.
    passed_on(counter, second, f"gale{second}@example.org")
    even = kind(counter, 50)
    other = new_order(counter, exchanged(counter.organizer, second, even))
    guest = Guest(counter.client, counter.pump, f"gale{second}@example.org").by_link()
    assert guest.client.get(f"/v1/orders/{other['id']}").data["attributes"]["status"] == "completed"
    # Where nothing is paid to the organizer, whoever pays exchanges it.
    (last,) = counter.attendees(other)
    direct = ("can_pay_by_bank", "can_pay_onsite", "can_pay_by_cheque", "can_pay_by_invoice")
    none = ", ".join(f"{switch} = false" for switch in direct)
    counter.database.run(f"UPDATE events SET {none} WHERE id = :id", id=counter.event.id)
    assert exchanged(counter.organizer, last, better).status == 409
    assert (counter.attendees(other), counter.status(other)) == ([last], "completed")


def test_organizers_exchange_for_tickets_of_events_of_theirs_alone(counter: Counter) -> None:
    mine = stored(make_event, owner=counter.owner, payment_currency="EUR", can_pay_by_stripe=True)
    other = stored(make_event, payment_currency="EUR", can_pay_by_stripe=True)
    order = sold(counter, 2)
    first, second = counter.attendees(order)
    assert exchanged(counter.organizer, first, kind(counter, 50, event=other)).status == 409
    made = exchanged(counter.organizer, first, kind(counter, 50, event=mine))
    assert counter.status(new_order(counter, made)) == "completed"
    counter.database.run("UPDATE attendees SET is_checked_in = true WHERE id = :id", id=second)
    assert exchanged(counter.organizer, second, kind(counter, 50)).status == 409, "it was used"


def test_reports_add_up_to_the_cent_across_exchanges(counter: Counter, stripe: StripeStandIn) -> None:
    """Of both events: accounting as sums and as lines, exported orders, papers, and the books of the provider."""
    stored(make_ticket_fee, currency="EUR", country="SE", service_fee=5, maximum_fee=9)
    counter.database.run("UPDATE events SET payment_country = 'SE' WHERE id = :id", id=counter.event.id)
    counter.ticket = kind(counter, 33.33)
    allow(counter, **{"ticket-exchange": "dates", "cheaper-exchange": "by-rule"})
    assert ruled(counter, fee=1.01).status == 201
    date = stored(
        make_event, owner=counter.owner, payment_currency="EUR", can_pay_by_bank=True, ticket_exchange="dates"
    )
    better, cheaper, there = kind(counter, 47.11), kind(counter, 19.99), kind(counter, 33.33, event=date)
    order = sold(counter, 5)
    first, second, third, fourth, _ = counter.attendees(order)
    bought = new_order(counter, exchanged(counter.asking, first, better))
    paid_online(counter, bought)
    for attendee, goal in ((second, cheaper), (third, there), (fourth, cheaper)):
        assert exchanged(counter.asking, attendee, goal).status == 200
    (comes,) = counter.attendees(bought)
    assert cancelled(counter.asking, comes).status == 200
    counter.pump.everything()

    paid = counter.database.rows(
        "SELECT provider_id FROM payments WHERE order_id = ANY (:ids) AND provider = 'stripe'",
        ids=[int(order["id"]), int(bought["id"])],
    )
    received, refunded = of_provider(stripe, [row["provider_id"] for row in paid])
    balance = invoiced = credited = listed = exported = fees = Decimal(0)
    for event in (counter.event, date):
        for each in report(counter.organizer, event).values():
            balance += Decimal(str(each["balance"]))
            invoiced += Decimal(str(each["invoiced"]))
            credited += Decimal(str(each["credited"]))
            fees += Decimal(str(each["fees"])) - Decimal(str(each["fees-returned"]))
        for line in lines(counter.organizer, event):
            signs = {"payment": 1, "refund": -1}
            listed += signs.get(line["Kind"], 0) * Decimal(line["Amount"])
        for row in Asking(counter.organizer, counter.pump).records(
            f"/events/{event.id}/export/orders/csv", "GET"
        ):
            exported += Decimal(row["Amount Paid"]) - Decimal(row["Amount Refunded"])
    assert balance == invoiced - credited == listed == exported == Decimal(received - refunded) / 100
    # What the platform has kept: of each payment its fee, less the part of what went back; nothing twice.
    kept = counter.database.one(
        "SELECT sum(fee_minor - fee_minor * refunded_minor / amount_minor)::bigint FROM payments WHERE event_id = "
        "ANY (:ids) AND state = 'succeeded'",
        ids=[counter.event.id, date.id],
    )
    assert fees == Decimal(kept) / 100
    counter.database.run("DELETE FROM ticket_fees")  # the other tests' prices are without


def test_what_was_billed_before_an_exchange_is_billed_once(desk: PayPalCounter) -> None:
    """Sold and billed in one month, exchanged for a dearer ticket in the next: the difference alone is billed."""
    stored(make_ticket_fee, currency="EUR", country="NO", service_fee=10, maximum_fee=None)
    desk.database.run("UPDATE events SET payment_country = 'NO' WHERE id = :id", id=desk.event.id)
    even, better = kind(desk, 50), kind(desk, 90)
    sold_for_months(desk)
    for goal in (desk.ticket, even, better):
        desk.database.run("UPDATE tickets SET is_fee_absorbed = true WHERE id = :id", id=goal.id)
    order, unbilled = sell(desk, 2), sell(desk, 1)
    first, second = desk.attendees(order)
    with on(3):
        # Not billed yet: what moves along is billed with the new order.
        assert desk.database.one("SELECT count(*) FROM event_invoices") == 0
        strike(desk)
        (invoice,) = invoices(desk)
        assert invoice["attributes"]["amount"] == 15, "10 percent of 150"
    with on(4):
        allow(desk)
        assert new_order(desk, exchanged(desk.organizer, first, even))
        bought = new_order(desk, exchanged(desk.organizer, second, better))
        confirmed = document("order", {"status": "completed"}, bought["id"])
        assert desk.organizer.patch(f"/v1/orders/{bought['id']}", confirmed).status == 200
    with on(1, months=2):
        desk.database.run("DELETE FROM outbox WHERE task LIKE 'bill_event%'")
        strike(desk)
        amounts = [each["attributes"]["amount"] for each in invoices(desk)]
        desk.database.run("DELETE FROM ticket_fees")
        assert sorted(amounts) == [4, 15], f"the difference of 40, for {unbilled['id']} nothing"


def offered(counter: Counter, attendee: int, email: str) -> str:
    """The secret of the link by which a ticket is passed on."""
    path = f"/v1/attendees/{attendee}/transfer"
    made = counter.asking.post(path, {"email": email}, content_type="application/json")
    assert made.status == 200, made.text
    counter.pump.everything()
    texts = "\n".join(mail["text"] for mail in counter.pump.mails() if email in mail["to"])
    return str(re.findall(r"/ticket-transfers#key=(\S+)", texts)[-1])


def test_of_exchange_transfer_and_cancellation_at_once_one_happens(counter: Counter) -> None:
    allow(counter, **{"is-ticket-transfer-enabled": True})
    even = kind(counter, 50)
    for _ in range(2):
        order = sold(counter, 1)
        (first,) = counter.attendees(order)
        key = offered(counter, first, f"eve{first}@example.org")
        quote = quoted(counter.asking, first, even).json["quote"]
        ends = terms(counter.asking, first).json["quote"]
        post = partial(counter.asking.post, content_type="application/json")
        asks = [
            partial(post, f"/v1/attendees/{first}/exchange", {"ticket": even.id, "quote": quote}),
            partial(post, f"/v1/attendees/{first}/cancel", {"quote": ends}),
            partial(
                counter.client.post,
                "/v1/ticket-transfers/accept",
                {"data": {"token": key, "attributes": {"firstname": "Eve", "lastname": "Eve"}}},
                content_type="application/json",
            ),
            partial(post, f"/v1/attendees/{first}/exchange", {"ticket": even.id, "quote": quote}),
        ]
        with ThreadPoolExecutor(len(asks)) as pool:
            replies = [*pool.map(lambda ask: ask(), asks)]
        statuses = [reply.status for reply in replies]
        assert statuses.count(200) == 1, [reply.text for reply in replies]
        assert max(statuses) < 500
        books_agree(counter, order)


def test_a_ticket_that_is_passed_on_meanwhile_is_not_exchanged(counter: Counter) -> None:
    """Its buyer's exchange waits for a payment to the organizer; the new holder keeps the ticket."""
    allow(counter, **{"is-ticket-transfer-enabled": True})
    better = kind(counter, 80)
    order = sold(counter, 1)
    (first,) = counter.attendees(order)
    bought = new_order(counter, exchanged(counter.asking, first, better))
    sent = document("order", {"status": "pending", "payment-mode": "bank"}, bought["id"])
    assert counter.asking.patch(f"/v1/orders/{bought['id']}", sent).status == 200
    key = offered(counter, first, f"eve{first}@example.org")
    accepts = {"data": {"token": key, "attributes": {"firstname": "Eve", "lastname": "Eve"}}}
    accepted = counter.client.post("/v1/ticket-transfers/accept", accepts, content_type="application/json")
    assert accepted.status == 200, accepted.text
    completes = document("order", {"status": "completed"}, bought["id"])
    assert counter.organizer.patch(f"/v1/orders/{bought['id']}", completes).status == 409
    assert counter.attendees(order) == [first]
    books_agree(counter, order, bought)


def test_money_for_an_exchange_that_has_lapsed_exchanges_while_no_other_did(counter: Counter) -> None:
    """Two exchanges of a ticket, the first lapsed: whichever is paid first is completed, the other's money goes back."""
    allow(counter)
    better = kind(counter, 80)
    order = sold(counter, 1)
    (first,) = counter.attendees(order)
    bought = [new_order(counter, exchanged(counter.asking, first, better))]
    assert counter.charge(bought[0]).status == 200
    late = counter.intent(bought[0])
    counter.database.run(
        "UPDATE orders SET status = 'expired', expires_at = NULL WHERE id = :id", id=int(bought[0]["id"])
    )
    counter.database.run(
        "UPDATE attendees SET deleted_at = now() WHERE order_id = :id", id=int(bought[0]["id"])
    )
    bought.append(new_order(counter, exchanged(counter.asking, first, better)))
    counter.stripe.pay(late)
    assert counter.verify(bought[0]) == "completed"
    assert counter.status(order) == "cancelled"
    assert counter.charge(bought[1]).status == 200
    counter.stripe.pay(counter.intent(bought[1]))
    assert counter.verify(bought[1]) == "expired"
    counter.pump.everything()
    assert counter.ledger(bought[1]) == [("succeeded", 3000, 3000)]
    assert taken_of(counter, better) == 1
    books_agree(counter, order, *bought)


def test_nothing_is_exchanged_for_what_nobody_may_buy(counter: Counter) -> None:
    allow(counter, **{"ticket-exchange": "dates"})
    draft = stored(
        make_event, owner=counter.owner, payment_currency="EUR", ticket_exchange="dates", state="draft"
    )
    order = sold(counter, 1)
    (first,) = counter.attendees(order)
    past, soon = clock.now() - timedelta(hours=1), clock.now() + timedelta(hours=1)
    for goal, status in (
        (kind(counter, 50, event=draft), 404),
        (kind(counter, 50, is_hidden=True), 422),
        (kind(counter, 50, sales_ends_at=past), 422),
        (kind(counter, 50, sales_starts_at=soon), 422),
        (kind(counter, 50, deleted_at=past), 404),
        (kind(counter, 50, quantity=1, min_order=5, max_order=9), 200),
    ):
        refused = quoted(counter.asking, first, goal)
        assert refused.status == status, refused.text
    counter.database.run("UPDATE events SET is_test_mode = true WHERE id = :id", id=counter.event.id)
    assert quoted(counter.asking, first, kind(counter, 50)).status == 409


def test_who_comes_does_not_change_while_the_ticket_is_exchanged(counter: Counter) -> None:
    """The new ticket has the name that the old one had when it began."""
    allow(counter, **{"is-attendee-change-enabled": True})
    better = kind(counter, 80)
    order = sold(counter, 1)
    (first,) = counter.attendees(order)
    bought = new_order(counter, exchanged(counter.asking, first, better))
    named = document("attendee", {"firstname": "Eve"}, first)
    assert counter.asking.patch(f"/v1/attendees/{first}", named).status == 409
    cancels = document("order", {"status": "cancelled"}, bought["id"])
    assert counter.asking.patch(f"/v1/orders/{bought['id']}", cancels).status == 200
    assert counter.asking.patch(f"/v1/attendees/{first}", named).status == 200
