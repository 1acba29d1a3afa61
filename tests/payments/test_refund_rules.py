"""Refund rules: what buyers get back by them, as it was quoted, at once or when an organizer approves."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from chalicelib import clock
from devstack.stripe_stand_in import StripeStandIn
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.payments.test_refunds import sold, taken
from tests.support.documents import document
from tests.support.http_client import Client, Reply
from tests.support.payments import Counter

pytestmark = pytest.mark.one_database
STEPS = [{"hours-before": 72, "percent": 80}, {"hours-before": 24, "percent": 30}]


def ruled(counter: Counter, **values: Any) -> Reply:
    """The organizer writes the rule of the event."""
    sent = document("refund-rule", {"steps": STEPS, **values}, event=("event", counter.event))
    return counter.organizer.post("/v1/refund-rules", sent)


def quoted(counter: Counter, order: Any, *attendees: int) -> Reply:
    """What the buyer is told."""
    query = f"?attendees={','.join(map(str, attendees))}" if attendees else ""
    return counter.asking.get(f"/v1/orders/{order['id']}/refund-quote{query}")


def asked(counter: Counter, order: Any, path: str = "refund", **sent: Any) -> Reply:
    """The buyer wants to be refunded."""
    return counter.asking.post(f"/v1/orders/{order['id']}/{path}", sent, content_type="application/json")


def answered(counter: Counter, request: Any, state: Any, **more: Any) -> Reply:
    """The organizer answers."""
    address = f"/v1/refund-requests/{request['id']}/answer"
    return counter.organizer.post(address, {"state": state, **more}, content_type="application/json")


def refunds(counter: Counter, order: Any) -> list[tuple[Any, ...]]:
    """Amount, state and reason of each refund of the order, oldest first."""
    found = counter.asking.get(f"/v1/orders/{order['id']}/refunds?sort=created-at").data
    named = [each["attributes"] for each in found]
    return [(each["amount"], each["state"], each["reason"]) for each in named]


def starts_in(counter: Counter, hours: float) -> None:
    """Time passes until the event begins in so many hours: it has never been promised for another day."""
    begin = clock.now() + timedelta(hours=hours)
    dates = {"begin": begin, "end": begin + timedelta(days=1), "id": counter.event.id}
    counter.database.run("UPDATE events SET starts_at = :begin, ends_at = :end WHERE id = :id", **dates)
    counter.database.run(
        "UPDATE refund_rule_versions SET starts_at = :begin, ends_at = :end WHERE event_id = :id", **dates
    )


def a_minute_passes(counter: Counter) -> None:
    """What was ordered, and what the rule said, is from a minute ago."""
    for change in ("refund_rule_versions SET since = since", "orders SET created_at = created_at"):
        counter.database.run(f"UPDATE {change} - interval '1 minute'")


def moved(counter: Counter, hours: float) -> None:
    """The organizer moves the event: it begins in so many hours."""
    begin = clock.now() + timedelta(hours=hours)
    dates = {"starts-at": begin.isoformat(), "ends-at": (begin + timedelta(hours=3)).isoformat()}
    sent = document("event", dates, counter.event.id)
    told = counter.organizer.patch(f"/v1/events/{counter.event.id}", sent)
    assert told.status == 200, told.text


def test_a_buyer_is_refunded_as_quoted(counter: Counter) -> None:
    assert ruled(counter, fee=1.23).status == 201
    order = sold(counter, 3)
    first, *others = counter.attendees(order)
    told = quoted(counter, order, first)
    assert told.status == 200, told.text
    quote = told.json
    assert {name: quote[name] for name in ("paid", "percent", "share", "fee", "amount", "kept")} == {
        "paid": 50.0, "percent": 80, "share": 40.0, "fee": 1.23, "amount": 38.77, "kept": 11.23,
    }  # fmt: skip
    assert (quote["attendees"], quote["cancels-order"], quote["needs-approval"]) == ([first], False, False)
    assert counter.ledger(order) == [("succeeded", 15000, 0)], "a quote does nothing"
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"attendees": [first]}, "/quote"),
        ({"attendees": [first], "quote": 7}, "/quote"),
        ({"amount": 50, "quote": quote["quote"]}, "/amount"),
    ]
    for sent, pointer in wrong:
        refused = asked(counter, order, **sent)
        assert (refused.status, refused.errors[0]["source"]["pointer"]) == (422, pointer), refused.text
    changed: list[dict[str, Any]] = [
        {"attendees": others, "quote": quote["quote"]},
        {"quote": quote["quote"]},
        {"attendees": [first], "quote": "0" * 40},
    ]
    for other in changed:
        refused = asked(counter, order, **other)
        assert (refused.status, refused.errors[0]["source"]["pointer"]) == (409, "/quote"), refused.text
    made = asked(counter, order, attendees=[first], quote=quote["quote"], note="I am ill")
    assert made.status == 200, made.text
    assert (counter.attendees(order), taken(counter), counter.status(order)) == (others, 2, "completed")
    assert asked(counter, order, attendees=[first], quote=quote["quote"]).status == 422
    counter.pump.everything()
    assert refunds(counter, order) == [(38.77, "succeeded", "by-rule")]
    # All that is left: the order ends, and the organizer keeps a part.
    rest = quoted(counter, order).json
    assert (rest["amount"], rest["cancels-order"], rest["attendees"]) == (77.54, True, others)
    assert asked(counter, order, quote=rest["quote"]).status == 200
    assert (counter.status(order), counter.attendees(order)) == ("cancelled", [])
    assert counter.ledger(order) == [("succeeded", 15000, 3877 + 7754)]
    assert quoted(counter, order).status == 409
    # Organizers may always refund more.
    assert counter.refund(order).data["attributes"]["amount"] == 33.69
    assert counter.ledger(order) == [("succeeded", 15000, 15000)]


def test_a_quote_that_has_changed_is_refused(counter: Counter) -> None:
    rule = ruled(counter).data["id"]
    order = sold(counter)
    starts_in(counter, 73)
    quote = quoted(counter, order).json
    assert quote["percent"] == 80
    with clock.shifted(timedelta(hours=2)):
        refused = asked(counter, order, quote=quote["quote"])
        assert (refused.status, refused.errors[0]["source"]["pointer"]) == (409, "/quote")
        assert quoted(counter, order).json["percent"] == 30
    with clock.shifted(timedelta(hours=50)):
        late = quoted(counter, order)
        assert (late.status, "nothing goes back" in late.text) == (409, True)
    assert counter.ledger(order) == [("succeeded", 5000, 0)]
    # What was promised when the order was made stays; what is better since counts as well.
    worse = document("refund-rule", {"steps": [{"hours-before": 0, "percent": 10}]}, rule)
    assert counter.organizer.patch(f"/v1/refund-rules/{rule}", worse).status == 200
    assert quoted(counter, order).json["percent"] == 80
    better = document("refund-rule", {"steps": [{"hours-before": 0, "percent": 90}]}, rule)
    assert counter.organizer.patch(f"/v1/refund-rules/{rule}", better).status == 200
    assert quoted(counter, order).json["percent"] == 90
    assert counter.organizer.delete(f"/v1/refund-rules/{rule}").status == 200
    assert quoted(counter, order).json["percent"] == 80
    a_minute_passes(counter)
    later = sold(counter)
    assert quoted(counter, later).status == 409


def test_who_cancels_a_paid_order_is_refunded_by_the_rule(counter: Counter) -> None:
    ruled(counter)
    order = sold(counter, 2)
    sent = document("order", {"status": "cancelled"}, order["id"])
    assert counter.asking.patch(f"/v1/orders/{order['id']}", sent).status == 200
    assert refunds(counter, order) == [(80.0, "created", "by-rule")]
    assert (counter.status(order), taken(counter)) == ("cancelled", 0)


def test_without_a_rule_a_buyer_cancels_and_gets_nothing(counter: Counter) -> None:
    order = sold(counter)
    assert quoted(counter, order).status == 409
    sent = document("order", {"status": "cancelled"}, order["id"])
    assert counter.asking.patch(f"/v1/orders/{order['id']}", sent).status == 200
    assert (counter.status(order), counter.ledger(order)) == ("cancelled", [("succeeded", 5000, 0)])


def test_an_organizer_approves_or_declines(counter: Counter) -> None:
    ruled(counter, **{"needs-approval": True})
    order = sold(counter, 3)
    first, second, third = counter.attendees(order)
    quote = quoted(counter, order, first).json
    assert quote["needs-approval"] is True
    refused = asked(counter, order, attendees=[first], quote=quote["quote"])
    assert (refused.status, "approve" in refused.text) == (409, True)
    made = asked(counter, order, "refund-requests", attendees=[first], quote=quote["quote"], note="I am ill")
    assert made.status == 200, made.text
    seen = made.data["attributes"]
    assert (seen["state"], seen["amount"], seen["paid"], seen["note"]) == (
        "requested",
        40.0,
        50.0,
        "I am ill",
    )
    assert (len(counter.attendees(order)), counter.ledger(order)) == (3, [("succeeded", 15000, 0)])
    twice = asked(
        counter,
        order,
        "refund-requests",
        attendees=[first],
        quote=quoted(counter, order, first).json["quote"],
    )
    assert twice.status == 409
    counter.pump.everything()
    subjects = [mail["subject"] for mail in counter.pump.mails() if counter.owner.email in mail["to"]]
    assert sum("refund is asked for" in subject for subject in subjects) == 1, subjects
    address = f"/v1/refund-requests/{made.data['id']}"
    # Neither buyer nor coorganizer nor stranger answers.
    helper = stored(make_users_events_roles, event=counter.event, role="coorganizer").user_id
    for person, status in ((counter.buyer, 403), (helper, 403), (stored(make_user), 404)):
        stranger = counter.client.signed_in_as(person)
        sent = {"state": "approved"}
        assert stranger.post(f"{address}/answer", sent, content_type="application/json").status == status
    assert counter.client.get(address).status == 404
    assert answered(counter, made.data, "withdrawn").status == 403
    for wrong, pointer in (("requested", "/state"), (None, "/state"), (7, "/state")):
        reply = answered(counter, made.data, wrong)
        assert (reply.status, reply.errors[0]["source"]["pointer"]) == (422, pointer)
    approved = answered(counter, made.data, "approved", answer="Get well")
    assert approved.status == 200, approved.text
    assert approved.data["attributes"]["state"] == "approved"
    assert answered(counter, made.data, "declined").status == 409
    assert (counter.attendees(order), refunds(counter, order)) == (
        [second, third],
        [(40.0, "created", "by-rule")],
    )
    # Declined: the ticket still admits, and it may be asked for again.
    other = asked(
        counter,
        order,
        "refund-requests",
        attendees=[second],
        quote=quoted(counter, order, second).json["quote"],
    )
    assert answered(counter, other.data, "declined", answer="Too late").status == 200
    assert counter.attendees(order) == [second, third]
    counter.pump.everything()
    subjects = [mail["subject"] for mail in counter.pump.mails() if counter.buyer.email in mail["to"]]
    assert sum("declined" in subject for subject in subjects) == 1, subjects
    # Withdrawn by the buyer; superseded by what the organizer refunds.
    third_time = asked(counter, order, "refund-requests", quote=quoted(counter, order).json["quote"])
    sent = {"state": "withdrawn"}
    withdrawn = f"/v1/refund-requests/{third_time.data['id']}/answer"
    assert counter.asking.post(withdrawn, sent, content_type="application/json").status == 200
    last = asked(counter, order, "refund-requests", quote=quoted(counter, order).json["quote"])
    assert counter.refund(order, attendees=[third]).status == 200
    shown = counter.organizer.get(f"/v1/refund-requests/{last.data['id']}").data["attributes"]
    assert shown["state"] == "superseded"
    assert answered(counter, last.data, "approved").status == 409


def test_who_cancels_at_once_gives_the_places_back_and_waits_for_the_money(counter: Counter) -> None:
    ruled(counter, **{"needs-approval": True})
    order = sold(counter, 2)
    sent = document("order", {"status": "cancelled"}, order["id"])
    assert counter.asking.patch(f"/v1/orders/{order['id']}", sent).status == 200
    assert (counter.status(order), taken(counter), counter.ledger(order)) == (
        *("cancelled", 0, [("succeeded", 10000, 0)]),
    )
    (request,) = counter.organizer.get(f"/v1/orders/{order['id']}/refund-requests").data
    approved = answered(counter, request, "approved")
    assert approved.status == 200, approved.text
    assert (taken(counter), counter.ledger(order)) == (0, [("succeeded", 10000, 8000)])


def test_who_cancels_after_asking_for_a_part_is_refunded_for_each_ticket_once(counter: Counter) -> None:
    ruled(counter, **{"needs-approval": True})
    order = sold(counter, 2)
    first, second = counter.attendees(order)
    quote = quoted(counter, order, first).json["quote"]
    part = asked(counter, order, "refund-requests", attendees=[first], quote=quote)
    assert part.status == 200, part.text
    sent = document("order", {"status": "cancelled"}, order["id"])
    assert counter.asking.patch(f"/v1/orders/{order['id']}", sent).status == 200
    waiting = counter.organizer.get(f"/v1/orders/{order['id']}/refund-requests?sort=id").data
    assert [request["attributes"]["amount"] for request in waiting] == [40.0, 40.0]
    for request in waiting:
        approved = answered(counter, request, "approved")
        assert approved.status == 200, approved.text
    assert counter.ledger(order) == [("succeeded", 10000, 8000)]
    told = "SELECT attendee_ids FROM refunds WHERE order_id = :id ORDER BY id"
    rows = counter.database.rows(told, id=int(order["id"]))
    assert [row["attendee_ids"] for row in rows] == [[first], [second]]


def test_a_used_ticket_is_not_refunded_by_the_rule(counter: Counter) -> None:
    ruled(counter)
    order = sold(counter, 2)
    first, second = counter.attendees(order)
    came = {"is-checked-in": True, "checkin-times": "2030-05-01T12:00:00+00:00"}
    assert counter.organizer.patch(f"/v1/attendees/{first}", document("attendee", came, first)).status == 200
    assert [quoted(counter, order, *ids).status for ids in ((first,), (), (second,))] == [409, 409, 200]


def test_what_went_back_for_all_is_not_paid_back_again(counter: Counter) -> None:
    ruled(counter)
    order = sold(counter, 2)
    assert counter.refund(order, amount=20).status == 200
    first, second = counter.attendees(order)
    quote = quoted(counter, order, first).json
    assert (quote["paid"], quote["amount"]) == (40.0, 32.0)
    assert asked(counter, order, attendees=[first], quote=quote["quote"]).status == 200
    assert quoted(counter, order, second).json["amount"] == 32.0


def _steps(*steps: dict[str, Any]) -> dict[str, Any]:
    return {"steps": [*steps]}


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        (_steps(), "/steps"),
        ({"steps": "all"}, "/steps"),
        ({"steps": None}, "/steps"),
        (_steps({"percent": 50}), "/steps/0/until"),
        (_steps({"hours-before": 1}), "/steps/0/percent"),
        (_steps({"hours-before": 1, "percent": 0}), "/steps/0/percent"),
        (_steps({"hours-before": 1, "percent": 101}), "/steps/0/percent"),
        (_steps({"hours-before": 1, "percent": 12.5}), "/steps/0/percent"),
        (_steps({"hours-before": -1, "percent": 1}), "/steps/0/hours-before"),
        (_steps({"until": "soon", "percent": 1}), "/steps/0/until"),
        (_steps({"until": "2001-01-01T00:00:00Z", "hours-before": 1, "percent": 1}), "/steps/0/until"),
        (_steps({"until": "2999-01-01T00:00:00Z", "percent": 1}), "/steps/0/until"),
        (_steps({"hours-before": 2, "percent": 50}, {"hours-before": 3, "percent": 40}), "/steps/1/hours-before"),
        (_steps({"hours-before": 3, "percent": 50}, {"hours-before": 2, "percent": 50}), "/steps/1/percent"),
        (_steps(*({"hours-before": 90 - n, "percent": 90 - n} for n in range(11))), "/steps"),
        ({"fee": -1}, "/fee"),
        ({"fee": 1.001}, "/fee"),
        ({"needs-approval": "perhaps"}, "/needs-approval"),
    ],
)  # fmt: skip
def test_a_rule_that_is_not_understood_is_refused(
    counter: Counter, values: dict[str, Any], pointer: str
) -> None:
    refused = ruled(counter, **values)
    found = [error["source"]["pointer"] for error in refused.errors]
    assert (refused.status, found[0]) == (422, f"/data/attributes{pointer}"), refused.text


def test_organizers_alone_write_the_rule_and_everybody_reads_it(counter: Counter) -> None:
    rule = ruled(counter)
    again = ruled(counter)
    assert (again.status, again.errors[0]["source"]["pointer"]) == (409, "/data/relationships/event")
    helper = stored(make_users_events_roles, event=counter.event, role="coorganizer").user_id
    sent = document("refund-rule", {"fee": 1}, rule.data["id"])
    address = f"/v1/refund-rules/{rule.data['id']}"
    for person, status in ((helper, 403), (counter.buyer, 403), (counter.owner, 200)):
        assert counter.client.signed_in_as(person).patch(address, sent).status == status
    counter.database.run("UPDATE events SET state = 'published' WHERE id = :id", id=counter.event.id)
    shown = counter.client.get(f"/v1/events/{counter.event.id}/refund-rule").data["attributes"]
    assert shown["steps"] == STEPS
    other = stored(make_event, owner=counter.owner, payment_currency="EUR")
    moved = document("refund-rule", {}, rule.data["id"], event=("event", other))
    assert counter.organizer.patch(address, moved).status == 403


@pytest.mark.parametrize(
    ("who", "status"), [("nobody", 401), ("stranger", 404), ("coorganizer", 403), ("organizer", 200)]
)
def test_a_quote_is_for_buyer_and_organizers(counter: Counter, who: str, status: int) -> None:
    ruled(counter)
    order = sold(counter)
    people: dict[str, Callable[[], Any]] = {
        "nobody": lambda: counter.client,
        "stranger": lambda: counter.client.signed_in_as(stored(make_user)),
        "coorganizer": lambda: counter.client.signed_in_as(
            stored(make_users_events_roles, event=counter.event, role="coorganizer").user_id
        ),
        "organizer": lambda: counter.organizer,
    }
    address = f"/v1/orders/{order['id']}/refund-quote"
    assert people[who]().get(address).status == status
    for wrong in ("x", "1,", "-1", "1.5"):
        assert counter.asking.get(f"{address}?attendees={wrong}").status == 400
    twice = counter.asking.get(f"{address}?attendees=1&attendees=2")
    assert (twice.status, twice.errors[0]["source"]) == (400, {"parameter": "attendees"})
    assert counter.asking.get(f"{address}?attendees=999999").status == 422


def test_staff_keeps_no_money_without_an_order(counter: Counter) -> None:
    order = sold(counter)
    staff = counter.client.signed_in_as(stored(make_user, is_admin=True, is_super_admin=True))
    for state in ("expired", "cancelled"):
        sent = document("order", {"status": state}, order["id"])
        refused = staff.patch(f"/v1/orders/{order['id']}", sent)
        assert (refused.status, refused.errors[0]["source"]["pointer"]) == (409, "/data/attributes/status")
    assert counter.status(order) == "completed"


def test_a_currency_with_fewer_decimals_and_the_end_of_an_event(counter: Counter) -> None:
    rule = ruled(counter, fee=1.25).data["id"]
    currency = document("event", {"payment-currency": "JPY"}, counter.event.id)
    refused = counter.organizer.patch(f"/v1/events/{counter.event.id}", currency)
    assert (refused.status, refused.errors[0]["source"]["pointer"]) == (
        *(422, "/data/attributes/payment-currency"),
    )
    copied = counter.organizer.post(f"/v1/events/{counter.event.id}/copy").json["id"]
    found = counter.organizer.get(f"/v1/events/{copied}/refund-rule").data["attributes"]
    assert (found["fee"], found["steps"]) == (1.25, STEPS)
    staff = counter.client.signed_in_as(stored(make_user, is_admin=True, is_super_admin=True))
    assert staff.delete(f"/v1/events/{copied}?permanent=true").status == 200
    assert counter.organizer.get(f"/v1/refund-rules/{rule}").status == 200
    kept = "SELECT count(*) FROM refund_rule_versions WHERE event_id = :id"
    assert (counter.database.one(kept, id=copied), counter.database.one(kept, id=counter.event.id)) == (0, 1)


def test_who_brings_an_event_forward_takes_no_promise_back(counter: Counter) -> None:
    moved(counter, 24 * 30)
    assert ruled(counter).status == 201
    promised = counter.database.one("SELECT starts_at FROM events WHERE id = :id", id=counter.event.id)
    order = sold(counter)
    moved(counter, 1)
    quote = quoted(counter, order).json
    assert quote["percent"] == 80
    assert quote["until"] == (promised - timedelta(hours=72)).isoformat()
    # Even when it is over, and whichever way the dates were changed.
    counter.database.run(
        "UPDATE events SET starts_at = starts_at - interval '2 days', ends_at = ends_at - interval '2 days' "
        "WHERE id = :id",
        id=counter.event.id,
    )
    assert quoted(counter, order).json["percent"] == 80
    # Who orders now was promised today's dates, and an event that is put off gives everybody the longer time.
    moved(counter, 23)
    a_minute_passes(counter)
    late = sold(counter)
    assert quoted(counter, late).status == 409
    moved(counter, 24 * 60)
    put_off = counter.database.one("SELECT starts_at FROM events WHERE id = :id", id=counter.event.id)
    for each in (order, late):
        assert quoted(counter, each).json["until"] == (put_off - timedelta(hours=72)).isoformat()
    # Who takes the rule away as well keeps what was promised with it.
    rule = counter.organizer.get(f"/v1/events/{counter.event.id}/refund-rule").data["id"]
    assert counter.organizer.delete(f"/v1/refund-rules/{rule}").status == 200
    moved(counter, 1)
    assert quoted(counter, order).json["until"] == (promised - timedelta(hours=72)).isoformat()
    assert quoted(counter, late).status == 409


def test_a_rule_that_changes_while_an_order_is_made(counter: Counter) -> None:
    """The clock of the application is two seconds ahead of the database's."""
    rule = ruled(counter, steps=[{"hours-before": 1, "percent": 90}]).data
    counter.database.run("UPDATE refund_rule_versions SET since = since - interval '1 hour'")
    with clock.shifted(timedelta(seconds=2)):
        order = sold(counter)
    less = document("refund-rule", {"steps": [{"hours-before": 1, "percent": 10}]}, rule["id"])
    assert counter.organizer.patch(f"/v1/refund-rules/{rule['id']}", less).status == 200
    assert quoted(counter, order).json["share"] == 45
    counter.database.run("UPDATE refund_rule_versions SET since = since - interval '1 minute'")
    assert quoted(counter, order).json["share"] == 5


