"""Random histories of a small box office, beside an oracle that knows nothing but the written rules.

Whoever buys, pays, comes, cancels, removes, waits or changes the hall: nothing differs, after any step.
Histories have numbers and go the same way each time: the suite plays the first 36, HISTORIES=500 plays the
first 500 and HISTORIES=500:1000 the next ones. What fails is told as the shortest history that does.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from decimal import Decimal
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, initialize, multiple, precondition, rule, run_state_machine_as_test

from chalicelib import db
from chalicelib.auth import viewer as viewers
from chalicelib.settings import settings as product_settings
from tests.orders.box_office import BUYERS, CODES, BoxOffice, box_office, tickets
from tests.orders.compared import Bought, Compared, Open, viewer_of
from tests.orders.order_book import GUEST, Order, Wish
from tests.support.copies import Copies
from tests.support.documents import document

STEPS: Final = 30
STATES: Final = ("initializing", "pending", "placed", "completed", "cancelled", "expired")
# Hypothesis makes up so many independently of each other, half of them short; more at once would be variants.
AT_ONCE: Final = 9
NUMBERS: Final = range(*map(int, os.environ.get("HISTORIES", "36").split(":")))

buyers = st.sampled_from(BUYERS)
kinds = st.sampled_from([*tickets()])
states = st.sampled_from(STATES)
modes = st.sampled_from(["bank", "onsite", "free", "stripe", "cheque"])
places = st.integers(0, 4)
# The buyer of the order that it is about, and others.
anybody = st.sampled_from([*["buyer", "owner", "staff"] * 3, "registrar", "stranger"])
at_the_door = st.sampled_from(["registrar", "registrar", "owner", "staff", "buyer", "stranger"])
deliveries = st.sampled_from(
    [slice(None), slice(None, None, -1), slice(1), slice(-1, None), slice(None, None, 2)]
)


@st.composite
def wishes(draw: st.DrawFn) -> Wish:
    """Baskets, most of which could be had."""
    name = st.sampled_from([*tickets(), *tickets(), *tickets(), "unknown"])
    quantity = st.sampled_from([1, 2, 2, 1, 2, 3, 3, 4, 2, 1, 2, 3, 0, -1, 1.5, 10**12])
    code = st.sampled_from(["good", "good", "good", None, None, "good", "good", "bad"])
    lines = draw(st.lists(st.tuples(name, quantity), min_size=1, max_size=2))
    return Wish(tuple(lines), draw(code), draw(code), draw(st.booleans()))


class Histories(Compared):
    """What can happen."""

    orders = Bundle("orders")

    @initialize(target=orders)
    def begin(self) -> Bought:
        """There is something to talk about from the start, and it costs something."""
        return self.buy("ada", Wish((("seat", 1), ("gallery", 2)), discount="good"))

    @initialize(target=orders)
    def begin_twice(self) -> Bought:
        """Somebody else has a hidden ticket."""
        return self.buy("alan", Wish((("box", 1),), access="good"))

    @rule(target=orders, buyer=buyers, wish=wishes())
    def order(self, buyer: str, wish: Wish) -> Bought:
        """Any basket."""
        return self.buy(buyer, wish)

    @rule(target=orders, buyer=buyers, kind=kinds, number=st.integers(1, 3))
    def order_simply(self, buyer: str, kind: str, number: int) -> Bought:
        """A few of one ticket, with the codes that there are."""
        return self.buy(buyer, Wish(((kind, number),), "good", "good"))

    @rule(order=orders, status=st.sampled_from(["placed", "completed", "completed", "pending"]))
    def finish(self, order: Order, status: str) -> None:
        """What a buyer does at the checkout, and the organizer when the money has come."""
        for place in order.living():
            if order.is_there and place.name is None:
                self.name(order, place, "buyer", "Ada")
        if status == "completed" and order.amount:
            self.change(order, "buyer", "placed", "bank")
            self.change(order, "owner", "completed", None)
        else:
            self.change(order, "buyer", status, "bank" if order.amount else None)

    @rule(order=orders)
    def open_link(self, order: Order) -> None:
        """A guest reads her mail, which proves her address."""
        if order.is_there and order.buyer == GUEST:
            assert self.office.open_link(order.id) == 200
            order.is_proven = True

    @rule(order=orders, who=anybody, nth=places, name=st.sampled_from(["Ada", "Alan"]))
    def say_who_comes(self, order: Order, who: str, nth: int, name: str) -> None:
        """Any name, for one place."""
        self.name(order, order.places[nth % len(order.places)], who, name)

    @rule(order=orders, who=anybody, status=st.none() | states, mode=st.none() | modes)
    def move(self, order: Order, who: str, status: str | None, mode: str | None) -> None:
        """Any state, any payment, by anybody."""
        self.change(order, who, status, mode)

    @rule(order=orders, who=st.sampled_from(["buyer", "owner", "staff"]), tried=st.permutations(STATES[:4]))
    def try_living_states(self, order: Order, who: str, tried: list[str]) -> None:
        """Whatever works."""
        for status in tried:
            self.change(order, who, status, None)

    @rule(
        order=orders,
        who=st.sampled_from(["owner", "owner", "owner", "staff", "buyer", "stranger"]),
        amount=st.none() | st.sampled_from([Decimal("0.01"), Decimal("1.50"), Decimal(10), Decimal(10**6)]),
        nth=st.none() | places,
    )
    def give_money_back(self, order: Order, who: str, amount: Decimal | None, nth: int | None) -> None:
        """Some money, what was paid for one ticket, or all of it."""
        place = order.places[nth % len(order.places)] if nth is not None and amount is None else None
        self.refund(order, who, amount, place)

    @rule(
        order=orders,
        who=st.sampled_from(["buyer", "buyer", "buyer", "owner", "stranger"]),
        nth=st.none() | places,
        sells=st.booleans(),
    )
    def refund_as_quoted(self, order: Order, who: str, nth: int | None, sells: bool) -> None:
        """What the rule gives back, for one ticket or for all of them."""
        if sells:
            self.finish(order, "completed")
        self.refund_by_rule(order, who, order.places[nth % len(order.places)] if nth is not None else None)

    @rule(
        order=orders,
        who=st.sampled_from(["buyer", "buyer", "buyer", "owner", "staff", "registrar", "stranger"]),
        nth=places,
        first=st.sampled_from([None, "placed", "completed"]),
    )
    def give_up_a_ticket(self, order: Order, who: str, nth: int, first: str | None) -> None:
        """One ticket is cancelled, perhaps of an order that was just placed or paid."""
        if first == "placed":
            self.change(order, "buyer", "placed", "bank" if order.amount else None)
        elif first == "completed":
            self.finish(order, first)
        self.cancel_ticket(order, who, order.places[nth % len(order.places)])

    @rule(
        order=orders,
        who=st.sampled_from(["buyer", "buyer", "buyer", "owner", "registrar", "stranger"]),
        nth=places,
        sells=st.booleans(),
    )
    def pass_a_ticket_on(self, order: Order, who: str, nth: int, sells: bool) -> None:
        """Somebody else gets one of the tickets, perhaps of an order that was just paid."""
        if sells:
            self.finish(order, "completed")
        self.pass_on(order, who, order.places[nth % len(order.places)])

    @rule(
        order=orders,
        who=st.sampled_from(["buyer", "buyer", "buyer", "owner", "registrar", "stranger"]),
        nth=places,
        sells=st.booleans(),
    )
    def have_an_attendee_asked(self, order: Order, who: str, nth: int, sells: bool) -> None:
        """Somebody is to fill in their own form; perhaps the order is placed without their answer."""
        self.have_asked(order, who, order.places[nth % len(order.places)])
        if sells:
            self.change(order, "buyer", "placed", "bank" if order.amount else None)

    @rule(order=orders, nth=places, name=st.sampled_from(["Mary", "Joan"]))
    def fill_in_a_form(self, order: Order, nth: int, name: str) -> None:
        """Who was asked answers, for the first time or again, early or late."""
        self.fill_in(order, order.places[nth % len(order.places)], name)

    @rule(
        target=orders,
        order=orders,
        who=st.sampled_from(["buyer", "buyer", "buyer", "buyer", "owner", "stranger"]),
        nth=places,
        step=st.sampled_from([1, 2, 1, 2, 0]),
        sells=st.sampled_from([True, True, True, False]),
        pays=st.booleans(),
    )
    def exchange_a_ticket(
        self, order: Order, who: str, nth: int, step: int, sells: bool, pays: bool
    ) -> Bought:
        """One ticket for another kind, of an order that was just paid; perhaps the difference is paid, too."""
        if sells:
            self.finish(order, "completed")
        some = order.living() or order.places
        place, names = some[nth % len(some)], [*self.oracle.tickets]
        kind = names[(names.index(place.ticket.name) + step) % len(names)]
        made = self.exchange(order, who, place, kind)
        if pays and isinstance(made, Order):
            self.pay_the_difference(made, "owner")
        return made

    @rule(order=orders, who=st.sampled_from(["owner", "owner", "staff", "buyer"]))
    def settle_the_difference(self, order: Order, who: str) -> None:
        """The difference of an exchange, if the order is for one."""
        self.pay_the_difference(order, who)

    def pay_the_difference(self, order: Order, who: str) -> None:
        """What a buyer does for a better ticket, and the organizer when the money has come."""
        self.change(order, "buyer", "pending", "bank")
        self.change(order, who, "completed", None)

    @rule(
        target=orders,
        order=orders,
        who=st.sampled_from(["buyer", "buyer", "buyer", "owner", "stranger"]),
        wish=wishes(),
        sells=st.booleans(),
    )
    def add_to_it(self, order: Order, who: str, wish: Wish, sells: bool) -> Bought:
        """More tickets for who has some, perhaps of an order that was just paid."""
        if sells:
            self.finish(order, "completed")
        return self.add(order, who, wish)

    @rule(order=orders, nth=st.none() | places)
    def sell_and_refund(self, order: Order, nth: int | None) -> None:
        """What was just paid goes back, all or for one ticket."""
        self.finish(order, "completed")
        self.refund(order, "owner", None, order.places[nth % len(order.places)] if nth is not None else None)

    @precondition(lambda self: len(self.oracle.orders) > 2)
    @rule(order=orders, who=st.sampled_from(["staff", "owner", "buyer", "stranger"]))
    def delete(self, order: Order, who: str) -> None:
        """Remove an order as if it had never been."""
        viewer = viewer_of(order, who)
        self.ask((viewer, "DELETE", f"/v1/orders/{order.id}"), lambda: self.oracle.delete(order, viewer))

    @rule(order=orders, who=at_the_door, nth=places)
    def check_in(self, order: Order, who: str, nth: int) -> None:
        """Somebody is there."""
        place = order.places[nth % len(order.places)]
        noted = {"is-checked-in": True, "checkin-times": f"2030-05-01T12:00:00.{self.number:06}+00:00"}
        self.alter(order, place, who, noted, lambda viewer: self.oracle.check_in(order, place, viewer))

    @rule(order=orders, who=at_the_door, nth=places)
    def remove(self, order: Order, who: str, nth: int) -> None:
        """Somebody does not come after all."""
        place, viewer = order.places[nth % len(order.places)], viewer_of(order, who)
        path = f"/v1/attendees/{place.id}"
        self.ask((viewer, "DELETE", path), lambda: self.oracle.remove(order, place, viewer))

    @rule(order=orders, who=at_the_door, nth=places)
    def restore(self, order: Order, who: str, nth: int) -> None:
        """Somebody comes all the same."""
        place = next(
            (place for place in order.places if not place.is_living), order.places[nth % len(order.places)]
        )
        predict = lambda viewer: self.oracle.restore(order, place, viewer)  # noqa: E731
        self.alter(order, place, who, {"deleted-at": None}, predict, "?get_trashed=true")

    @rule(
        what=st.sampled_from([*tickets(), "pool", "pool", *CODES]),
        number=st.integers(0, 8),
        who=st.sampled_from(["owner", "owner", "owner", "stranger"]),
    )
    def resize(self, what: str, number: int, who: str) -> None:
        """More places, or fewer."""
        path, type, id = self.office.address(what)
        name = "tickets-number" if what in CODES else "quantity"
        body = document(type, {name: number}, id)
        self.ask((who, "PATCH", path, body), lambda: self.oracle.resize(what, number, who))

    @rule(kind=kinds, into_pool=st.booleans())
    def pour(self, kind: str, into_pool: bool) -> None:
        """A ticket has places of its own, or shares the hall's."""
        path, type, id = self.office.address(kind)
        body = document(type, {}, id, pool=("ticket-pool", self.office.ids["pool"]) if into_pool else None)
        ticket = self.oracle.tickets[kind]
        self.ask(("owner", "PATCH", path, body), lambda: self.oracle.pour(ticket, into_pool))

    # Holds last for 20 and 30 minutes, so none ends within minutes of any moment, however slow we are.
    @rule(minutes=st.sampled_from([13, 40]))
    def wait(self, minutes: int) -> None:
        """Time passes."""
        self.office.pass_time(minutes)
        self.oracle.now += minutes

    @rule(which=deliveries, often=st.integers(1, 2))
    def messages_come(self, which: slice, often: int) -> None:
        """Some messages about holds come: early, late, again, in any order."""
        known = {order.id: order for order in self.oracle.orders}
        for id in self.office.messages()[which] * often:
            self.office.deliver(id)
            if id in known:
                self.oracle.ring(known[id])

    @precondition(lambda self: self.last is not None)
    @rule(target=orders)
    def send_again(self) -> Bought:
        """The last request, under its key: the answer is the same. Only a conflict may have passed."""
        asked = self.last
        assert asked is not None
        # What is answered to a guest has a token, which is not stored.
        if asked.reply.status == 409 or '"access_token"' in asked.reply.text:
            return self.send(asked)
        again = self.office.ask(*asked.request)
        assert (again.status, again.text) == (asked.reply.status, asked.reply.text)
        assert again.headers["idempotent-replayed"] == "true"
        return multiple()


