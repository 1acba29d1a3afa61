"""Random histories of tickets that are exchanged and added, beside the oracle of test_histories.py.

That plays everything evenly; this one plays what exchanges and additions meet: sold, paid, cancelled, refunded,
used or passed on meanwhile, expired, in a hall that is full. Seeds have numbers, and go the same way each time.
"""

import os
from collections.abc import Callable
from contextlib import nullcontext
from random import Random
from typing import Final

import pytest

from tests.orders.compared import Open
from tests.orders.order_book import Order, Place, Wish
from tests.orders.test_histories import Histories, opened

__all__ = ["opened"]
STEPS: Final = 40
SEEDS: Final = range(*map(int, os.environ.get("EXCHANGES", "8").split(":")))


class Play:
    """What happens by chance, mostly to orders that are sold."""

    def __init__(self, history: Histories, chance: Random) -> None:
        self.history, self.chance = history, chance
        self.orders: list[Order] = []

    def step(self) -> None:
        """Something happens to one of the orders."""
        order = self._some()
        acts = self.acts(order, self.chance.choice(["buyer"] * 8 + ["owner", "stranger"]))
        weights = [weight for weight, _ in acts]
        self.chance.choices([act for _, act in acts], weights)[0]()

    def acts(self, order: Order, who: str) -> list[tuple[int, Callable[[], object]]]:
        """What may happen, and how often in proportion."""
        chance, history = self.chance, self.history
        return [
            (8, lambda: self._exchange(order, who)),
            (4, lambda: history.pay_the_difference(order, chance.choice(["owner", "owner", "staff"]))),
            (3, lambda: self.keep(history.add(order, who, self._wish()))),
            (3, lambda: history.finish(order, "completed")),
            (2, lambda: history.cancel_ticket(order, who, self.place(order))),
            (2, lambda: history.refund_by_rule(order, who, chance.choice([None, self.place(order)]))),
            (1, lambda: history.refund(order, "owner", None, self.place(order))),
            (1, lambda: history.check_in(order, "registrar", chance.randrange(4))),
            (1, lambda: history.pass_on(order, who, self.place(order))),
            (1, lambda: history.remove(order, "owner", chance.randrange(4))),
            (1, lambda: history.move(order, "staff", chance.choice(["initializing", "cancelled"]), None)),
            (1, lambda: history.delete(order, "staff")),
            (
                1,
                lambda: history.resize(
                    chance.choice(["pool", "seat", "box"]), chance.randrange(2, 7), "owner"
                ),
            ),
            (1, lambda: history.wait(chance.choice([13, 40]))),
            (1, lambda: history.messages_come(slice(None), 1)),
        ]

    def buy(self, buyer: str) -> None:
        """A few tickets, which are paid."""
        self.keep(self.history.buy(buyer, self._wish()))
        if self.orders:
            self.history.finish(self.orders[-1], "completed")

    def _exchange(self, order: Order, who: str) -> None:
        place, names = self.place(order), [*self.history.oracle.tickets]
        step = self.chance.choice([1, 2, 1, 2, 0])
        kind = names[(names.index(place.ticket.name) + step) % len(names)]
        self.keep(self.history.exchange(order, who, place, kind))

    def keep(self, made: object) -> None:
        if isinstance(made, Order):
            self.orders.append(made)

    def _some(self) -> Order:
        there = [order for order in self.orders if order.is_there]
        sold = [order for order in there if order.living()]
        return self.chance.choice(sold if sold and self.chance.random() < 0.9 else there or self.orders)

    def place(self, order: Order) -> Place:
        return self.chance.choice(order.living() or order.places)

    def _wish(self) -> Wish:
        name, number = self.chance.choice([("seat", 1), ("seat", 2), ("gallery", 2), ("box", 1), ("box", 2)])
        return Wish(((name, number),), self.chance.choice([None, "good"]), "good")


@pytest.mark.parametrize("seed", SEEDS)
def test_exchanges_go_as_the_rules_say(opened: Open, seed: int) -> None:
    chance = Random(seed)  # noqa: S311 - not for secrets
    with opened() as office:
        history = Histories(lambda: nullcontext(office))
        play = Play(history, chance)
        for buyer in ("ada", "alan", chance.choice(["gale", "grace", "ada"])):
            play.buy(buyer)
        for _ in range(STEPS):
            if play.orders:
                play.step()
            if chance.random() < 0.1:
                play.buy(chance.choice(["ada", "alan"]))
            history.nothing_differs()
        history.agrees = True
        history.teardown()
    done = [order for order in history.oracle.orders if order.is_done]
    assert done or seed > 0, "the first of them has completed exchanges"
