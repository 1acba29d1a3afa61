"""Guests who pay at PayPal, are refunded by the rule, in test mode too, and claim their order meanwhile."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from devstack.paypal_books import PAYER
from devstack.paypal_stand_in import PayPalStandIn
from tests.factories import stored
from tests.factories.user import PASSWORD, make_user
from tests.payments.test_accounting import lines, report
from tests.payments.test_refund_rules import answered, ruled
from tests.payments.test_settlement import expire
from tests.payments.test_test_mode import switch
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.guests import Guest
from tests.support.http_client import Client, Reply
from tests.support.paypal import CREATE, PayPalCounter

pytestmark = pytest.mark.one_database


@pytest.fixture
def guest(by_paypal: PayPalCounter, signals_on: None) -> Guest:
    return Guest(by_paypal.client, by_paypal.pump, f"guest{by_paypal.event.id}@example.org")


def begun(guest: Guest, counter: PayPalCounter, number: int = 1) -> tuple[Guest, Any, str]:
    """A guest whose order is approved at PayPal, and the id of its payment there."""
    buyer, order = guest.with_order((counter.ticket, number))
    buyer.names(order)
    made = counter.create(order, buyer.client)
    assert made.status == 200, made.text
    payment = str(made.json["payment_id"])
    counter.paypal.approve(payment)
    return buyer, order, payment


def paid(guest: Guest, counter: PayPalCounter, number: int = 1) -> tuple[Guest, Any]:
    """A guest with a paid order."""
    buyer, order, payment = begun(guest, counter, number)
    sent = document("charge", {"paypal_payment_id": payment, "paypal_payer_id": PAYER})
    charged = buyer.client.post(f"/v1/orders/{order['id']}/charge", sent)
    assert charged.data["attributes"]["status"] is True, charged.text
    counter.pump.everything()
    return buyer, order


def asked(asking: Client, order: Any, path: str, **sent: Any) -> Reply:
    """The buyer wants what the rule gives, as it is quoted."""
    ids = sent.get("attendees")
    query = f"?attendees={','.join(map(str, ids))}" if ids else ""
    quote = asking.get(f"/v1/orders/{order['id']}/refund-quote{query}")
    assert quote.status == 200, quote.text
    body = {**sent, "quote": quote.json["quote"]}
    return asking.post(f"/v1/orders/{order['id']}/{path}", body, content_type="application/json")


def withdrawn(asking: Client, request: Any) -> Reply:
    """The buyer does not want it any more."""
    address = f"/v1/refund-requests/{request['id']}/answer"
    return asking.post(address, {"state": "withdrawn"}, content_type="application/json")


def claimed(guest: Guest, counter: PayPalCounter) -> Client:
    """The account of the guest's address, which is verified now."""
    account = stored(make_user, email=guest.email, is_verified=True)
    said = {"email": guest.email, "password": PASSWORD}
    assert counter.client.post("/v1/auth/login", said, content_type="application/json").status == 200
    return counter.client.signed_in_as(account)


