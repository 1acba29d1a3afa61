"""Changes TEXT to VARCHAR(n), and back, online.

PostgreSQL would rewrite the whole table under an exclusive lock. Here a second column is filled next to the
first, kept in sync by a trigger, and takes its place in one short step.
"""

import re
from functools import partial
from typing import Final

from chalicelib import log
from chalicelib.ddl import constraints, indexes, pages
from chalicelib.ddl.apart import Database, Refused, apart, quoted
from chalicelib.ddl.dependants import Column, described, short_name

_HOLDS: Final = "SELECT format_type(atttypid, atttypmod) FROM pg_attribute "
_OF: Final = "WHERE attrelid = to_regclass(:table) AND attname = :column AND NOT attisdropped"


def narrow(table: str, column: str, length: int) -> None:
    """Change a text to VARCHAR(`length`). Longer values are refused from the start.

    Raises Refused with the ids of rows that are too long, and with dependants that cannot be taken over (a
    view, a foreign key); then nothing has changed. Interrupted anywhere, it resumes when called again. The
    column is the last of the table afterwards. widen() is the way back.
    """
    if not 1 <= length <= 10_485_760:
        raise Refused(f"a VARCHAR holds 1 to 10485760 characters, not {length}")
    with apart() as database:
        _retype(database, table, column, f"character varying({length})", longest=length)


def widen(table: str, column: str) -> None:
    """Change a VARCHAR to text; nothing is lost. Raises Refused, as narrow()."""
    with apart() as database:
        _retype(database, table, column, "text", longest=None)


def _retype(database: Database, table: str, name: str, type: str, *, longest: int | None) -> None:
    copy = short_name("copy", table, name)
    begun = database.rows(_HOLDS + _OF, table=quoted(table), column=copy)
    column = described(database, table, name, copy)
    if column.type == type:
        if begun:
            _undo(database, column)
        return  # done, by one atomic step
    if begun and begun[0][0] != type:
        _undo(database, column)  # clean up after another change that was abandoned
        begun = []
    _refuse_long_values(database, column, type, longest)
    if longest is None and not begun and _is_catalogue_only(column):
        # No table scan, since every VARCHAR is a text.
        default = [f"ALTER COLUMN {quoted(name)} SET DEFAULT {column.default}"] if column.default else []
        changes = ", ".join([f"ALTER COLUMN {quoted(name)} TYPE text", *default])
        database.briefly(f"ALTER TABLE {quoted(table)} {changes}")
        return
    if not begun:
        _tell(column, type, "a column beside it")
        _begin(database, column, type, longest)
        # Writes between the first check and the trigger may be too long.
        _refuse_long_values(database, column, type, longest)
    _tell(column, type, "copying")
    source, target = quoted(name), quoted(copy)
    pages.in_batches(database, table, f"{target} = {source}", f"{target} IS DISTINCT FROM {source}")
    _tell(column, type, "indexes and constraints")
    _equip(database, column, copy)
    _tell(column, type, "taking its place")
    _swap(database, column, copy)


def _refuse_long_values(database: Database, column: Column, type: str, longest: int | None) -> None:
    if longest is None:
        return
    # octet_length needs no decompression, and is never less than the length.
    name = quoted(column.name)
    broken = constraints.ids(
        database, column.table, f"octet_length({name}) > {longest} AND char_length({name}) > {longest}"
    )
    if broken:
        _undo(database, column)
        raise Refused(
            f"{column.table}.{column.name} cannot become {type}: {broken} hold longer values, "
            "and nothing was changed"
        )


def _is_catalogue_only(column: Column) -> bool:
    """Whether changing the type alone would neither scan the table nor rebuild an index."""
    # Conditions and expressions include the type, so PostgreSQL rebuilds what contains them.
    return not column.collation and all(
        dependant.kind != "check"
        and re.search(r"USING \w+ \([^()]*\)( NULLS NOT DISTINCT)?$", dependant.definition)
        for dependant in column.dependants
    )


