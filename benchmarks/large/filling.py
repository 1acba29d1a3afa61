"""A large database: copies of the template's rows by INSERT ... SELECT, with what triggers would have added.

Most events have the same few rows; one, the crowd's, has a hundredth of all. A block of events is prepared at
the same time, so that the rows of one event lie apart. Events are spread over ten years that have passed and
one to come.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from benchmarks.large import indexes
from benchmarks.large.template import OF_AN_ORDER, Template
from benchmarks.large.words import digits, word, words
from devstack import database

FIRST: Final = 1_000  # the template's own ids are lower
BLOCK: Final = 997  # events that are prepared at the same time; a prime, so that no share falls on few
EVENTS, SESSIONS, SPEAKERS, ORDERS, OUTBOX, ACTIVITIES = (
    1_000_000,
    20,
    10,
    5,
    40,
    10,
)  # the others: of an event
NOTABLE: Final = 20  # events that are featured, and as many that are promoted: however many there are
OF_AN_OWNER: Final = 5  # events
_TEN_YEARS: Final = 3650 * 86_400  # seconds
_YEARS_OF_EVENTS: Final = 11 * 365 * 86_400
_LANES: Final = 2  # tables that are filled at the same time
_STATES: Final = "'accepted', 'accepted', 'accepted', 'pending', 'rejected'"
# What triggers keep: places that are taken, and by what attendees are found at the door. The latter, which
# is slow to work out, for the events whose doors are measured.
_STOCKS: Final = (
    "INSERT INTO stocks (ticket_id, capacity, taken) SELECT t.id, t.quantity, count(a.id) FROM tickets t "
    f"LEFT JOIN attendees a ON a.ticket_id = t.id WHERE t.id >= {FIRST} GROUP BY t.id"
)
_SEARCH_KEYS: Final = (
    "INSERT INTO attendee_search_keys (attendee_id, keys) "
    f"SELECT id, search_keys(event_id, firstname, lastname, email) FROM attendees WHERE id >= {FIRST} "
    f"AND event_id >= (SELECT max(id) - {BLOCK} FROM events)"
)


@dataclass(frozen=True, slots=True)
class Copies:
    """How many copies of a row `r` are made; `n` counts them from 0, and `other` is what differs."""

    table: str
    many: int
    template: str
    other: Mapping[str, str]


def events_of(scale: float) -> int:
    """How many events there are at a scale, the crowd's not counted."""
    return max(1, round(EVENTS * scale / BLOCK)) * BLOCK


def crowd_of(scale: float) -> int:
    """The id of the event with a hundredth of all rows, which is the last."""
    return FIRST + events_of(scale)


def fill(url: str, template: Template, scale: float) -> list[Copies]:
    """Fill the database, which has the template's rows; what was copied."""
    events = events_of(scale)
    copies = _copies(template, events)
    tables = [item.table for item in copies]
    with database.connected(url) as connection:
        dropped = indexes.dropped(connection, tables)
        connection.run("ALTER TABLE attendee_search_keys DISABLE TRIGGER ALL")
    with ThreadPoolExecutor(_LANES) as lanes:
        list(lanes.map(lambda item: _make(url, item), sorted(copies, key=lambda item: -item.many)))
        list(lanes.map(lambda sql: _run(url, sql), (_STOCKS, _SEARCH_KEYS)))
        list(lanes.map(lambda sql: _run(url, sql), dropped))
        list(lanes.map(lambda table: _run(url, f'VACUUM (ANALYZE) "{table}"'), indexes.by_size(url)))
    return copies


