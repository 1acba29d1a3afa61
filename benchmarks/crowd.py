"""Lists of attendees and orders of an event with 10,000 attendees: alone, and among 99 other events sold
meanwhile.

The events sell at the same time, so each page of the table has only a few rows of one event. Lists that are
sorted or filtered by an attribute without an index (a city, checkin-times) are not among these: they visit
each row of the event in the table, and take three to seven times as long.
"""

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

from sqlalchemy import UniqueConstraint

import chalicelib.entrypoints  # noqa: F401 - knows every model
from benchmarks.cases import MORE_ATTENDEES_AT_MOST, encoded
from benchmarks.contestants import Contestant, more_of_ours
from benchmarks.growth import Figures, Profiles, profiled
from benchmarks.rows import copy_rows
from benchmarks.world import World
from chalicelib import db, signals
from chalicelib.db import Model
from chalicelib.resources import REGISTRY
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.orders.attendee.attendee import Attendee
from chalicelib.resources.orders.order.table import Order
from chalicelib.settings import settings
from devstack import database
from tests.factories.access_code import make_access_code
from tests.factories.attendee import make_attendee
from tests.factories.discount_code import make_discount_code
from tests.support.lists import BUSY, REPORTS

AMONG = (10_000, 1_000_000)
_WARM_UPS, _ROUNDS, _CALLS = 6, 7, 3  # PostgreSQL keeps a plan after five
_OF_AN_ORDER = 10
# The other events sold later: PostgreSQL may not find ours first when it walks from the newest order.
_ORDERED = {
    "event_id": "e.id",
    "user_id": "NULL",
    "access_code_id": "NULL",
    "discount_code_id": "NULL",
    "created_at": "r.created_at + make_interval(days => (e.id <> r.event_id)::int * 300, secs => n)",
}
_LANES = 2
_INDEX = "ix_attendee_search_keys_keys"
_DEFINITION = f"SELECT pg_get_indexdef('{_INDEX}'::regclass)"
_SEARCH_KEYS = f"""
INSERT INTO attendee_search_keys (attendee_id, keys)
SELECT id, coalesce(search_keys(event_id, firstname, lastname, email), '{{}}') FROM attendees
WHERE id % {_LANES} = :lane AND coalesce(firstname, lastname, email) IS NOT NULL ON CONFLICT DO NOTHING
"""
_WITHOUT_KEYS = """
SELECT count(*) FROM attendees a WHERE coalesce(firstname, lastname, email) IS NOT NULL
AND NOT EXISTS (SELECT FROM attendee_search_keys k WHERE k.attendee_id = a.id)
"""
_NAMES = {
    "firstname": "substr(md5(n::text), 1, 8)",
    "lastname": "substr(md5(n || 'last'), 1, 8)",
    "email": "'person.' || n || '@' || e.id || '.example.org'",
}


def measured(world: World, say: Callable[[str], None]) -> tuple[Figures, Profiles]:
    """ms of each list that an organizer, or check-in, opens, in interleaved rounds.

    They are the lists of attendees and orders of an event and of what belongs to it, all orders, and
    what is asked for most (tests/support/lists.py).
    """
    found: Figures = {}
    why: Profiles = {}
    with ExitStack() as stack:
        crowds = [_crowd(world, among, say, stack) for among in AMONG]
        for path in _lists():
            samples: list[list[float]] = [[] for _ in crowds]
            asking = [(_asked(path, ids), ours) for ids, ours in crowds]
            for address, ours in asking:
                if '"errors"' in ours.do("show", key=address, id=0):
                    raise AssertionError(f"the organizer does not get {path}")
                ours.time(address, [0] * _WARM_UPS)
            for _ in range(_ROUNDS):
                for (address, ours), taken in zip(asking, samples, strict=True):
                    taken.append(ours.time(address, [0] * _CALLS)["ms"])
            found[path] = {
                f"{among:,}": statistics.median(taken) for among, taken in zip(AMONG, samples, strict=True)
            }
            asked, ours = asking[-1]
            lines = profiled(ours, asked, found[path], MORE_ATTENDEES_AT_MOST)
            if lines:
                why[path] = lines
    return found, why


