"""Availability: intervals of time in which a room, or a speaker, can be had. Null is always."""

from typing import Any, Final

from marshmallow import RAISE, ValidationError, validates_schema

from chalicelib.jsonapi.model.fields import Schema, fields, validate
from chalicelib.resources.attributes import MomentText

_MOST_INTERVALS: Final = 50


class Interval(Schema):
    """From a moment, which is in it, to another, which is not."""

    class Meta:
        unknown = RAISE

    starts_at = MomentText.of_json("starts-at", required=True)
    ends_at = MomentText.of_json("ends-at", required=True)

    @validates_schema
    def _ends_after_it_starts(self, data: dict[str, Any], **_options: Any) -> None:
        # Texts in UTC may have fractions of a second, so they are not compared as texts.
        if MomentText.read(data["ends-at"]) <= MomentText.read(data["starts-at"]):
            raise ValidationError("An interval ends after it starts.", "ends-at")


def intervals(**options: Any) -> fields.List[Any]:
    """A list of intervals, in any order; they may touch and overlap."""
    return fields.List(fields.Nested(Interval), validate=validate.Length(1, _MOST_INTERVALS), **options)


def covers_sql(column: str, starts_at: str, ends_at: str) -> str:
    """SQL: whether the intervals in `column` have the whole time, together; no intervals are always."""
    free = "tstzrange((free->>'starts-at')::timestamptz, (free->>'ends-at')::timestamptz)"
    return (
        f"({column} IS NULL OR (SELECT range_agg({free}) FROM jsonb_array_elements({column}) free) "  # noqa: S608
        f"@> tstzrange({starts_at}, {ends_at}))"
    )
