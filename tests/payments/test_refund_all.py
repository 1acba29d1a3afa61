"""An event that does not take place: all orders are refunded in full and cancelled, once."""

from typing import Any

import pytest

from tests.factories import stored
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.payments.test_refunds import sold, taken
from tests.support.documents import document
from tests.support.http_client import Reply
from tests.support.payments import Counter

pytestmark = pytest.mark.one_database


def refund_all(counter: Counter, asking: Any = None, **sent: Any) -> Reply:
    """The organizer cancels the event."""
    body = sent or {"note": "The hall is flooded"}
    address = f"/v1/events/{counter.event.id}/refund-all"
    reply: Reply = (asking or counter.organizer).post(address, body, content_type="application/json")
    return reply


def test_everybody_gets_everything_back(counter: Counter) -> None:
    online, inside, offline, held = sold(counter, 2), sold(counter), counter.order(1), counter.order(1)
    for asking, values in (
        (counter.asking, {"status": "placed", "payment-mode": "bank"}),
        (counter.organizer, {"status": "completed"}),
    ):
        sent = document("order", values, offline["id"])
        assert asking.patch(f"/v1/orders/{offline['id']}", sent).status == 200
    assert counter.refund(online, amount=10).status == 200
    (guest,) = counter.attendees(inside)
    came = {"is-checked-in": True, "checkin-times": "2030-05-01T12:00:00+00:00"}
    assert counter.organizer.patch(f"/v1/attendees/{guest}", document("attendee", came, guest)).status == 200
    counter.database.run("UPDATE events SET state = 'draft' WHERE id = :id", id=counter.event.id)
    told = refund_all(counter)
    assert told.status == 200, told.text
    counter.pump.everything()
    seen = counter.organizer.get(told.json["task_url"]).json
    assert (seen["state"], seen["result"]) == ("SUCCESS", {"refunded": 3, "skipped": 1})
    assert [counter.status(order) for order in (online, inside, offline, held)] == [
        "cancelled", "completed", "cancelled", "cancelled",
    ]  # fmt: skip
    assert counter.ledger(online) == [("succeeded", 10000, 10000)]
    assert counter.ledger(offline) == [("succeeded", 5000, 5000)]
    assert (counter.ledger(inside), taken(counter)) == ([("succeeded", 5000, 0)], 1)
    counter.pump.everything()
    bodies = [str(mail) for mail in counter.pump.mails() if "refund" in mail["subject"].lower()]
    assert sum("The hall is flooded" in body for body in bodies) == 2
    # Once: a second time finds nothing but those who were skipped.
    again = refund_all(counter)
    counter.pump.everything()
    assert counter.organizer.get(again.json["task_url"]).json["result"] == {"refunded": 0, "skipped": 1}
    assert counter.ledger(online) == [("succeeded", 10000, 10000)]


def test_it_works_in_batches(counter: Counter) -> None:
    orders = [counter.order(1) for _ in range(23)]
    counter.database.run("UPDATE events SET state = 'draft' WHERE id = :id", id=counter.event.id)
    told = refund_all(counter)
    counter.pump.everything()
    assert counter.organizer.get(told.json["task_url"]).json["result"] == {"refunded": 23, "skipped": 0}
    assert {counter.status(order) for order in orders} == {"cancelled"}


def test_organizers_alone_cancel_an_event_that_sells_no_more(counter: Counter) -> None:
    counter.database.run("UPDATE events SET state = 'published' WHERE id = :id", id=counter.event.id)
    assert refund_all(counter, counter.client).status == 401
    helper = stored(make_users_events_roles, event=counter.event, role="coorganizer").user_id
    for person in (helper, counter.buyer, stored(make_user)):
        assert refund_all(counter, counter.client.signed_in_as(person)).status == 403
    assert (refund_all(counter).status, "Unpublish" in refund_all(counter).text) == (409, True)
    for sent, pointer in (({"note": ""}, "/note"), ({"note": 7}, "/note"), ({"amount": 1}, "/amount")):
        refused = refund_all(counter, **sent)
        assert (refused.status, refused.errors[0]["source"]["pointer"]) == (422, pointer)


def test_an_event_that_is_deleted_before_its_end_is_refunded(counter: Counter) -> None:
    order = sold(counter, 2)
    staff = counter.client.signed_in_as(stored(make_user, is_admin=True, is_super_admin=True))
    assert staff.delete(f"/v1/events/{counter.event.id}").status == 200
    # Its tickets admit nobody, so they are not given out.
    reply = counter.asking.get(f"/v1/orders/{order['id']}/tickets-pdf")
    assert (reply.status, "was removed" in reply.text) == (409, True), reply.text
    counter.pump.everything()
    assert (counter.status(order), counter.ledger(order)) == ("cancelled", [("succeeded", 10000, 10000)])


def test_an_event_that_is_over_stays_as_it_was(counter: Counter) -> None:
    order = sold(counter)
    counter.database.run(
        "UPDATE events SET starts_at = now() - interval '2 days', ends_at = now() - interval '1 day' "
        "WHERE id = :id", id=counter.event.id,
    )  # fmt: skip
    staff = counter.client.signed_in_as(stored(make_user, is_admin=True, is_super_admin=True))
    assert staff.delete(f"/v1/events/{counter.event.id}").status == 200
    counter.pump.everything()
    assert (counter.status(order), counter.ledger(order)) == ("completed", [("succeeded", 5000, 0)])