def test_a_guest_asks_withdraws_and_claims_while_a_request_waits(
    by_paypal: PayPalCounter, guest: Guest
) -> None:
    ruled(by_paypal, **{"needs-approval": True})
    buyer, order = paid(guest, by_paypal, 2)
    first, second = by_paypal.attendees(order)
    assert asked(buyer.client, order, "refund", attendees=[first]).status == 409
    made = asked(buyer.client, order, "refund-requests", attendees=[first])
    assert made.status == 200, made.text
    stranger, _ = Guest(guest.client, guest.pump, f"x{guest.email}").with_order(by_paypal.ticket)
    for address in (f"/v1/refund-requests/{made.data['id']}", f"/v1/orders/{order['id']}/refund-requests"):
        assert stranger.client.get(address).status == 404
        assert buyer.client.get(address).status == 200
    assert withdrawn(stranger.client, made.data).status == 404
    assert stranger.client.get(f"/v1/orders/{order['id']}/refund-quote").status == 404
    approving = {"state": "approved"}
    address = f"/v1/refund-requests/{made.data['id']}/answer"
    assert buyer.client.post(address, approving, content_type="application/json").status == 403
    assert withdrawn(buyer.client, made.data).status == 200
    assert withdrawn(buyer.client, made.data).status == 409
    again = asked(buyer.client, order, "refund-requests", attendees=[first])
    other = asked(buyer.client, order, "refund-requests", attendees=[second])
    mine = claimed(guest, by_paypal)
    assert withdrawn(buyer.client, again.data).status == 401
    assert withdrawn(mine, again.data).status == 200
    before = len(by_paypal.pump.mails())
    assert answered(by_paypal, other.data, "approved").status == 200
    by_paypal.pump.everything()
    told = [mail for mail in by_paypal.pump.mails()[before:] if guest.email in mail["to"]]
    assert any("40.00 EUR" in mail["text"] for mail in told), told
    assert all("#key=" not in mail["text"] for mail in told)
    assert by_paypal.attendees(order) == [first]
    (refund,) = mine.get(f"/v1/orders/{order['id']}/refunds").data
    assert (refund["attributes"]["state"], refund["attributes"]["amount"]) == ("succeeded", 40.0)


def test_a_guest_is_refunded_by_the_rule_and_the_books_name_them(
    by_paypal: PayPalCounter, guest: Guest
) -> None:
    ruled(by_paypal)
    buyer, order = paid(guest, by_paypal, 2)
    assert asked(buyer.client, order, "refund").status == 200
    by_paypal.pump.everything()
    (note,) = buyer.client.get(f"/v1/orders/{order['id']}/credit-notes").data
    assert note["attributes"]["amount"] == 80.0
    assert buyer.client.get(f"/v1/orders/credit-notes/{note['id']}").status == 302
    (mail,) = [mail for mail in guest.pump.mails() if "refund" in mail["subject"].lower()]
    assert guest.email in mail["to"]
    assert "credit-note.pdf" in str(mail)
    told = lines(by_paypal.organizer, by_paypal.event)
    assert {line["Kind"] for line in told} == {"payment", "refund", "invoice", "credit-note"}
    assert {line["Buyer"] for line in told} == {"Gale Storm"}
    sums = report(by_paypal.organizer, by_paypal.event)[("EUR", "paypal")]
    assert (sums["paid"], sums["refunded"], sums["invoiced"], sums["credited"]) == (100, 80, 100, 80)


@pytest.fixture
def in_test_mode(by_paypal: PayPalCounter) -> PayPalCounter:
    assert switch(by_paypal, True).status == 200
    return by_paypal


def test_tests_of_guests_are_refunded_and_are_in_no_books(in_test_mode: PayPalCounter, guest: Guest) -> None:
    ruled(in_test_mode)
    buyer, order = paid(guest, in_test_mode, 2)
    first, _ = in_test_mode.attendees(order)
    assert asked(buyer.client, order, "refund", attendees=[first]).status == 200
    in_test_mode.pump.everything()
    (refund,) = buyer.client.get(f"/v1/orders/{order['id']}/refunds").data
    assert refund["attributes"]["state"] == "succeeded"
    (note,) = buyer.client.get(f"/v1/orders/{order['id']}/credit-notes").data
    assert note["attributes"]["number"].startswith("TEST-")
    assert report(in_test_mode.organizer, in_test_mode.event) == {}
    assert lines(in_test_mode.organizer, in_test_mode.event) == []
    assert switch(in_test_mode, False).status == 200
    assert in_test_mode.refund(order).status == 200
    in_test_mode.pump.everything()
    assert in_test_mode.ledger(order) == [("succeeded", 10000, 10000)]


def test_what_is_revoked_or_claimed_while_it_is_paid_is_completed(
    by_paypal: PayPalCounter, guest: Guest
) -> None:
    buyer, order, _ = begun(guest, by_paypal)
    assert buyer.client.delete(f"/v1/orders/{order['id']}/links").status in {200, 204}
    assert buyer.client.post(f"/v1/orders/{order['id']}/create-paypal-payment", CREATE).status == 401
    assert by_paypal.hear_paypal(by_paypal.paypal.events[-1]) == [200]
    by_paypal.pump.everything()
    assert by_paypal.status(order) == "completed"


