"""What a database's schema is, as its own catalogue tells it: to compare two of them word by word."""

from pg8000.native import Connection

from devstack import database

_COLUMNS = """
SELECT 'column ' || c.relname || '.' || a.attname,
       format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
       || CASE WHEN a.attidentity <> '' THEN ' IDENTITY ' || a.attidentity::text ELSE '' END
       || coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '')
       || coalesce(' COMMENT ' || col_description(c.oid, a.attnum), '')
       || CASE WHEN a.attcollation <> t.typcollation THEN ' COLLATE ' || a.attcollation::regcollation ELSE '' END
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
 WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
"""
_INDEXES = """
SELECT 'index ' || c.relname, pg_get_indexdef(i.indexrelid) || CASE WHEN i.indisvalid THEN '' ELSE ' INVALID' END
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
 WHERE c.relnamespace = 'public'::regnamespace AND NOT c.relispartition
"""
# What may not be null is said of the columns already.
_CONSTRAINTS = """
SELECT 'constraint ' || c.conname || ' of ' || c.conrelid::regclass, pg_get_constraintdef(c.oid)
  FROM pg_constraint c WHERE c.connamespace = 'public'::regnamespace AND c.contype IN ('c', 'f', 'p', 'u', 'x')
   AND NOT EXISTS (SELECT FROM pg_class WHERE oid = c.conrelid AND relispartition)
"""
_DIVIDED = """
SELECT 'parts of ' || c.relname, pg_get_partkeydef(c.oid) FROM pg_class c
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'p' AND NOT c.relispartition
"""
# The models declare neither storage parameters nor partitions.
_STORAGE = """
SELECT 'storage of ' || c.relname, array_to_string(c.reloptions, ', ') FROM pg_class c
 WHERE c.relnamespace = 'public'::regnamespace AND c.reloptions IS NOT NULL
"""
_PARTITIONS = """
SELECT 'partition ' || c.relname, pg_get_expr(c.relpartbound, c.oid) FROM pg_class c
 WHERE c.relnamespace = 'public'::regnamespace AND c.relispartition AND c.relkind = 'r'
"""
_TRIGGERS = """
SELECT 'trigger ' || t.tgname || ' of ' || t.tgrelid::regclass, pg_get_triggerdef(t.oid) || t.tgenabled::text
  FROM pg_trigger t WHERE NOT t.tgisinternal
"""
_FUNCTIONS = """
SELECT 'function ' || p.oid::regprocedure, pg_get_functiondef(p.oid) FROM pg_proc p
 WHERE p.pronamespace = 'public'::regnamespace AND p.prokind = 'f'
   AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
"""
# What a model declares; triggers and functions are the migrations' alone.
DECLARED = (_COLUMNS, _INDEXES, _CONSTRAINTS, _DIVIDED)
ALL = (*DECLARED, _STORAGE, _PARTITIONS, _TRIGGERS, _FUNCTIONS)


def schema_of(url: str, parts: tuple[str, ...] = ALL) -> dict[str, str]:
    """Each part of the schema with its definition, e.g. {"column faqs.answer": "text NOT NULL", ...}."""
    with database.connected(url) as connection:
        return schema_by(connection, parts)


def schema_by(connection: Connection, parts: tuple[str, ...] = ALL) -> dict[str, str]:
    """The same, by a connection that is kept."""
    return {name: definition for part in parts for name, definition in connection.run(part)}


def differences(ours: dict[str, str], theirs: dict[str, str]) -> list[str]:
    """What is not the same in both, in words."""
    return [
        f"{name}: {ours.get(name)} | {theirs.get(name)}"
        for name in sorted(ours.keys() | theirs.keys())
        if ours.get(name) != theirs.get(name)
    ]
