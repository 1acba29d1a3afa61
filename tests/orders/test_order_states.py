"""Orders move by one table: everybody's every move is as it says, and what is refused changes nothing."""

from typing import Any, Final

import pytest

from chalicelib import signals
from tests.factories import stored
from tests.factories.setting import make_setting
from tests.factories.users_events_roles import make_users_events_roles
from tests.orders.stage import ENDED, LIVING, STATES, Stage, move
from tests.support.databases import TestDatabase
from tests.support.http_client import Client

ANY: Final = {former: set(STATES) for former in LIVING}

# From which state to which others each viewer may move an order; 403 for everything else.
PAID_BY_BANK: Final[dict[str, dict[str, set[str]]]] = {
    "buyer": {
        "initializing": {"pending", "placed", "cancelled"},
        "pending": {"placed", "cancelled"},
        "placed": {"cancelled"},
        "completed": {"cancelled"},
    },
    "coorganizer": {
        "initializing": {"pending", "placed", "completed", "cancelled", "expired"},
        "pending": {"placed", "completed", "cancelled", "expired"},
        "placed": {"completed", "cancelled"},
    },
    "staff": ANY,
    "guest": {},
}
FREE: Final[dict[str, dict[str, set[str]]]] = {
    "buyer": {
        "initializing": {"pending", "completed", "cancelled"},
        "pending": {"completed", "cancelled"},
        "placed": {"cancelled"},
        "completed": {"cancelled"},
    },
    "coorganizer": {
        "initializing": {"pending", "completed", "cancelled", "expired"},
        "pending": {"completed", "cancelled", "expired"},
        "placed": {"completed", "cancelled"},
        "completed": {"cancelled"},
    },
    "staff": ANY,
}
PAID_BY_BANK["owner"] = PAID_BY_BANK["organizer"] = PAID_BY_BANK["coorganizer"]
FREE["owner"] = FREE["coorganizer"]
UNSEEN: Final = ("nobody", "stranger", "registrar")


@pytest.mark.parametrize(
    ("table", "viewer"),
    [("bank", viewer) for viewer in PAID_BY_BANK] + [("free", viewer) for viewer in FREE],
)
def test_everybody_moves_an_order_as_the_table_says(
    client: Client, database: TestDatabase, table: str, viewer: str
) -> None:
    costs: dict[str, Any] = {"amount": 50, "payment_mode": "bank"} if table == "bank" else {"amount": 0}
    stage = Stage(client, database, **costs)
    asking = stage.asking(viewer)
    moves = {"bank": PAID_BY_BANK, "free": FREE}[table][viewer]
    for former in STATES:
        for state in STATES:
            if state == former:
                continue
            order = stage.ordered(former)
            before = stage.seen(order)
            reply = move(asking, order, state)
            after = stage.seen(order)
            if state in moves.get(former, ()):
                assert reply.status == 200, (former, state, reply.text)
                assert after["row"]["status"] == reply.data["attributes"]["status"] == state
                assert (after["row"]["expires_at"] is None) == (state not in {"initializing", "pending"})
                gone = state in ENDED
                assert (after["coming"], before["taken"] - after["taken"]) == (not gone, gone)
            else:
                # Nobody comes by what has ended, so guests know nothing of it any more.
                expected = {"staff": 409, "guest": 404 if former in ENDED else 403}.get(viewer, 403)
                assert reply.status == expected, (former, state, reply.text)
                assert after == before, (former, state)


@pytest.mark.parametrize("viewer", UNSEEN)
def test_who_does_not_see_an_order_does_not_move_it(
    client: Client, database: TestDatabase, viewer: str
) -> None:
    stage = Stage(client, database)
    asking = stage.asking(viewer)
    for former in STATES:
        order = stage.ordered(former)
        before = stage.seen(order)
        assert [move(asking, order, state).status for state in STATES] == [404] * 6
        assert stage.seen(order) == before


@pytest.mark.parametrize("viewer", ["buyer", "owner", "staff"])
def test_a_state_that_it_has_already_is_no_move(client: Client, database: TestDatabase, viewer: str) -> None:
    stage = Stage(client, database)
    asking = stage.asking(viewer)
    for state in STATES:
        order = stage.ordered(state)
        before = stage.seen(order)
        assert move(asking, order, state).status == 200
        assert stage.seen(order) == before


