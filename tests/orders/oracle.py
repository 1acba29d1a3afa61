"""The oracle of the histories: an order book that says how every change of it is answered.

Each method gives the status of the answer and notes what follows, by the written rules alone. Viewers are
buyers by their names, and owner, registrar, staff and stranger.
"""

from decimal import Decimal
from typing import Final

from tests.orders.lines import Lines
from tests.orders.order_book import (
    DIRECT,
    ENDED,
    GUEST,
    HOLDS,
    Order,
    Place,
    Ticket,
    Wish,
    balances,
    owed,
    promised,
)

ACCEPTED: Final = (*DIRECT, "stripe")
ADMITTING: Final = ("placed", "completed")
CREW: Final = ("owner", "registrar", "staff")

# Where buyers, and the event's team, may move an order by themselves.
_BUYERS: Final = {
    "initializing": ("pending", "placed", "completed", "cancelled"),
    "pending": ("placed", "completed", "cancelled"),
    "placed": ("cancelled",),
    "completed": ("cancelled",),
}
_TEAMS: Final = {
    "initializing": ("pending", "placed", "completed", "cancelled", "expired"),
    "pending": ("placed", "completed", "cancelled", "expired"),
    "placed": ("completed", "cancelled"),
    "completed": ("cancelled",),
}


