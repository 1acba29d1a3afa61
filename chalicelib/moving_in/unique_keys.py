"""Unique keys of a table: which row has one."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Table
from sqlalchemy.orm import Session

from chalicelib import db
from chalicelib.moving_in.storable import dumped

_KEY: Final = """
SELECT array_agg(pg_get_indexdef(i.indexrelid, n, true) ORDER BY n), pg_get_expr(i.indpred, i.indrelid)
FROM pg_index i CROSS JOIN generate_series(1, i.indnkeyatts) n
WHERE i.indexrelid = to_regclass($1) GROUP BY i.indexrelid, i.indpred, i.indrelid
"""


def id_of(session: Session, table: Table, index: str, values: Mapping[str, Any]) -> int | None:
    """The id of the row whose values in a unique index are those of `values`; None where there is none."""
    name = f'"{table.name}"'
    expressions, condition = db.fetch(session, _KEY, [index])[0]
    sought = ", ".join(f"{each} AS key_{at}" for at, each in enumerate(expressions))
    same = " AND ".join(f"{each} = sought.key_{at}" for at, each in enumerate(expressions))
    sql = (
        f"SELECT t.id FROM {name} t, (SELECT {sought} "  # noqa: S608 - from the catalogue
        f"FROM json_populate_record(NULL::{name}, $1::json) {name}) sought "
        f"WHERE {same} AND ({condition or 'TRUE'})"
    )
    found = db.fetch(session, sql, [dumped(dict(values))])
    return int(found[0][0]) if found else None