@pytest.fixture
def opened(copies: Copies, stand_in: object, environment: pytest.MonkeyPatch) -> Open:
    """Opens a box office in a database as it is made, which the system under test uses meanwhile."""

    @contextmanager
    def office() -> Iterator[BoxOffice]:
        with copies.one() as copy:
            environment.setenv("DATABASE_URL", copy.address)
            product_settings.cache_clear()
            db.forget()
            viewers.forget()
            with box_office(copy) as found:
                yield found

    return office


@pytest.mark.parametrize("first", NUMBERS[::AT_ONCE])
def test_every_history_goes_as_the_rules_say(opened: Open, first: int) -> None:
    some = settings(
        max_examples=AT_ONCE,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        suppress_health_check=[*HealthCheck],
    )
    play: Any = run_state_machine_as_test  # takes whatever makes a machine, and not only its class
    play(seed(first)(lambda: Histories(opened)), settings=some)


_MADE_UP = """
INSERT INTO payments (identifier, order_id, event_id, provider, mode, amount_minor, currency, state, created_at)
SELECT 'x', id, event_id, 'offline', 'bank', 1, 'EUR', 'succeeded', now() FROM orders
"""  # money that nobody has paid


@pytest.mark.parametrize(
    "difference",
    [
        "UPDATE orders SET status = 'completed'",  # a move that nobody made
        "UPDATE orders SET amount = amount + 0.01",
        "UPDATE orders SET expires_at = NULL",  # a hold that never ends
        "UPDATE attendees SET deleted_at = now() WHERE id = (SELECT max(id) FROM attendees)",
        "UPDATE attendees SET discount_code_id = NULL",
        _MADE_UP,
        "UPDATE stocks SET taken = taken + 1 WHERE pool_id IS NOT NULL",  # a place that was not given back
        "UPDATE ticket_pools SET quantity = quantity + 1",
    ],
)
def test_no_difference_is_overlooked(opened: Open, difference: str) -> None:
    with opened() as office:
        history = Histories(lambda: nullcontext(office))
        history.begin()
        history.nothing_differs()
        office.rows(difference)
        with pytest.raises(AssertionError):
            history.nothing_differs()
