"""The ground of the histories: requests that go to the product and to the oracle, which must agree.

After every step each order, place and number in the database is as the oracle says, and so is each answer.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from hypothesis.stateful import MultipleResults, RuleBasedStateMachine, invariant, multiple

from tests.orders.box_office import CODES, HALL, TEXTS, BoxOffice, tickets
from tests.orders.oracle import Oracle
from tests.orders.order_book import ENDED, Order, Place, Wish
from tests.support.documents import document
from tests.support.http_client import Reply

Open = Callable[[], AbstractContextManager[BoxOffice]]
Bought = Order | MultipleResults[Order]


@dataclass
class Asked:
    """A request that was sent, how its answer is predicted and what follows noted, and the answer."""

    request: tuple[Any, ...]
    predict: Callable[[], int]
    then: Callable[[Reply], Bought]
    reply: Reply


_PAID = """
SELECT order_id, sum(amount_minor - refunded_minor) / 100.0 AS paid FROM payments
WHERE state = 'succeeded' GROUP BY order_id
"""
_LINE = """
SELECT state, CASE WHEN offered_quantity IS NOT NULL THEN tickets.name END AS kind, offered_quantity AS number,
  passed_over, gathers_since IS NOT NULL AS collects
FROM waiting_list_entries entry LEFT JOIN tickets ON tickets.id = offered_ticket_id ORDER BY entry.id
"""
_KEPT = """
SELECT coalesce(tickets.name, 'pool') AS name, waiting, reserved FROM stocks
LEFT JOIN tickets ON tickets.id = stocks.ticket_id WHERE stocks.ticket_id IS NOT NULL OR stocks.pool_id IS NOT NULL
"""
_PAID_ANEW = """
SELECT paid.order_id, (sum(paid.amount_minor) - coalesce((
  SELECT sum(amount_minor) FROM refunds WHERE refunds.order_id = paid.order_id AND state <> 'failed'
), 0)) / 100.0 AS paid
FROM payments paid WHERE paid.state = 'succeeded' GROUP BY paid.order_id
"""


class Compared(RuleBasedStateMachine):
    """A box office and its oracle. Who has rules to add, asks by these methods."""

    def __init__(self, opened: Open) -> None:
        super().__init__()
        self._opened = opened()
        self.office = self._opened.__enter__()
        self.oracle = Oracle(tickets(), HALL, dict(CODES))
        self.last: Asked | None = None
        self.number = 0
        self.agrees = False

    def teardown(self) -> None:
        """Issue the papers, if nothing has differed so far, and close the box office."""
        try:
            if self.agrees:
                self._compare_papers()
        finally:
            self._opened.__exit__(None, None, None)

    @invariant()
    def nothing_differs(self) -> None:
        """Database and product say what the oracle says."""
        self.oracle.follow()
        self._compare_orders()
        self._compare_money()
        self._compare_places()
        self._compare_numbers()
        self._compare_what_is_left()
        self._compare_line()
        self.agrees = True

    def buy(self, buyer: str, wish: Wish) -> Bought:
        """POST a basket."""
        made: list[Order] = []

        def predict() -> int:
            status, order = self.oracle.order(buyer, wish)
            made[:] = [order] if order else []
            return status

        body = self.office.basket(wish)
        request = (buyer, "POST", "/v1/orders/create-order", body)
        return self.ask(request, predict, lambda reply: self.noted(made[0], int(reply.data["id"])))

    def add(self, order: Order, who: str, wish: Wish) -> Bought:
        """POST tickets to be added to an order."""
        viewer = viewer_of(order, who)
        made: list[Order] = []

        def predict() -> int:
            status, added = self.oracle.add(order, viewer, wish)
            made[:] = [added] if added else []
            return status

        request = (viewer, "POST", f"/v1/orders/{order.id}/add", self.office.basket(wish))
        return self.ask(request, predict, lambda reply: self.noted(made[0], int(reply.data["id"])))

    def exchange(self, order: Order, who: str, place: Place, kind: str) -> Bought:
        """POST the question what an exchange costs, and one as it is quoted."""
        viewer, path = viewer_of(order, who), f"/v1/attendees/{place.id}/exchange"
        body: dict[str, Any] = {"ticket": self.office.ids[kind]}
        if self.oracle.tickets[kind].is_hidden:
            body["access-code"] = TEXTS["good"]["access"]
        made: list[Order] = []
        quoted: list[str] = []

        def note_quote(reply: Reply) -> Bought:
            quoted.append(reply.json["quote"])
            return multiple()

        def predict() -> int:
            status, bought = self.oracle.exchange(order, viewer, place, self.oracle.tickets[kind])
            made[:] = [bought] if bought else []
            return status

        self.ask(
            (viewer, "POST", f"{path}-quote", body),
            lambda: self.oracle.exchange_quote(order, viewer, place, kind),
            note_quote,
        )
        if not quoted:
            return multiple()
        return self.ask(
            (viewer, "POST", path, {**body, "quote": quoted[0]}),
            predict,
            lambda reply: self.noted(made[0], self.office.new_order(int(reply.data["id"]))),
        )

    def noted(self, order: Order, id: int) -> Order:
        """The ids of an order that was made, and of its places, also of one that waits for another's."""
        order.id = id
        for place, row in zip(order.places, self.office.places(id), strict=True):
            place.id = int(row["id"])
        return order

    def change(self, order: Order, who: str, status: str | None, mode: str | None) -> None:
        """PATCH an order's state, how it is paid, or both."""
        viewer = viewer_of(order, who)
        sent = {"status": status, "payment-mode": mode}
        body = document("order", {name: value for name, value in sent.items() if value is not None}, order.id)
        self.ask(
            (viewer, "PATCH", f"/v1/orders/{order.id}", body),
            lambda: self.oracle.change(order, viewer, status, mode),
        )

    def refund(self, order: Order, who: str, amount: Decimal | None, place: Place | None) -> None:
        """POST a refund: of an amount, of one ticket, or of all."""
        viewer = viewer_of(order, who)
        body: dict[str, Any] = {"attendees": [place.id]} if place is not None else {}
        if amount is not None:
            body = {"amount": float(amount)}
        self.ask(
            (viewer, "POST", f"/v1/orders/{order.id}/refund", body),
            lambda: self.oracle.refund(order, viewer, amount, place),
        )

    def refund_by_rule(self, order: Order, who: str, place: Place | None) -> None:
        """GET a quote, and POST a refund with it."""
        viewer = viewer_of(order, who)
        path = f"/v1/orders/{order.id}/refund"
        query = f"?attendees={place.id}" if place is not None else ""
        body: dict[str, Any] = {"attendees": [place.id]} if place is not None else {}
        quoted = (viewer, "GET", f"{path}-quote{query}")

        def note(reply: Reply) -> Bought:
            body["quote"] = reply.json["quote"]
            return multiple()

        former = self.last
        self.ask(quoted, lambda: self.oracle.quote(order, viewer, place), note)
        self.last = former  # a GET has no key under which it would be answered again
        if "quote" in body:
            self.ask((viewer, "POST", path, body), lambda: self.oracle.refund_as_quoted(order, viewer, place))

    def cancel_ticket(self, order: Order, who: str, place: Place) -> None:
        """GET the terms, and POST a cancellation of one ticket by them."""
        viewer, path = viewer_of(order, who), f"/v1/attendees/{place.id}"
        body: dict[str, Any] = {}

        def note(reply: Reply) -> Bought:
            body["quote"] = reply.json["quote"]
            return multiple()

        former = self.last
        self.ask(
            (viewer, "GET", f"{path}/cancellation-quote"),
            lambda: self.oracle.quote_of_ticket(order, viewer, place),
            note,
        )
        self.last = former  # a GET has no key under which it would be answered again
        if body:
            self.ask(
                (viewer, "POST", f"{path}/cancel", body),
                lambda: self.oracle.cancel_ticket(order, viewer, place),
            )

    def pass_on(self, order: Order, who: str, place: Place) -> None:
        """POST an offer of a ticket; who gets it accepts at once, and is called Grace."""
        viewer, path = viewer_of(order, who), f"/v1/attendees/{place.id}/transfer"
        body = {"email": f"grace{self.number}@example.org"}

        def note(reply: Reply) -> Bought:
            assert self.office.accept(int(reply.data["id"]), "Grace") == 200
            place.name, place.is_passed_on, place.asked = "Grace", True, None
            return multiple()

        self.ask((viewer, "POST", path, body), lambda: self.oracle.pass_on(order, viewer, place), note)

    def have_asked(self, order: Order, who: str, place: Place) -> None:
        """POST a request to an attendee to fill in their own form."""
        viewer, path = viewer_of(order, who), f"/v1/attendees/{place.id}/form-request"
        body = {"email": f"mary{self.number}@example.org"}

        def note(reply: Reply) -> Bought:
            place.asked, place.has_answered = int(reply.data["id"]), False
            return multiple()

        self.ask((viewer, "POST", path, body), lambda: self.oracle.have_asked(order, viewer, place), note)

    def fill_in(self, order: Order, place: Place, name: str) -> None:
        """The attendee opens the link and fills in the form, if they were asked."""
        if place.asked is not None:
            self.agrees = False
            assert self.office.fill_in(place.asked, name) == self.oracle.fill_in(order, place, name)

    def name(self, order: Order, place: Place, who: str, name: str) -> None:
        """PATCH an attendee's name."""
        self.alter(order, place, who, {"firstname": name}, lambda v: self.oracle.name(order, place, v, name))

    def alter(
        self,
        order: Order,
        place: Place,
        who: str,
        sent: dict[str, Any],
        predict: Callable[[str], int],
        query: str = "",
    ) -> None:
        """PATCH an attendee; `predict` is told the viewer."""
        viewer = viewer_of(order, who)
        body = document("attendee", sent, place.id)
        path = f"/v1/attendees/{place.id}{query}"
        self.ask((viewer, "PATCH", path, body), lambda: predict(viewer))

    def ask(
        self,
        request: tuple[Any, ...],
        predict: Callable[[], int],
        then: Callable[[Reply], Bought] = lambda _reply: multiple(),
    ) -> Bought:
        """Send (viewer, method, path and perhaps a body) under a key of its own."""
        self.number += 1
        whole = (*request, *[None] * (4 - len(request)), f"request-{self.number}")
        return self.send(Asked(whole, predict, then, Reply(0, {}, "")))

    def send(self, asked: Asked) -> Bought:
        """Send the request, and demand the predicted answer."""
        self.agrees = False
        asked.reply = self.office.ask(*asked.request)
        self.last = asked
        assert asked.reply.status == asked.predict(), (asked.request, asked.reply.text)
        self.oracle.follow()
        return asked.then(asked.reply) if asked.reply.status == 200 else multiple()

    def _compare_orders(self) -> None:
        """Their states, amounts and holds, each with a message that will end it."""
        overdue = self.oracle.overdue()
        assert self.office.orders() == [
            {
                "id": order.id,
                "status": order.status,
                "amount": order.amount,
                "mode": order.mode,
                "hold": None if order.held_until is None else "overdue" if order in overdue else "held",
                "will_end": order.held_until is not None,
            }
            for order in sorted(self.oracle.orders, key=lambda row: row.id)
        ]

    def _compare_money(self) -> None:
        """What was paid and has not gone back, of each order: as payments count it, and as refunds add up."""
        expected = {order.id: order.paid for order in self.oracle.orders if order.was_paid}
        counted = {row["order_id"]: row["paid"] for row in self.office.rows(_PAID)}
        added_up = {row["order_id"]: row["paid"] for row in self.office.rows(_PAID_ANEW)}
        assert counted == added_up == expected

    def _compare_papers(self) -> None:
        """Invoices less credit notes are what was paid and has not gone back, or is owed by who pays later."""
        papers = self.office.papers()
        for order in self.oracle.orders:
            invoiced, credited = papers.get(order.id, (Decimal(0), Decimal(0)))
            unpaid = order.amount - order.reduced - order.waived
            owed = unpaid if order.status == "placed" else order.paid
            assert (order.id, invoiced - credited) == (order.id, owed)

    def _compare_places(self) -> None:
        """Who holds which with which codes, and nobody by an order that has ended."""
        orders = self.oracle.orders
        expected = [_told(order, place) for order in orders for place in order.living()]
        assert _by_id(self.office.living()) == _by_id(expected)
        assert not [item for order in orders if order.status in ENDED for item in order.living()]

    def _compare_numbers(self) -> None:
        """How many places each thing has and how many are taken, which whoever counts anew agrees with."""
        capacity, taken = self.oracle.capacity(), self.oracle.taken()
        stocks = self.office.stocks()
        assert stocks == {what: (capacity[what], taken[what], taken[what]) for what in capacity}
        assert all(used <= places for places, used, _ in stocks.values())

    def _compare_what_is_left(self) -> None:
        """Hidden tickets are told to the team alone."""
        left = self.oracle.left()
        every = {name: (value.capacity, left[name]) for name, value in self.oracle.tickets.items()}
        assert self.office.available("owner") == every
        assert self.office.available("stranger") == {name: every[name] for name in ("seat", "gallery")}

    def _compare_line(self) -> None:
        """Who waits, what is offered and kept, before the line is looked at and afterwards."""
        line = self.oracle.line
        if line is None:
            return
        for _ in range(2):
            seen = [tuple(row.values()) for row in self.office.rows(_LINE)]
            assert seen == [
                (entry.state, *(entry.offered or (None, None)), entry.passed, entry.collects)
                for entry in line.line
            ]
            kept = {row["name"]: (row["waiting"], row["reserved"]) for row in self.office.rows(_KEPT)}
            assert kept == {
                name: (line.wanted(name), counter.reserved) for name, counter in line.counters.items()
            }
            if not self.office.is_to_be_looked_at():
                break
            self.office.look()
            self.oracle.look()
        assert not line.would_offer(), "somebody waits for a place that is free"
        self._compare_numbers()


def viewer_of(order: Order, who: str) -> str:
    """The name of the viewer: that of the order's buyer, or what is said."""
    return order.buyer if who == "buyer" else who


def _told(order: Order, place: Place) -> dict[str, Any]:
    return {
        "id": place.id,
        "order_id": order.id,
        "ticket": place.ticket.name,
        "discount": place.discount,
        "access": place.access,
        "name": place.name,
        "has_come": place.has_come,
    }


def _by_id(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: int(row["id"]))
