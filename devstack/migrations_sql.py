"""Linter of migrations: dangerous SQL on existing tables.

A table whose name is filled in at run time counts as existing.
"""

import ast
import re
from collections.abc import Iterator
from typing import Final

INDEX: Final = "the table could not be written to meanwhile: ddl.create_index, in a migration of its own"
TYPE: Final = (
    "another type writes the table anew while nobody can read it: ddl.narrow and ddl.widen for texts, "
    "otherwise a new column that is filled in batches"
)
NOT_NULL: Final = (
    "all rows are looked at while nobody can read them: ddl.set_not_null, in a migration of its own"
)
CHECK: Final = "all rows are looked at while nobody can read them: ddl.add_check, in a migration of its own"
FOREIGN_KEY: Final = (
    "all rows of the table are looked at while nobody can write to it or to its target: ddl.add_foreign_key, "
    "in a migration of its own"
)
UNIQUE: Final = "an index would be built while nobody can read: ddl.add_unique, in a migration of its own"
UPDATE: Final = (
    "every row that it changes is locked until the migration ends: ddl.update_in_batches, in a migration "
    "of its own; or name the ids"
)
_REQUIRED: Final = (
    "a column that may not be null needs a constant as its default; or add it nullable, fill it with "
    "ddl.update_in_batches and then ddl.set_not_null"
)
_VOLATILE: Final = (
    "such a default writes the table anew: set it after the column was added, and fill it in batches"
)
_VALIDATE: Final = (
    "in one transaction with what came before, its locks are kept meanwhile: ddl.add_check or "
    "ddl.add_foreign_key, in a migration of its own"
)
_EXCLUSIVE: Final = "nobody can use the table meanwhile: this is not for migrations"
# Not volatile: PostgreSQL stores the default once instead of rewriting the table.
_STABLE: Final = {"now", "current_timestamp", "transaction_timestamp", "statement_timestamp", "timezone"}
_TYPES: Final = {
    "varchar",
    "char",
    "numeric",
    "decimal",
    "timestamp",
    "timestamptz",
    "time",
    "bit",
    "interval",
}
_UNKNOWN: Final = "?"  # filled in at run time
_NAME: Final = r'(?:ONLY\s+)?(?:public\.)?"?(?P<table>[\w?]+)"?'
_FLAGS: Final = re.IGNORECASE | re.DOTALL
_CREATES: Final = re.compile(rf"\s*CREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?{_NAME}", _FLAGS)
_BODY: Final = re.compile(
    r"\s*CREATE\s+(OR\s+REPLACE\s+)?(CONSTRAINT\s+)?(FUNCTION|PROCEDURE|TRIGGER)\b", _FLAGS
)
_MAKES_INDEX: Final = re.compile(rf"\s*CREATE\s+(?:UNIQUE\s+)?INDEX\b.*?\bON\s+{_NAME}", _FLAGS)
_ALTERS: Final = re.compile(rf"\s*ALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?{_NAME}(?P<rest>.*)", _FLAGS)
_CHANGES: Final = re.compile(
    rf"\b(?:UPDATE\s+{_NAME}\s+(?:(?:AS\s+)?(?!SET\b)\w+\s+)?SET|DELETE\s+FROM\s+(?:ONLY\s+)?\"?(?P<other>[\w?]+)\"?)\b"
    r"(?P<rest>.*)",
    _FLAGS,
)
_BOUND: Final = re.compile(r"\bid\"?\s*(?:=\s*(?::|\d|\?|ANY\b)|IN\s*\(\s*(?::|\d|\?))|\bLIMIT\b", _FLAGS)
_LOCKS: Final = re.compile(rf"\s*(?:LOCK|CLUSTER|REINDEX|VACUUM\s+FULL|TRUNCATE)\b(?:.*\s{_NAME})?", _FLAGS)
# Pattern of an ALTER TABLE, and a pattern that makes it harmless.
_ALTERATIONS: Final = [
    (r"\bALTER\s+(?:COLUMN\s+)?\S+\s+(?:SET\s+DATA\s+)?TYPE\b", "", TYPE),
    (r"\bSET\s+NOT\s+NULL\b", "", NOT_NULL),
    (r"\bADD\s+(?:CONSTRAINT\s+\S+\s+)?CHECK\b", r"\bNOT\s+VALID\b", CHECK),
    (r"\bADD\s+(?:CONSTRAINT\s+\S+\s+)?FOREIGN\s+KEY\b", r"\bNOT\s+VALID\b", FOREIGN_KEY),
    (r"\bADD\s+(?:CONSTRAINT\s+\S+\s+)?(?:UNIQUE|PRIMARY\s+KEY)\b", r"\bUSING\s+INDEX\b", UNIQUE),
    (r"\bADD\s+(?:CONSTRAINT\s+\S+\s+)?EXCLUDE\b", "", UNIQUE),
    (r"\bVALIDATE\s+CONSTRAINT\b", "", _VALIDATE),
]
_ADDS_COLUMN: Final = re.compile(
    r"\bADD\s+(?:COLUMN\s+(?:IF\s+NOT\s+EXISTS\s+)?)?(?!CONSTRAINT\b|CHECK\b|UNIQUE\b|FOREIGN\b|PRIMARY\b|EXCLUDE\b|COLUMN\b)"
    r"\S+\s+(?P<column>(?:[^,(]|\([^)]*\))*)",
    _FLAGS,
)
_IN_COLUMN: Final = [
    (r"\bREFERENCES\b", FOREIGN_KEY),
    (r"\b(?:UNIQUE|PRIMARY\s+KEY)\b", UNIQUE),
    (r"\bCHECK\b", CHECK),
    (r"\bGENERATED\b|\bserial\b|\bbigserial\b", _VOLATILE),
]


