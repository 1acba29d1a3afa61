"""Attributes of a resource type: wire name, SQL expression, and who may read and write them."""

from dataclasses import dataclass
from typing import Any

from marshmallow import fields

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
    """One attribute: Python name, wire name, SQL column or expression, and who may read and write it."""

    name: str
    wire: str
    field: fields.Field[Any]
    column: str
    sql_type: str
    computed: str | None
    lateral: str | None = None

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

    def sql(self, t: str) -> str:
        """The SQL expression of its value, for the row with alias `t`."""
        if self.lateral is not None:
            return f"(SELECT {self.sql_from_lateral(t, 'shared')} FROM ({self.lateral}) shared)".replace(
                "{t}", t
            )
        return self.sql_from_lateral(t, "")

    def sql_from_lateral(self, t: str, shared: str) -> str:
        """The SQL expression where the shared subselect is joined already, as alias `shared`."""
        if self.computed is None:
            return f'{t}."{self.column}"'
        return f"({self.computed})".replace("{t}", t).replace("{shared}", shared)
