"""Holds end by the clock, once, and only where nobody has finished or extended the order."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from chalicelib import clock, db, signals
from chalicelib.tasks.expire_order import expire_order
from chalicelib.tasks.registry import RetryLater
from devstack import database as maintenance
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.setting import make_setting
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.orders.stage import STATES, Stage, move
from tests.support.databases import TestDatabase
from tests.support.http_client import Client
from tests.support.pump import Pump

QUARTER, HALF = timedelta(minutes=15), timedelta(minutes=30)
SECOND = timedelta(seconds=1)


class Buyer:
    """Somebody with an order that is just held."""

    def __init__(self, client: Client, database: TestDatabase, **event: Any) -> None:
        self.client, self.database = client.signed_in_as(stored(make_user)), database
        self.ticket = stored(make_ticket, event=stored(make_event, **event), quantity=5)
        body = {"tickets": [{"id": self.ticket.id, "quantity": 2}]}
        answer = self.client.post("/v1/orders/create-order", body)
        assert answer.status == 200, answer.text
        self.id = int(answer.data["id"])

    def move(self, status: str) -> int:
        """PATCH the order's state; the answer's status."""
        body = {"data": {"type": "order", "id": str(self.id), "attributes": {"status": status}}}
        return self.client.patch(f"/v1/orders/{self.id}", body).status

    def seen(self) -> tuple[str, int, int]:
        """The order's state, how many come, and how many places are taken."""
        (found,) = self.database.rows(
            "SELECT status, (SELECT count(*) FROM attendees WHERE deleted_at IS NULL) AS coming, "
            "(SELECT taken FROM stocks WHERE ticket_id IS NOT NULL) AS taken FROM orders"
        )
        return found["status"], found["coming"], found["taken"]

    def messages(self) -> list[Any]:
        """When the messages about this order are due, in seconds after the hold is over."""
        return [
            row["late"]
            for row in self.database.rows(
                "SELECT extract(epoch FROM due_at - expires_at)::float AS late FROM outbox, orders "
                "WHERE task = 'expire_order' AND arguments = jsonb_build_object('order_id', orders.id) "
                "ORDER BY outbox.id"
            )
        ]


@pytest.fixture
def buyer(client: Client, database: TestDatabase) -> Buyer:
    return Buyer(client, database)


def ring(buyer: Buyer) -> None:
    """One message about the buyer's order."""
    with db.transaction() as session:
        expire_order(session, buyer.id)


def strike(pump: Pump) -> None:
    """The clock that sends what is due, and all that follows."""
    pump.tick("sweep_outbox")
    pump.everything()


def test_what_is_not_finished_in_time_is_given_back(buyer: Buyer, pump: Pump) -> None:
    (late,) = buyer.messages()
    assert 1 <= late < 3
    strike(pump)
    assert buyer.seen() == ("initializing", 2, 2)
    heard: list[Any] = []

    def hear(_session: object, **payload: Any) -> None:
        heard.append(payload["id"])

    with signals.temporary_receiver("order.expired", hear), clock.shifted(QUARTER + 5 * SECOND):
        strike(pump)
    assert buyer.seen() == ("expired", 0, 0)
    assert heard == [buyer.id]
    assert pump.waiting()["dead"] == 0


def test_the_settings_say_for_how_long_places_are_held(
    client: Client, database: TestDatabase, pump: Pump
) -> None:
    stored(make_setting, order_expiry_time=60)
    buyer = Buyer(client, database)
    with clock.shifted(timedelta(minutes=44)):
        strike(pump)
    assert buyer.seen()[0] == "initializing"
    with clock.shifted(timedelta(minutes=60, seconds=5)):
        strike(pump)
    assert buyer.seen()[0] == "expired"


def test_a_short_hold_waits_in_the_queue(client: Client, database: TestDatabase, pump: Pump) -> None:
    stored(make_setting, order_expiry_time=1)
    Buyer(client, database)
    assert pump.waiting()["delayed"] == 0  # a buyer does not wait for what is the sweep's to send
    pump.tick("sweep_outbox")
    assert pump.waiting()["delayed"] == 1


