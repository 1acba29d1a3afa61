"""Objects that depend on a column: indexes, constraints, default, and those that a copy cannot take over."""

import re
import zlib
from dataclasses import dataclass
from typing import Any

from chalicelib.ddl.apart import Database, Refused, has, quoted

_COLUMN = """
SELECT a.attnum, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid),
       col_description(a.attrelid, a.attnum),
       CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation::text END,
       a.attgenerated <> '' OR a.attidentity <> '' OR a.attacl IS NOT NULL OR a.attoptions IS NOT NULL
       OR coalesce(a.attstattarget, -1) <> -1 OR a.attstorage <> t.typstorage OR a.attcompression <> ''
  FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
 WHERE a.attrelid = to_regclass(:table) AND a.attname = :column AND a.attnum > 0 AND NOT a.attisdropped
"""
_TABLE = """
SELECT relkind = 'r' AND NOT relispartition AND NOT relhassubclass
       AND NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = pg_class.oid)
       AND EXISTS (SELECT FROM pg_index i JOIN pg_attribute a
                       ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] AND a.attname = 'id'
                    WHERE i.indrelid = pg_class.oid AND i.indisprimary AND i.indnatts = 1)
  FROM pg_class WHERE oid = to_regclass(:table)
"""
# All objects that depend on the column, by pg_depend; some of them twice.
_HANGING = """
SELECT DISTINCT coalesce('constraint ' || c.contype::text, 'index ' || i.indexrelid::text,
                CASE WHEN d.classid = 'pg_attrdef'::regclass AND own.oid IS NOT NULL THEN 'default' END, ''),
       pg_describe_object(d.classid, d.objid, d.objsubid),
       coalesce(c.conname, x.relname),
       coalesce(pg_get_constraintdef(c.oid), pg_get_indexdef(i.indexrelid)),
       coalesce(quote_ident(b.relname), quote_ident(x.relname)), pg_get_indexdef(b.oid),
       coalesce(c.convalidated AND NOT c.condeferrable AND c.conrelid = d.refobjid, false),
       coalesce(j.indisclustered OR j.indisreplident, i.indisclustered OR i.indisreplident, false)
  FROM pg_depend d
  LEFT JOIN pg_constraint c ON d.classid = 'pg_constraint'::regclass AND c.oid = d.objid
  LEFT JOIN pg_class b ON b.oid = c.conindid AND c.contype = 'u'
  LEFT JOIN pg_index j ON j.indexrelid = b.oid
  LEFT JOIN pg_index i ON d.classid = 'pg_class'::regclass AND i.indexrelid = d.objid AND d.objsubid = 0
  LEFT JOIN pg_class x ON x.oid = i.indexrelid
  LEFT JOIN pg_attrdef own ON own.oid = d.objid AND own.adrelid = d.refobjid AND own.adnum = d.refobjsubid
 WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = to_regclass(:table) AND d.refobjsubid = :number
 ORDER BY 2
"""
_TEXTS = re.compile(r"text|character varying(\(\d+\))?")
_LITERAL = re.compile(r"('(?:[^']|'')*')::(?:text|character varying)")


@dataclass(frozen=True, slots=True)
class Dependant:
    """An index, a unique constraint with its index, or a check; `kind` is "index", "unique" or "check".

    `definition` is SQL for the copy of the column. For the first two it builds the index concurrently, under
    the temporary name `meanwhile`, which the check has too.
    """

    kind: str
    name: str
    meanwhile: str
    definition: str


@dataclass(frozen=True, slots=True)
class Column:
    """A column, and what its copy must take over. `default`, `comment` and `collation` are SQL or a text."""

    table: str
    name: str
    type: str
    not_null: bool
    default: str | None
    comment: str | None
    collation: str | None
    dependants: tuple[Dependant, ...]


def short_name(what: str, *of: str) -> str:
    """The name of a temporary object, the same on each run."""
    return f"retype_{zlib.crc32('.'.join(of).encode()):08x}_{what}"


def described(database: Database, table: str, column: str, copy: str) -> Column:
    """The text column, with its dependants as they will be for its copy, named `copy`.

    Raises Refused with everything that cannot be taken over.
    """
    has(database, table, column)
    if not database.one(_TABLE, table=quoted(table)):
        raise Refused(f"{table} is not a plain table with an id as its primary key")
    (facts,) = database.rows(_COLUMN, table=quoted(table), column=column)
    number, type, not_null, default, comment, collation, special = facts
    if not _TEXTS.fullmatch(type):
        raise Refused(f"{table}.{column} is no text, but {type}")
    if special:
        raise Refused(f"{table}.{column} is generated, or has rights, statistics or a storage of its own")
    # PostgreSQL itself writes the definitions for the new name; the column is renamed for a moment.
    other = short_name("name", table, column)
    rename = f"ALTER TABLE {quoted(table)} RENAME COLUMN {quoted(column)} TO {other}"
    hanging = database.as_if(rename, _HANGING, table=quoted(table), number=number)
    stuck: list[str] = []
    dependants = []
    for row in hanging:
        kind, is_bound = row[0], row[7]
        if kind in {"default", "constraint n"}:
            continue
        dependant = None if is_bound else _dependant(table, row)
        if dependant is None:
            stuck.append(row[1].replace(other, column))
        else:
            copied = dependant.definition.replace(other, quoted(copy))
            dependants.append(Dependant(dependant.kind, dependant.name, dependant.meanwhile, copied))
    if stuck:
        raise Refused(
            f"{table}.{column} has what cannot be taken over: {'; '.join(stuck)}. Remove it in a "
            "migration before, and make it again in one after"
        )
    literal = _LITERAL.fullmatch(default or "")
    default = literal[1] if literal else default
    return Column(table, column, type, not_null, default, comment, collation, tuple(dependants))


def _dependant(table: str, row: Any) -> Dependant | None:
    kind, _, name, definition, index, made, is_plain, _ = row
    meanwhile = short_name("part", table, str(name))
    if kind == "constraint c" and is_plain:
        return Dependant("check", name, meanwhile, definition)
    if kind == "constraint u" and is_plain:
        return Dependant("unique", name, meanwhile, _meanwhile(made, index, meanwhile))
    if kind.startswith("index "):
        return Dependant("index", name, meanwhile, _meanwhile(definition, index, meanwhile))
    return None


def _meanwhile(definition: str, name: str, meanwhile: str) -> str:
    """CREATE INDEX CONCURRENTLY under the temporary name."""
    head, separator, rest = definition.partition(f"INDEX {name} ON ")
    if not separator:
        raise Refused(f"PostgreSQL describes the index {name} in a way that is not known here")
    return f"{head}INDEX CONCURRENTLY {quoted(meanwhile)} ON {rest}"
