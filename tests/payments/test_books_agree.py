"""The books agree: for each order, invoices less credit notes are payments less refunds, whatever happens.

Random histories over HTTP (property-based), with tasks run in between.
"""

import math
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.settings import settings as system_settings
from tests.factories import stored
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.payments.test_refund_rules import STEPS, answered, asked, quoted, ruled
from tests.support.documents import document
from tests.support.payments import Counter

pytestmark = pytest.mark.one_database

_ACTS = (
    "amount", "ticket", "ticket", "all", "rule", "rule", "ask", "approve", "approve", "decline", "cancel", "revoke",
    "confirm", "give up", "give up", "exchange", "exchange",
)  # fmt: skip
_SUMS = """
SELECT bought.id, bought.status,
  coalesce((SELECT sum(amount_minor - refunded_minor) FROM payments paid
    WHERE paid.order_id = bought.id AND paid.state = 'succeeded'), 0)::bigint AS kept,
  coalesce((SELECT (content ->> 'total')::numeric * 100 FROM invoices WHERE order_id = bought.id), 0)::bigint
    AS invoiced,
  coalesce((SELECT sum(amount_minor) FROM credit_notes WHERE order_id = bought.id), 0)::bigint AS credited
FROM orders bought WHERE bought.event_id = :id
"""
_TWICE = """
SELECT count(*) FROM (
  SELECT ticket.id FROM refunds, jsonb_array_elements(attendee_ids) ticket (id)
  WHERE event_id = :id AND state <> 'failed' AND reason <> 'exchanged'
  GROUP BY ticket.id, refunds.payment_id HAVING count(*) > 1
) twice
"""
_SEATS = """
SELECT (SELECT sum(taken) FROM stocks JOIN tickets ON tickets.id = stocks.ticket_id WHERE tickets.event_id = :id)
  = (SELECT count(*) FROM attendees WHERE event_id = :id AND deleted_at IS NULL)
"""
# What moves along with exchanged tickets is what their orders have got.
_MOVED = """
SELECT coalesce((SELECT sum(amount_minor) FROM payments WHERE event_id = :id AND provider = 'exchange'), 0)
  = coalesce((SELECT sum(amount_minor) FROM refunds WHERE event_id = :id AND reason = 'exchanged'), 0)
"""
# An act, the order that it is about, and a number from 0 to 1.
HISTORIES = st.lists(
    st.tuples(st.sampled_from(_ACTS), st.integers(0, 2), st.sampled_from([0.1, 0.34, 0.67, 1.0])),
    min_size=8,
    max_size=12,
)


