"""The part of the oracle about the waiting list: who waits for sold-out tickets of the hall, and orders an offer.

Who gets free places is said by waiting_model.py; here are the answers of the product, and the orders made so.
"""

from typing import Final

from tests.orders.exchanges import Exchanges
from tests.orders.order_book import HOLDS, Order, Wish
from tests.orders.waiting_model import Counter, Entry, Model

OFFERED_FOR: Final = 24 * 60


class Lines(Exchanges):
    """Who waits, and what becomes of it."""

    def open_line(self) -> Model:
        """From now on people may wait for kinds that are sold to everybody."""
        kinds = tuple(ticket.name for ticket in self.tickets.values() if not ticket.is_hidden)
        capacity = self.capacity()
        self.line = Model(
            {name: Counter(capacity[name]) for name in (*self.tickets, "pool")},
            kinds=kinds,
            hall="pool",
            least={name: self.tickets[name].least for name in kinds},
        )
        return self.line

    def join(self, person: str, kinds: tuple[str, ...], quantity: int, *, takes_fewer: bool) -> int:
        """The answer to somebody who wants to wait."""
        assert self.line is not None
        for kind in kinds:
            ticket = self.tickets[kind]
            if quantity < ticket.least or (ticket.most is not None and quantity > ticket.most):
                return 422
        left = self.left()
        if any(left[kind] >= quantity for kind in kinds):
            return 409
        return self.line.join(person, kinds, quantity, takes_fewer=takes_fewer)

    def claim(self, entry: Entry, *, is_right: bool) -> tuple[int, Order | None]:
        """The answer to an order with what was offered, or of one place more."""
        assert self.line is not None
        if entry.state != "offered" or entry.offered is None:
            return 409, None
        if not is_right:
            return 422, None
        kind, number = entry.offered
        self.line.claim(entry)
        amount, places = self._sold(Wish(((kind, number),)), ())
        until = max(self.now + HOLDS["initializing"], entry.until)
        made = Order(entry.person, amount, places, until, None if amount else "free")
        self.orders.append(made)
        return 200, made

    def look(self) -> None:
        """Free places go along the line."""
        assert self.line is not None
        waiting = self.line.waiting()
        self.line.look()
        for entry in waiting:
            if entry.state == "offered":
                entry.until = self.now + OFFERED_FOR

    def offer_out_of_turn(self, entry: Entry) -> int:
        """The answer to the team that prefers somebody."""
        assert self.line is not None
        waiting = self.line.waiting()
        status = self.line.offer_out_of_turn(entry)
        for other in waiting:
            if other.state == "offered":
                other.until = self.now + OFFERED_FOR
        return status
