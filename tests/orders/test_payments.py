"""How an order is paid: as its event takes it, and only what was proved counts as paid."""

from decimal import Decimal

import pytest

from chalicelib.resources.orders.payment.modes import NAMES
from chalicelib.resources.orders.payment.strategies import PROVIDERS, Bill, provider_of
from tests.orders.stage import Stage, move
from tests.support.databases import TestDatabase
from tests.support.http_client import Client


@pytest.mark.parametrize("mode", ["bank", "cheque", "onsite", "invoice", "stripe", "paypal", "paytm"])
def test_an_event_takes_payments_only_as_it_says(client: Client, database: TestDatabase, mode: str) -> None:
    switches = {"onsite": "can_pay_onsite"}
    column = switches.get(mode, f"can_pay_by_{mode}")
    stage = Stage(client, database, amount=50, payment_mode=None)
    database.run(f"UPDATE events SET {column} = false")
    buyer, state = stage.asking("buyer"), "pending" if mode in {"stripe", "paypal", "paytm"} else "placed"
    order = stage.ordered("initializing")
    before = stage.seen(order)
    refused = move(buyer, order, state, payment_mode=mode)
    assert (refused.status, refused.errors[0]["source"]) == (
        422,
        {"pointer": "/data/attributes/payment-mode"},
    )
    assert stage.seen(order) == before
    database.run(f"UPDATE events SET {column} = true")
    assert move(buyer, order, state, payment_mode=mode).status == 200
    # Who has agreed on it may still be paid like this.
    database.run(f"UPDATE events SET {column} = false")
    done = move(stage.asking("owner"), order, "completed")
    assert done.status == (200 if state == "placed" else 422), done.text


def test_nobody_says_that_an_online_payment_was_made(client: Client, database: TestDatabase) -> None:
    stage = Stage(client, database, amount=50, payment_mode="stripe")
    for viewer in ("buyer", "owner", "staff"):
        for former in ("initializing", "pending"):
            order = stage.ordered(former)
            before = stage.seen(order)
            refused = move(stage.asking(viewer), order, "completed")
            assert (refused.status, refused.errors[0]["source"]["pointer"]) == (
                422,
                "/data/attributes/status",
            )
            assert "its provider confirms one" in refused.errors[0]["detail"]
            assert stage.seen(order) == before
    known = stage.ordered("pending", transaction_id="pi_123")
    assert move(stage.asking("buyer"), known, "completed").status == 403
    assert move(stage.asking("owner"), known, "completed").status == 200


def test_how_it_is_paid_is_said_before_an_order_is_placed(client: Client, database: TestDatabase) -> None:
    stage = Stage(client, database, amount=50, payment_mode=None)
    buyer = stage.asking("buyer")
    order = stage.ordered("initializing")
    for state in ("placed", "completed"):
        refused = move(buyer, order, state)
        assert (refused.status, refused.errors[0]["source"]["pointer"]) == (
            422,
            "/data/attributes/payment-mode",
        )
    assert move(buyer, order, "pending").status == 200
    assert move(buyer, order, "placed", payment_mode="free").status == 422
    assert move(buyer, order, "placed", payment_mode="bank").status == 200


def test_staff_makes_an_order_cost_something_only_with_a_way_to_pay(
    client: Client, database: TestDatabase
) -> None:
    stage = Stage(client, database, amount=0, payment_mode="free")
    order, staff = stage.ordered("initializing"), stage.asking("staff")
    assert move(staff, order, "initializing", amount=5).status == 422
    assert move(staff, order, "initializing", amount=5, payment_mode="bank").status == 200


def test_every_mode_has_one_provider_that_answers_for_it() -> None:
    modes = [mode for provider in PROVIDERS for mode in provider.modes]
    assert sorted(modes) == sorted(NAMES)
    for mode in NAMES:
        bill = Bill(Decimal(0 if mode == "free" else 50), "EUR", mode, True, True, "pi_123")
        provider = provider_of(bill)
        assert mode in provider.modes
        assert provider.begin(bill) in {"completed", "placed", "pending"}
        provider.prove(bill)


