"""Initial content of a template database, and resetting a copy to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from time import sleep

from pg8000.native import Connection, identifier, literal

_TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
_DIGEST = "SELECT md5(string_agg(t::text, ',' ORDER BY ctid)) FROM {} t"
_SEQUENCES = "SELECT seqrelid, seqstart, pg_sequence_last_value(seqrelid) FROM pg_sequence"
_STARTS = """
SELECT setval(s.id::regclass, coalesce(s.last, s.start), s.last IS NOT NULL)
FROM (VALUES {}) AS s (id, start, last) WHERE pg_sequence_last_value(s.id) IS DISTINCT FROM s.last
"""
_OTHERS = """
SELECT count(*), count(*) FILTER (WHERE state <> 'idle') FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""

# Waiting costs no CPU time, and a new copy costs 0.1 s of it.
_MOMENTS, _A_MOMENT = 20, 0.005


@dataclass(frozen=True, slots=True)
class Beginning:
    """`held` is the content of the tables that are not empty, in COPY format.

    `looks` is SQL that finds the tables with another content, and `starts` resets every sequence.
    """

    held: Mapping[str, bytes]
    looks: str
    starts: str

    @classmethod
    def of(cls, connection: Connection) -> "Beginning":
        """The state of a new database."""
        held, looks = {}, []
        for (table,) in connection.run(_TABLES):
            name, rows = identifier(table), _DIGEST.format(identifier(table))
            digest = connection.run(rows)[0][0]
            if digest is None:
                looks.append(f"SELECT {literal(table)} WHERE EXISTS (SELECT FROM {name})")
            else:
                looks.append(f"SELECT {literal(table)} WHERE ({rows}) IS DISTINCT FROM {literal(digest)}")
                copied = BytesIO()
                connection.run(f"COPY {name} TO STDOUT", stream=copied)
                held[table] = copied.getvalue()
        sequences = connection.run(_SEQUENCES)
        values = ", ".join(f"({oid}, {start}, {last or 'NULL'}::bigint)" for oid, start, last in sequences)
        return cls(held, " UNION ALL ".join(looks), _STARTS.format(values))


class Restorer:
    """Resets a copy after a test. Create it while the copy is unused."""

    def __init__(self, connection: Connection, beginning: Beginning) -> None:
        self._connection = connection
        self._held = beginning.held
        # No trigger fires, so that the order does not matter. It is said once, since PostgreSQL forgets all
        # plans of the connection whenever it is said.
        connection.run("SET session_replication_role = replica")
        # Planned once: with all tables in it the statement takes ten times as long to plan as to carry out.
        self._looks = connection.prepare(beginning.looks)
        self._starts = connection.prepare(beginning.starts)

    def is_alone(self, known: int) -> bool:
        """Whether no other session is active in the database, and at most `known` are connected.

        A connection that was closed, as that of a thread, is a session until PostgreSQL has noticed.
        """
        for _ in range(_MOMENTS):
            if self._is_alone_now(known):
                return True
            sleep(_A_MOMENT)
        return False

    def _is_alone_now(self, known: int) -> bool:
        ((all_others, busy),) = self._connection.run(_OTHERS)
        return bool(all_others <= known and not busy)

    def restore(self) -> None:
        """Reset rows and sequences."""
        changed = [table for (table,) in self._looks.run()]
        if changed:
            deletes = "; ".join(f"DELETE FROM {identifier(table)}" for table in changed)
            self._connection.run(f"BEGIN; {deletes}; COMMIT")
        for table in set(changed) & self._held.keys():
            rows = BytesIO(self._held[table])
            self._connection.run(f"COPY {identifier(table)} FROM STDIN", stream=rows)
        self._starts.run()
