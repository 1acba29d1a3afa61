"""Attributes of a resource type: wire name, SQL expression, and who may read and write them."""

from dataclasses import dataclass
from typing import Any

from marshmallow import fields

from chalicelib.jsonapi.ground.sql import LATERAL, Row, Sql, sql
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

    `computed` is an expression with columns of ROW, and of LATERAL: the one row of the SELECT `lateral`.
    """

    name: str
    wire: str
    field: fields.Field[Any]
    column: str
    sql_type: str
    computed: Sql | None
    lateral: Sql | None = None

    @property
    def scope(self) -> Rule | None:
        """The rule for reading it; None: whoever sees the row."""
        rule: Rule | None = self.field.metadata.get("seen_by")
        return rule

    @property
    def writers(self) -> Rule | None:
        """The rule for writing it; None: whoever may write the row."""
        rule: Rule | None = self.field.metadata.get("set_by")
        return rule

    @property
    def first_writers(self) -> Rule | None:
        """The rule for setting it on a new row; the same as `writers` unless declared otherwise."""
        rule: Rule | None = self.field.metadata.get("first_set_by", self.writers)
        return rule

    @property
    def live(self) -> bool:
        """Whether no shared cache may tell it."""
        return bool(self.field.metadata.get("live"))

    def sql(self, row: Row) -> Sql:
        """The SQL expression of its value for a row."""
        if self.lateral is None:
            return self.sql_from_lateral(row, row)
        source = sql(" FROM (", self.lateral.about(row), f") {LATERAL})")
        return sql("(SELECT ", self.sql_from_lateral(row, LATERAL), source)

    def sql_from_lateral(self, row: Row, lateral: Row) -> Sql:
        """The SQL expression where the subselect that it shares is in FROM already, as `lateral`."""
        if self.computed is None:
            return sql(row[self.column])
        return sql("(", self.computed.about(row).about(lateral, LATERAL), ")")
