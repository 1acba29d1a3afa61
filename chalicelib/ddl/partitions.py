"""Partitions by ranges of ids, made of a large table online, and back.

The present table becomes the first partition, in one short step that reads no row: a validated check says
already what it may hold. Ids grow with time, so old rows go by dropping their partition. The key stays
unique over all partitions, as the id is what they are divided by.
"""

import re
from typing import Any, Final

from sqlalchemy import Connection, text

from chalicelib.ddl import constraints, pages
from chalicelib.ddl.apart import Database, Refused, apart, quoted

_KIND: Final = "SELECT relkind FROM pg_class WHERE oid = to_regclass(:table)"
_INDEXES: Final = """
    SELECT c.relname, pg_get_indexdef(c.oid), i.indisprimary, i.indisunique FROM pg_index i
      JOIN pg_class c ON c.oid = i.indexrelid
     WHERE i.indrelid = to_regclass(:table) ORDER BY NOT i.indisprimary, c.relname
"""
# What would have to come along, and does not.
_HANGING: Final = """
    SELECT pg_describe_object('pg_constraint'::regclass, oid, 0) FROM pg_constraint
     WHERE to_regclass(:table) IN (conrelid, confrelid) AND contype NOT IN ('p', 'n') AND conname <> :check
    UNION ALL
    SELECT pg_describe_object('pg_trigger'::regclass, oid, 0) FROM pg_trigger
     WHERE tgrelid = to_regclass(:table) AND NOT tgisinternal
    UNION ALL
    SELECT pg_describe_object('pg_rewrite'::regclass, d.objid, 0) FROM pg_depend d
     WHERE d.refobjid = to_regclass(:table) AND d.classid = 'pg_rewrite'::regclass
    UNION ALL
    SELECT pg_describe_object('pg_class'::regclass, indexrelid, 0) FROM pg_index
     WHERE indrelid = to_regclass(:table) AND indisunique AND NOT indisprimary
"""
_BOUND: Final = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = to_regclass(:table) "
_GRANTS: Final = """
    SELECT privilege_type, CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END
      FROM pg_class, aclexplode(relacl) WHERE oid = to_regclass(:table) AND grantee <> relowner
"""
_IDENTITY: Final = "BY DEFAULT AS IDENTITY"  # as models declare it


def partition_by_id(table: str, size: int) -> None:
    """Divide the table by ids, into partitions of `size`; what is there is the first, whatever its size.

    `{table}_p2` has the ids below 2 * size, and so on; `{table}_rest` takes what belongs to none. Raises
    Refused where references, triggers, views, checks or unique columns hang on the table.
    """
    with apart() as database:
        if _kind(database, table) == "p":
            return  # done, by one atomic step
        check = f"ck_{table}_first_partition"
        _refuse_what_hangs(database, table, check)
        last = _bounded(database, table, check, size)
        _divide(database, table, check, last, size)
        database.run(f"ANALYZE {quoted(table)}")


def rejoin(table: str) -> None:
    """Make one table of the partitions again: a copy that is kept up by a trigger takes their place."""
    with apart() as database:
        if _kind(database, table) == "r":
            return
        whole = f"{table}_whole"
        if not database.rows(_KIND, table=quoted(whole)):
            _begin_copy(database, table, whole)
    names = [row[0] for row in _columns(table)]
    pages.insert_in_batches(whole, {name: quoted(name) for name in names}, table, "true")
    with apart() as database:
        _finish_copy(database, table, whole)
        database.run(f"ANALYZE {quoted(table)}")


def partitions(connection: Connection) -> set[str]:
    """The names of all tables that are a part of another. No model declares them."""
    return set(
        connection.scalars(text("SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'"))
    )


