"""Random histories of a waiting list beside a model of the written rules: nothing differs, after any step.

Each look is that of a message which the database has enqueued; where there is none, there was nothing to offer.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from chalicelib import db
from chalicelib.auth import viewer as viewers
from chalicelib.settings import settings as product_settings
from chalicelib.tasks.offer_places import lapse_offer, offer_places
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.ticket import make_ticket
from tests.factories.ticket_pool import make_ticket_pool
from tests.factories.user import make_user
from tests.orders.baskets import ORDER
from tests.orders.waiting_model import HALL, KINDS, Counter, Model
from tests.support.copies import Copies
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply

PEOPLE: Final = ("ada", "alan", "grace", "joan", "jean")
HISTORIES, STEPS = 9, 30
CAPACITIES: Final = {"seat": 4, "box": 3, HALL: 5}
JSON: Final = "application/json"

people = st.sampled_from(PEOPLE)
kinds = st.sampled_from(KINDS)
Opened = Callable[[], Any]


class Histories(RuleBasedStateMachine):
    """What can happen."""

    def __init__(self, opened: Opened) -> None:
        super().__init__()
        self.opened = opened()
        self.database: TestDatabase = self.opened.__enter__()
        self.model = Model({name: Counter(places) for name, places in CAPACITIES.items()})
        self.owner = stored(make_user)
        self.event = stored(make_event, owner=self.owner, state="published", is_waiting_list_enabled=True)
        self.pool = stored(make_ticket_pool, event=self.event, quantity=CAPACITIES[HALL])
        self.tickets = {
            kind: stored(
                make_ticket, event=self.event, name=kind, type="free", price=None, quantity=CAPACITIES[kind],
                max_order=3, position=number, pool_id=self.pool.id,
            )
            for number, kind in enumerate(KINDS)
        }  # fmt: skip
        self.accounts = {name: stored(make_user) for name in (*PEOPLE, "public")}
        self.entries: list[int] = []
        self.orders: list[tuple[int, str, int]] = []
        self.looked = 0
        for kind in ("seat", "box", "seat", "box", "seat"):
            self.buy(kind, 1)

    def teardown(self) -> None:
        self.opened.__exit__(None, None, None)

    def ask(self, who: str, method: str, path: str, body: object = None, media: str = JSON) -> Reply:
        account = self.owner if who == "owner" else self.accounts[who]
        return Client().signed_in_as(account).request(method, path, body, content_type=media)

    @rule(kind=kinds, number=st.sampled_from([1, 1, 1, 2, 3]))
    def buy(self, kind: str, number: int) -> None:
        """Anybody buys what is left."""
        wanted = {"tickets": [{"id": self.tickets[kind].id, "quantity": number}]}
        reply = self.ask("public", "POST", ORDER, wanted)
        assert reply.status == (200 if self.model.left(kind) >= number else 409), reply.text
        if reply.status == 200:
            self.orders.append((int(reply.data["id"]), kind, number))
            self.model.take(kind, number)

    @rule(who=people, wanted=st.sampled_from([KINDS, *((kind,) for kind in KINDS)]),
          number=st.sampled_from([1, 1, 2, 2, 3]), fewer=st.booleans())  # fmt: skip
    def join(self, who: str, wanted: tuple[str, ...], number: int, fewer: bool) -> None:
        """Somebody waits."""
        sent = {
            "tickets": [self.tickets[kind].id for kind in wanted],
            "quantity": number,
            "takes-fewer": fewer,
        }
        reply = self.ask(who, "POST", f"/v1/events/{self.event.id}/waiting-list", sent)
        assert reply.status == self.model.join(who, wanted, number, takes_fewer=fewer), reply.text
        if reply.status == 200:
            self.entries.append(int(reply.json["entry"]))

    @rule(who=people, often=st.integers(1, 4))
    def wish_for_much(self, who: str, often: int) -> None:
        """Somebody wants more than comes free at once."""
        self.join(who, KINDS, 3, fewer=False)
        for nth in range(often):
            self.cancel(nth)
            self.nothing_differs()
            self.buy("seat", 1)

    @rule(nth=st.integers(0, 9))
    def cancel(self, nth: int) -> None:
        """An order is cancelled."""
        if self.orders:
            id, kind, number = self.orders.pop(nth % len(self.orders))
            sent = document("order", {"status": "cancelled"}, id)
            reply = self.ask("owner", "PATCH", f"/v1/orders/{id}", sent, "application/vnd.api+json")
            assert reply.status == 200, reply.text
            self.model.set_free(kind, number)

    @rule(who=people, by=st.sampled_from(["leave", "leave", "remove"]))
    def leave(self, who: str, by: str) -> None:
        """They wait no more."""
        entry = self.model.active(who)
        if entry is not None:
            was = entry.state
            path = f"/v1/waiting-list-entries/{self.id_of(entry)}/{by}"
            assert self.ask(who if by == "leave" else "owner", "POST", path).status == 200
            state = "removed" if by == "remove" else "declined" if was == "offered" else "left"
            self.model.end(entry, state)

    @rule(who=people, is_right=st.sampled_from([True, True, True, False]))
    def claim(self, who: str, is_right: bool) -> None:
        """They order what is offered, or something else."""
        entry = self.model.active(who)
        if entry is None:
            return
        kind, number = entry.offered if entry.offered is not None else (entry.kinds[0], entry.quantity)
        wanted: dict[str, Any] = {
            "tickets": [{"id": self.tickets[kind].id, "quantity": number if is_right else number + 1}],
            "waiting-list-offer": str(self.id_of(entry)),
        }
        reply = self.ask(who, "POST", ORDER, wanted)
        if entry.state != "offered":
            assert reply.status == 409, reply.text
        elif not is_right:
            assert reply.status == 422, reply.text
        else:
            assert reply.status == 200, reply.text
            self.orders.append((int(reply.data["id"]), kind, number))
            if self.model.claim(entry) is not None:
                self.entries.append(self.database.one("SELECT max(id) FROM waiting_list_entries"))

    @rule(who=people)
    def lapse(self, who: str) -> None:
        """The deadline of an offer passes."""
        entry = self.model.active(who)
        if entry is not None and entry.state == "offered":
            id = self.id_of(entry)
            late = "UPDATE waiting_list_entries SET expires_at = now() - interval '1 s' WHERE id = :id"
            self.database.run(late, id=id)
            with db.transaction() as session:
                lapse_offer(session, id)
            self.model.end(entry, "lapsed")

    @rule(who=people)
    def offer_out_of_turn(self, who: str) -> None:
        """The team prefers somebody."""
        entry = self.model.active(who)
        if entry is not None:
            path = f"/v1/waiting-list-entries/{self.id_of(entry)}/offer"
            assert self.ask("owner", "POST", path).status == self.model.offer_out_of_turn(entry)

    @rule(name=st.sampled_from([*KINDS, HALL]), number=st.integers(3, 8))
    def resize(self, name: str, number: int) -> None:
        """More places, or fewer."""
        noun, id = ("ticket-pool", self.pool.id) if name == HALL else ("ticket", self.tickets[name].id)
        sent = document(noun, {"quantity": number}, id)
        reply = self.ask("owner", "PATCH", f"/v1/{noun}s/{id}", sent, "application/vnd.api+json")
        if self.model.counters[name].taken > number:
            assert reply.status == 409, reply.text
        else:
            assert reply.status == 200, reply.text
            self.model.resize(name, number)

    @rule()
    def collect_in_vain(self) -> None:
        """Nothing came for those for whom places are collected; the clock looks at the line."""
        if any(entry.collects for entry in self.model.waiting()):
            self.database.run(
                "UPDATE waiting_list_entries SET gathers_since = now() - interval '2 days' "
                "WHERE gathers_since IS NOT NULL"
            )
            for entry in self.model.waiting():
                entry.is_in_vain = entry.collects
            self._look()

    @rule(is_on=st.sampled_from([True, True, False]))
    def switch(self, is_on: bool) -> None:
        """The team switches it off and on."""
        sent = document("event", {"is-waiting-list-enabled": is_on}, self.event.id)
        path = f"/v1/events/{self.event.id}"
        assert self.ask("owner", "PATCH", path, sent, "application/vnd.api+json").status == 200
        self.model.is_on = is_on
        self.model.settle()

    @invariant()
    def nothing_differs(self) -> None:
        """Before the line is looked at, and afterwards."""
        self._compare()
        newest = self.database.one("SELECT coalesce(max(id), 0) FROM outbox WHERE task = 'offer_places'")
        if newest > self.looked:
            self.looked = newest
            self._look()
            self._compare()
        assert not self.model.would_offer(), "somebody waits for a place that is free"

    def _look(self) -> None:
        with db.transaction() as session:
            offer_places(session, self.event.id)
        self.model.look()

    def _compare(self) -> None:
        rows = self.database.rows(
            "SELECT state, CASE WHEN offered_quantity IS NOT NULL THEN tickets.name END AS kind, "
            "offered_quantity AS number, passed_over, gathers_since IS NOT NULL AS collects "
            "FROM waiting_list_entries entry LEFT JOIN tickets ON tickets.id = offered_ticket_id ORDER BY entry.id"
        )
        seen = [tuple(row.values()) for row in rows]
        assert seen == [
            (entry.state, *(entry.offered or (None, None)), entry.passed, entry.collects)
            for entry in self.model.line
        ]
        stocks = self.database.rows(
            "SELECT coalesce(tickets.name, 'hall') AS name, capacity, taken, waiting, reserved FROM stocks "
            "LEFT JOIN tickets ON tickets.id = stocks.ticket_id"
        )
        assert {row.pop("name"): tuple(row.values()) for row in stocks} == {
            name: (counter.capacity, counter.taken, self.model.wanted(name), counter.reserved)
            for name, counter in self.model.counters.items()
        }
        held = sum(
            entry.offered[1] for entry in self.model.line if entry.state == "offered" and entry.offered
        )
        people = self.database.one("SELECT count(*) FROM attendees WHERE deleted_at IS NULL")
        assert people + held == self.model.counters[HALL].taken <= self.model.counters[HALL].capacity

    def id_of(self, entry: Any) -> int:
        return self.entries[self.model.line.index(entry)]


@pytest.fixture
def opened(copies: Copies, stand_in: object, environment: pytest.MonkeyPatch) -> Opened:
    """Opens a database as it is made, which the system under test uses meanwhile."""

    @contextmanager
    def room() -> Iterator[TestDatabase]:
        with copies.one() as copy:
            environment.setenv("DATABASE_URL", copy.address)
            product_settings.cache_clear()
            db.forget()
            viewers.forget()
            yield copy

    return room


def test_every_history_goes_as_the_rules_say(opened: Opened) -> None:
    some = settings(
        max_examples=HISTORIES,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        suppress_health_check=[*HealthCheck],
    )
    play: Any = run_state_machine_as_test
    play(seed(21)(lambda: Histories(opened)), settings=some)
