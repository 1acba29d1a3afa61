"""Values of filters as Python values, for the common kinds of attributes: as their fields read them.

Limits for writing do not apply to filters. Each conversion raises ValueError, TypeError or OverflowError.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from importlib import import_module
from math import isfinite
from typing import Any, Final

from chalicelib.jsonapi.model.attribute import Attribute
from chalicelib.jsonapi.model.markup import sanitize
from chalicelib.jsonapi.model.whole import whole
from chalicelib.jsonapi.query import moments

# As marshmallow reads them; a test compares.
_TRUE: Final = {
    *("t", "T", "true", "True", "TRUE", "on", "On", "ON", "y", "Y", "yes", "Yes", "YES", "1", 1),
}
_FALSE: Final = {
    *("f", "F", "false", "False", "FALSE", "off", "Off", "OFF", "n", "N", "no", "No", "NO", "0", 0),
}
_MOMENTS: Final = {"TIMESTAMP WITH TIME ZONE", "timestamptz"}


def converted(attribute: Attribute, value: object) -> object:
    """The value as the attribute's kind has it. Raises ValueError, TypeError, KeyError or ArithmeticError."""
    if attribute.sql_type in _MOMENTS:
        if not isinstance(value, str):
            raise ValueError("a moment is written as a text")
        try:
            return _as_declared(attribute, value)
        except (ValueError, KeyError):
            return moments.read(value)
    return _as_declared(attribute, value)


def _as_declared(attribute: Attribute, value: object) -> object:
    if attribute.computed is not None:
        return _OF_SQL_TYPES[attribute.sql_type.lower()](value)
    known, form = CONVERSIONS.get(attribute.compared_as), attribute.compared_as.rpartition(".")
    if known is not None:
        return known(value)
    return getattr(import_module(form[0]), form[2])(_plain(value)) if form[0] else by_field(attribute, value)


def by_field(attribute: Attribute, value: object) -> object:
    """The value as the attribute's field reads it. Raises what the field does, and ValueError."""
    from marshmallow import ValidationError  # lazy: no other conversion needs it

    try:
        # _deserialize, not deserialize: limits for writing do not apply to filters.
        return attribute.field._deserialize(value, attribute.wire, None)
    except ValidationError as mistake:
        raise ValueError("the field does not take this") from mistake


def _plain(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _text(value: object) -> str:
    return sanitize(_plain(value))


def _boolean(value: object) -> bool:
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise ValueError("neither true nor false")


def _whole(value: object) -> int:
    return whole(value)


def _number(value: Any) -> float:
    if isinstance(value, bool):
        raise ValueError("not a number")
    number = float(value)
    if not isfinite(number):
        raise ValueError("not a finite number")
    return number


def _moment(value: Any) -> datetime:
    moment = datetime.fromisoformat(value)
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    try:
        return aware.astimezone(UTC)
    except OverflowError:  # before the year 1, or after 9999
        raise ValueError("out of range") from None


# By Attribute.compared_as.
CONVERSIONS: Final[Mapping[str, Callable[[Any], object]]] = {
    "plain": _plain,
    "text": _text,
    "boolean": _boolean,
    "whole": _whole,
    "number": _number,
    "moment": _moment,
}
_OF_SQL_TYPES: Final[Mapping[str, Callable[[Any], object]]] = {
    "boolean": _boolean,
    "integer": whole,
    "bigint": whole,
    "numeric": lambda value: Decimal(str(value)),
    "text": str,
}
