"""Random histories of everything that becomes of tickets, in a hall that is sold out and waited for.

Buying, paying, cancelling, refunds, exchange, transfer, group orders, additions and the waiting list together, beside
the oracle of test_histories.py. Seeds have numbers, and go the same way each time: EVERYTHING=100 plays the first 100.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from random import Random
from typing import Any, Final

import pytest

from chalicelib import db
from chalicelib.auth import viewer as viewers
from chalicelib.settings import settings as product_settings
from tests.orders.box_office import BoxOffice, box_office
from tests.orders.compared import Open
from tests.orders.order_book import Order, Wish
from tests.orders.test_histories import Histories
from tests.orders.test_histories_of_exchanges import Play
from tests.orders.waiting_model import ENDED, Entry
from tests.support.copies import Copies

STEPS: Final = 40
SEEDS: Final = range(*map(int, os.environ.get("EVERYTHING", "8").split(":")))
PEOPLE: Final = ("ada", "alan", "stranger")


class Waited(Play):
    """What happens to tickets, and to those who wait for them."""

    def acts(self, order: Order, who: str) -> list[tuple[int, Callable[[], object]]]:
        """What may happen, and how often in proportion."""
        chance, history = self.chance, self.history
        return [
            *super().acts(order, who),
            (2, lambda: history.cancel_ticket(order, who, self.place(order))),
            (1, lambda: history.have_asked(order, who, self.place(order))),
            (1, lambda: history.fill_in(order, self.place(order), chance.choice(["Mary", "Joan"]))),
            (1, lambda: history.change(order, "buyer", "cancelled", None)),
            (7, self.join),
            (7, self.claim),
            (2, self.leave),
            (2, self.lapse),
            (1, self.offer_out_of_turn),
        ]

    def join(self) -> None:
        """Somebody waits."""
        history, chance = self.history, self.chance
        kinds = chance.choice([("seat",), ("seat",), ("gallery",), ("seat", "gallery")])
        if chance.random() < 0.7:
            self.sell_out()
        number, fewer, who = chance.choice([1, 1, 2, 2, 3]), chance.random() < 0.5, chance.choice(PEOPLE)
        sent = {
            "tickets": [history.office.ids[kind] for kind in kinds],
            "quantity": number,
            "takes-fewer": fewer,
        }
        history.ask(
            (who, "POST", f"/v1/events/{history.office.event_id}/waiting-list", sent),
            lambda: history.oracle.join(who, kinds, number, takes_fewer=fewer),
        )

    def sell_out(self) -> None:
        """Others buy what is left."""
        history = self.history
        for _ in range(3):
            left = history.oracle.left()
            number = min(left["seat"], 2)
            wish = Wish((("seat", number),)) if number > 0 else Wish((("gallery", 2),))
            if number > 0 or left["gallery"] >= 2:
                bought = history.buy(self.chance.choice(["ada", "alan"]), wish)
                self.keep(bought)
                if isinstance(bought, Order) and self.chance.random() < 0.7:
                    history.finish(bought, "completed")

    def claim(self) -> None:
        """Somebody orders what is offered, or one more."""
        history, entry = self.history, self._entry("offered")
        if entry is None:
            return
        kind, number = entry.offered or (entry.kinds[0], entry.quantity)
        is_right = self.chance.random() < 0.8
        body = {
            "tickets": [{"id": history.office.ids[kind], "quantity": number if is_right else number + 1}],
            "waiting-list-offer": str(self._id(entry)),
        }
        made: list[Order] = []

        def predict() -> int:
            status, order = history.oracle.claim(entry, is_right=is_right)
            made[:] = [order] if order else []
            return status

        request = (entry.person, "POST", "/v1/orders/create-order", body)
        bought = history.ask(request, predict, lambda reply: history.noted(made[0], int(reply.data["id"])))
        self.keep(bought)
        if isinstance(bought, Order) and self.chance.random() < 0.7:
            history.finish(bought, "completed")

    def leave(self) -> None:
        """Somebody waits no more, by themselves or by the team."""
        history, entry = self.history, self._entry()
        if entry is not None:
            verb, who = self.chance.choice([("leave", entry.person), ("remove", "owner")])
            is_offered = entry.state == "offered"
            state = "removed" if verb == "remove" else "declined" if is_offered else "left"
            path = f"/v1/waiting-list-entries/{self._id(entry)}/{verb}"
            history.ask((who, "POST", path), lambda: self._ends(entry, state))

    def lapse(self) -> None:
        """A deadline passes."""
        entry = self._entry("offered")
        if entry is not None and entry.state == "offered":
            self.history.agrees = False
            self.history.office.lapse(self._id(entry))
            self._ends(entry, "lapsed")

    def offer_out_of_turn(self) -> None:
        """The team prefers somebody."""
        history, entry, line = self.history, self._entry(), self.history.oracle.line
        if entry is not None and line is not None:
            path = f"/v1/waiting-list-entries/{self._id(entry)}/offer"
            history.ask(("owner", "POST", path), lambda: history.oracle.offer_out_of_turn(entry))

    def _ends(self, entry: Entry, state: str) -> int:
        line = self.history.oracle.line
        assert line is not None
        line.end(entry, state)
        return 200

    def _entry(self, state: str | None = None) -> Entry | None:
        line = self.history.oracle.line
        active = [entry for entry in line.line if entry.state not in ENDED] if line else []
        fitting = [entry for entry in active if state in (None, entry.state)]
        return self.chance.choice(fitting or active) if active else None

    def _id(self, entry: Entry) -> int:
        line = self.history.oracle.line
        assert line is not None
        return self.history.office.entries()[line.line.index(entry)]


@pytest.fixture
def opened(copies: Copies, stand_in: object, environment: pytest.MonkeyPatch) -> Open:
    """Opens a box office with a waiting list, in a database as it is made."""

    @contextmanager
    def office() -> Iterator[BoxOffice]:
        with copies.one() as copy:
            environment.setenv("DATABASE_URL", copy.address)
            product_settings.cache_clear()
            db.forget()
            viewers.forget()
            with box_office(copy, is_waiting_list_enabled=True, state="published") as found:
                yield found

    return office


@pytest.mark.parametrize("seed", SEEDS)
def test_everything_goes_as_the_rules_say(opened: Open, seed: int) -> None:
    chance = Random(seed)  # noqa: S311 - not for secrets
    with opened() as office:
        history: Any = Histories(lambda: nullcontext(office))
        line = history.oracle.open_line()
        play = Waited(history, chance)
        for buyer in ("ada", "alan", "gale"):
            play.buy(buyer)
        for _ in range(STEPS):
            if play.orders:
                play.step()
            if chance.random() < 0.15:
                play.buy(chance.choice(["ada", "alan"]))
            history.nothing_differs()
        history.agrees = True
        history.teardown()
    from collections import Counter

    print(
        "STATS",
        Counter(entry.state for entry in line.line),
        sum(e.passed for e in line.line),
        sum(o.is_done for o in history.oracle.orders),
        len(history.oracle.orders),
    )
    states = {entry.state for entry in line.line}
    assert states & {"claimed", "offered"} or seed > 0, "in the first of them somebody gets an offer"


@pytest.mark.parametrize(
    "difference",
    [
        "UPDATE waiting_list_entries SET state = 'left'",  # nobody has left
        "UPDATE waiting_list_entries SET quantity = 1",
        "UPDATE stocks SET reserved = 0 WHERE pool_id IS NOT NULL",  # a place that somebody else would get
        "UPDATE waiting_list_entries SET passed_over = 2",
    ],
)
def test_no_difference_in_the_line_is_overlooked(opened: Open, difference: str) -> None:
    with opened() as office:
        history: Any = Histories(lambda: nullcontext(office))
        history.oracle.open_line()
        play = Waited(history, Random(1))  # noqa: S311 - not for secrets
        play.buy("ada")
        play.sell_out()
        seats = {"tickets": [office.ids["seat"]], "quantity": 2}
        history.ask(
            ("stranger", "POST", f"/v1/events/{office.event_id}/waiting-list", seats),
            lambda: history.oracle.join("stranger", ("seat",), 2, takes_fewer=False),
        )
        for order in play.orders:
            history.change(order, "buyer", "cancelled", None)
            if history.oracle.line.counters["pool"].reserved:
                break
        office.rows(difference)
        with pytest.raises(AssertionError):
            history.nothing_differs()