def _copies(template: Template, events: int) -> list[Copies]:
    per = {"sessions": SESSIONS, "speakers": SPEAKERS, "orders": ORDERS}
    at = {table: _event_of("n", many, events) for table, many in per.items()}
    at["attendees"] = _event_of(f"(n / {OF_AN_ORDER})", ORDERS, events)
    ids = {"event_id": f"{FIRST} + n", "id": f"{FIRST} + n"}
    by_id = {"id": f"{FIRST} + n"}
    begins = _begins(f"({FIRST} + n)", events)
    of_session = _begins(at["sessions"], events)
    begins_at = f"{of_session} + {digits('n', 21, 90)} * interval '15 minutes'"
    return [
        Copies("events", events + 1, f"id = {template.event_id}", {
            **by_id,
            "identifier": "substr(md5(n::text), 1, 12)",
            "name": f"CASE WHEN n = {events} THEN 'The Crowd' ELSE {words('n', 1, 3)} END",
            "location_name": f"{word('n', 3)} || ', ' || {_city('n')}",
            "searchable_location_name": _city("n"),
            "owner_name": f"'Friends of ' || {word('n', 4)}",
            "starts_at": begins,
            "ends_at": f"{begins} + interval '2 days'",
            "created_at": f"{begins} - interval '100 days'",
            "state": "CASE WHEN n % 10 = 3 THEN 'draft' ELSE 'published' END",
            "privacy": "CASE WHEN n % 20 = 7 THEN 'private' ELSE 'public' END",
            "is_featured": f"n % {events // NOTABLE} = 1",
            "is_promoted": f"n % {events // NOTABLE} = 2",
        }),
        Copies("tickets", events + 1, f"id = {template.ticket_id}", {
            **ids, "sales_starts_at": f"{begins} - interval '100 days'", "sales_ends_at": begins,
        }),
        Copies("tracks", events + 1, f"id = {template.track_id}", {**ids, "name": word("n", 5)}),
        Copies("custom_forms", events + 1, f"event_id = {template.event_id}", ids),
        Copies("users_events_roles", events + 1, f"event_id = {template.event_id}", {
            **ids, "user_id": f"{FIRST} + n / {OF_AN_OWNER}",
        }),
        Copies("role_invites", events + 1, f"event_id = {template.event_id}", {
            **ids, "hash": "md5(n::text)", "email": f"'user.' || n / {OF_AN_OWNER} || '@example.org'",
        }),
        Copies("users", events + 1, f"id = {template.user_id}", {
            **by_id, "email": "'user.' || n || '@example.org'", "first_name": word("n", 6, 2),
        }),
        Copies("sessions", events * SESSIONS, f"id = {template.session_id}", {
            **by_id,
            "event_id": at["sessions"],
            "track_id": at["sessions"],
            "title": words("n", 10, 4),
            "state": f"(ARRAY[{_STATES}])[1 + {digits('n', 20, 5)}]",
            "starts_at": begins_at,
            "ends_at": f"{begins_at} + interval '25 minutes'",
            "created_at": f"{of_session} - {digits('n', 22, 80_000)} * interval '1 minute'",
        }),
        Copies("speakers", events * SPEAKERS, f"id = {template.speaker_id}", {
            **by_id,
            "event_id": at["speakers"],
            "name": f"{word('n', 30, 2)} || ' ' || {word('n', 31)}",
            "email": f"lower({word('n', 31)}) || '.' || n || '@example.org'",
        }),
        Copies("orders", events * ORDERS, f"id = {template.order_id}", {
            **by_id,
            "event_id": at["orders"],
            "identifier": "gen_random_uuid()::text",
            "reference": "'fictional cormorants ' || n",
            "user_id": f"{FIRST} + {digits('n', 40, events)}",
            "created_at": f"{_begins(at['orders'], events)} - {digits('n', 41, 99)} * interval '1 day'",
        }),
        Copies("orders_tickets", events * ORDERS, f"order_id = {template.order_id}", {
            "order_id": f"{FIRST} + n", "ticket_id": at["orders"],
        }),
        Copies("attendees", events * ORDERS * OF_AN_ORDER, f"id = {template.attendee_id}", {
            **by_id,
            "event_id": at["attendees"],
            "ticket_id": at["attendees"],
            "order_id": f"{FIRST} + n / {OF_AN_ORDER}",
            "identifier": "substr(md5(n::text), 1, 6)",
            "firstname": word("n", 50, 2),
            "lastname": word("n", 51),
            "email": f"lower({word('n', 51)}) || '.' || n || '@example.org'",
        }),
        Copies("speakers_sessions", events * SESSIONS, f"speaker_id = {template.speaker_id}", {
            # The speaker is one of the session's event.
            "session_id": f"{FIRST} + n",
            "speaker_id": f"{FIRST} + n / {BLOCK * SESSIONS} * {BLOCK * SPEAKERS} + n % {BLOCK * SPEAKERS}",
        }),
        Copies("outbox", events * OUTBOX, "id = 1", {
            **by_id,
            "key": "'large-' || n",
            "created_at": _moment("n", events * OUTBOX), "due_at": _moment("n", events * OUTBOX),
            "sent_at": _moment("n", events * OUTBOX), "done_at": _moment("n", events * OUTBOX),
        }),
        Copies("activities", events * ACTIVITIES, "id = (SELECT min(id) FROM activities)", {
            **by_id, "actor": "'user.' || n || '@example.org'", "time": _moment("n", events * ACTIVITIES),
        }),
    ]  # fmt: skip


