"""Timestamp attributes, in ISO 8601."""

from datetime import UTC, datetime
from typing import Any

from marshmallow import fields


class Moment(fields.AwareDateTime):
    """Timestamp with any offset, converted to UTC: PostgreSQL takes no offset of 16 hours or more.

    Where null is allowed, an empty text means null.
    """

    def deserialize(self, value: Any, attr: str | None = None, data: Any = None, **kwargs: Any) -> Any:
        """The timestamp in UTC. Raises ValidationError."""
        return super().deserialize(None if value == "" and self.allow_none else value, attr, data, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        try:
            return super()._deserialize(value, attr, data, **kwargs).astimezone(UTC)
        except OverflowError:  # before the year 1, or after 9999
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE) from None


def moment(**options: Any) -> Moment:
    """Timestamp field in ISO 8601; a value without an offset is taken as UTC."""
    return Moment(format="iso", default_timezone=UTC, **options)