def test_an_expired_order_of_a_guest_is_not_captured(
    by_paypal: PayPalCounter, guest: Guest, database: TestDatabase, paypal: PayPalStandIn
) -> None:
    buyer, order, payment = begun(guest, by_paypal)
    expire(by_paypal, order)
    sent = document("charge", {"paypal_payment_id": payment, "paypal_payer_id": PAYER})
    late = buyer.client.post(f"/v1/orders/{order['id']}/charge", sent)
    assert late.status in {200, 409}, late.text
    assert by_paypal.hear_paypal(paypal.events[-1]) == [200]
    by_paypal.pump.everything()
    assert by_paypal.status(order) == "expired"
    assert [path for _, path in paypal.calls if path.endswith("/capture")] == []


def test_all_guests_are_refunded_when_the_event_does_not_take_place(
    by_paypal: PayPalCounter, guest: Guest
) -> None:
    ruled(by_paypal, **{"needs-approval": True})
    buyer, order = paid(guest, by_paypal, 2)
    first, _ = by_paypal.attendees(order)
    waiting = asked(buyer.client, order, "refund-requests", attendees=[first])
    assert waiting.status == 200
    held, open_order, _ = begun(Guest(guest.client, guest.pump, f"x{guest.email}"), by_paypal)
    staff = by_paypal.client.signed_in_as(stored(make_user, is_admin=True, is_super_admin=True))
    deleted = staff.delete(f"/v1/events/{by_paypal.event.id}")
    assert deleted.status == 200, deleted.text
    by_paypal.settle()
    assert by_paypal.ledger(order) == [("succeeded", 10000, 10000)]
    assert (by_paypal.status(order), by_paypal.status(open_order)) == ("cancelled", "cancelled")
    state = "SELECT state FROM refund_requests WHERE id = :id"
    assert by_paypal.database.one(state, id=int(waiting.data["id"])) == "superseded"
    assert by_paypal.hear_paypal(*by_paypal.paypal.events) == [200] * len(by_paypal.paypal.events)
    by_paypal.settle()
    assert by_paypal.ledger(open_order)[0][1:] == (5000, 0)
    for client in (buyer.client, held.client):
        reply = client.get(f"/v1/orders/{order['id']}/refund-quote")
        assert reply.status in {401, 404, 409}, reply.text


def test_what_is_claimed_while_a_guest_waits_for_its_row_is_theirs_no_more(
    by_paypal: PayPalCounter, guest: Guest
) -> None:
    ruled(by_paypal)
    buyer, order = paid(guest, by_paypal, 2)
    address, id = f"/v1/orders/{order['id']}", int(order["id"])
    quote = {"quote": buyer.client.get(f"{address}/refund-quote").json["quote"]}
    account = stored(make_user, email=guest.email, is_verified=True)
    calls: list[Callable[[], Reply]] = [
        partial(buyer.client.post, f"{address}/{path}", quote, content_type="application/json")
        for path in ("refund", "refund-requests")
    ]
    calls.append(partial(buyer.moves, order, status="cancelled"))
    claim = "UPDATE orders SET user_id = :user, guest_email = :email, guest_name = NULL WHERE id = :id"
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    for call in calls:
        with ThreadPoolExecutor(1) as pool, by_paypal.database.connected() as connection:
            connection.run("BEGIN")
            connection.run("SELECT FROM orders WHERE id = :id FOR UPDATE", id=id)
            answer = pool.submit(call)
            while not by_paypal.database.one(waiting):
                assert not answer.done()
            connection.run(claim, id=id, user=account.id, email=None)
            connection.run("COMMIT")
            assert answer.result(60).status in {401, 403, 404}
        by_paypal.database.run(claim, id=id, user=None, email=guest.email)
    assert (by_paypal.status(order), by_paypal.ledger(order)) == ("completed", [("succeeded", 10000, 0)])