def test_refunds_at_the_same_moment_give_back_no_more_than_was_paid(
    counter: Counter, stripe: StripeStandIn
) -> None:
    assert ruled(counter, steps=[{"hours-before": 0, "percent": 100}]).status == 201
    order = sold(counter, 3)
    first, *_ = ids = counter.attendees(order)
    address = f"/v1/orders/{order['id']}"
    quote = counter.asking.get(f"{address}/refund-quote").json["quote"]
    wanted: list[tuple[Client, str, dict[str, Any]]] = [
        (counter.organizer, "refund", {"attendees": [first]}),
        (counter.organizer, "refund", {"attendees": ids[:2]}),
        (counter.organizer, "refund", {"amount": 60}),
        (counter.organizer, "refund", {}),
        (counter.asking, "refund", {"quote": quote}),
        (counter.asking, "refund-requests", {"quote": quote}),
    ]
    calls = [
        partial(client.post, f"{address}/{path}", sent, content_type="application/json")
        for client, path, sent in wanted
    ]
    with ThreadPoolExecutor(len(calls)) as pool:
        statuses = {answer.result(60).status for answer in [pool.submit(call) for call in calls]}
    assert 200 in statuses
    assert statuses <= {200, 201, 409, 422}
    counter.pump.everything()
    ((state, paid, back),) = counter.ledger(order)
    made = counter.database.one(
        "SELECT sum(amount_minor) FROM refunds WHERE order_id = :id AND state <> 'failed'",
        id=int(order["id"]),
    )
    at_stripe = stripe.seen(counter.intent(order))["latest_charge"]["amount_refunded"]
    assert (state, paid) == ("succeeded", 15000)
    assert 5000 <= back == made == at_stripe <= 15000
    assert taken(counter) == len(counter.attendees(order))