class _Play:
    """Three orders of an event with a refund rule, and what people do with them."""

    def __init__(self, counter: Counter) -> None:
        self.counter = counter
        self.staff = counter.client.signed_in_as(stored(make_user, is_admin=True, is_super_admin=True))
        self.orders = [counter.order(number) for number in (1, 2, 3)]
        self.other = stored(make_ticket, event=counter.event, type="paid", price=61.5, quantity=50)
        sent = document(
            "event", {"ticket-exchange": "kinds", "cheaper-exchange": "by-rule"}, counter.event.id
        )
        assert counter.organizer.patch(f"/v1/events/{counter.event.id}", sent).status == 200

    def act(self, act: str, order: Any, number: float) -> int:
        """Do it, if it is possible; returns the status of the answer."""
        counter, attendees = self.counter, self.counter.attendees(order)
        some = attendees[: math.ceil(number * len(attendees))]
        match act:
            case "online":
                charged = counter.charge(order)
                if charged.status == 200:
                    counter.stripe.pay(counter.intent(order))
                    counter.verify(order)
                return charged.status
            case "offline" | "confirm" | "revoke" | "cancel":
                return self._move(act, order)
            case "amount":
                return counter.refund(order, amount=round(number * 20, 2)).status
            case "ticket":
                return counter.refund(order, attendees=some).status if some else 0
            case "all":
                return counter.refund(order).status
            case "rule":
                return self._ask(order, some, "refund")
            case "give up":
                return self._give_up(some[0]) if some else 0
            case "exchange":
                return self._exchange(some[0], number) if some else 0
            case "ask":
                return self._ask(order, some, "refund-requests")
            case _:
                self._ask(order, some, "refund-requests")
                waiting = counter.organizer.get(f"/v1/orders/{order['id']}/refund-requests").data
                state = "approved" if act == "approve" else "declined"
                return answered(counter, waiting[0], state).status if waiting else 0

    def _ask(self, order: Any, attendees: list[int], path: str) -> int:
        quote = quoted(self.counter, order, *attendees)
        sent = {"attendees": attendees} if attendees else {}
        code = quote.json["quote"] if quote.status == 200 else "0"
        return asked(self.counter, order, path, quote=code, **sent).status

    def _give_up(self, attendee: int) -> int:
        """The buyer cancels one ticket as quoted."""
        path = f"/v1/attendees/{attendee}"
        quote = self.counter.asking.get(f"{path}/cancellation-quote")
        if quote.status != 200:
            return quote.status
        sent = {"quote": quote.json["quote"]}
        return self.counter.asking.post(f"{path}/cancel", sent, content_type="application/json").status

    def _exchange(self, attendee: int, number: float) -> int:
        """A ticket for the better kind, or back for the cheaper one; the difference is paid, or is not."""
        path = f"/v1/attendees/{attendee}/exchange"
        kind = self.counter.database.one("SELECT ticket_id FROM attendees WHERE id = :id", id=attendee)
        goal = self.counter.ticket if kind == self.other.id else self.other
        sent = {"ticket": goal.id}
        quote = self.counter.asking.post(f"{path}-quote", sent, content_type="application/json")
        if quote.status != 200:
            return quote.status
        sent["quote"] = quote.json["quote"]
        made = self.counter.asking.post(path, sent, content_type="application/json")
        assert made.status == 200, made.text
        (bought,) = self.counter.database.rows(
            "SELECT orders.id, identifier FROM ticket_exchanges JOIN orders ON orders.id = new_order_id "
            "WHERE ticket_exchanges.id = :id",
            id=int(made.data["id"]),
        )
        self.orders.append({"id": str(bought["id"]), "attributes": {"identifier": bought["identifier"]}})
        return self.act("online", self.orders[-1], 1.0) if quote.json["due"] and number > 0.3 else 200

    def _move(self, act: str, order: Any) -> int:
        asking, values = {
            "offline": (self.counter.asking, {"status": "placed", "payment-mode": "bank"}),
            "confirm": (self.counter.organizer, {"status": "completed"}),
            "revoke": (self.staff, {"status": "placed"}),
            "cancel": (self.counter.asking, {"status": "cancelled"}),
        }[act]
        sent = document("order", values, order["id"])
        return asking.patch(f"/v1/orders/{order['id']}", sent).status


@settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=HISTORIES, approves=st.booleans(), fee=st.sampled_from([0, 1.23]))
def test_books_agree_whatever_happens(
    counter: Counter,
    environment: pytest.MonkeyPatch,
    history: list[tuple[str, int, float]],
    approves: bool,
    fee: float,
) -> None:
    environment.setenv("MAIL_ATTACHMENT_BYTES", "0")  # papers are drawn elsewhere
    system_settings.cache_clear()
    mine = Counter(counter.client, counter.database, counter.stripe, counter.pump)
    assert ruled(mine, steps=STEPS, fee=fee, **{"needs-approval": approves}).status == 201
    play = _Play(mine)
    paid = [("offline", 0, 1.0), ("confirm", 0, 1.0), ("online", 1, 1.0), ("online", 2, 1.0)]
    for act, number, share in [*paid, *history]:
        order = play.orders[number if share > 0.5 else -1 - number % len(play.orders)]
        status = play.act(act, order, share)
        assert status < 500, (act, number, share)
        mine.pump.everything()
        for row in mine.database.rows(_SUMS, id=mine.event.id):
            owed = row["status"] == "placed"  # billed, and to be paid
            agree = row["invoiced"] - row["credited"] == row["kept"]
            assert agree or owed, (row, act, number, share)
            assert 0 <= row["credited"] <= row["invoiced"]
        assert mine.database.one(_TWICE, id=mine.event.id) == 0
        assert mine.database.one(_SEATS, id=mine.event.id) is True
        assert mine.database.one(_MOVED, id=mine.event.id) is True
