"""Linter of migrations: dangerous Alembic operations on existing tables.

A table whose name is not a literal counts as existing.
"""

import ast
from collections.abc import Callable, Iterator

from devstack.migrations_sql import CHECK, FOREIGN_KEY, INDEX, NOT_NULL, TYPE, UNIQUE, UPDATE, is_volatile

Danger = tuple[int, str]
_UNREADABLE = "write the column out where it is added: here it cannot be seen whether it holds anybody up"
_REQUIRED = (
    "a column that may not be null needs a constant as its server_default; or add it nullable, fill it with "
    "ddl.update_in_batches and then ddl.set_not_null, each in a migration of its own"
)
_VOLATILE = (
    "a server_default that must be worked out for each row writes the table anew: add the column without it, "
    "op.alter_column the default, and fill it with ddl.update_in_batches in a migration of its own"
)
_GENERATED = (
    "this column is worked out for each row, which writes the table anew: fill a plain one in batches"
)
_MIXED = (
    "what chalicelib.ddl does is not undone when a later step fails: a migration has either ddl or op, so "
    "that it can be run again"
)
_BATCH = "op.batch_alter_table is for SQLite: write the steps out"
_APART = "leave the transaction by chalicelib.ddl, which goes on after an interruption"


def new_tables(tree: ast.Module) -> set[str]:
    """The tables that the migration creates."""
    return {
        name
        for call in _calls(tree)
        if _name(call) == "op.create_table" and (name := _text(_given(call, 0, "")))
    }


def dangers(tree: ast.Module, new: set[str]) -> Iterator[Danger]:
    """The dangerous calls, by line."""
    calls = list(_calls(tree))
    uses_ddl = any(
        isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith("chalicelib")
        and ("ddl" in (node.module or "") or any(alias.name == "ddl" for alias in node.names))
        for node in ast.walk(tree)
    )
    for call in calls:
        name = _name(call)
        if name.endswith(".autocommit_block"):
            yield call.lineno, _APART
        if name.endswith("execute") and _is_update(call):
            yield call.lineno, UPDATE
        if not name.startswith("op."):
            continue
        if uses_ddl and name != "op.f":
            yield call.lineno, _MIXED
        rule = _RULES.get(name.removeprefix("op."))
        if rule is None:
            continue
        number, keyword, look = rule
        if _text(_given(call, number, keyword)) not in new:
            yield from ((call.lineno, text) for text in look(call))


def _add_column(call: ast.Call) -> Iterator[str]:
    column = _given(call, 1, "column")
    if not isinstance(column, ast.Call) or not _name(column).endswith("Column"):
        yield _UNREADABLE
        return
    inside = {_name(node).rpartition(".")[2] for node in ast.walk(column) if isinstance(node, ast.Call)}
    options = {argument.arg: argument.value for argument in column.keywords}
    if "ForeignKey" in inside:
        yield FOREIGN_KEY
    if inside & {"Identity", "Computed"}:
        yield _GENERATED
    if "CheckConstraint" in inside:
        yield CHECK
    if any(_is_true(options.get(name)) for name in ("unique", "primary_key")):
        yield UNIQUE
    if _is_true(options.get("index")):
        yield INDEX
    default = options.get("server_default")
    if default is not None and is_volatile(_default(default)):
        yield _VOLATILE
    nullable = options.get("nullable")
    has_default = default is not None and not _is_none(default)
    if nullable is not None and not _is_true(nullable) and not has_default and "Identity" not in inside:
        yield _REQUIRED


def _alter_column(call: ast.Call) -> Iterator[str]:
    options = {argument.arg: argument.value for argument in call.keywords}
    if "type_" in options:
        yield TYPE
    if "nullable" in options and not _is_true(options["nullable"]):
        yield NOT_NULL


def _unless_not_valid(text: str) -> Callable[[ast.Call], Iterator[str]]:
    def look(call: ast.Call) -> Iterator[str]:
        if not any(
            argument.arg == "postgresql_not_valid" and _is_true(argument.value) for argument in call.keywords
        ):
            yield text

    return look


def _always(text: str) -> Callable[[ast.Call], Iterator[str]]:
    return lambda _call: iter([text])


# By operation: position and keyword of the table's name, and the check.
_RULES: dict[str, tuple[int, str, Callable[[ast.Call], Iterator[str]]]] = {
    "create_index": (1, "table_name", _always(INDEX)),
    "add_column": (0, "table_name", _add_column),
    "alter_column": (0, "table_name", _alter_column),
    "create_check_constraint": (1, "table_name", _unless_not_valid(CHECK)),
    "create_foreign_key": (1, "source_table", _unless_not_valid(FOREIGN_KEY)),
    "create_unique_constraint": (1, "table_name", _always(UNIQUE)),
    "create_primary_key": (1, "table_name", _always(UNIQUE)),
    "create_exclude_constraint": (1, "table_name", _always(UNIQUE)),
    "batch_alter_table": (0, "table_name", _always(_BATCH)),
}


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _name(call: ast.Call) -> str:
    """The dotted name of the function called, e.g. "op.get_context.autocommit_block"."""
    parts: list[str] = []
    node: ast.AST = call.func
    while not isinstance(node, ast.Name):
        if isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        elif isinstance(node, ast.Call):
            node = node.func
        else:
            return ".".join(reversed(parts))
    return ".".join([node.id, *reversed(parts)])


def _given(call: ast.Call, number: int, keyword: str) -> ast.expr | None:
    for argument in call.keywords:
        if argument.arg == keyword:
            return argument.value
    return call.args[number] if number < len(call.args) else None


def _text(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _is_true(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _default(node: ast.expr) -> str | None:
    """The SQL of a server_default; None if it cannot be read."""
    if _is_none(node):
        return ""
    if isinstance(node, ast.Call):
        name = _name(node).rpartition(".")[2]
        if name in {"false", "true"}:
            return name
        return _text(node.args[0]) if name == "text" and node.args else None
    text = _text(node)
    return None if text is None else "''"  # a string is a literal, whatever its content


def _is_update(call: ast.Call) -> bool:
    """Whether it executes a SQLAlchemy UPDATE or DELETE."""
    return any(
        _name(inner).rpartition(".")[2] in {"update", "delete"}
        or any(f".{what}." in f".{_name(inner)}." for what in ("update", "delete"))
        for given in call.args
        for inner in _calls(given)
    )
