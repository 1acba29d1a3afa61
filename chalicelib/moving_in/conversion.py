"""Conversion of old rows: each column of ours by its kind, in the normal form that the API would store.

What no client may write today is kept as it is; what cannot be stored at all, or would run a script, is not.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Boolean, Column, DateTime, Table

from chalicelib.db import Model
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.write.insert import new_row
from chalicelib.moving_in.kinds import Target, is_moment, kind_of, media
from chalicelib.moving_in.tables import Moved
from chalicelib.resources import REGISTRY
from chalicelib.resources.secret_fields import Secret

Row = dict[str, Any]
# What a row without a time of its own goes by, in this order.
_TIMES: Final = ("modified_at", "last_modified_at", "submitted_at", "issued_at", "completed_at", "starts_at")


class Unfit(Exception):
    """A row cannot come; the text says why, without its content."""


@dataclass(slots=True)
class Converted:
    """A row of ours, not written yet: its old id, its values, and what was changed about them.

    `filled` are columns that the old row says nothing about: a later run leaves them alone.
    """

    old_id: int
    values: Row
    filled: frozenset[str] = frozenset()
    notes: list[tuple[str, str]] = field(default_factory=list)


class Plan:
    """How the rows of one old table are converted, given the columns that it has."""

    def __init__(self, moved: Moved, present: frozenset[str]) -> None:
        self.moved = moved
        self.table: Table = Model.metadata.tables[moved.target]
        self.resource = _resource(moved.target)
        self.model = _model(self.table)
        self.targets = tuple(self._targets(present))
        sourced = {target.column.name for target in self.targets}
        self.derived = {
            name: sources
            for name, sources in (self.model.__derived__ if self.model else {}).items()
            if sourced & set(sources)
        }
        self.references_of = tuple(target for target in self.targets if target.refers is not None)
        self.links = tuple(target for target in self.targets if target.kind is media)
        columns = self.table.columns
        # Columns that no old row says anything about, and those that need a value.
        self.unsaid = tuple(
            column
            for column in columns
            if column.name not in {"id", *sourced, *self.derived}
            and (column.default is not None or not column.nullable)
        )
        self.needed = tuple(columns[name] for name in sorted(sourced) if not columns[name].nullable)
        self.filled = frozenset(column.name for column in self.unsaid)

    def _targets(self, present: frozenset[str]) -> Iterator[Target]:
        for column in self.table.columns:
            name = column.name
            if name == "id":
                continue
            attribute = _field_of(self.resource, name)
            if isinstance(attribute, Secret):
                continue  # secrets are not encrypted in the database: the operator enters them anew
            refers = next((key.column.table.name for key in column.foreign_keys), None)
            old = self.moved.columns.get(name, name)
            if name not in self.moved.values and old not in present:
                continue
            form = getattr(attribute, "stored_form", None)
            read = self.moved.values.get(name)
            kind = kind_of(column, attribute, refers)
            yield Target(
                column, old if read is None else None, read or _nothing, kind, form, refers, attribute
            )

    def references(self, row: Row) -> Iterator[tuple[str, int]]:
        """(our table, old id) of each row that this one refers to."""
        for target in self.references_of:
            old = target.read(row) if target.old is None else row.get(target.old)
            if isinstance(old, int):
                yield target.refers or "", old

    def converted(self, row: Row, ids: Mapping[tuple[str, int], int]) -> Converted:
        """The row of ours; `ids` has new ids by (our table, old id). Raises Unfit."""
        done = Converted(row["id"], {}, self.filled)
        values = done.values
        for target in self.targets:
            old = target.read(row) if target.old is None else row.get(target.old)
            values[target.column.name] = None if old is None else self._value(target, old, row, ids, done)
        for name in self.derived:
            made: Any = new_row(self.model, values)  # type: ignore[arg-type]
            values[name] = getattr(made, name)
        for column in self.unsaid:
            values[column.name] = self._default(column, row)
        for column in self.needed:
            if values[column.name] is None:
                values[column.name] = self._default(column, row)
                done.filled |= {column.name}
        return done

    def _default(self, column: Column[Any], row: Row) -> Any:
        try:
            return _default(column, row)
        except Unfit:
            if not (self.moved.natural or self.moved.singleton):
                raise
            return None  # a row that is here has it

    def _value(
        self, target: Target, old: Any, row: Row, ids: Mapping[tuple[str, int], int], done: Converted
    ) -> Any:
        name = target.column.name
        if target.refers is not None:
            new = ids.get((target.refers, old)) if isinstance(old, int) else None
            if new is None and not target.column.nullable:
                raise Unfit(f"{name}: {target.refers} {old} is not there, or could not come")
            if new is None:
                done.notes.append((name, f"{target.refers} {old} is not there, or could not come"))
            return new
        try:
            value = target.kind(old, target, row)
        except ValueError as problem:
            if not target.column.nullable and target.column.default is None:
                raise Unfit(f"{name}: {problem}") from None
            done.notes.append((name, str(problem)))
            return None
        if target.form is not None and value is not None:
            value = target.form(value)
        return value


def _nothing(_row: Mapping[str, Any]) -> None:
    """Of a column that is read by its old name."""


def _resource(table: str) -> Resource | None:
    known = (item for item in REGISTRY if item.model is not None)
    return next((item for item in known if item.table == table), None)


def _model(table: Table) -> type[Model] | None:
    return next((mapper.class_ for mapper in Model.registry.mappers if mapper.local_table is table), None)


def _field_of(resource: Resource | None, column: str) -> Any:
    if resource is None:
        return None
    attributes = resource.attributes.values()
    return next((item.field for item in attributes if item.column == column), None)


def _default(column: Column[Any], row: Row) -> Any:
    default: Any = column.default
    if isinstance(column.type, DateTime):
        for name in _TIMES:
            if is_moment(row.get(name)):
                return row[name]
        if default is not None:
            return row["_now"]
    if default is not None:
        return default.arg(None) if default.is_callable else default.arg
    if column.server_default is not None:
        return False if isinstance(column.type, Boolean) else 0
    raise Unfit(f"{column.name} is missing")
