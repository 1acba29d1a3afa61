"""Kinds of attributes that several types share: URLs, money, coordinates and named links."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from marshmallow import ValidationError, pre_load

from chalicelib.jsonapi.ground.sql import ROW, sql
from chalicelib.jsonapi.model.fields import Computed, Schema, fields, validate
from chalicelib.jsonapi.model.moment_field import Moment, moment
from chalicelib.values import currencies


def web_address(**options: Any) -> fields.Url:
    """An absolute http(s) URL; hosts without a dot, such as localhost, are allowed."""
    return fields.Url(**options)


def link(**options: Any) -> fields.Url:
    """A link for people: an http(s) URL, or mailto: with an email address."""
    return fields.Url(mailto=True, **options)


MOST_MONEY: Final = Decimal(10**12)
_FEWEST: Final = Decimal(1).scaleb(-currencies.USUAL_DIGITS)
_MOST: Final = Decimal(1).scaleb(-currencies.MOST_DIGITS)


class Money(fields.Decimal):
    """An amount of money, as Decimal. The number of decimals depends on the currency and is checked by a
    hook.
    """

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Decimal:
        amount: Decimal = super()._deserialize(value, attr, data, **kwargs)
        if amount.copy_abs() > MOST_MONEY:
            return amount  # refused for its size later
        if not currencies.fits(amount, currencies.MOST_DIGITS):
            raise ValidationError(
                "An amount has three digits after the point at most, in most currencies two."
            )
        in_coins = amount.quantize(_FEWEST if currencies.fits(amount, currencies.USUAL_DIGITS) else _MOST)
        return in_coins.copy_abs() if in_coins.is_zero() else in_coins


def money(**options: Any) -> Money:
    """An amount from 0 to 10**12, which a JSON number can represent to the smallest coin."""
    return Money(validate=validate.Range(0, MOST_MONEY), **options)


def latitude(**options: Any) -> fields.Float:
    """Degrees north."""
    return fields.Float(validate=validate.Range(-90, 90), **options)


def longitude(**options: Any) -> fields.Float:
    """Degrees east."""
    return fields.Float(validate=validate.Range(-180, 180), **options)


class IdText(Computed, fields.String):
    """The id of another row as a text attribute, although the column is a number."""

    def __init__(self, column: str, **options: Any) -> None:
        super().__init__("text", sql(ROW[column], "::text"), plain=True, **options)
        self.dump_only = False

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_kwargs: Any) -> Any:
        text = str(value)
        if isinstance(value, bool) or not (text.isascii() and text.isdecimal() and len(text) < 19):
            raise ValidationError("Not an id.")
        return int(text)


class MomentText(Moment):
    """A timestamp within a JSON attribute: stored as a text in ISO 8601, in UTC."""

    @classmethod
    def of_json(cls, member: str = "", **options: Any) -> "MomentText":
        """The field for this member of the stored object; default: that of its own name."""
        return cls(format="iso", default_timezone=UTC, attribute=member or None, **options)

    @staticmethod
    def read(text: str) -> datetime:
        """The moment that is stored as this text."""
        return datetime.fromisoformat(text)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return super()._deserialize(value, attr, data, **kwargs).isoformat()


class NamedLink(Schema):
    """A link with a name, such as a document of an event or the slides of a session."""

    name = fields.Line(required=True)
    link = link(required=True)


def named_links(**options: Any) -> fields.List[Any]:
    """A list of named links."""
    return fields.List(fields.Nested(NamedLink), **options)


class Trashable(Schema):
    """Schema mixin with deleted-at, for soft-deleted types."""

    deleted_at = moment(dump_only=True)


class NullsAreAbsent(Schema):
    """Schema that ignores null for an attribute that is not nullable."""

    @pre_load
    def _drop_nulls(self, data: dict[str, Any], **_options: Any) -> dict[str, Any]:
        nullable = {field.data_key for field in self.load_fields.values() if field.allow_none}
        return {name: value for name, value in data.items() if value is not None or name in nullable}
