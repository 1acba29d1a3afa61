"""Shares stay: what was paid for a ticket, and what is owed less for one, whatever becomes of codes and the trash."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import db, retention
from chalicelib.jsonapi.write import trash
from chalicelib.resources import REGISTRY
from tests.exports.asking import Asking
from tests.factories import stored
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.orders.baskets import ORDER, basket
from tests.payments.test_refund_rules import ruled
from tests.payments.test_refunds import sold
from tests.payments.test_ticket_cancellation import cancelled, confirmed, placed, terms
from tests.support.documents import document
from tests.support.http_client import Client
from tests.support.payments import Counter

pytestmark = pytest.mark.one_database
ALL_OF_IT = [{"hours-before": 0, "percent": 100}]


def staff(counter: Counter) -> Client:
    return counter.client.signed_in_as(stored(make_user, is_admin=True, is_super_admin=True))


def purged(counter: Counter, _gone: int) -> None:
    """Years pass, and the trash is emptied."""
    with db.transaction() as session:
        later = retention.due_before(1)
        assert later is not None
        for resource in trash.nouns(REGISTRY):
            trash.purge(session, resource, later + timedelta(days=1000))


def deleted_by_staff(counter: Counter, gone: int) -> None:
    assert staff(counter).delete(f"/v1/attendees/{gone}?permanent=true").status == 409


@pytest.mark.parametrize("removed", [purged, deleted_by_staff])
def test_the_books_know_tickets_that_were_given_back(
    counter: Counter, removed: Callable[[Counter, int], None]
) -> None:
    order = sold(counter, 3)
    kept, refunded, last = counter.attendees(order)
    assert cancelled(counter.asking, kept).json["kept"] == 50.0
    assert counter.refund(order, attendees=[refunded]).status == 200
    assert ruled(counter, steps=ALL_OF_IT).status == 201
    owed = placed(counter, 2)
    waived, _ = counter.attendees(owed)
    assert cancelled(counter.asking, waived).json["waived"] == 50.0
    for gone in (kept, refunded, waived):
        removed(counter, gone)
    assert terms(counter.asking, last).json["paid"] == 50.0
    confirmed(counter, owed)
    assert counter.ledger(owed) == [("succeeded", 5000, 0)]


def test_what_was_removed_and_concerns_no_money_is_deleted_for_good(counter: Counter) -> None:
    order = sold(counter, 2)
    first, second = counter.attendees(order)
    assert staff(counter).delete(f"/v1/attendees/{first}?permanent=true").status == 200
    assert counter.database.one("SELECT count(*) FROM attendees WHERE id = :id", id=first) == 0
    assert counter.attendees(order) == [second]


def halved(counter: Counter) -> tuple[Any, str]:
    """An order with one ticket at half the price and one at the whole, which is paid; and its code."""
    made = document(
        "discount-code",
        {"code": "HALF", "value": 50, "type": "percent", "used-for": "ticket", "tickets-number": 1,
         "max-quantity": 1},
        event=("event", counter.event),
    )  # fmt: skip
    made["data"]["relationships"]["tickets"] = {"data": [{"type": "ticket", "id": str(counter.ticket.id)}]}
    code = counter.organizer.post("/v1/discount-codes", made)
    assert code.status == 201, code.text
    other = stored(make_ticket, event=counter.event, type="paid", price=50, quantity=10)
    sent = basket((counter.ticket, 1), (other, 1), discount_code="HALF")
    bought = counter.asking.post(ORDER, sent)
    assert bought.status == 200, bought.text
    order = bought.data
    counter.database.run(
        "UPDATE attendees SET firstname = 'Ada', lastname = 'L', email = id || '@example.org' "
        "WHERE order_id = :id",
        id=int(order["id"]),
    )
    assert counter.charge(order).status == 200
    counter.stripe.pay(counter.intent(order))
    assert counter.verify(order) == "completed"
    return order, code.data["id"]


@pytest.mark.parametrize("is_old", [False, True])
def test_a_code_that_changes_after_the_sale_changes_no_share(counter: Counter, is_old: bool) -> None:
    """Orders from before what the code took off was stored keep it when the code changes."""
    order, code = halved(counter)
    if is_old:
        counter.database.run("UPDATE orders_tickets SET discount = NULL")
    assert ruled(counter, steps=ALL_OF_IT).status == 201
    first, second = counter.attendees(order)
    for changed in ({"value": 0}, {"type": "amount", "value": 1}):
        sent = document("discount-code", changed, code)
        assert counter.organizer.patch(f"/v1/discount-codes/{code}", sent).status == 200
        assert [terms(counter.asking, id).json["paid"] for id in (first, second)] == [25.0, 50.0]
    assert counter.organizer.delete(f"/v1/discount-codes/{code}").status == 200
    purged(counter, first)
    assert staff(counter).delete(f"/v1/discount-codes/{code}?permanent=true").status == 409
    assert [cancelled(counter.asking, id).json["amount"] for id in (first, second)] == [25.0, 50.0]
    assert counter.ledger(order) == [("succeeded", 7500, 7500)]


def test_the_exported_list_says_what_was_paid_for_who_still_comes(counter: Counter) -> None:
    order = sold(counter, 2)
    first, _ = counter.attendees(order)
    assert cancelled(counter.asking, first).status == 200
    owed = placed(counter, 2)
    assert cancelled(counter.asking, counter.attendees(owed)[0]).status == 200
    confirmed(counter, owed)
    asking = Asking(counter.organizer, counter.pump)
    listed = asking.records(f"/events/{counter.event.id}/exports/attendees.csv", columns="price-paid")
    assert [row["Price Paid"] for row in listed] == ["50.00", "50.00"]
