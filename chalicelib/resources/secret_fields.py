"""Write-only secrets: a client reads whether one is set, and never its value.

A set one reads as a mask. Old clients send all attributes back when they save one: the mask changes nothing.
"""

from typing import Any, Final

from marshmallow import missing

from chalicelib.jsonapi.ground.sql import ROW, sql
from chalicelib.jsonapi.model.fields import Computed, fields, validate
from chalicelib.jsonapi.model.texts import LONGEST_ANSWER

MASK: Final = "********"
_SHORT: Final = validate.Length(max=LONGEST_ANSWER)


class Secret(Computed, fields.String):
    """A secret in this column: `attr(Secret, "api_key", seen_by=staff)`. Null or an empty text removes it."""

    def __init__(self, column: str, **options: Any) -> None:
        shown = sql("CASE WHEN coalesce(", ROW[column], f", '') <> '' THEN '{MASK}' END")
        super().__init__("text", shown, plain=True, validate=_SHORT, **options)
        self.dump_only = False

    def deserialize(self, value: Any, attr: str | None = None, data: Any = None, **kwargs: Any) -> Any:
        """The secret, or `missing` for the mask: it stays. Raises ValidationError."""
        return missing if value == MASK else super().deserialize(value, attr, data, **kwargs)
