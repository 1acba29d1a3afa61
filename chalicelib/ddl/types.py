"""Texts that get a longest length, and lose it again, while people go on writing.

PostgreSQL would write the whole table anew, and let nobody read it meanwhile. Here a second column is
filled beside the first one, kept in step by a trigger, and takes its place in one short step.
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
    """Make a text a VARCHAR of `length` characters. From the beginning, longer values are not taken any more.

    Raises Refused with the ids of rows whose value would be cut, and with what cannot be taken over (a view,
    a foreign key); then nothing was changed. Interrupted anywhere, it goes on when it is called again.
    The column comes last in the table afterwards. Take widen() for the way back.
    """
    if not 1 <= length <= 10_485_760:
        raise Refused(f"a VARCHAR holds 1 to 10485760 characters, not {length}")
    with apart() as database:
        _retype(database, table, column, f"character varying({length})", longest=length)


def widen(table: str, column: str) -> None:
    """Make a VARCHAR a text again; nothing is lost. Raises Refused, as narrow does."""
    with apart() as database:
        _retype(database, table, column, "text", longest=None)


def _retype(database: Database, table: str, name: str, type: str, *, longest: int | None) -> None:
    copy = short_name("copy", table, name)
    begun = database.rows(_HOLDS + _OF, table=quoted(table), column=copy)
    column = described(database, table, name, copy)
    if column.type == type:
        if begun:
            _undo(database, column)
        return  # done, by one step that does all or nothing
    if begun and begun[0][0] != type:
        _undo(database, column)  # something else was begun once, and given up
        begun = []
    _refuse_long_values(database, column, type, longest)
    if longest is None and not begun and _is_catalogue_only(column):
        # No row is looked at, since every VARCHAR is a text.
        default = [f"ALTER COLUMN {quoted(name)} SET DEFAULT {column.default}"] if column.default else []
        changes = ", ".join([f"ALTER COLUMN {quoted(name)} TYPE text", *default])
        database.briefly(f"ALTER TABLE {quoted(table)} {changes}")
        return
    if not begun:
        _tell(column, type, "a column beside it")
        _begin(database, column, type, longest)
        # Whoever wrote between the first look and the trigger may have written more.
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
    # The number of bytes is known without unpacking a long value, and is never the smaller one.
    name = quoted(column.name)
    told = constraints.ids(
        database, column.table, f"octet_length({name}) > {longest} AND char_length({name}) > {longest}"
    )
    if told:
        _undo(database, column)
        raise Refused(
            f"{column.table}.{column.name} cannot become {type}: {told} hold longer values, "
            "and nothing was changed"
        )


def _is_catalogue_only(column: Column) -> bool:
    """Whether nothing would be read or built again when the type alone changes."""
    # Conditions and expressions name the type, so PostgreSQL takes what has them for something else.
    return not column.collation and all(
        one.kind != "check" and re.search(r"USING \w+ \([^()]*\)( NULLS NOT DISTINCT)?$", one.definition)
        for one in column.dependants
    )


def _begin(database: Database, column: Column, type: str, longest: int | None) -> None:
    """The column beside it, and the trigger that fills it for whoever writes."""
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
    """Give the copy all that the column has, as far as it can be done before it takes the column's place."""
    for one in column.dependants:
        if one.kind == "check":
            constraints.validate(database, column.table, one.meanwhile, one.definition, breaks="false")
        else:
            indexes.build(database, one.meanwhile, column.table, partial(database.run, one.definition))
    if column.not_null:
        whole = f"{quoted(copy)} IS NOT NULL"
        constraints.validate(
            database, column.table, _not_null(column), f"CHECK ({whole})", breaks=f"NOT ({whole})"
        )


def _swap(database: Database, column: Column, copy: str) -> None:
    """Let the copy take the column's place: names alone are changed, and no row is read."""
    table, name = f"ALTER TABLE {quoted(column.table)}", quoted(column.name)
    function, trigger = _follower(column)
    steps = [
        f"DROP TRIGGER {trigger} ON {quoted(column.table)}",
        f"DROP FUNCTION {function}()",
        f"{table} DROP COLUMN {name}",  # its indexes and constraints go with it
        f"{table} RENAME COLUMN {quoted(copy)} TO {name}",
    ]
    if column.not_null:
        # The constraint shows that no row is null, so none is looked at.
        steps += [f"{table} ALTER COLUMN {name} SET NOT NULL", f"{table} DROP CONSTRAINT {_not_null(column)}"]
    if column.default is not None:
        steps.append(f"{table} ALTER COLUMN {name} SET DEFAULT {column.default}")
    if column.comment is not None:
        words = column.comment.replace("'", "''")
        steps.append(f"COMMENT ON COLUMN {quoted(column.table)}.{name} IS '{words}'")
    for one in column.dependants:
        meanwhile, final = quoted(one.meanwhile), quoted(one.name)
        steps.append(
            {
                "index": f"ALTER INDEX {meanwhile} RENAME TO {final}",
                "check": f"{table} RENAME CONSTRAINT {meanwhile} TO {final}",
                "unique": f"{table} ADD CONSTRAINT {final} UNIQUE USING INDEX {meanwhile}",
            }[one.kind]
        )
    database.briefly(*steps)


def _undo(database: Database, column: Column) -> None:
    """Leave nothing of what was begun."""
    function, trigger = _follower(column)
    copy = short_name("copy", column.table, column.name)
    database.briefly(
        f"DROP TRIGGER IF EXISTS {trigger} ON {quoted(column.table)}",
        f"DROP FUNCTION IF EXISTS {function}()",
        f"ALTER TABLE {quoted(column.table)} DROP COLUMN IF EXISTS {quoted(copy)}",
    )


def _follower(column: Column) -> tuple[str, str]:
    """The function that fills the copy, and its trigger, which must be the last by its name."""
    name = short_name("follow", column.table, column.name)
    return name, f"zzz_{name}"


def _not_null(column: Column) -> str:
    return short_name("not_null", column.table, column.name)


def _tell(column: Column, type: str, step: str) -> None:
    log.info("a column is given another type", table=column.table, column=column.name, type=type, step=step)
