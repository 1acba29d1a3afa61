"""Test mode of an event: it sells with test keys, papers say so, and nothing of it is counted."""

from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib import clock
from tests.factories import stored
from tests.factories.badge_form import make_badge_form
from tests.factories.session import make_session
from tests.factories.station import make_station
from tests.factories.user import make_user
from tests.orders.test_invoices import fetched, text_of
from tests.payments.test_settlement import expire
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.payments import Counter
from tests.support.paypal import PayPalCounter

pytestmark = pytest.mark.one_database
_LIVE = (
    "UPDATE settings SET stripe_mode = 'live', stripe_client_id = 'ca_live', stripe_secret_key = 'sk_live'"
)


@pytest.fixture(autouse=True)
def tests_again(database: TestDatabase) -> Iterator[None]:
    yield
    database.run("UPDATE settings SET stripe_mode = 'test'")


def switch(counter: Counter, is_test_mode: bool) -> Any:
    sent = document("event", {"is-test-mode": is_test_mode}, counter.event.id)
    return counter.organizer.patch(f"/v1/events/{counter.event.id}", sent)


def counted(counter: Counter) -> tuple[Any, ...]:
    """What statistics and reports count of completed orders at the event, for team and staff."""
    event, staff = counter.event, counter.client.signed_in_as(stored(make_user, is_admin=True))
    shown = counter.organizer.get(f"/v1/events/{event.id}/order-statistics").data["attributes"]
    ticket = counter.organizer.get(f"/v1/tickets/{counter.ticket.id}/order-statistics").data["attributes"]
    days = counter.organizer.get(f"/v1/events/{event.id}/sales-over-time").json["periods"]
    reports = [
        next(
            row
            for row in staff.get(f"/v1/admin/sales/{name}?page[size]=0").data
            if row["id"] == str(event.id)
        )
        for name in ("by-events", "fees")
    ]
    return (
        shown["orders"]["completed"],
        shown["sales"]["completed"],
        shown["tickets"]["completed"],
        ticket["tickets"]["completed"],
        ticket["sales"]["completed"],
        sum(day["completed"]["sales"] for day in days),
        reports[0]["attributes"]["sales"]["completed"]["sales_total"],
        reports[1]["attributes"]["ticket-count"],
    )


def badge_of(counter: Counter, attendee: int) -> int:
    """The status of printing a badge."""
    counter.database.run("UPDATE tickets SET badge_id = 'guest' WHERE id = :id", id=counter.ticket.id)
    stored(make_badge_form, event=counter.event, badge_id="guest")
    query = {"attendee_id": attendee, "list_field_show": "firstname"}
    return counter.organizer.get("/v1/badge-forms/print-badge-pdf", query=query).status


def bought(counter: Counter) -> Any:
    order = counter.order()
    assert counter.charge(order).status == 200
    counter.stripe.pay(counter.intent(order))
    assert counter.verify(order) == "completed"
    return order


def test_an_event_in_test_mode_sells_by_test_keys_and_is_not_counted(counter: Counter) -> None:
    real = bought(counter)
    before = counted(counter)
    assert before[:3] == (1, 50, 1)
    counter.database.run(_LIVE)  # keys that the stand-in does not accept
    refused = counter.charge(counter.order())
    assert refused.data["attributes"]["status"] is False
    counter.database.run("UPDATE orders SET status = 'cancelled' WHERE status IN ('initializing', 'pending')")
    assert switch(counter, True).status == 200
    order = bought(counter)
    shown = counter.asking.get(f"/v1/orders/{order['id']}?include=payments").json
    assert shown["data"]["attributes"]["is-test"] is True
    assert [payment["attributes"]["is-test"] for payment in shown["included"]] == [True]
    assert counted(counter) == before
    counter.pump.everything()
    numbers = counter.database.rows(
        "SELECT order_id, seller, sequence, content->>'is_test' AS test FROM invoices ORDER BY id"
    )
    assert [(row["order_id"], row["sequence"], row["test"]) for row in numbers] == [
        (int(real["id"]), 1, "false"),
        (int(order["id"]), 1, "true"),
    ]
    assert counter.refund(order, amount=10).status == 200
    counter.pump.everything()
    assert counter.ledger(order) == [("succeeded", 5000, 1000)]
    assert counter.attendees(order)
    assert switch(counter, False).status == 200
    assert counter.attendees(order) == []
    assert len(counter.attendees(real)) == 1
    assert counted(counter) == before
    assert counter.asking.get(f"/v1/orders/{counter.order()['id']}").data["attributes"]["is-test"] is False