def test_a_payment_that_has_begun_holds_for_half_an_hour_more(buyer: Buyer, pump: Pump) -> None:
    with clock.shifted(QUARTER - SECOND):
        assert buyer.move("pending") == 200
    with clock.shifted(QUARTER + 5 * SECOND):
        strike(pump)
    assert buyer.seen() == ("pending", 2, 2)
    with clock.shifted(QUARTER + HALF + 5 * SECOND):
        strike(pump)
    assert buyer.seen() == ("expired", 0, 0)
    assert pump.waiting()["dead"] == 0


@pytest.mark.parametrize("status", ["completed", "cancelled"])
def test_what_was_finished_is_left_alone(buyer: Buyer, pump: Pump, status: str) -> None:
    assert buyer.move(status) == 200
    before = buyer.seen()
    with clock.shifted(QUARTER + 5 * SECOND):
        strike(pump)
    assert buyer.seen() == before
    assert before[0] == status


def test_late_and_doubled_messages_change_nothing(buyer: Buyer) -> None:
    heard: list[Any] = []

    with signals.temporary_receiver("order.expired", lambda _session, **payload: heard.append(payload["id"])):
        ring(buyer)
        assert buyer.seen() == ("initializing", 2, 2)
        with clock.shifted(timedelta(days=2)):
            ring(buyer)
            ring(buyer)
    assert buyer.seen() == ("expired", 0, 0)
    assert heard == [buyer.id]


def test_a_clock_that_runs_ahead_is_asked_to_come_again(buyer: Buyer) -> None:
    with clock.shifted(QUARTER - 10 * SECOND), pytest.raises(RetryLater):
        ring(buyer)
    assert buyer.seen()[0] == "initializing"


def test_an_order_that_was_removed_expires_without_ado(buyer: Buyer, client: Client, pump: Pump) -> None:
    staff = client.signed_in_as(stored(make_user, is_admin=True))
    assert staff.delete(f"/v1/orders/{buyer.id}").status == 200
    with clock.shifted(QUARTER + 5 * SECOND):
        strike(pump)
    assert pump.waiting() == {"visible": 0, "in_flight": 0, "delayed": 0, "dead": 0}


def test_the_clock_ends_what_is_held_and_nothing_else(client: Client, database: TestDatabase) -> None:
    stage = Stage(client, database)
    orders = {state: stage.ordered(state) for state in STATES}
    database.run("UPDATE orders SET expires_at = now() - interval '1 minute'")
    for order in orders.values():
        with db.transaction() as session:
            expire_order(session, order.id)
    ended = [state for state, order in orders.items() if stage.seen(order)["row"]["status"] == "expired"]
    assert ended == ["initializing", "pending", "expired"]


def test_an_overdue_order_whose_places_nobody_took_may_still_be_finished(buyer: Buyer) -> None:
    with clock.shifted(QUARTER + HALF):
        assert buyer.move("completed") == 200
    assert buyer.seen() == ("completed", 2, 2)


def test_the_clock_waits_for_whoever_is_finishing_the_order(buyer: Buyer, database: TestDatabase) -> None:
    with maintenance.connected(database.url) as other:
        other.run("START TRANSACTION")
        other.run("UPDATE orders SET status = 'placed', expires_at = NULL")
        database.run(f"ALTER DATABASE {make_url(database.url).database} SET lock_timeout = '50ms'")
        db.forget()  # so that the next connection has it
        with pytest.raises(DBAPIError, match="lock timeout"), clock.shifted(HALF):
            ring(buyer)
        other.run("COMMIT")
    with clock.shifted(HALF):
        ring(buyer)
    assert buyer.seen() == ("placed", 2, 2)


def test_staff_opens_an_order_anew_and_it_is_held_anew(
    client: Client, database: TestDatabase, pump: Pump
) -> None:
    stage = Stage(client, database)
    order = stage.ordered("completed")
    assert move(stage.asking("staff"), order, "initializing").status == 200
    with clock.shifted(QUARTER + 5 * SECOND):
        strike(pump)
    assert stage.seen(order)["row"]["status"] == "expired"
