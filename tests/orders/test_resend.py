"""Having the mails of an order sent again, and its receipt: who may, for which orders, and how often."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from chalicelib import clock
from chalicelib.resources.orders.order.table import Order
from chalicelib.settings import settings
from chalicelib.tasks.registry import TASKS
from tests.factories import stored
from tests.factories.attendee import make_attendee
from tests.factories.event import make_event
from tests.factories.order import make_order
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.support.databases import TestDatabase
from tests.support.http_client import Client, Reply
from tests.support.pump import Pump

RESEND = "/v1/orders/resend-email"
RECEIPT = "/v1/attendees/send-receipt"
NEITHER = ("initializing", "pending", "cancelled", "expired")


def sold(*, status: str = "completed", buyer: Any = None, event: Any = None, **values: Any) -> Order:
    """An order with one guest."""
    event = event or stored(make_event, name="City Marathon", payment_currency="EUR")
    ticket = stored(make_ticket, event=event, name="Runner", type="paid", price=Decimal(20))
    order = stored(
        make_order,
        event=event,
        user=buyer or stored(make_user),
        tickets={ticket: 1},
        **{"status": status, "amount": Decimal(20), "payment_mode": "bank", **values},
    )
    stored(make_attendee, event=event, order=order, ticket=ticket, email="guest@example.org")
    return order


def holding(role: str, order: Order) -> Any:
    """Somebody with a role at the order's event."""
    user = stored(make_user)
    with_event = type("WithId", (), {"id": order.event_id})()
    stored(make_users_events_roles, user=user, event=with_event, role=role)
    return user


def resend(client: Client, order: object) -> Reply:
    return client.post(RESEND, {"data": {"order": order}})


def receipt(client: Client, order: object) -> Reply:
    return client.post(RECEIPT, {"order-identifier": order})


def problem(reply: Reply) -> tuple[int, str]:
    return reply.status, reply.errors[0]["source"]["pointer"]


@pytest.mark.parametrize("status", ["placed", "completed"])
def test_the_team_has_buyer_and_guests_mailed_again(
    client: Client, database: TestDatabase, pump: Pump, status: str
) -> None:
    buyer = stored(make_user)
    order = sold(status=status, buyer=buyer)
    team = client.signed_in_as(holding("coorganizer", order))
    for given in (order.identifier, order.id, str(order.id)):
        reply = resend(team, given)
        assert (reply.status, reply.json["status"]) == (200, True)
        assert isinstance(reply.json["message"], str)
    pump.everything()
    recipients = sorted(mail["to"][0] for mail in pump.mails())
    assert recipients == sorted([buyer.email, "guest@example.org"] * 3)
    assert database.one("SELECT count(*) FROM mails") == 6
    assert database.one("SELECT count(*) FROM notifications") == 0


def test_an_order_that_is_cancelled_before_the_mails_go_brings_none(
    client: Client, database: TestDatabase, pump: Pump
) -> None:
    order = sold()
    assert resend(client.signed_in_as(holding("owner", order)), order.id).status == 200
    assert receipt(client.signed_in_as(holding("registrar", order)), order.identifier).status == 200
    database.run("UPDATE orders SET status = 'cancelled'")
    pump.everything()
    assert pump.mails() == []


@pytest.mark.parametrize("status", NEITHER)
def test_there_are_no_mails_about_an_order_in_another_state(client: Client, pump: Pump, status: str) -> None:
    order = sold(status=status)
    team = client.signed_in_as(holding("coorganizer", order))
    assert problem(resend(team, order.identifier)) == (422, "/data/order")
    assert problem(receipt(team, order.identifier)) == (409, "/order-identifier")
    pump.everything()
    assert pump.mails() == []


def test_only_the_team_has_mails_sent_again(client: Client, database: TestDatabase) -> None:
    buyer = stored(make_user)
    order = sold(buyer=buyer)
    assert resend(client, order.id).status == 401
    assert problem(resend(client.signed_in_as(buyer), order.id)) == (403, "/data/order")
    for who in (stored(make_user), holding("registrar", order), stored(make_event, owner=stored(make_user))):
        reply = resend(client.signed_in_as(who), order.id)
        assert problem(reply) == (404, "/data/order")
    assert resend(client.signed_in_as(stored(make_user, is_admin=True)), order.id).status == 200
    assert database.one("SELECT count(*) FROM outbox WHERE task LIKE 'send_%'") == 1


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        (None, 400, ""),
        ([], 400, ""),
        ({}, 400, "/data"),
        ({"data": []}, 400, "/data"),
        ({"data": {}}, 400, "/data/order"),
        ({"data": {"order": None}}, 400, "/data/order"),
        ({"data": {"order": ""}}, 400, "/data/order"),
        ({"data": {"order": True}}, 400, "/data/order"),
        ({"data": {"order": 1.5}}, 400, "/data/order"),
        ({"data": {"order": ["1"]}}, 400, "/data/order"),
        ({"data": {"order": 10**30}}, 404, "/data/order"),
        ({"data": {"order": -1}}, 404, "/data/order"),
        ({"data": {"order": "no-such-order"}}, 404, "/data/order"),
    ],
)
def test_a_body_that_names_no_order_is_refused(
    client: Client, body: object, status: int, pointer: str
) -> None:
    asking = client.signed_in_as(stored(make_user))
    assert problem(asking.post(RESEND, body)) == (status, pointer)
    if isinstance(body, dict) and isinstance(body.get("data"), dict):
        other = {"order-identifier": body["data"].get("order")}
        expected = "/order-identifier"
        assert problem(asking.post(RECEIPT, other)) == (status, expected)