def test_a_test_ticket_admits_until_the_event_begins(counter: Counter) -> None:
    assert switch(counter, True).status == 200
    order, event = bought(counter), counter.event.id
    (guest,) = counter.attendees(order)
    station = stored(make_station, event=counter.event, station_type="registration")

    def scanned() -> int:
        here = {"station": ("station", station), "ticket_holder": ("attendee", guest)}
        sent = document("user-check-in", {}, **here)
        return counter.organizer.post("/v1/user-check-in", sent).status

    def checked_in() -> int:
        sent = document("attendee", {"is-checked-in": True, "checkin-times": clock.now().isoformat()}, guest)
        return counter.organizer.patch(f"/v1/attendees/{guest}", sent).status

    def came_virtually() -> int:
        sent = {"check_in_type": "event", "is_check_in": True}
        path = f"/v1/events/{event}/virtual/check-in"
        return counter.asking.post(path, sent, content_type="application/json").status

    def guests() -> int:
        shown = counter.organizer.get(f"/v1/user-check-in/stats/event/{event}")
        return shown.json["total_attendee"]  # type: ignore[no-any-return]

    assert (came_virtually(), guests(), badge_of(counter, guest)) == (200, 1, 200)
    counter.database.run("UPDATE events SET starts_at = now() - interval '1 s' WHERE id = :id", id=event)
    assert badge_of(counter, guest) == 409
    assert (scanned(), checked_in(), came_virtually(), guests()) == (409, 409, 403, 0)
    counter.database.run("UPDATE events SET starts_at = now() + interval '1 h' WHERE id = :id", id=event)
    assert (scanned(), checked_in(), came_virtually(), guests()) == (201, 200, 200, 1)
    counter.database.run("UPDATE events SET starts_at = now() - interval '1 s' WHERE id = :id", id=event)
    counter.database.run("UPDATE orders SET is_test = false WHERE id = :id", id=int(order["id"]))
    assert (came_virtually(), guests()) == (200, 1), "what is no test admits"


def test_who_came_to_a_rehearsal_leaves_it_after_the_event_has_begun(counter: Counter) -> None:
    assert switch(counter, True).status == 200
    (guest,), event = counter.attendees(bought(counter)), counter.event.id
    talk = stored(make_session, event=counter.event)
    places = {
        kind: stored(make_station, event=counter.event, station_type=kind)
        for kind in ("check in", "check out")
    }

    def scanned(kind: str) -> int:
        here = {"station": ("station", places[kind]), "ticket_holder": ("attendee", guest)}
        sent = document("user-check-in", {}, session=("session", talk), **here)
        return counter.organizer.post("/v1/user-check-in", sent).status

    def patched(**values: Any) -> int:
        sent = document("attendee", values, guest)
        return counter.organizer.patch(f"/v1/attendees/{guest}", sent).status

    def virtually(comes: bool) -> int:
        sent = {"check_in_type": "event", "is_check_in": comes}
        path = f"/v1/events/{event}/virtual/check-in"
        return counter.asking.post(path, sent, content_type="application/json").status

    arrived = {"is-checked-in": True, "checkin-times": clock.now().isoformat()}
    left = {"is-checked-out": True, "checkout-times": clock.now().isoformat()}
    assert (scanned("check in"), patched(**arrived), virtually(True)) == (201, 200, 200)
    counter.database.run("UPDATE events SET starts_at = now() - interval '1 s' WHERE id = :id", id=event)
    assert (scanned("check in"), virtually(True)) == (409, 403)
    assert (scanned("check out"), patched(**left), virtually(False)) == (201, 200, 200)
    assert (scanned("check in"), patched(**{"is-registered": True}), virtually(True)) == (409, 409, 403)