def _begin(database: Database, column: Column, type: str, longest: int | None) -> None:
    """Add the copy of the column, and the trigger that keeps it in sync."""
    table, copy = quoted(column.table), short_name("copy", column.table, column.name)
    function, trigger = _follower(column)
    refusal = (
        f"IF char_length(NEW.{quoted(column.name)}) > {longest} THEN RAISE EXCEPTION "
        f"'value too long for type {type}' USING ERRCODE = '22001', COLUMN = '{column.name}'; END IF;"
    )
    collation = f" COLLATE {column.collation}" if column.collation else ""
    database.briefly(
        f"ALTER TABLE {table} ADD COLUMN {quoted(copy)} {type}{collation}",
        f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $follow$ BEGIN "
        f"{refusal if longest is not None else ''} "
        f"NEW.{quoted(copy)} := NEW.{quoted(column.name)}; RETURN NEW; END $follow$",
        f"CREATE TRIGGER {trigger} BEFORE INSERT OR UPDATE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {function}()",
        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}",
    )


def _equip(database: Database, column: Column, copy: str) -> None:
    """Create the column's indexes and constraints on the copy, as far as possible before the swap."""
    for dependant in column.dependants:
        if dependant.kind == "check":
            constraints.validate(
                database, column.table, dependant.meanwhile, dependant.definition, breaks="false"
            )
        else:
            indexes.build(
                database, dependant.meanwhile, column.table, partial(database.run, dependant.definition)
            )
    if column.not_null:
        whole = f"{quoted(copy)} IS NOT NULL"
        constraints.validate(
            database, column.table, _not_null(column), f"CHECK ({whole})", breaks=f"NOT ({whole})"
        )


def _swap(database: Database, column: Column, copy: str) -> None:
    """Replace the column by its copy: only the catalog changes."""
    table, name = f"ALTER TABLE {quoted(column.table)}", quoted(column.name)
    function, trigger = _follower(column)
    steps = [
        f"DROP TRIGGER {trigger} ON {quoted(column.table)}",
        f"DROP FUNCTION {function}()",
        f"{table} DROP COLUMN {name}",  # with its indexes and constraints
        f"{table} RENAME COLUMN {quoted(copy)} TO {name}",
    ]
    if column.not_null:
        # The constraint proves NOT NULL, so no scan.
        steps += [f"{table} ALTER COLUMN {name} SET NOT NULL", f"{table} DROP CONSTRAINT {_not_null(column)}"]
    if column.default is not None:
        steps.append(f"{table} ALTER COLUMN {name} SET DEFAULT {column.default}")
    if column.comment is not None:
        words = column.comment.replace("'", "''")
        steps.append(f"COMMENT ON COLUMN {quoted(column.table)}.{name} IS '{words}'")
    for dependant in column.dependants:
        meanwhile, final = quoted(dependant.meanwhile), quoted(dependant.name)
        steps.append(
            {
                "index": f"ALTER INDEX {meanwhile} RENAME TO {final}",
                "check": f"{table} RENAME CONSTRAINT {meanwhile} TO {final}",
                "unique": f"{table} ADD CONSTRAINT {final} UNIQUE USING INDEX {meanwhile}",
            }[dependant.kind]
        )
    database.briefly(*steps)


def _undo(database: Database, column: Column) -> None:
    """Drop everything temporary."""
    function, trigger = _follower(column)
    copy = short_name("copy", column.table, column.name)
    database.briefly(
        f"DROP TRIGGER IF EXISTS {trigger} ON {quoted(column.table)}",
        f"DROP FUNCTION IF EXISTS {function}()",
        f"ALTER TABLE {quoted(column.table)} DROP COLUMN IF EXISTS {quoted(copy)}",
    )


def _follower(column: Column) -> tuple[str, str]:
    """The names of the function that fills the copy and of its trigger, which must sort last."""
    name = short_name("follow", column.table, column.name)
    return name, f"zzz_{name}"


def _not_null(column: Column) -> str:
    return short_name("not_null", column.table, column.name)


def _tell(column: Column, type: str, step: str) -> None:
    log.info("a column is given another type", table=column.table, column=column.name, type=type, step=step)