def _make(url: str, copies: Copies) -> None:
    with database.connected(url) as connection:
        names = [
            name for (name,) in connection.run(
                "SELECT attname FROM pg_attribute WHERE attrelid = CAST(:name AS regclass) AND attnum > 0 "
                "AND NOT attisdropped", name=copies.table,
            )
        ]  # fmt: skip
        unknown = copies.other.keys() - set(names)
        assert not unknown, unknown
        values = ", ".join(copies.other.get(name, f'r."{name}"') for name in names)
        columns = ", ".join(f'"{name}"' for name in names)
        # References are right, and what triggers do is done for all rows at once.
        connection.run("SET session_replication_role = replica")
        connection.run(
            f'INSERT INTO "{copies.table}" ({columns}) SELECT {values} '
            f"FROM generate_series(0, {copies.many - 1}) n, "
            f'(SELECT * FROM "{copies.table}" WHERE {copies.template} LIMIT 1) r'
        )
        if "id" in names:
            connection.run(
                f"SELECT setval(pg_get_serial_sequence('{copies.table}', 'id'), {FIRST + copies.many})"
            )


def _run(url: str, sql: str) -> None:
    with database.connected(url) as connection:
        connection.run("SET maintenance_work_mem = '1GB'")
        connection.run("SET session_replication_role = replica")
        connection.run(sql)


def _event_of(number: str, per: int, events: int) -> str:
    """SQL: the event's id of the row with this number, where each event has so many."""
    usual = f"{FIRST} + {number} / {BLOCK * per} * {BLOCK} + {number} % {BLOCK}"
    # Alike for sessions and their speakers, whose numbers differ by multiples of a block.
    return f"CASE WHEN {number} % {BLOCK * ORDERS} % 100 = 0 THEN {FIRST + events} ELSE {usual} END"


def _begins(event_id: str, events: int) -> str:
    """SQL: when an event begins, which follows from its id."""
    step = _YEARS_OF_EVENTS / events
    crowd = f"({event_id}) = {FIRST + events}"
    number = f"(CASE WHEN {crowd} THEN {int(events * 0.95)} ELSE {event_id} - {FIRST} END)"
    return f"(date_trunc('day', now()) - interval '3650 days' + {number} * interval '{step} seconds')"


def _moment(number: str, many: int) -> str:
    """SQL: a moment of the last ten years, the later the greater the number."""
    return f"(now() - interval '3650 days' + {number} * interval '{_TEN_YEARS / many} seconds')"


def _city(number: str) -> str:
    return f"(ARRAY['Berlin', 'Lyon', 'Porto', 'Graz', 'Turku', 'Leeds'])[1 + {digits(number, 2, 6)}]"