@pytest.mark.parametrize(
    ("viewer", "former", "state", "rest"),
    [
        ("buyer", "initializing", "expired", "you may make it pending, placed, completed or cancelled"),
        ("buyer", "completed", "placed", "from completed you may make it cancelled."),
        ("owner", "placed", "pending", "from placed you may make it completed or cancelled."),
        ("staff", "expired", "placed", "what is expired stays so"),
    ],
)
def test_a_refusal_names_both_states_and_what_is_possible(
    client: Client, database: TestDatabase, viewer: str, former: str, state: str, rest: str
) -> None:
    stage = Stage(client, database)
    error = move(stage.asking(viewer), stage.ordered(former), state).errors[0]
    assert f"from {former} to {state}" in error["detail"]
    assert rest in error["detail"]
    assert error["source"]["pointer"] == "/data/attributes/status"


def test_a_buyer_of_the_team_sells_at_the_door(client: Client, database: TestDatabase) -> None:
    stage = Stage(client, database, amount=50, payment_mode=None)
    stored(make_users_events_roles, event=stage.event, user=stage.buyer, role="coorganizer")
    order = stage.ordered("initializing")
    sold = move(stage.asking("buyer"), order, "completed", payment_mode="onsite").data["attributes"]
    assert (sold["status"], sold["paid-via"]) == ("completed", "onsite")


@pytest.mark.parametrize(
    ("state", "values"),
    [("pending", {}), ("placed", {}), ("completed", {}), ("cancelled", {}), ("expired", {})],
)
def test_the_news_is_told_once_with_the_change(
    client: Client, database: TestDatabase, state: str, values: dict[str, Any]
) -> None:
    stage = Stage(client, database, amount=50, payment_mode="bank")
    order, owner = stage.ordered("initializing"), stage.asking("owner")
    heard: list[dict[str, Any]] = []
    with signals.temporary_receiver(f"order.{state}", lambda _session, **payload: heard.append(payload)):
        assert move(owner, order, state).status == 200
        assert move(owner, order, state).status == 200
    assert [(item["id"], item["former"]) for item in heard] == [(order.id, "initializing")]
    assert heard[0]["viewer_id"] == database.one("SELECT user_id FROM users_events_roles")


def test_nothing_of_a_change_stays_when_what_follows_fails(client: Client, database: TestDatabase) -> None:
    stage = Stage(client, database)
    order = stage.ordered("placed")
    before = stage.seen(order)

    def fail(_session: object, **_payload: object) -> None:
        raise RuntimeError("no")

    with signals.temporary_receiver("order.cancelled", fail):
        assert move(stage.asking("buyer"), order, "cancelled").status == 500
    assert stage.seen(order) == before


def test_a_completion_is_dated_and_taken_back_by_staff(client: Client, database: TestDatabase) -> None:
    stage = Stage(client, database, amount=50, payment_mode="bank")
    order = stage.ordered("placed")
    done = move(stage.asking("owner"), order, "completed").data["attributes"]
    assert (done["completed-at"] is not None, done["paid-via"]) == (True, "bank")
    staff = stage.asking("staff")
    undone = move(staff, order, "placed").data["attributes"]
    assert (undone["completed-at"], undone["paid-via"]) == (None, None)
    stored(make_setting, order_expiry_time=40)
    assert move(staff, order, "initializing").status == 200
    assert database.one(
        "SELECT expires_at - now() BETWEEN '39 min' AND '40 min' FROM orders WHERE id = :id", id=order.id
    )


def test_an_order_that_is_completed_twice_is_completed_once(client: Client, database: TestDatabase) -> None:
    stage = Stage(client, database)
    order, buyer = stage.ordered("initializing"), stage.asking("buyer")
    heard: list[object] = []
    with signals.temporary_receiver(
        "order.completed", lambda _session, **payload: heard.append(payload["id"])
    ):
        assert [move(buyer, order, "completed").status for _ in range(2)] == [200, 200]
    assert heard == [order.id]
