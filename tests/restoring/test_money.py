"""Money that moved in the lost time is found by asking; a number of the lost time is never given again."""

import json
from typing import Any

import pytest

from chalicelib.cli.commands import main
from tests.restoring.conftest import Disaster, again
from tests.support.documents import document
from tests.support.payments import CHARGE, Counter

pytestmark = pytest.mark.one_database


def asked(capsys: pytest.CaptureFixture[str], disaster: Disaster, *arguments: str) -> list[dict[str, Any]]:
    capsys.readouterr()
    assert main(["restored", "payments", "--moment", disaster.moment.isoformat(), *arguments, "--json"]) == 0
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return found


def numbers(database: Any) -> list[int]:
    return [row["sequence"] for row in database.rows("SELECT sequence FROM invoices ORDER BY id")]


def test_what_was_paid_in_the_lost_time_completes_its_order_and_is_charged_once(
    counter: Counter, disaster: Disaster, capsys: pytest.CaptureFixture[str]
) -> None:
    begun, placed = counter.order(), counter.order()
    assert counter.charge(begun).status == 200  # its payment is open
    disaster.back_up()
    counter.stripe.pay(counter.intent(begun))
    assert counter.verify(begun) == "completed" or counter.status(begun) == "completed"
    assert counter.charge(placed).status == 200  # its payment will be lost
    lost_intent = counter.intent(placed)
    counter.stripe.pay(lost_intent)
    counter.verify(placed)
    never = counter.order()  # all of it will be lost
    assert counter.charge(never).status == 200
    gone = counter.intent(never)
    counter.stripe.pay(gone)
    unpaid = counter.order()
    assert counter.charge(unpaid).status == 200
    open_one = counter.intent(unpaid)
    counter.pump.everything()
    mails = len(counter.pump.mails())
    given = numbers(counter.database)

    counter.database = disaster.strike()
    counter.pump.tick("sweep_outbox")
    counter.pump.everything()
    assert counter.status(begun) == "completed"
    assert counter.status(placed) == "initializing"
    found = {row["payment"]: row for row in asked(capsys, disaster)}
    counter.pump.everything()
    assert found[lost_intent]["what"] == "stored again"
    assert counter.status(placed) == "completed"
    assert counter.ledger(placed) == [("succeeded", 5000, 0)]
    assert counter.intent(placed) == lost_intent
    # Nobody can have the tickets of an order that is lost.
    assert "say --refund" in found[gone]["what"]
    assert "canceled" in found[open_one]["what"]
    for _ in range(2):
        found = {row["payment"]: row for row in asked(capsys, disaster, "--refund")}
    assert counter.stripe.seen(gone)["latest_charge"]["amount_refunded"] == 5000
    assert "nothing is owed" in found[gone]["what"]
    assert counter.stripe.seen(lost_intent)["latest_charge"]["amount_refunded"] == 0
    assert len(counter.pump.mails()) == mails  # they have been told before
    # Invoices: another range, which goes on without gaps.
    assert given == [1, 2]
    assert numbers(counter.database) == [100_001, 100_002]


def test_a_refund_of_the_lost_time_is_noted_and_not_made_again(
    counter: Counter, disaster: Disaster, capsys: pytest.CaptureFixture[str]
) -> None:
    order = counter.order()
    assert counter.charge(order).status == 200
    counter.stripe.pay(counter.intent(order))
    counter.verify(order)
    counter.pump.everything()
    disaster.back_up()
    assert counter.refund(order, amount=20).status == 200
    counter.pump.everything()
    assert counter.ledger(order) == [("succeeded", 5000, 2000)]

    counter.database = disaster.strike()
    counter.pump.everything()
    assert counter.ledger(order) == [("succeeded", 5000, 0)]
    asked(capsys, disaster)
    counter.pump.everything()
    assert counter.ledger(order) == [("succeeded", 5000, 2000)]
    assert counter.stripe.seen(counter.intent(order))["latest_charge"]["amount_refunded"] == 2000


def test_a_refund_that_was_sent_in_the_lost_time_is_sent_with_its_own_key_again(
    counter: Counter, disaster: Disaster
) -> None:
    order = counter.order()
    assert counter.charge(order).status == 200
    counter.stripe.pay(counter.intent(order))
    counter.verify(order)
    counter.pump.everything()
    assert counter.refund(order, amount=30).status == 200  # its task is in the outbox
    disaster.back_up()
    counter.pump.everything()
    counter.database = disaster.strike()
    counter.pump.tick("sweep_outbox")
    counter.pump.everything()
    assert counter.ledger(order) == [("succeeded", 5000, 3000)]
    assert counter.stripe.seen(counter.intent(order))["latest_charge"]["amount_refunded"] == 3000


def test_a_charge_that_is_asked_for_again_is_one(counter: Counter, disaster: Disaster) -> None:
    order = counter.order()
    assert counter.charge(order).status == 200
    disaster.back_up()
    intent = counter.intent(order)
    counter.stripe.pay(intent)
    counter.database = disaster.strike()
    address = f"/v1/orders/{order['attributes']['identifier']}/charge"
    reply = again(counter.client, counter.buyer).post(address, CHARGE)
    assert reply.status == 200, reply.text
    assert counter.intent(order) == intent
    assert counter.status(order) == "completed"
    named = document("order", {"status": "cancelled"}, order["id"])
    assert again(counter.client, counter.buyer).patch(f"/v1/orders/{order['id']}", named).status in (200, 409)