def test_what_was_tried_is_not_completed_once_test_mode_has_ended(counter: Counter) -> None:
    assert switch(counter, True).status == 200
    order = counter.order()
    assert counter.charge(order).status == 200
    expire(counter, order)
    assert switch(counter, False).status == 200
    counter.stripe.pay(counter.intent(order))
    counter.hear(*counter.stripe.events)
    counter.settle()
    assert (counter.status(order), counter.attendees(order)) == ("expired", [])
    assert counter.ledger(order) == [("succeeded", 5000, 5000)]


@pytest.mark.parametrize("status", ["initializing", "pending", "placed"])
def test_the_mode_stays_while_orders_are_unfinished(counter: Counter, status: str) -> None:
    order = counter.order()
    if status != "initializing":
        values = {"status": status, "payment-mode": "bank" if status == "placed" else "stripe"}
        sent = document("order", values, order["id"])
        assert counter.asking.patch(f"/v1/orders/{order['id']}", sent).status == 200
    refused = switch(counter, True)
    assert (refused.status, refused.errors[0]["source"]["pointer"]) == (409, "/data/attributes/is-test-mode")
    sent = document("order", {"status": "cancelled"}, order["id"])
    assert counter.organizer.patch(f"/v1/orders/{order['id']}", sent).status == 200
    assert switch(counter, True).status == 200
    stranger = counter.client.signed_in_as(stored(make_user))
    sent = document("event", {"is-test-mode": False}, counter.event.id)
    assert stranger.patch(f"/v1/events/{counter.event.id}", sent).status == 403


def test_papers_of_test_mode_say_so(counter: Counter) -> None:
    assert switch(counter, True).status == 200
    order = bought(counter)
    counter.pump.everything()
    said = []
    for address in ("/v1/orders/invoices/{}", "/v1/orders/{}/tickets-pdf"):
        content = fetched(counter.asking, counter.pump, address.format(order["attributes"]["identifier"]))
        said.append(text_of(content))
    assert "TEST invoice TEST-" in said[0]
    assert "nothing is to be paid" in said[0]
    assert said[1].count("TEST, not a valid ticket") == 2


def test_mails_of_test_mode_say_so(counter: Counter) -> None:
    assert switch(counter, True).status == 200
    order = bought(counter)
    assert counter.refund(order, amount=10).status == 200
    counter.pump.everything()
    mails = [mail for mail in counter.pump.mails() if counter.event.name in mail["subject"]]
    assert {mail["to"][0] for mail in mails} >= {counter.buyer.email, counter.owner.email}
    assert len(mails) >= 4
    assert [mail["subject"] for mail in mails if f"TEST: {counter.event.name}" not in mail["subject"]] == []


def test_nobody_makes_an_order_a_test(counter: Counter) -> None:
    order = counter.order()
    sent = document("order", {"is-test": True}, order["id"])
    for asking in (counter.asking, counter.organizer):
        asking.patch(f"/v1/orders/{order['id']}", sent)
    assert counter.database.one("SELECT is_test FROM orders WHERE id = :id", id=int(order["id"])) is False


def test_paypal_has_its_sandbox_for_test_mode(by_paypal: PayPalCounter) -> None:
    by_paypal.database.run("UPDATE settings SET paypal_mode = 'live'")
    assert "not connected to PayPal" in by_paypal.create(by_paypal.order()).errors[0]["detail"]
    by_paypal.database.run("UPDATE orders SET status = 'cancelled' WHERE status <> 'completed'")
    assert switch(by_paypal, True).status == 200
    order = by_paypal.order()
    payment = by_paypal.begun(order)
    by_paypal.paypal.approve(payment)
    assert by_paypal.hear_paypal(by_paypal.paypal.events[-1]) == [200]
    by_paypal.pump.everything()
    assert by_paypal.status(order) == "completed"
    by_paypal.database.run("UPDATE settings SET paypal_sandbox_secret = NULL")
    assert "no keys for tests" in by_paypal.create(by_paypal.order()).errors[0]["detail"]