def test_a_bill_is_asked_for_once_and_wanted_by_some_events(client: Client, database: TestDatabase) -> None:
    stage = Stage(client, database, amount=50, payment_mode="bank")
    buyer, order = stage.asking("buyer"), stage.ordered("initializing")
    free = stage.ordered("initializing", amount=0)
    whole = {"company": "Acme", "address": "Kai 1", "city": "Hamburg", "zipcode": "20457", "country": "DE"}
    database.run("UPDATE events SET is_billing_info_mandatory = true")
    for missing in whole:
        before = stage.seen(order)
        refused = move(buyer, order, "placed", **{**whole, missing: " "})
        pointer = f"/data/attributes/{missing}"
        assert (refused.status, refused.errors[0]["source"]["pointer"]) == (422, pointer)
        assert stage.seen(order) == before
    assert move(buyer, order, "placed", **whole).status == 200
    assert move(buyer, free, "completed").status == 200
    # An event that wants bills from now on does not hold up what was placed before.
    early = stage.ordered("placed")
    assert move(stage.asking("owner"), early, "completed").status == 200


def test_notes_grow_and_other_things_are_not_the_buyers(client: Client, database: TestDatabase) -> None:
    stage = Stage(client, database, amount=50, payment_mode="bank")
    buyer, order = stage.asking("buyer"), stage.ordered("pending")
    for note in ("Vegan", "By bike", "Vegan"):
        assert move(buyer, order, "pending", order_notes=note).status == 200
    assert stage.seen(order)["row"]["order_notes"] == "Vegan,By bike"
    before = stage.seen(order)
    for name, value in (("amount", 1), ("cancel_note", "Why not"), ("discount_code_id", "1")):
        refused = move(buyer, order, "placed", **{name: value})
        assert (refused.status, refused.errors[0]["source"]["pointer"]) == (
            403,
            f"/data/attributes/{name.replace('_', '-')}",
        )
    ignored = {"transaction_id": "pi_1", "paid_via": "stripe", "identifier": "x", "reference": "y"}
    assert move(buyer, order, "pending", **ignored).status == 200
    assert stage.seen(order) == before
    placed = stage.ordered("placed")
    assert move(buyer, placed, "placed", city="Bremen").status == 403
    assert move(stage.asking("owner"), placed, "placed", city="Bremen").status == 403


def test_cancelling_drops_what_else_is_said_and_the_team_may_say_why(
    client: Client, database: TestDatabase
) -> None:
    stage = Stage(client, database, amount=50, payment_mode="bank", city="Hamburg")
    mine, theirs = stage.ordered("completed"), stage.ordered("placed")
    more = {"city": "Nowhere", "amount": 0, "payment_mode": "free", "order_notes": "Ill"}
    assert move(stage.asking("buyer"), mine, "cancelled", **more).status == 200
    row = stage.seen(mine)["row"]
    assert (row["city"], row["amount"], row["payment_mode"], row["order_notes"]) == (
        "Hamburg",
        50,
        "bank",
        None,
    )
    assert row["cancel_note"] is None
    told = move(stage.asking("coorganizer"), theirs, "cancelled", cancel_note="The hall burnt down")
    assert told.data["attributes"]["cancel-note"] == "The hall burnt down"


def test_staff_removes_orders_that_nobody_paid_for_and_their_places_are_free_again(
    client: Client, database: TestDatabase
) -> None:
    stage = Stage(client, database, amount=50, payment_mode="bank")
    staff = stage.asking("staff")
    for state in ("placed", "completed"):
        paid = stage.ordered(state)
        before = stage.seen(paid)
        assert staff.delete(f"/v1/orders/{paid.id}").status == 403
        assert stage.seen(paid) == before
    open_one = stage.ordered("pending")
    assert stage.seen(open_one)["taken"] == 3
    for viewer, status in (("buyer", 403), ("owner", 403), ("stranger", 404), ("staff", 200)):
        assert stage.asking(viewer).delete(f"/v1/orders/{open_one.identifier}").status == status
    assert database.one("SELECT taken FROM stocks WHERE ticket_id = :id", id=stage.ticket.id) == 2
    assert database.one("SELECT count(*) FROM attendees WHERE order_id = :id", id=open_one.id) == 0
