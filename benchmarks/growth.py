"""Cost as work grows: longer pages, later pages, and a hundred times as many attendees."""

import statistics
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from sqlalchemy import UniqueConstraint

import chalicelib.door  # noqa: F401 - knows every model
from benchmarks.contestants import Contestant
from benchmarks.rows import copy_rows
from benchmarks.world import World
from chalicelib import db, signals
from chalicelib.resources import REGISTRY
from chalicelib.resources.programme.session import Session
from chalicelib.settings import settings
from devstack import database

_MANY_SESSIONS = 100_000
_LATE_PAGE = 5_000
_ATTENDEES = (10_000, 1_000_000)
_ROUNDS = 7


def pages(world: World, ours: Contestant) -> dict[str, dict[str, float]]:
    """ms for 20 and for 200 events on a page."""
    paths = {str(size): f"/v1/events?page[size]={size}" for size in (20, 200)}
    return {"page size": _compared(ours, paths)}


def late_pages(world: World, say: Callable[[str], None]) -> dict[str, dict[str, float]]:
    """ms for the first and for a late page of an event with 100,000 sessions, by number and by cursor."""
    brief, environment = world.other_database("bench_sessions")
    with database.connected(environment["DATABASE_URL"]) as connection:
        event = world.read[0]
        source = (
            f"(SELECT * FROM sessions WHERE event_id = {event} ORDER BY id LIMIT 1) r, "
            f"generate_series(1, {_MANY_SESSIONS}) n"
        )
        copy_rows(connection, Session, source, {"title": "'Session ' || n"})
        connection.run("ANALYZE sessions")
    say(f"an event with {_MANY_SESSIONS:,} sessions is made")
    ours = _ours("ours at late pages", world, brief, environment)
    try:
        base = f"/v1/events/{event}/sessions?page[size]=20"
        numbered = {
            "page 1": f"{base}&page[number]=1",
            f"page {_LATE_PAGE:,}": f"{base}&page[number]={_LATE_PAGE}",
        }
        found = {"by number": _compared(ours, numbered)}
        first, late = ours.do("cursor", base=base, number=_LATE_PAGE)
        found["by cursor"] = _compared(ours, {"page 1": first, f"page {_LATE_PAGE:,}": late})
    finally:
        ours.stop()
    return found


def attendees(world: World, say: Callable[[str], None]) -> dict[str, dict[str, float]] | None:
    """ms of each list of attendees at an event of 10,000, among that many and among 1,000,000.

    None while there is no such noun.
    """
    factory = "tests.factories.attendee"
    if "attendee" not in REGISTRY or find_spec(factory) is None:
        return None
    brief, environment = world.other_database("bench_attendees")
    model = REGISTRY["attendee"].written
    _point_at(environment["DATABASE_URL"])
    with signals.silent(), db.transaction() as session:
        event_class = REGISTRY["event"].written
        event = session.get(event_class, world.write[0])
        first = import_module(factory).make_attendee(session, event=event)
        session.flush()
        first_id = first.id
    _point_at(world.environment["DATABASE_URL"])
    lists = {
        f"/v1/{resource.path}/{{id}}/{relation.wire}": relation
        for resource in REGISTRY
        for relation in REGISTRY.relations[resource.type].values()
        if relation.target == "attendee" and relation.many and resource.type in {"event", "ticket"}
    }
    found: dict[str, dict[str, float]] = {}
    with database.connected(environment["DATABASE_URL"]) as connection:
        ticket = _ticket_of(connection, model, first_id)
        connection.run("UPDATE tickets SET quantity = NULL")  # so many come as would never be let in
        events = [world.write[0], *world.read[: _ATTENDEES[1] // _ATTENDEES[0] - 1]]
        _add(connection, model, first_id, events[:1], _ATTENDEES[0])
        ours = _ours("ours among attendees", world, brief, environment)
        try:
            for number, among in enumerate(_ATTENDEES):
                if number:
                    say(f"adding attendees up to {among:,}")
                    _add(connection, model, first_id, events[1:], _ATTENDEES[0])
                for path in lists:
                    id = ticket if path.startswith("/v1/tickets/") else events[0]
                    if id is not None:
                        asked = f"{path.format(id=id)}?page[size]=20+"
                        found.setdefault(path, {})[f"{among:,}"] = _asked(ours, asked, _ROUNDS)
        finally:
            ours.stop()
    return found


def _compared(ours: Contestant, paths: dict[str, str]) -> dict[str, float]:
    """Medians of interleaved rounds, in ms."""
    samples: dict[str, list[float]] = {name: [] for name in paths}
    for path in paths.values():
        _asked(ours, path, 3)
    for _ in range(_ROUNDS):
        for name, path in paths.items():
            samples[name].append(_asked(ours, path, 3))
    return {name: statistics.median(values) for name, values in samples.items()}


def _asked(ours: Contestant, path: str, calls: int) -> float:
    return ours.time(path, [0] * calls)["ms"]


def _add(connection: Any, model: Any, first_id: int, events: Sequence[int], each: int) -> None:
    """Give each event as many attendees, copies of the first, in orders of ten and over its tickets."""
    chosen = f"unnest(ARRAY[{', '.join(map(str, events))}]) AS e(id)"
    order = REGISTRY["order"].written
    copy_rows(
        connection,
        order,
        f"(SELECT * FROM {order.__tablename__} ORDER BY id LIMIT 1) r, {chosen}, "
        f"generate_series(1, {each // 10}) n",
        {**_different(order), "event_id": "e.id"},
    )
    owned = {
        "order_id": f"(SELECT array_agg(id) AS ids FROM {order.__tablename__} WHERE event_id = e.id)",
        "ticket_id": "(SELECT array_agg(id) AS ids FROM tickets WHERE event_id = e.id)",
    }
    laterals = "".join(f", LATERAL {sql} {name}s" for name, sql in owned.items())
    picked = {name: f"{name}s.ids[1 + n % array_length({name}s.ids, 1)]" for name in owned}
    copy_rows(
        connection,
        model,
        f"(SELECT * FROM {model.__tablename__} WHERE id = {first_id}) r, {chosen}{laterals}, "
        f"generate_series(1, {each}) n",
        {**_different(model), **picked, "event_id": "e.id"},
    )
    for table in (order.__tablename__, model.__tablename__):
        connection.run(f'ANALYZE "{table}"')


def _different(model: Any) -> dict[str, str]:
    """Texts that must be unique, made of the event and the number."""
    table = model.__table__
    unique = {
        column.name
        for constraint in [*table.constraints, *table.indexes]
        if isinstance(constraint, UniqueConstraint) or getattr(constraint, "unique", False)
        for column in constraint.columns
        if str(column.type) in {"TEXT", "VARCHAR"}
    }
    return {name: f"md5(e.id || '-' || n || '{name}')" for name in unique}


def _ticket_of(connection: Any, model: Any, id: int) -> int | None:
    if "ticket_id" not in model.__table__.columns:
        return None
    found: int | None = connection.run(f'SELECT ticket_id FROM "{model.__tablename__}" WHERE id = {id}')[0][0]
    return found


def _ours(name: str, world: World, brief: Any, environment: dict[str, str]) -> Contestant:
    environment = {**environment, "DB_PREPARE": "true"}
    return Contestant(name, "benchmarks.ours", brief, environment, world.directory / "growth.log")


def _point_at(url: str) -> None:
    import os

    db.forget()
    os.environ["DATABASE_URL"] = url
    settings.cache_clear()
