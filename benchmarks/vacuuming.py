"""Autovacuum's rule, applied by hand: for benchmarks in which a day passes within a second.

Its own process looks once a minute, which would be once in many days there. So what it does depends on
neither the machine's speed nor its load. It analyzes nothing.
https://www.postgresql.org/docs/current/routine-vacuuming.html#AUTOVACUUM
"""

from collections.abc import Sequence
from typing import Any

# What is not set for the table is set for the server.
_DUE = """
    WITH options AS (
      SELECT c.oid, c.relname, greatest(c.reltuples, 0) AS rows, (
        SELECT coalesce(jsonb_object_agg(split_part(o, '=', 1), split_part(o, '=', 2)::float8), '{}')
          FROM unnest(c.reloptions) o WHERE o LIKE 'autovacuum%') AS own
        FROM pg_class c WHERE c.relname = ANY (CAST(:tables AS text[])) AND c.relkind = 'r'
         AND c.relnamespace = 'public'::regnamespace
    ), limits AS (
      SELECT o.*,
        coalesce((own ->> 'autovacuum_vacuum_threshold')::float8,
                 current_setting('autovacuum_vacuum_threshold')::float8)
        + rows * coalesce((own ->> 'autovacuum_vacuum_scale_factor')::float8,
                          current_setting('autovacuum_vacuum_scale_factor')::float8) AS dead,
        coalesce((own ->> 'autovacuum_vacuum_insert_threshold')::float8,
                 current_setting('autovacuum_vacuum_insert_threshold')::float8)
        + rows * coalesce((own ->> 'autovacuum_vacuum_insert_scale_factor')::float8,
                          current_setting('autovacuum_vacuum_insert_scale_factor')::float8) AS came
        FROM options o
    )
    SELECT l.relname FROM limits l JOIN pg_stat_user_tables s ON s.relid = l.oid
     WHERE s.n_dead_tup > l.dead OR s.n_ins_since_vacuum > l.came ORDER BY l.relname
"""


def run(connection: Any, tables: Sequence[str]) -> list[str]:
    """Vacuum those of the tables that autovacuum would; returns them."""
    connection.run("SELECT pg_stat_force_next_flush()")
    due = [name for (name,) in connection.run(_DUE, tables=list(tables))]
    for name in due:
        connection.run(f'VACUUM "{name}"')
    return due
