"""Tickets and buyers of a load test."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

import chalicelib.entrypoints  # noqa: F401 - knows every model, so that they can refer to each other
from chalicelib import clock, db, signals
from chalicelib.auth import tokens
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.people.user.user import User
from chalicelib.resources.tickets.ticket import Ticket
from chalicelib.resources.tickets.ticket_pool import TicketPool

_EVERY_FIFTH = 5


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account who is signed in."""

    user_id: int
    token: str


@dataclass(frozen=True, slots=True)
class Sale:
    """An event and its pools: the ids of the tickets of each, and how many places all pools have."""

    event_id: int
    pools: tuple[tuple[int, ...], ...]
    places: int


@dataclass(frozen=True, slots=True)
class Buyer:
    """A person who wants one of each of these tickets, and asks for them with this key, if there is one."""

    person: Person
    tickets: tuple[int, ...]
    key: str | None


def make_people(count: int) -> list[Person]:
    """So many verified accounts, signed in."""
    mark = uuid.uuid4().hex[:8]
    with signals.muted(), db.transaction() as session:
        users = [
            User(email=f"buyer.{n}.{mark}@example.org", is_verified=True, password_hash="")
            for n in range(count)
        ]
        session.add_all(users)
        session.flush()
        ids = [user.id for user in users]
    return [Person(id, tokens.access_token(id, fresh=True)) for id in ids]


def make_sale(*, pools: int, kinds: int, places: int) -> Sale:
    """A published event with so many pools of `places` each, and `kinds` of free tickets in each pool."""
    starts_at = clock.now().replace(microsecond=0) + timedelta(days=30)
    with signals.muted(), db.transaction() as session:
        event = Event(
            name="Storm",
            starts_at=starts_at,
            ends_at=starts_at + timedelta(days=2),
            timezone="Europe/Berlin",
            location_name="Alte Fabrik, Berlin",
            state="published",
        )
        session.add(event)
        session.flush()
        made = tuple(_pool(session, event, f"Hall {n}", kinds, places) for n in range(pools))
        return Sale(event.id, made, pools * places)


def wanting(sale: Sale, people: Sequence[Person], *, keys: bool) -> list[Buyer]:
    """Buyers who spread evenly over the pools. Every fifth wants two kinds of tickets, where there are."""
    keyed = [str(uuid.uuid4()) if keys else None for _ in people]
    return [
        Buyer(person, _tickets(sale, number), key)
        for number, (person, key) in enumerate(zip(people, keyed, strict=True))
    ]


def _tickets(sale: Sale, number: int) -> tuple[int, ...]:
    turn, which = divmod(number, len(sale.pools))
    pool = sale.pools[which]
    first, second = pool[turn % len(pool)], pool[(turn + 1) % len(pool)]
    return (first, second) if second != first and number % _EVERY_FIFTH == 0 else (first,)


def _pool(session: Session, event: Event, name: str, kinds: int, places: int) -> tuple[int, ...]:
    pool = TicketPool(event_id=event.id, name=name, quantity=places)
    session.add(pool)
    session.flush()
    now = clock.now().replace(microsecond=0)
    tickets = [
        Ticket(
            event_id=event.id,
            pool_id=pool.id,
            name=f"{name}, kind {n}",
            type="free",
            quantity=places,
            sales_starts_at=now - timedelta(days=1),
            sales_ends_at=now + timedelta(days=20),
        )
        for n in range(kinds)
    ]
    session.add_all(tickets)
    session.flush()
    return tuple(ticket.id for ticket in tickets)
