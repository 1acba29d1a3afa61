"""Attributes that hold a moment, in ISO 8601."""

from datetime import UTC, datetime
from typing import Any

from marshmallow import fields


class Moment(fields.AwareDateTime):
    """A moment with any offset, taken to UTC: PostgreSQL knows no offset of 16 hours or more.

    Where null is taken, an empty text means it.
    """

    def deserialize(self, value: Any, attr: str | None = None, data: Any = None, **kwargs: Any) -> Any:
        """The moment. Raises ValidationError."""
        return super().deserialize(None if value == "" and self.allow_none else value, attr, data, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        try:
            return super()._deserialize(value, attr, data, **kwargs).astimezone(UTC)
        except OverflowError:  # before the year 1, or after 9999
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE) from None


def moment(**options: Any) -> Moment:
    """A moment in ISO 8601; without an offset it is taken as UTC."""
    return Moment(format="iso", default_timezone=UTC, **options)