def test_one_user_asks_five_times_a_minute(
    client: Client, database: TestDatabase, limits_on: None, signals_on: None
) -> None:
    order = sold()
    one, other = holding("coorganizer", order), holding("owner", order)
    replies = [resend(client.signed_in_as(one), order.id) for _ in range(6)]
    assert [reply.status for reply in replies] == [200] * 5 + [429]
    assert 1 <= int(replies[-1].headers["retry-after"]) <= 12
    assert database.one("SELECT count(*) FROM outbox WHERE task = 'send_ticket_mails_again'") == 5
    assert resend(client.signed_in_as(other), order.id).status == 200
    with clock.shifted(timedelta(seconds=61)):
        assert resend(client.signed_in_as(one), order.id).status == 200


def test_what_was_refused_is_not_counted(client: Client, limits_on: None) -> None:
    buyer = stored(make_user)
    unfinished, order = sold(status="pending", buyer=buyer), sold(buyer=buyer)
    asking = client.signed_in_as(buyer)
    for _ in range(6):
        assert receipt(asking, unfinished.id).status == 409
    assert [receipt(asking, order.id).status for _ in range(6)] == [200] * 5 + [429]


def test_so_many_requests_come_from_one_place(
    client: Client,
    database: TestDatabase,
    limits_on: None,
    signals_on: None,
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setenv("LIMIT_ORDER_MAILS_BY_SOURCE", "8/1h")
    settings.cache_clear()
    order = sold()
    team = [holding("coorganizer", order) for _ in range(9)]
    for who in team[:8]:
        assert resend(client.signed_in_as(who), order.id).status == 200
    assert resend(client.signed_in_as(team[8]), order.id).status == 429
    assert resend(client.from_address("192.0.2.7").signed_in_as(team[8]), order.id).status == 200
    kept = [str(row) for row in database.rows("SELECT arguments FROM outbox")]
    assert not [row for row in kept if "127.0.0.1" in row or "192.0.2.7" in row]


@pytest.mark.parametrize("task", ["send_receipt_mail", "send_ticket_mails_again"])
def test_messages_that_were_under_way_before_limits_were_a_service_are_understood(task: str) -> None:
    former = {"order_id": 1, "asked_by": 1, "asked_from": "0123456789abcdef"}
    more = {"state": "completed", "again": "x"} if task == "send_ticket_mails_again" else {}
    assert TASKS[task].argument_error({**former, **more}) is None


def test_the_buyer_gets_the_receipt(client: Client, database: TestDatabase, pump: Pump) -> None:
    buyer = stored(make_user)
    order = sold(
        buyer=buyer,
        reference="20 exultant leopards strode intensely",
        completed_at=datetime(2031, 5, 1, 23, 30, tzinfo=UTC),
        company="Analytical Engines Ltd",
        address="12 Dorset Street",
        city="London",
    )
    registrar, guest = holding("registrar", order), stored(make_user, email="guest@example.org")
    for who in (buyer, registrar):
        reply = receipt(client.signed_in_as(who), order.identifier)
        assert (reply.status, reply.json["status"]) == (200, True)
    assert receipt(client, order.identifier).status == 401
    assert problem(receipt(client.signed_in_as(guest), order.identifier)) == (403, "/order-identifier")
    stranger = client.signed_in_as(stored(make_user))
    assert problem(receipt(stranger, order.identifier)) == (404, "/order-identifier")
    pump.everything()

    assert [mail["to"] for mail in pump.mails()] == [[buyer.email]] * 2
    mail = pump.mails()[0]
    assert mail["subject"] == "Receipt for your order for City Marathon"
    for line in (
        "1 x Runner, 20.00 EUR",
        "Total: 20.00 EUR",
        "Paid by bank transfer on 02 May 2031.",
        "Analytical Engines Ltd",
        "12 Dorset Street",
        "Reference: 20 exultant leopards strode intensely",
        f"http://localhost:4200/orders/{order.identifier}/view",
    ):
        assert line in mail["text"]
    assert {row["action"] for row in database.rows("SELECT action FROM mails")} == {"ticket_purchased"}
