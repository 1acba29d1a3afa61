"""The part of the oracle about exchanges: a ticket that is replaced by another one, never neither nor both."""

from decimal import Decimal
from fractions import Fraction

from tests.orders.order_book import (
    GUEST,
    HOLDS,
    KEPT,
    PROMISED,
    Fund,
    Order,
    OrderBook,
    Place,
    Ticket,
    Wish,
    balances,
)


class Exchanges(OrderBook):
    """What an exchange costs, and what becomes of it."""

    def quote_of_exchange(self, order: Order, viewer: str, place: Place, kind: Ticket) -> int:
        """The answer to the question what an exchange of the place for this kind costs, by its buyer, or by the
        owner of the event on behalf of whose it is.
        """
        if viewer not in (order.buyer, "owner"):
            return 403
        if order.status != "completed" or place.has_come or self.is_being_exchanged(order, place):
            return 409
        if kind is place.ticket:
            return 422
        left = self.left()
        first = None if place.is_passed_on else order.added_to or order
        number = self.before(first).get(kind.name, 0) + 1
        if (kind.is_hidden and left["access"] < 1) or (kind.most is not None and number > kind.most):
            return 422
        return 200 if self._has_place(place, kind) else 409

    def is_being_exchanged(self, order: Order, place: Place) -> bool:
        """Whether another order waits for its payment to replace the place."""
        return any(
            (order, place) == other.replaces and not other.is_done and other.status in HOLDS
            for other in self.orders
        )

    def exchange(self, order: Order, viewer: str, place: Place, kind: Ticket) -> tuple[int, Order | None]:
        """The answer to an exchange as it was quoted a moment ago, and the order that is for the new ticket."""
        by_team = viewer != order.buyer
        if not (place.name or place.is_excused or by_team):
            return 422, None
        wish = Wish(((kind.name, 1),), access="good" if kind.is_hidden else None)
        amount, places = self._sold(wish, ())
        credit = self._worth(order, place)
        buyer = GUEST if place.is_passed_on else order.buyer  # whoever it was passed on to has no account
        made = Order(buyer, amount, places, self.now + HOLDS["initializing"], None)
        made.replaces, made.credit, made.is_holders = (order, place), credit, place.is_passed_on
        made.is_proven = order.is_proven or place.is_passed_on
        made.added_to = None if place.is_passed_on else order.added_to or order
        (seat,) = places
        seat.name = place.name
        # In a full pool it is the place of the old ticket, until that is given up.
        is_full = self.left_of_pool() <= 0 and kind.is_pooled and place.ticket.is_pooled
        seat.is_living = not is_full
        self.orders.append(made)
        self.follow()
        if not made.due:
            assert self.complete(made)
            made.mode = max(made.funds, key=lambda fund: fund.left, default=Fund("free", Decimal(0))).mode
            self.put(made, "completed")
        elif by_team:
            made.mode = "bank"  # what is due is paid to the organizer
            self.put(made, "pending")
        return 200, made

    def left_of_pool(self) -> int:
        """How many places are left in the hall."""
        return self.pool - self.taken()["pool"] - self.kept().get("pool", 0)

    def complete(self, made: Order) -> bool:
        """Give up the ticket that an order replaces; False where that is not what it was."""
        if made.replaces is None or made.credit is None or made.is_done:
            return True
        order, place = made.replaces
        (seat,) = made.places
        is_there = order.is_there and order.status == "completed" and place.is_living
        is_passed_on = place.is_passed_on and not made.is_holders
        if not is_there or place.has_come or is_passed_on or self._worth(order, place) < made.credit:
            return False
        if not seat.is_living and not self._has_place(place, seat.ticket):
            return False
        moved = min(made.credit, made.amount)
        self._move(order, made, place, moved)
        more = made.credit - moved
        part = int(Fraction(int(more * 100) * PROMISED, 100) + Fraction(1, 2))
        back = Decimal(max(part - int(KEPT * 100), 0)) / 100 if more else Decimal(0)
        if back:
            self.give_back(order, back, [place])
        if place.asked is not None and seat.asked is None:
            # The request goes on for the new ticket.
            seat.asked, seat.has_answered, place.asked = place.asked, place.has_answered, None
        place.is_cancelled = place.is_cancelled_paid = True
        place.is_living, seat.is_living, made.is_done = False, True, True
        if not order.living():
            self.put(order, "cancelled")
        return True

    def _move(self, order: Order, made: Order, place: Place, amount: Decimal) -> None:
        if not amount:
            return
        before = {fund: fund.left for fund in order.funds}
        self.give_back(order, amount, [place])
        for fund in sorted(order.funds, key=lambda fund: before[fund], reverse=True):
            if before[fund] > fund.left:
                made.funds.append(Fund(fund.mode, before[fund] - fund.left, is_moved=True))
        made.was_paid = True

    def _worth(self, order: Order, place: Place) -> Decimal:
        return Decimal(balances(order).get(place.id, 0)) / 100 if order.paid else Decimal(0)

    def _has_place(self, place: Place, kind: Ticket) -> bool:
        """Whether there is a place for the kind, if need be that of the other one in the pool."""
        own = kind.capacity - self.taken()[kind.name] - self.kept().get(kind.name, 0)
        in_pool = self.left_of_pool() + place.ticket.is_pooled if kind.is_pooled else 1
        return own >= 1 and in_pool >= 1