def _crowd(
    world: World, among: int, say: Callable[[str], None], stack: ExitStack
) -> tuple[dict[str, int], Contestant]:
    """A database with so many attendees, and one of ours that answers from it until the stack is left."""
    say(f"adding attendees up to {among:,}")
    brief, environment = world.other_database(f"bench_among_{among}")
    url = environment["DATABASE_URL"]
    events = [world.write[0], *world.read[: among // AMONG[0] - 1]]
    ids = first_of(url, world.environment["DATABASE_URL"], events[0])
    with database.connected(url) as connection:
        connection.run("SET synchronous_commit = on")  # VACUUM takes nothing for visible that may be lost
        connection.run("UPDATE tickets SET quantity = NULL")  # so many come as would never be let in
        connection.run("ALTER TABLE attendees DISABLE TRIGGER keep_search_keys_insert")
        fill(connection, ids, events)
        connection.run("ALTER TABLE attendees ENABLE TRIGGER keep_search_keys_insert")
        _with_codes(connection, ids)
        _make_search_keys(connection, url)
        for table in ("orders", "attendees"):
            connection.run(f"VACUUM ANALYZE {table}")  # nobody does it by himself here
        connection.run("CHECKPOINT")
    ours = more_of_ours(f"ours among {among:,}", brief, environment)
    stack.callback(ours.stop)
    return ids, ours


def _make_search_keys(connection: Any, url: str) -> None:
    """What the trigger would have made for each row: by two connections, with the index built last."""
    ((index,),) = connection.run(_DEFINITION)
    connection.run(f"DROP INDEX {_INDEX}")
    with ThreadPoolExecutor(_LANES) as lanes:
        list(lanes.map(lambda lane: _run(url, _SEARCH_KEYS, lane=lane), range(_LANES)))
    connection.run(index)
    connection.run("VACUUM ANALYZE attendee_search_keys")
    ((without,),) = connection.run(_WITHOUT_KEYS)
    if without:
        raise AssertionError(f"{without} attendees with a name have no search keys")


def _run(url: str, sql: str, **values: Any) -> None:
    with database.connected(url) as connection:
        connection.run(sql, **values)


def asked_about_attendees(
    world: World, attendees: int, module: str, function: str, statement: str = ""
) -> Any:
    """What a function of a benchmark finds in a process of ours, on a database where one event has so many
    attendees. It is called with the event; `statement` is SQL to run before, with :event.
    """
    brief, environment = world.other_database(module.replace(".", "_"))
    url, event = environment["DATABASE_URL"], world.write[0]
    ids = first_of(url, world.environment["DATABASE_URL"], event)
    with database.connected(url) as connection:
        connection.run("UPDATE tickets SET quantity = NULL")
        fill(connection, ids, [event], attendees - 1)
        if statement:
            connection.run(statement, event=event)
        connection.run("VACUUM ANALYZE attendees")
    ours = more_of_ours(f"ours for {module}", brief, environment)
    try:
        return ours.do("call", module=module, function=function, event=event)
    finally:
        ours.stop()


def _asked(path: str, ids: Mapping[str, int]) -> str:
    return f"{encoded(_at(path, ids))}+"


def _lists() -> Iterator[str]:
    owners = ("event", "ticket", "order", "access-code", "discount-code")
    for resource in REGISTRY:
        for relation in REGISTRY.relations[resource.type].values():
            if resource.type in owners and relation.many and relation.target in {"attendee", "order"}:
                yield f"/v1/{resource.path}/{{id}}/{relation.wire}"
    yield "/v1/orders"
    yield from BUSY
    yield from (path for path in REPORTS if "attendee_id" not in path)


def _at(path: str, ids: Mapping[str, int]) -> str:
    found = REGISTRY.at(tuple(path.split("?")[0].split("/")[2:]))
    assert found is not None, path
    return path.replace("{id}", str(ids.get(found[0].type)))


def first_of(url: str, back: str, event_id: int) -> dict[str, int]:
    """Ids, by type, of the first of everybody at the event and of what they hold."""
    _point_at(url)
    with signals.muted(), db.transaction() as session:
        event = session.get_one(Event, event_id)
        attendee = make_attendee(session, event=event)
        codes = {
            "access-code": make_access_code(session, event=event).id,
            "discount-code": make_discount_code(session, event=event).id,
        }
        assert attendee.ticket_id is not None
        assert attendee.order_id is not None
        made = {"attendee": attendee.id, "ticket": attendee.ticket_id, "order": attendee.order_id}
    _point_at(back)
    return {"event": event_id, **made, **codes}


def _with_codes(connection: Any, ids: Mapping[str, int]) -> None:
    """Every order of the event was made with both codes."""
    connection.run("SET session_replication_role = replica")  # a code for so many would never be let in
    connection.run(
        "UPDATE orders SET access_code_id = :access, discount_code_id = :discount WHERE event_id = :event",
        access=ids["access-code"], discount=ids["discount-code"], event=ids["event"],
    )  # fmt: skip
    connection.run("SET session_replication_role = origin")


def fill(connection: Any, ids: Mapping[str, int], events: Sequence[int], each: int = AMONG[0]) -> None:
    """Give each event as many attendees, in orders of ten and over its tickets."""
    chosen = f"unnest(ARRAY[{', '.join(map(str, events))}]::bigint[]) AS e(id)"
    copy_rows(
        connection,
        Order,
        f"(SELECT * FROM orders WHERE id = {ids['order']}) r, {chosen}, "
        f"generate_series(1, {each // _OF_AN_ORDER}) n ORDER BY n, e.id",
        {**_different(Order), **_ORDERED},
    )
    owned = {
        f"{name}_id": f"(SELECT array_agg(id) AS ids FROM {name}s WHERE event_id = e.id)"
        for name in ("order", "ticket")
    }
    laterals = "".join(f", LATERAL {sql} {name}s" for name, sql in owned.items())
    picked = {name: f"{name}s.ids[1 + n % array_length({name}s.ids, 1)]" for name in owned}
    copy_rows(
        connection,
        Attendee,
        f"(SELECT * FROM attendees WHERE id = {ids['attendee']}) r, {chosen}{laterals}, "
        f"generate_series(1, {each}) n ORDER BY n, e.id",
        {**_different(Attendee), **picked, **_NAMES, "is_checked_in": "n % 2 = 0", "event_id": "e.id"},
    )


def _different(model: type[Model]) -> dict[str, str]:
    """Texts that must be unique, made of the event and the number."""
    table = model.__table__
    unique = {
        column.name
        for constraint in [*table.constraints, *table.indexes]  # type: ignore[attr-defined]
        if isinstance(constraint, UniqueConstraint) or getattr(constraint, "unique", False)
        for column in constraint.columns
        if str(column.type) in {"TEXT", "VARCHAR"}
    }
    return {name: f"md5(e.id || '-' || n || '{name}')" for name in unique}


def _point_at(url: str) -> None:
    import os

    db.forget()
    os.environ["DATABASE_URL"] = url
    settings.cache_clear()