class Oracle(Lines):
    """What there is, and what becomes of it."""

    # Orders.

    def change(self, order: Order, viewer: str, status: str | None, mode: str | None) -> int:
        """The answer to a PATCH of an order's state, of how it is paid, or of both."""
        moves, pays = status not in (None, order.status), mode not in (None, order.mode)
        if not self._sees(order, viewer):
            return 404
        if viewer == order.buyer and moves and status == "cancelled":
            pays = False  # whoever cancels changes nothing else
        if pays and not (viewer == "staff" or (viewer == order.buyer and order.status in HOLDS)):
            return 403
        if pays and not (mode in ACCEPTED or (mode == "free" and order.due == 0)):
            return 422
        paid_by = mode if pays else order.mode
        if moves and status is not None:
            refusal = self._refused_move(order, viewer, status, paid_by)
            if refusal:
                return refusal
        if moves and status == "completed" and not self.complete(order):
            return 409
        if moves and order.status == "completed" and status not in ENDED and self._has_moved(order):
            return 409  # what was paid for another ticket is not revoked
        order.mode = paid_by
        if moves and status is not None:
            back = promised(order, order.living()) if viewer == order.buyer and order.paid else Decimal(0)
            if status == "cancelled" and back:
                self.give_back(order, back, order.living())
            self.put(order, status)
        return 200

    @staticmethod
    def _has_moved(order: Order) -> bool:
        return any(fund.is_moved and fund.left for fund in order.funds)

    def _refused_move(self, order: Order, viewer: str, status: str, mode: str | None) -> int:
        if viewer == "staff":
            if order.status in ENDED:
                return 409
            if order.status in ADMITTING and status not in ADMITTING and self._is_anybody_in(order):
                return 409
            if status in ENDED and order.paid > 0:
                return 409  # no money without an order
        else:
            ways = _BUYERS if viewer == order.buyer else _TEAMS
            if status not in ways.get(order.status, ()):
                return 403
            if (
                order.status == "initializing"
                and status not in ENDED
                and not all(p.name or self._is_excused(order, p) for p in order.living())
            ):
                return 422
        is_passed_on = any(place.is_passed_on for place in order.living())
        if viewer == order.buyer and status == "cancelled" and order.status in ADMITTING and is_passed_on:
            return 409
        refusal = self._refused_payment(order, viewer, status, mode)
        if viewer == order.buyer == GUEST and status in ADMITTING and not order.is_proven:
            return refusal or 403  # places are not kept for an address that anybody may have typed
        return refusal

    def _refused_payment(self, order: Order, viewer: str, status: str, mode: str | None) -> int:
        unknown = mode is None and order.due > 0
        if status == "placed" and order.credit is not None:
            return 403  # the ticket is given up once the difference is paid
        if status == "placed":
            if unknown:
                return 422
            return 0 if mode in DIRECT or viewer == "staff" else 403
        if status == "completed":
            if unknown or mode == "stripe":  # which nobody is connected with
                return 422
            return 403 if order.due > 0 and viewer == order.buyer else 0
        if (order.status, status, viewer) == ("completed", "cancelled", "owner") and order.paid > 0:
            return 403
        return 409 if status == "cancelled" and self._is_anybody_in(order) else 0

    @staticmethod
    def _is_excused(order: Order, place: Place) -> bool:
        """Whether they are asked by this ticket, or by the one that it is to replace."""
        return place.is_excused or (order.replaces is not None and order.replaces[1].is_excused)

    @staticmethod
    def _is_anybody_in(order: Order) -> bool:
        return any(place.has_come for place in order.living())

    def ring(self, order: Order) -> None:
        """A message that its hold may be over: early, late or once more."""
        if order.is_there and order in self.overdue():
            self.put(order, "expired")

    def delete(self, order: Order, viewer: str) -> int:
        """The answer to a DELETE of an order."""
        if not self._sees(order, viewer):
            return 404
        if viewer != "staff" or (order.amount > 0 and order.status in ("placed", "completed")):
            return 403
        if self._is_anybody_in(order) or order.was_paid:
            return 409
        self.orders.remove(order)
        for other in self.orders:
            if other.added_to is order:
                other.added_to = None
        order.is_there = False
        return 200

    def refund(self, order: Order, viewer: str, amount: Decimal | None, place: Place | None) -> int:
        """The answer to a refund: of an amount, of one ticket, or of all."""
        if not self._sees(order, viewer):
            return 404
        if viewer == order.buyer:
            return 422  # without a quote
        if not order.paid:
            return 409
        living, given = order.living(), [place] if place else []
        if amount is not None:
            back = amount
        elif place is not None:
            if not place.is_living:
                return 422
            back = order.paid if living == given else Decimal(balances(order)[place.id]) / 100
        else:
            back, given = order.paid, living
        if any(item.has_come for item in given) or not back:
            return 409
        if back > order.paid:
            return 422
        self._refund(order, back, given)
        return 200

    def quote(self, order: Order, viewer: str, place: Place | None) -> int:
        """The answer to the question what the rule gives back: for one ticket, or for all."""
        if not self._sees(order, viewer):
            return 404
        places = self._own(order, place)
        if not order.paid:
            return 409
        if place is not None and not place.is_living:
            return 422
        if not places:
            return 409
        return 409 if any(place.has_come for place in places) or not promised(order, places) else 200

    def refund_as_quoted(self, order: Order, viewer: str, place: Place | None) -> int:
        """The answer to a refund as it was quoted a moment ago."""
        refusal = self.quote(order, viewer, place)
        if refusal == 200:
            places = self._own(order, place)
            self._refund(order, promised(order, places), places)
        return refusal

    @staticmethod
    def _own(order: Order, place: Place | None) -> list[Place]:
        """The place, or all that are left, without those that were passed on."""
        return [item for item in ([place] if place else order.living()) if not item.is_passed_on]

    def _refund(self, order: Order, back: Decimal, given: list[Place]) -> None:
        is_last = bool(given) and given == order.living()
        self.give_back(order, back, given)
        if is_last and order.status not in ENDED:
            self.put(order, "cancelled")
        for item in given:
            item.is_living = False

    def quote_of_ticket(self, order: Order, viewer: str, place: Place) -> int:
        """The answer to the question what becomes of a single ticket that is cancelled."""
        if not place.is_living or not self._meets(order, viewer, place):
            return 404
        if viewer == "registrar":
            return 403
        return 409 if order.status not in ADMITTING or place.has_come else 200

    def cancel_ticket(self, order: Order, viewer: str, place: Place) -> int:
        """The answer to its cancellation, as it was quoted a moment ago."""
        refusal = self.quote_of_ticket(order, viewer, place)
        if refusal != 200:
            return refusal
        is_paid, is_last = order.status == "completed", order.living() == [place]
        back = promised(order, [place]) if order.paid else Decimal(0)
        if is_last and viewer != order.buyer and order.paid and not back:
            return 409 if viewer == "staff" else 403  # no money without an order
        if is_paid and back:
            self.give_back(order, back, [place])
        elif not is_paid:
            order.waived += owed(order, place)
        place.is_cancelled, place.is_cancelled_paid = True, is_paid
        if is_last:
            self.put(order, "cancelled")
        place.is_living = False
        return 200

    def pass_on(self, order: Order, viewer: str, place: Place) -> int:
        """The answer to an offer of a ticket to somebody, who accepts it at once."""
        if not place.is_living or not self._meets(order, viewer, place):
            return 404
        if viewer != order.buyer:
            return 403
        if order.status != "completed" or place.has_come:
            return 409
        return 200

    def have_asked(self, order: Order, viewer: str, place: Place) -> int:
        """The answer to a buyer's request that an attendee fills in their own form."""
        if not place.is_living or not self._meets(order, viewer, place):
            return 404
        if viewer != order.buyer:
            return 403
        return 409 if place.asked else 200

    def fill_in(self, order: Order, place: Place, name: str) -> int:
        """The answer to an attendee who was asked, and gives a name."""
        if not order.is_there:
            return 404
        if not place.is_living or order.status not in ADMITTING:
            return 409
        if self.is_being_exchanged(order, place) or (place.has_answered and place.has_come):
            return 409
        place.name, place.has_answered = name, True
        return 200

    def add(self, order: Order, viewer: str, wish: Wish) -> tuple[int, Order | None]:
        """The answer to a basket that is to be added to an order."""
        if not self._sees(order, viewer):
            return 404, None
        if viewer != order.buyer:
            return 403, None
        if order.status not in ADMITTING:
            return 409, None
        status, made = self.order(viewer, wish, order.added_to or order)
        if made is not None:
            made.is_proven = order.is_proven
        return status, made

    def exchange_quote(self, order: Order, viewer: str, place: Place, kind: str) -> int:
        """The answer to the question what an exchange of a place costs."""
        if not place.is_living or not self._meets(order, viewer, place):
            return 404
        return self.quote_of_exchange(order, viewer, place, self.tickets[kind])

    @staticmethod
    def _sees(order: Order, viewer: str) -> bool:
        return order.is_there and viewer in (order.buyer, "owner", "staff")

    # Who comes.

    def name(self, order: Order, place: Place, viewer: str, name: str) -> int:
        """The answer to a PATCH of an attendee's name."""
        if not place.is_living or not self._meets(order, viewer, place):
            return 404
        if place.name == name:
            return 200
        if viewer not in (order.buyer, "staff"):
            return 403
        if order.status != "initializing" or order.credit is not None:
            return 422  # who comes by an exchange is known
        place.name = name
        return 200

    def check_in(self, order: Order, place: Place, viewer: str) -> int:
        """The answer to a PATCH that somebody has come, at a time that was not noted yet."""
        if not place.is_living or not self._meets(order, viewer, place):
            return 404
        if viewer == order.buyer:
            return 403
        if order.status not in ADMITTING or place.has_come:
            return 409
        place.has_come = True
        return 200

    def remove(self, order: Order, place: Place, viewer: str) -> int:
        """The answer to a DELETE of an attendee."""
        if not place.is_living or not self._meets(order, viewer, place):
            return 404
        if viewer not in CREW:
            return 403
        if place.has_come:
            return 409
        if order.living() == [place]:  # the order goes with its last attendee
            by = "owner" if viewer == "registrar" else viewer
            refusal = self._refused_move(order, by, "cancelled", order.mode)
            if refusal:
                return refusal
            self.put(order, "cancelled")
        place.is_living = False
        return 200

    def restore(self, order: Order, place: Place, viewer: str) -> int:
        """The answer to a PATCH that takes an attendee out of the trash."""
        if viewer == GUEST:
            return 403 if order.is_there else 404  # the trash is for accounts
        if not self._meets(order, viewer, place) or not (place.is_living or viewer in CREW):
            return 404
        if place.is_living:
            return 200
        left = self.left()
        needed = [
            place.ticket.name,
            *(["discount"] if place.discount else []),
            *(["access"] if place.access else []),
        ]
        is_gone = place.is_refunded or place.is_cancelled
        if order.status in ENDED or is_gone or any(left[name] < 1 for name in needed):
            return 409
        place.is_living = True
        return 200

    @staticmethod
    def _meets(order: Order, viewer: str, place: Place) -> bool:
        return order.is_there and (viewer in CREW or (viewer == order.buyer and not place.is_passed_on))

    # What there is to sell.

    def resize(self, what: str, number: int, viewer: str) -> int:
        """The answer to a PATCH of how many places a ticket, the pool or a code has."""
        ticket = self.tickets.get(what)
        if viewer != "owner":
            is_seen = what == "pool" or (ticket is not None and not ticket.is_hidden)
            return 403 if is_seen else 404
        if number == self.capacity()[what]:
            return 200
        if ticket is not None and number < max(1, ticket.least, ticket.most or 0):
            return 422
        if number < self.taken()[what]:
            return 409
        if ticket is not None:
            ticket.capacity = number
        elif what == "pool":
            self.pool = number
        else:
            self.codes[what] = number
        return 200

    def pour(self, ticket: Ticket, into_pool: bool) -> int:
        """The answer to a PATCH by which a ticket is sold from the pool from now on, or not any more."""
        taken = self.taken()
        if into_pool and not ticket.is_pooled and taken[ticket.name] + taken["pool"] > self.pool:
            return 409
        ticket.is_pooled = into_pool
        return 200
