"""An order book in memory: what an event with one hall has sold, and what may be bought, by the written rules.

It knows nothing of the product's code. Time is counted in minutes since the sale began.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Final

from tests.orders.waiting_model import Model

HOLDS: Final = {"initializing": 20, "pending": 30}  # for so many minutes
EXCHANGED_FOR: Final = 7 * 24 * 60  # while the difference of an exchange is paid to the organizer
DIRECT: Final = ("bank", "onsite")  # how the organizer is paid
ENDED: Final = ("cancelled", "expired")
UNVERIFIED: Final = "grace"
GUEST: Final = "gale"  # who has no account, and the link of each of her orders
# In percent; the fee is capped for each line.
DISCOUNT, TAX, FEE, MOST_FEE = Decimal("12.5"), Decimal(18), Decimal(5), Decimal(7)
# What buyers get back: so many percent, less so much of each ticket.
PROMISED, KEPT = 60, Decimal("1.25")


@dataclass(eq=False)
class Ticket:
    """A kind of ticket. `least` and `most` are for one order."""

    name: str
    price: Decimal
    capacity: int
    least: int = 1
    most: int | None = None
    is_hidden: bool = False
    is_discounted: bool = False
    has_fee: bool = False
    is_pooled: bool = True


@dataclass(eq=False)
class Place:
    """An attendee. `discount` and `access` say which codes it was had with."""

    ticket: Ticket
    discount: bool
    access: bool
    name: str | None = None
    has_come: bool = False
    is_living: bool = True
    is_refunded: bool = False
    # Given up by itself, and whether that was after it was paid.
    is_cancelled: bool = False
    is_cancelled_paid: bool = False
    # Whether it is somebody else's than the buyer said.
    is_passed_on: bool = False
    # The request to fill in their own form, if it is open or was answered: its id, and which of the two.
    asked: int | None = None
    has_answered: bool = False
    id: int = 0

    @property
    def is_excused(self) -> bool:
        """Whether they are asked, and an order does without their answer meanwhile."""
        return self.asked is not None and not self.has_answered


@dataclass(eq=False)
class Fund:
    """A payment, and what is left of it; `is_moved`: it was made for a ticket that was exchanged."""

    mode: str | None
    left: Decimal
    is_moved: bool = False


@dataclass(eq=False)
class Order:
    """An order; `held_until` is in minutes, and None once nothing is held."""

    buyer: str
    amount: Decimal
    places: list[Place]
    held_until: int | None
    mode: str | None
    status: str = "initializing"
    is_there: bool = True
    id: int = 0
    # What the organizer has of it, and whether there was ever anything.
    paid: Decimal = Decimal(0)
    was_paid: bool = False
    # The payment that counts, what went back of it for which places (none: for all), and what ever did.
    payment: Decimal = Decimal(0)
    gone: list[tuple[Decimal, list[Place]]] = field(default_factory=list)
    reduced: Decimal = Decimal(0)
    # What is not owed any more for places that were given up before they were paid.
    waived: Decimal = Decimal(0)
    # Whether a guest has opened her link.
    is_proven: bool = False
    funds: list[Fund] = field(default_factory=list)
    # Which ticket it is to replace, what that is worth, and whether it did.
    replaces: "tuple[Order, Place] | None" = None
    credit: Decimal | None = None
    is_done: bool = False
    # Whether it is for whoever the ticket was passed on to, before.
    is_holders: bool = False
    # The first of the orders that it is linked with.
    added_to: "Order | None" = None

    @property
    def due(self) -> Decimal:
        """What is to be paid to complete it."""
        return max(self.amount - (self.credit or 0), Decimal(0))

    def living(self) -> list[Place]:
        """Who comes by it."""
        return [place for place in self.places if place.is_living]


@dataclass(frozen=True)
class Wish:
    """A basket: (ticket's name, quantity), and codes: "good", "bad" or none. `verify` insists on a discount."""

    lines: tuple[tuple[str, object], ...]
    discount: str | None = None
    access: str | None = None
    verify: bool = False


@dataclass
class OrderBook:
    """Everything that is counted: `capacity` is that of each ticket by its name, the pool and the codes."""

    tickets: dict[str, Ticket]
    pool: int
    codes: dict[str, int]
    orders: list[Order] = field(default_factory=list)
    now: int = 0
    # Who waits for what is sold out, if anybody may.
    line: Model | None = None

    # What there is.

    def capacity(self) -> dict[str, int]:
        """How many places each thing has."""
        return (
            {name: value.capacity for name, value in self.tickets.items()} | {"pool": self.pool} | self.codes
        )

    def taken(self, without: Iterable[Order] = ()) -> dict[str, int]:
        """How many are taken of each, leaving some orders out."""
        living = [place for order in self.orders if order not in without for place in order.living()]

        def count(condition: Callable[[Place], bool]) -> int:
            return sum(condition(place) for place in living)

        held = self.line.held if self.line else lambda _name: 0
        return {
            **{
                name: count(lambda place, kind=kind: place.ticket is kind) + held(name)  # type: ignore[misc]
                for name, kind in self.tickets.items()
            },
            "pool": count(lambda place: place.ticket.is_pooled) + held("pool"),
            "discount": count(lambda place: place.discount),
            "access": count(lambda place: place.access),
        }

    def kept(self, without: Iterable[Order] = ()) -> dict[str, int]:
        """How many free places are kept for the line of each: also those that come free without some orders."""
        if self.line is None:
            return {}
        taken, capacity = self.taken(without), self.capacity()
        kept = {}
        for name, counter in self.line.counters.items():
            free = capacity[name] - taken[name]
            most = counter.reserved + max(free - counter.free, 0)
            kept[name] = max(min(most, self.line.wanted(name), free), 0)
        return kept

    def follow(self) -> None:
        """What has come free since is kept for the line."""
        if self.line is not None:
            kept, taken, capacity = self.kept(), self.taken(), self.capacity()
            for name, counter in self.line.counters.items():
                counter.capacity, counter.taken = capacity[name], taken[name]
                counter.reserved = kept[name]

    def left(self, without: Iterable[Order] = ()) -> dict[str, int]:
        """How many are left of each; of a ticket, no more than of its pool."""
        taken, kept = self.taken(without), self.kept(without)
        rest = {name: places - taken[name] - kept.get(name, 0) for name, places in self.capacity().items()}
        pooled = {name for name, value in self.tickets.items() if value.is_pooled}
        return {
            name: min(places, rest["pool"]) if name in pooled else places for name, places in rest.items()
        }

    def overdue(self) -> list[Order]:
        """Orders whose hold is over, and that are not finished."""
        return [
            order for order in self.orders if order.held_until is not None and order.held_until < self.now
        ]

    # Ordering.

    def before(self, first: Order | None) -> dict[str, int]:
        """How many of each ticket are in the linked orders, of which this is the first."""
        linked = [order for order in self.orders if first in (order, order.added_to)] if first else []
        names = [place.ticket.name for order in linked for place in order.living()]
        return {name: names.count(name) for name in names}

    def order(self, buyer: str, wish: Wish, first: Order | None = None) -> tuple[int, Order | None]:
        """The answer to a basket, and the order that is made of it; perhaps linked with a first one."""
        # Whoever finds too little left gets what is overdue, unless that does not help either.
        freed = [] if self._fits(wish, ()) and self._lasts(wish) else self.overdue()
        refusal = self._broken_rule(wish, freed, self.before(first))
        if refusal:
            return refusal, None
        if not self._fits(wish, freed):
            return 409, None
        amount, places = self._sold(wish, freed)
        if amount == 0 and buyer == UNVERIFIED:
            return 403, None
        for item in freed:
            self.put(item, "expired")
        self.follow()
        made = Order(buyer, amount, places, self.now + HOLDS["initializing"], None if amount else "free")
        made.added_to = first
        self.orders.append(made)
        return 200, made

    def _lasts(self, wish: Wish) -> bool:
        """Whether the codes are good for all the tickets of the basket that they are for."""
        lines, left = self._lines(wish), self.left()
        hidden = sum(number for ticket, number in lines if ticket.is_hidden)
        discounted = sum(number for ticket, number in lines if ticket.is_discounted)
        enough = wish.discount is None or discounted <= left["discount"]
        return enough and (wish.access is None or hidden <= left["access"])

    def _broken_rule(self, wish: Wish, freed: Iterable[Order], before: dict[str, int]) -> int:
        # A line with nothing of a ticket is none.
        lines_said = [(name, number) for name, number in wish.lines if number != 0]
        names, numbers = [name for name, _ in lines_said], [number for _, number in lines_said]
        if not names or len({*names}) < len(names):
            return 422
        if any(number not in range(1, 1001) for number in numbers):
            return 422
        if any(name not in self.tickets for name in names):
            return 404
        lines, left = self._lines(wish), self.left(freed)
        hidden = sum(number for ticket, number in lines if ticket.is_hidden)
        discounted = sum(number for ticket, number in lines if ticket.is_discounted)
        broken = (
            "bad" in (wish.discount, wish.access)
            or (hidden > 0 and (wish.access is None or hidden > left["access"]))
            or any(number + before.get(ticket.name, 0) < ticket.least for ticket, number in lines)
            or any(
                ticket.most is not None and number + before.get(ticket.name, 0) > ticket.most
                for ticket, number in lines
            )
            or (wish.discount is not None and wish.verify and discounted > left["discount"])
        )
        return 422 if broken else 0

    def _lines(self, wish: Wish) -> list[tuple[Ticket, int]]:
        """In the order of the tickets, by which a code is used up."""
        wanted = {name: number for name, number in wish.lines if isinstance(number, int) and number}
        return [(value, wanted[name]) for name, value in self.tickets.items() if name in wanted]

    def _fits(self, wish: Wish, without: Iterable[Order]) -> bool:
        lines, left = self._lines(wish), self.left(without)
        pooled = sum(number for ticket, number in lines if ticket.is_pooled)
        return pooled <= left["pool"] and all(number <= left[ticket.name] for ticket, number in lines)

    def _sold(self, wish: Wish, without: Iterable[Order]) -> tuple[Decimal, list[Place]]:
        """What it costs, and a place for each ticket."""
        cheap = self.left(without)["discount"] if wish.discount else 0
        places, sum_of_lines = [], Fraction(0)
        for ticket, number in self._lines(wish):
            less = min(number, cheap) if ticket.is_discounted else 0
            cheap -= less
            price = Fraction(ticket.price)
            fee = min(_percent(price * number, FEE), Fraction(MOST_FEE)) if ticket.has_fee else 0
            sum_of_lines += price * number - _percent(price, DISCOUNT) * less + fee
            places += [Place(ticket, nth < less, ticket.is_hidden) for nth in range(number)]
        exact = sum_of_lines + _percent(sum_of_lines, TAX)
        cents = int(exact * 100 + Fraction(1, 2))
        return Decimal(cents) / 100, places

    def put(self, order: Order, status: str) -> None:
        """Give the order this state, with what that means for its places and for what was paid."""
        if status == "completed":
            # What went back is not owed again.
            order.paid = order.payment = order.amount - order.reduced - order.waived
            order.gone, order.was_paid = [], order.was_paid or order.paid > 0
            rest = order.paid - sum((fund.left for fund in order.funds), Decimal(0))
            if rest > 0:
                order.funds.append(Fund(order.mode, rest))
        elif order.status == "completed" and status not in ENDED:
            order.paid, order.funds = Decimal(0), []  # what staff revokes was never there
        order.status = status
        order.held_until = self.now + HOLDS[status] if status in HOLDS else None
        if status == "pending" and order.credit is not None and order.mode in DIRECT:
            order.held_until = self.now + EXCHANGED_FOR
        if status in ENDED:
            for place in order.places:
                place.is_living = False

    def give_back(self, order: Order, amount: Decimal, places: list[Place]) -> None:
        """So much goes back: for these places, or for all who come."""
        order.paid -= amount
        order.reduced += amount
        order.gone.append((amount, places))
        for fund in sorted(order.funds, key=lambda fund: fund.left, reverse=True):
            part = min(fund.left, amount)
            fund.left, amount = fund.left - part, amount - part
        for place in places:
            place.is_refunded = True


def balances(order: Order) -> dict[int, int]:
    """What was paid for each place and has not gone back, in cents, by id: by prices less discounts."""
    refunded = {place.id for _, places in order.gone for place in places}
    weights = {
        place.id: Fraction(place.ticket.price)
        - (_percent(Fraction(place.ticket.price), DISCOUNT) if place.discount else 0)
        for place in order.places
        if place.is_living or place.is_cancelled_paid or place.id in refunded
    }
    found = _shared(int(order.payment * 100), weights)
    for amount, places in order.gone:
        if places:
            found |= {place.id: 0 for place in places}
        elif any(found.values()):
            parts = _shared(int(amount * 100), {id: Fraction(cents) for id, cents in found.items()})
            found = {id: max(0, cents - parts[id]) for id, cents in found.items()}
    return found


def owed(order: Order, place: Place) -> Decimal:
    """What is not paid yet for a place of an order that is placed."""
    weights = {
        item.id: Fraction(item.ticket.price)
        - (_percent(Fraction(item.ticket.price), DISCOUNT) if item.discount else 0)
        for item in order.living()
    }
    left = order.amount - order.reduced - order.waived
    return Decimal(_shared(int(left * 100), weights)[place.id]) / 100


def promised(order: Order, places: list[Place]) -> Decimal:
    """What the rule gives back for these places."""
    known = balances(order)
    prices = [known[place.id] for place in places if known[place.id]]
    part = int(Fraction(sum(prices) * PROMISED, 100) + Fraction(1, 2))
    return Decimal(part - min(part, int(KEPT * 100) * len(prices))) / 100


def _shared(cents: int, weights: dict[int, Fraction]) -> dict[int, int]:
    """The cents by weights, which add up: the largest rests get those that are left."""
    total = sum(weights.values())
    exact = {
        id: cents * (weight / total if total else Fraction(1, len(weights))) for id, weight in weights.items()
    }
    whole = {id: int(part) for id, part in exact.items()}
    by_rest = sorted(whole, key=lambda id: (whole[id] - exact[id], id))
    for id in by_rest[: cents - sum(whole.values())]:
        whole[id] += 1
    return whole


def _percent(amount: Fraction, rate: Decimal) -> Fraction:
    return amount * Fraction(rate) / 100
