"""Checks that the copied rows are such as the API makes: others would measure nothing."""

from typing import Final

from benchmarks.large.filling import FIRST, Copies
from devstack import database

# Columns in which a copy is empty where its template is not, or the other way round.
_DIFFERENCES: Final = """
SELECT DISTINCT cell.key FROM (SELECT * FROM "{table}" WHERE id >= {first} ORDER BY id LIMIT 50) copied,
(SELECT * FROM "{table}" WHERE {template} LIMIT 1) made, jsonb_each(to_jsonb(copied)) cell
JOIN LATERAL jsonb_each(to_jsonb(made)) other ON other.key = cell.key
WHERE (cell.value = 'null') <> (other.value = 'null')
"""
# What triggers would have made otherwise, or what a reference does not lead to: nothing, each.
_BROKEN: Final = {
    "places taken": """
        SELECT 1 FROM stocks s WHERE s.ticket_id >= {first} AND s.taken <> (
          SELECT count(*) FROM attendees a
          WHERE a.ticket_id = s.ticket_id AND a.deleted_at IS NULL) LIMIT 1""",
    "keys of the door": """
        SELECT 1 FROM attendees a LEFT JOIN attendee_search_keys k ON k.attendee_id = a.id
        WHERE a.event_id = (SELECT max(id) FROM events)
        AND k.keys IS DISTINCT FROM search_keys(a.event_id, a.firstname, a.lastname, a.email) LIMIT 1""",
    "speakers of other events": """
        SELECT 1 FROM (SELECT * FROM speakers_sessions LIMIT 10000) l
        JOIN sessions s ON s.id = l.session_id
        JOIN speakers p ON p.id = l.speaker_id WHERE s.event_id <> p.event_id LIMIT 1""",
    "attendees of other events": """
        SELECT 1 FROM (SELECT * FROM attendees LIMIT 10000) a LEFT JOIN orders o ON o.id = a.order_id
        LEFT JOIN tickets t ON t.id = a.ticket_id
        WHERE a.event_id IS DISTINCT FROM o.event_id OR a.event_id IS DISTINCT FROM t.event_id LIMIT 1""",
    "sessions outside their event": """
        SELECT 1 FROM (SELECT * FROM sessions WHERE id >= {first} LIMIT 10000) s
        JOIN events e ON e.id = s.event_id
        WHERE s.starts_at NOT BETWEEN e.starts_at AND e.ends_at LIMIT 1""",
    "events without an owner": """
        SELECT 1 FROM (SELECT * FROM events ORDER BY id DESC LIMIT 1000) e
        WHERE NOT EXISTS (SELECT FROM users_events_roles r JOIN users u ON u.id = r.user_id
          WHERE r.event_id = e.id) LIMIT 1""",
}
# Done and sent: what an hour later has become of a message that the API wrote.
_LATER: Final = {"outbox": {"sent_at", "done_at"}}


def check(url: str, copies: list[Copies]) -> None:
    """Raise AssertionError where a copy differs from what it was copied from, other than it says."""
    with database.connected(url) as connection:
        for item in copies:
            if "id" not in item.other:
                continue
            sql = _DIFFERENCES.format(table=item.table, template=item.template, first=FIRST)
            differing = {name for (name,) in connection.run(sql) or ()}
            assert differing == _LATER.get(item.table, set()), (item.table, differing)
        for what, sql in _BROKEN.items():
            assert not connection.run(sql.format(first=FIRST)), what