def _bounded(database: Database, table: str, check: str, size: int) -> int:
    """Which partition the table is the last of: its rows have ids below this number times `size`, which
    a check says. There is room for half a partition, as rows come meanwhile."""
    most = int(database.one(f"SELECT coalesce(max(id), 0) FROM {quoted(table)}"))  # noqa: S608
    last = (most + size // 2) // size + 1
    former = database.rows(_BOUND + "AND conname = :name", table=quoted(table), name=check)
    if former:
        bound = int(re.findall(r"\d+", former[0][0])[0])
        if bound % size == 0 and bound > most + size // 4:
            last = bound // size
        else:  # an interrupted run was long ago
            database.briefly(f"ALTER TABLE {quoted(table)} DROP CONSTRAINT {quoted(check)}")
    constraints.validate(database, table, check, f"CHECK (id < {last * size})", breaks=f"id >= {last * size}")
    return last


def _divide(database: Database, table: str, check: str, last: int, size: int) -> None:
    first, bound = f"{table}_p{last}", last * size
    indexes = database.rows(_INDEXES, table=quoted(table))
    primary, others = indexes[0][0], indexes[1:]
    database.briefly(
        f"ALTER TABLE {quoted(table)} RENAME TO {quoted(first)}",
        *(f"ALTER INDEX {quoted(row[0])} RENAME TO {quoted(f'{row[0]}_p{last}')}" for row in indexes),
        f"CREATE TABLE {quoted(table)} (LIKE {quoted(first)} INCLUDING DEFAULTS INCLUDING COMMENTS, "
        f"CONSTRAINT {quoted(primary)} PRIMARY KEY (id)) PARTITION BY RANGE (id)",
        _identity_moved(database, table, first, table),
        *(definition for _, definition, *_ in others),
        f"ALTER TABLE {quoted(table)} ATTACH PARTITION {quoted(first)} "
        f"FOR VALUES FROM (MINVALUE) TO ({bound})",
        f"ALTER TABLE {quoted(first)} DROP CONSTRAINT {quoted(check)}",
        f"CREATE TABLE {quoted(f'{table}_p{last + 1}')} PARTITION OF {quoted(table)} "
        f"FOR VALUES FROM ({bound}) TO ({bound + size})",
        f"CREATE TABLE {quoted(f'{table}_rest')} PARTITION OF {quoted(table)} DEFAULT",
        *_grants(database, table, table),
    )


def _begin_copy(database: Database, table: str, whole: str) -> None:
    indexes = database.rows(_INDEXES, table=quoted(table))
    to, source, function = quoted(whole), quoted(table), quoted(f"copy_{table}")
    database.briefly(
        f"CREATE TABLE {to} (LIKE {source} INCLUDING DEFAULTS INCLUDING COMMENTS, "
        f"CONSTRAINT {quoted(f'{indexes[0][0]}_whole')} PRIMARY KEY (id))",
        *(_for_copy(name, definition, whole) for name, definition, *_ in indexes[1:]),
        *_grants(database, table, whole),
        f"""CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
              IF TG_OP <> 'INSERT' THEN DELETE FROM {to} WHERE id = OLD.id; END IF;
              IF TG_OP <> 'DELETE' THEN INSERT INTO {to} SELECT NEW.* ON CONFLICT (id) DO NOTHING; END IF;
              RETURN NULL;
            END $$""",  # noqa: S608 - names
        f"CREATE TRIGGER {function} AFTER INSERT OR UPDATE OR DELETE ON {source} "
        f"FOR EACH ROW EXECUTE FUNCTION {function}()",
    )


def _finish_copy(database: Database, table: str, whole: str) -> None:
    names = [row[0] for row in database.rows(_INDEXES, table=quoted(table))]
    database.briefly(
        f"LOCK TABLE {quoted(table)} IN ACCESS EXCLUSIVE MODE",
        _identity_moved(database, table, table, whole),
        f"DROP TABLE {quoted(table)}",
        f"DROP FUNCTION {quoted(f'copy_{table}')}()",
        f"ALTER TABLE {quoted(whole)} RENAME TO {quoted(table)}",
        f"ALTER SEQUENCE {quoted(f'{whole}_id_seq')} RENAME TO {quoted(f'{table}_id_seq')}",
        *(f"ALTER INDEX {quoted(f'{name}_whole')} RENAME TO {quoted(name)}" for name in names),
    )


def _identity_moved(database: Database, table: str, giver: str, taker: str) -> str:
    """SQL: the ids of `taker` go on where those of `giver` end. `table` is what that is called by now."""
    sequence = database.one("SELECT pg_get_serial_sequence(:table, 'id')", table=quoted(table))
    source, target = quoted(giver), quoted(taker)
    return f"""
        DO $do$
        DECLARE
          following bigint;
        BEGIN
          SELECT CASE WHEN is_called THEN last_value + 1 ELSE last_value END INTO following FROM {sequence};
          ALTER TABLE {source} ALTER id DROP IDENTITY;
          ALTER TABLE {target} ALTER id ADD GENERATED {_IDENTITY};
          EXECUTE 'ALTER TABLE {target} ALTER id RESTART WITH ' || following;
        END $do$"""  # noqa: S608 - names


def _grants(database: Database, source: str, target: str) -> list[str]:
    rows = database.rows(_GRANTS, table=quoted(source))
    return [f"GRANT {right} ON {quoted(target)} TO {role}" for right, role in rows]


def _for_copy(name: str, definition: str, whole: str) -> str:
    """The definition of an index, for the copy of its table."""
    head, _, rest = definition.partition(" USING ")
    unnamed = head.partition("INDEX ")[0]
    return f"{unnamed}INDEX {quoted(f'{name}_whole')} ON {quoted(whole)} USING {rest}"


def _refuse_what_hangs(database: Database, table: str, check: str) -> None:
    rows = database.rows(_HANGING, table=quoted(table), check=check)
    if rows:
        raise Refused(f"{table} cannot be divided, as this hangs on it: {', '.join(row[0] for row in rows)}")


def _kind(database: Database, table: str) -> Any:
    rows = database.rows(_KIND, table=quoted(table))
    if not rows:
        raise Refused(f"there is no table {table}")
    return rows[0][0]


def _columns(table: str) -> list[Any]:
    with apart() as database:
        return database.rows(
            "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(:table) AND attnum > 0 "
            "AND NOT attisdropped ORDER BY attnum",
            table=quoted(table),
        )
