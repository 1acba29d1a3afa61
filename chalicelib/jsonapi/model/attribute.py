"""Attributes of a resource type: wire name, SQL expression, and who may read and write them."""

from dataclasses import dataclass
from typing import Any

from marshmallow import fields

from chalicelib.jsonapi.ground.sql import SHARED, Row, Sql, sql
from chalicelib.jsonapi.model.rules import Rule

# SQL types of the columns of reports, which have no model.
REPORTED: tuple[tuple[type, str], ...] = (
    (fields.Boolean, "boolean"),
    (fields.Integer, "bigint"),
    (fields.Number, "numeric"),
    (fields.DateTime, "timestamptz"),
    (fields.Mapping, "JSONB"),
    (fields.List, "JSONB"),
)


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute: Python name, wire name, SQL column or expression, and who may read and write it.

    `computed` is an expression with columns of ROW, and of SHARED: the one row of the SELECT `shared`.
    """

    name: str
    wire: str
    field: fields.Field[Any]
    column: str
    sql_type: str
    computed: Sql | None
    shared: Sql | None = None

    @property
    def scope(self) -> Rule | None:
        """The rule for reading it; None: whoever sees the row."""
        found: Rule | None = self.field.metadata.get("seen_by")
        return found

    @property
    def writers(self) -> Rule | None:
        """The rule for writing it; None: whoever may write the row."""
        found: Rule | None = self.field.metadata.get("set_by")
        return found

    @property
    def first_writers(self) -> Rule | None:
        """The rule for setting it on a new row; the same as `writers` unless declared otherwise."""
        found: Rule | None = self.field.metadata.get("first_set_by", self.writers)
        return found

    def sql(self, row: Row) -> Sql:
        """The SQL expression of its value for a row."""
        if self.shared is None:
            return self.sql_beside(row, row)
        source = sql(" FROM (", self.shared.about(row), f") {SHARED})")
        return sql("(SELECT ", self.sql_beside(row, SHARED), source)

    def sql_beside(self, row: Row, shared: Row) -> Sql:
        """The SQL expression where the subselect that it shares is in FROM already, as `shared`."""
        if self.computed is None:
            return sql(row[self.column])
        return sql("(", self.computed.about(row).about(shared, SHARED), ")")
