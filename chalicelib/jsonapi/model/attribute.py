"""Attributes of a noun: how clients name them, where they are in SQL, and who sees and sets them."""

from dataclasses import dataclass
from typing import Any

from marshmallow import fields

from chalicelib.jsonapi.model.rules import Rule

# The SQL types of a report's columns, which no model declares.
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
    """One attribute: its names, where it is in SQL, and who sees and sets it."""

    name: str
    wire: str
    field: fields.Field[Any]
    column: str
    sql_type: str
    computed: str | None
    shared: str | None = None

    @property
    def scope(self) -> Rule | None:
        """Who sees it; None means everybody who sees the row."""
        found: Rule | None = self.field.metadata.get("seen_by")
        return found

    @property
    def writers(self) -> Rule | None:
        """Who may set it; None means everybody who may write the row."""
        found: Rule | None = self.field.metadata.get("set_by")
        return found

    @property
    def first_writers(self) -> Rule | None:
        """Who may set it on a new row: the same, unless the declaration says otherwise."""
        found: Rule | None = self.field.metadata.get("first_set_by", self.writers)
        return found

    def sql(self, t: str) -> str:
        """The value in SQL for the row with alias `t`."""
        if self.shared is not None:
            return f"(SELECT {self.sql_beside(t, 'shared')} FROM ({self.shared}) shared)".replace("{t}", t)
        return self.sql_beside(t, "")

    def sql_beside(self, t: str, shared: str) -> str:
        """The same where the SELECT it shares with others is in FROM already, under this alias."""
        if self.computed is None:
            return f'{t}."{self.column}"'
        return f"({self.computed})".replace("{t}", t).replace("{shared}", shared)
