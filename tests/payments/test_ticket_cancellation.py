"""A single ticket is cancelled: as quoted, once, by the refund rule, and others are told."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from tests.factories import stored
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.orders.baskets import ORDER, basket
from tests.payments.test_refund_rules import answered, quoted, refunds, ruled
from tests.payments.test_refunds import sold, taken
from tests.support.documents import document
from tests.support.guests import Guest
from tests.support.http_client import Client, Reply
from tests.support.payments import Counter
from tests.support.pump import Pump

pytestmark = pytest.mark.one_database


def terms(asking: Client, attendee: int) -> Reply:
    return asking.get(f"/v1/attendees/{attendee}/cancellation-quote")


def cancelled(asking: Client, attendee: int, quote: Any = None, **more: Any) -> Reply:
    """The answer to a cancellation with this quote, or with the one of the moment."""
    told = terms(asking, attendee)
    code = quote or (told.json["quote"] if told.status == 200 else "0")
    return asking.post(
        f"/v1/attendees/{attendee}/cancel", {"quote": code, **more}, content_type="application/json"
    )


def placed(counter: Counter, number: int) -> Any:
    """An order that is to be paid by bank transfer, with its invoice."""
    order = counter.order(number)
    sent = document("order", {"status": "placed", "payment-mode": "bank"}, order["id"])
    assert counter.asking.patch(f"/v1/orders/{order['id']}", sent).status == 200
    counter.pump.everything()
    return order


def confirmed(counter: Counter, order: Any) -> None:
    """The organizer has the money."""
    sent = document("order", {"status": "completed"}, order["id"])
    assert counter.organizer.patch(f"/v1/orders/{order['id']}", sent).status == 200


def credited(counter: Counter, order: Any) -> list[int]:
    counter.pump.everything()
    rows = counter.database.rows(
        "SELECT amount_minor FROM credit_notes WHERE order_id = :id ORDER BY id", id=int(order["id"])
    )
    return [row["amount_minor"] for row in rows]


def mailed(counter: Counter, address: str) -> list[str]:
    counter.pump.everything()
    told = [mail["subject"] for mail in counter.pump.mails() if address in mail["to"]]
    return [subject for subject in told if "ticket" in subject and "cancelled" in subject]


def test_a_buyer_cancels_one_ticket_as_quoted(counter: Counter) -> None:
    assert ruled(counter, fee=1.23).status == 201
    order = sold(counter, 3)
    counter.pump.everything()
    first, *others = counter.attendees(order)
    told = terms(counter.asking, first)
    assert told.status == 200, told.text
    quote = told.json
    assert {name: quote[name] for name in ("paid", "percent", "share", "fee", "amount", "kept", "waived")} == {
        "paid": 50.0, "percent": 80, "share": 40.0, "fee": 1.23, "amount": 38.77, "kept": 11.23, "waived": 0.0,
    }  # fmt: skip
    assert (quote["attendee"], quote["cancels-order"], quote["needs-approval"]) == (first, False, False)
    assert counter.ledger(order) == [("succeeded", 15000, 0)], "a quote does nothing"
    wrong = cancelled(counter.asking, first, "0" * 40)
    assert (wrong.status, wrong.errors[0]["source"]["pointer"]) == (409, "/quote")
    for sent, pointer in (({}, "/quote"), ({"quote": quote["quote"], "amount": 3}, "/amount")):
        refused = counter.asking.post(f"/v1/attendees/{first}/cancel", sent, content_type="application/json")
        assert (refused.status, refused.errors[0]["source"]["pointer"]) == (422, pointer)
    done = cancelled(counter.asking, first, note="I am ill")
    assert (done.status, done.json) == (200, quote)
    assert (counter.attendees(order), taken(counter), counter.status(order)) == (others, 2, "completed")
    assert cancelled(counter.asking, first).status == 404
    assert refunds(counter, order) == [(38.77, "created", "by-rule")]
    assert credited(counter, order) == [3877]
    assert counter.ledger(order) == [("succeeded", 15000, 3877)]
    for address in (counter.buyer.email, counter.owner.email, f"guest{first}@example.org"):
        assert len(mailed(counter, address)) == 1, address
    # Who removed it cannot be brought back by the crew: its money went back.
    restored = document("attendee", {"deleted-at": None}, first)
    back = counter.organizer.patch(f"/v1/attendees/{first}?get_trashed=true", restored)
    assert back.status == 409


def test_shares_add_up_when_tickets_go_one_by_one_and_nothing_is_given_back_for_one(counter: Counter) -> None:
    """Without a rule what was paid is kept, and stays the share of the ticket that it was paid for."""
    counter.ticket = stored(make_ticket, event=counter.event, type="paid", price=33.33, quantity=10)
    order = sold(counter, 3)
    first, second, third = counter.attendees(order)
    done = cancelled(counter.asking, first)
    assert (done.status, done.json["paid"], done.json["amount"], done.json["kept"]) == (200, 33.33, 0, 33.33)
    assert (counter.status(order), counter.ledger(order)) == ("completed", [("succeeded", 9999, 0)])
    assert ruled(counter, steps=[{"hours-before": 0, "percent": 100}]).status == 201
    assert [terms(counter.asking, id).json["amount"] for id in (second, third)] == [33.33, 33.33]
    assert cancelled(counter.asking, second).json["amount"] == 33.33
    last = cancelled(counter.asking, third)
    assert (last.json["cancels-order"], last.json["amount"]) == (True, 33.33)
    assert (counter.status(order), counter.ledger(order)) == ("cancelled", [("succeeded", 9999, 6666)])
    assert taken(counter) == 0
    assert sum(credited(counter, order)) == 6666


def test_what_is_not_paid_yet_is_not_owed_any_more(counter: Counter) -> None:
    order = placed(counter, 3)
    first, second, third = counter.attendees(order)
    done = cancelled(counter.asking, first)
    assert done.status == 200, done.text
    assert (done.json["paid"], done.json["amount"], done.json["waived"]) == (0.0, 0.0, 50.0)
    assert (credited(counter, order), counter.status(order)) == ([5000], "placed")
    assert cancelled(counter.asking, second).json["waived"] == 50.0
    assert credited(counter, order) == [5000, 5000]
    confirmed(counter, order)
    assert counter.ledger(order) == [("succeeded", 5000, 0)]
    assert ruled(counter, steps=[{"hours-before": 0, "percent": 100}]).status == 201
    assert terms(counter.asking, third).json["amount"] == 50.0
    other = placed(counter, 2)
    for id in counter.attendees(other):
        assert cancelled(counter.asking, id).json["waived"] == 50.0
    assert counter.status(other) == "cancelled"
    assert sum(credited(counter, other)) == 10000


def test_where_an_organizer_approves_the_place_is_free_and_the_money_waits(counter: Counter) -> None:
    assert ruled(counter, **{"needs-approval": True}).status == 201
    order = sold(counter, 2)
    first, second = counter.attendees(order)
    done = cancelled(counter.asking, first)
    assert (done.status, done.json["needs-approval"], done.json["amount"]) == (200, True, 40.0)
    assert (counter.attendees(order), refunds(counter, order)) == ([second], [])
    (request,) = counter.organizer.get(f"/v1/orders/{order['id']}/refund-requests").data
    assert request["attributes"]["amount"] == 40.0
    assert answered(counter, request, "approved").status == 200
    counter.pump.everything()
    assert refunds(counter, order) == [(40.0, "succeeded", "by-rule")]
    # A ticket of which a refund is asked for is not cancelled beside that.
    quote = quoted(counter, order, second).json["quote"]
    sent = {"attendees": [second], "quote": quote}
    address = f"/v1/orders/{order['id']}/refund-requests"
    assert counter.asking.post(address, sent, content_type="application/json").status == 200
    assert terms(counter.asking, second).status == 409


def test_what_costs_nothing_is_given_up_and_the_last_ticket_ends_the_order(counter: Counter) -> None:
    free = stored(make_ticket, event=counter.event, type="free", price=0, quantity=5)
    made = counter.asking.post(ORDER, basket((free, 2)))
    assert made.status == 200, made.text
    order = made.data
    assert terms(counter.asking, counter.attendees(order)[0]).status == 409, "it is not sold yet"
    sent = document("order", {"status": "completed"}, order["id"])
    assert counter.asking.patch(f"/v1/orders/{order['id']}", sent).status == 200
    first, second = counter.attendees(order)
    for id, status in ((first, "completed"), (second, "cancelled")):
        assert cancelled(counter.asking, id).status == 200
        assert counter.status(order) == status
    assert counter.database.one("SELECT taken FROM stocks WHERE ticket_id = :id", id=free.id) == 0


def test_an_attendee_cancels_where_the_event_allows_it(counter: Counter) -> None:
    order = sold(counter, 2)
    first, second = counter.attendees(order)
    for id in (first, second):
        counter.database.run("UPDATE attendees SET email = 'eve@example.org' WHERE id = :id", id=id)
    eve = counter.client.signed_in_as(stored(make_user, email="eve@example.org", is_verified=True))
    mallory = counter.client.signed_in_as(stored(make_user, is_verified=True))
    assert terms(eve, first).status == cancelled(eve, first).status == 403
    allowed = document("event", {"is-attendee-cancellation-enabled": True}, counter.event.id)
    assert counter.organizer.patch(f"/v1/events/{counter.event.id}", allowed).status == 200
    assert terms(mallory, first).status == terms(counter.client, first).status - 401 + 404 == 404
    assert terms(eve, first).json["kept"] == 50.0
    assert cancelled(eve, first).status == 200
    sent = document("order", {"status": "cancelled"}, order["id"])
    assert eve.patch(f"/v1/orders/{order['id']}", sent).status == 403, "an order is its buyer's"
    assert cancelled(eve, second).json["cancels-order"] is True
    assert counter.status(order) == "cancelled"


def test_a_used_ticket_stays_and_so_does_one_of_an_event_that_is_over(counter: Counter) -> None:
    order = sold(counter, 2)
    first, second = counter.attendees(order)
    counter.database.run(
        "UPDATE attendees SET is_checked_in = true, checkin_times = '2030-05-01T12:00:00Z' WHERE id = :id",
        id=first,
    )
    assert terms(counter.asking, first).status == cancelled(counter.asking, first).status == 409
    assert terms(counter.asking, second).status == 200
    counter.database.run(
        "UPDATE events SET starts_at = now() - interval '2 day', ends_at = now() - interval '1 day' "
        "WHERE id = :id",
        id=counter.event.id,
    )
    assert terms(counter.asking, second).status == 409


def test_two_at_once_cancel_once(counter: Counter) -> None:
    assert ruled(counter, steps=[{"hours-before": 0, "percent": 100}]).status == 201
    order = sold(counter, 2)
    first, second = counter.attendees(order)
    quote = terms(counter.asking, first).json["quote"]
    with ThreadPoolExecutor(4) as pool:
        done = [*pool.map(lambda _: cancelled(counter.asking, first, quote).status, range(4))]
    assert min(done) == 200
    assert all(status in {404, 409} for status in sorted(done)[1:]), done
    assert (counter.ledger(order), counter.attendees(order)) == ([("succeeded", 10000, 5000)], [second])
    # And a whole refund beside it.
    both = [partial(cancelled, counter.asking, second), partial(counter.refund, order)]
    with ThreadPoolExecutor(2) as pool:
        assert any(status == 200 for status in pool.map(lambda ask: ask().status, both))
    assert (counter.status(order), counter.ledger(order)) == ("cancelled", [("succeeded", 10000, 10000)])


def told_of(counter: Counter, user: Any) -> list[tuple[str, str]]:
    """Kind and title of what the account is notified of, about tickets that were cancelled."""
    counter.pump.everything()
    found = counter.client.signed_in_as(user).get(f"/v1/users/{user.id}/notifications").data
    named = [each["attributes"] for each in found]
    return sorted((each["kind"], each["title"]) for each in named if "cancelled" in each["kind"])


def test_who_has_an_account_is_notified_in_the_application(counter: Counter) -> None:
    order = sold(counter, 2)
    first, second = counter.attendees(order)
    ada = stored(make_user, email=f"guest{first}@example.org", is_verified=True)
    unproved = stored(make_user, email=f"guest{second}@example.org", is_verified=False)
    assert cancelled(counter.asking, first).status == 200
    event = counter.event.name
    assert told_of(counter, counter.buyer) == [
        ("ticket_cancelled", f"A ticket of your order for {event} is cancelled")
    ]
    assert told_of(counter, ada) == [("ticket_cancelled", f"Your ticket for {event} is cancelled")]
    assert told_of(counter, counter.owner) == [
        ("ticket_cancelled_organizer", f"A ticket for {event} is cancelled")
    ]
    assert cancelled(counter.asking, second).json["cancels-order"] is True
    assert told_of(counter, unproved) == []
    assert "is cancelled" in told_of(counter, counter.buyer)[0][1]


def test_a_guest_cancels_by_the_link_of_the_order(counter: Counter, client: Client, pump: Pump) -> None:
    free = stored(make_ticket, event=counter.event, type="free", price=0, quantity=5)
    guest, order = Guest(client, pump).with_order((free, 2))
    guest.names(order)
    guest = guest.by_link()
    assert guest.moves(order, status="completed").status == 200
    first, second = counter.attendees(order)
    done = cancelled(guest.client, first)
    assert done.status == 200, done.text
    assert counter.attendees(order) == [second]
    assert len(mailed(counter, guest.email)) == 1