def new_tables(tree: ast.Module) -> set[str]:
    """The tables that the migration creates in SQL."""
    return {
        found["table"]
        for _, text in _statements(tree)
        if (found := _CREATES.match(text)) and _UNKNOWN not in found["table"]
    }


def dangers(tree: ast.Module, new: set[str]) -> Iterator[tuple[int, str]]:
    """The dangerous statements, by line."""
    for line, text in _statements(tree):
        for table, danger in _dangers(text):
            if table not in new:
                yield line, danger


def is_volatile(default: str | None) -> bool:
    """Whether a default is computed per row; also True if unknown (None)."""
    if default is None:
        return True
    called = re.findall(r"(\w+)\s*\(", re.sub(r"'(?:[^']|'')*'", "''", default))
    return any(name.lower() not in _STABLE | _TYPES for name in called)


def _dangers(text: str) -> Iterator[tuple[str | None, str]]:
    """(table, danger) for each dangerous statement."""
    if _BODY.match(text):
        return
    if found := _MAKES_INDEX.match(text):
        yield found["table"], INDEX
    if found := _LOCKS.match(text):
        yield found["table"], _EXCLUSIVE
    if found := _ALTERS.match(text):
        yield from ((found["table"], danger) for danger in _alterations(found["rest"]))
    elif (found := _CHANGES.search(text)) and not _BOUND.search(found["rest"]):
        yield found["table"] or found["other"], UPDATE


def _alterations(rest: str) -> Iterator[str]:
    for says, unless, danger in _ALTERATIONS:
        if re.search(says, rest, _FLAGS) and not (unless and re.search(unless, rest, _FLAGS)):
            yield danger
    for added in _ADDS_COLUMN.finditer(rest):
        column = added["column"]
        yield from (danger for says, danger in _IN_COLUMN if re.search(says, column, _FLAGS))
        default = re.search(r"\bDEFAULT\b(.*)", column, _FLAGS)
        if default and is_volatile(default[1]):
            yield _VOLATILE
        if re.search(r"\bNOT\s+NULL\b", column, _FLAGS) and not default:
            yield _REQUIRED


def _statements(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """(line, statement) of each SQL text in the migration. Function bodies stay whole."""
    for line, text in _texts(tree):
        for statement in [text] if _BODY.match(text) else text.split(";"):
            yield line, statement


def _texts(node: ast.AST) -> Iterator[tuple[int, str]]:
    if isinstance(node, ast.JoinedStr):
        pieces = (str(piece.value) if isinstance(piece, ast.Constant) else _UNKNOWN for piece in node.values)
        yield node.lineno, "".join(pieces)
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.lineno, node.value
    for child in ast.iter_child_nodes(node):
        is_prose = isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
        if not is_prose:
            yield from _texts(child)
