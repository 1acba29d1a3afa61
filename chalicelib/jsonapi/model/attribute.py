"""Attributes of a resource type: wire name, SQL expression, and who may read and write them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalicelib.jsonapi.ground.sql import LATERAL, Row, Sql, sql
from chalicelib.jsonapi.model.rules import Rule

if TYPE_CHECKING:
    from marshmallow import fields


class Selected:
    """The SQL of an attribute: its column, or an expression `computed`.

    `computed` has columns of ROW, and of LATERAL: the one row of the SELECT `lateral`.
    """

    __slots__ = ()
    column: str
    computed: Sql | None
    lateral: Sql | None

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


@dataclass(frozen=True, slots=True)
class Attribute(Selected):
    """One attribute: Python name, wire name, SQL column or expression, and who may read and write it.

    `scope` is the rule for reading it (None: whoever sees the row). `compared_as` is how a value of a filter
    is read: a conversion of query/values.py, or a function by its dotted name; if empty, by the field.
    `is_hidden` says that it is never shown.
    """

    name: str
    wire: str
    field: "fields.Field[Any]"
    column: str
    sql_type: str
    computed: Sql | None
    lateral: Sql | None = None
    scope: Rule | None = None
    compared_as: str = ""
    is_hidden: bool = False

    @property
    def live(self) -> bool:
        """Whether no shared cache may tell it."""
        return bool(self.field.metadata.get("live"))

    @property
    def searched(self) -> str | None:
        """If an index has its trigrams: the column within whose rows it can search, or ""."""
        within: str | None = self.field.metadata.get("searched")
        return within

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
