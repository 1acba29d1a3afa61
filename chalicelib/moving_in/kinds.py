"""Conversion of single values, by the kind of our column. ValueError for what it cannot hold, without it."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Float, Integer, Numeric
from sqlalchemy.dialects.postgresql import JSONB

from chalicelib.jsonapi.model.fields import fields
from chalicelib.resources.attributes import Money
from chalicelib.resources.programme.form_values import FormValues
from chalicelib.values import currencies, money

Row = dict[str, Any]
_MOMENT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:.]+([+-][0-9:]+|Z)?)?")
_NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_NOISE: Final = 6  # decimals that a float has for certain
_PRECISE: Final = Decimal(1).scaleb(-_NOISE)
_LARGEST: Final = {BigInteger: 2**63 - 1, Integer: 2**31 - 1}  # the more special one first


@dataclass(frozen=True, slots=True)
class Target:
    """One of our columns, and how it is filled: from the column `old`, or by `read`. `refers` is the table
    that a reference leads to.
    """

    column: Column[Any]
    old: str | None
    read: Callable[[Mapping[str, Any]], Any]
    kind: Callable[[Any, "Target", Row], Any]
    form: Callable[[Any], Any] | None
    refers: str | None
    field: Any


def is_moment(value: Any) -> bool:
    """Whether this is a timestamp that PostgreSQL has written, and which clients can read."""
    return isinstance(value, str) and _MOMENT.fullmatch(value) is not None


def kind_of(column: Column[Any], attribute: Any, refers: str | None) -> Callable[[Any, Target, Row], Any]:
    """How values for a column with this field are converted; `refers` is the table that it refers to."""
    if refers is not None:
        return _as_it_is
    if isinstance(column.type, JSONB):
        return _object
    if isinstance(column.type, Boolean):
        return _boolean
    if isinstance(column.type, Numeric | Float):
        return _money if isinstance(attribute, Money) else _number
    if isinstance(column.type, Integer):
        return _integer
    if isinstance(column.type, DateTime | Date):
        return _timestamp
    if isinstance(attribute, fields.Url):
        return media
    return _text


def _as_it_is(value: Any, _target: Target, _row: Row) -> Any:
    return value


def _text(value: Any, _target: Target, _row: Row) -> str:
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return value if isinstance(value, str) else str(value)


def media(value: Any, target: Target, row: Row) -> str | None:
    """A URL, which may be that of a file; null for an empty one."""
    return _text(value, target, row).strip() or None if target.column.nullable else _text(value, target, row)


def _boolean(value: Any, _target: Target, _row: Row) -> bool:
    if isinstance(value, bool):
        return value
    text = str(value).lower()
    if text not in {"true", "t", "1", "yes", "false", "f", "0", "no", ""}:
        raise ValueError("it is neither true nor false")
    return text in {"true", "t", "1", "yes"}


def _integer(value: Any, target: Target, _row: Row) -> int:
    if not isinstance(value, int | float | str) or not _NUMBER.fullmatch(str(value)):
        raise ValueError("it is no number")
    number = int(Decimal(str(value)).to_integral_value())
    if abs(number) > next(most for kind, most in _LARGEST.items() if isinstance(target.column.type, kind)):
        raise ValueError("the number is too large")
    return number


def _number(value: Any, target: Target, _row: Row) -> Any:
    if not _NUMBER.fullmatch(str(value)):
        raise ValueError("it is no number")
    exact = Decimal(str(value))
    if target.column.type.python_type is float:
        return float(exact)
    return str(exact.quantize(_PRECISE).normalize() + 0) if abs(exact) < 10**15 else str(exact)


def _money(value: Any, target: Target, row: Row) -> str:
    """The amount with the decimals of its currency. A number of binary noise is rounded silently."""
    exact = Decimal(_number(value, target, row))
    event = row.get("_event") or {}
    currency = currencies.stored_form(str(event.get("payment_currency") or ""))
    return str(money.rounded(exact, currency) if abs(exact) < 10**15 else exact)


def _timestamp(value: Any, _target: Target, _row: Row) -> str:
    if not is_moment(value):
        raise ValueError("it is no moment between the years 1 and 9999")
    return str(value)


def _object(value: Any, target: Target, _row: Row) -> Any:
    """A JSON value; an object or a list, where that is what the attribute is."""
    wanted: Any = object
    if isinstance(target.field, fields.List):
        wanted = list
    elif isinstance(target.field, FormValues):
        wanted = dict
    elif target.field is not None:
        wanted = (dict, list)  # which are the same to the old server
    if isinstance(value, str) and wanted is not object:
        try:
            value = json.loads(value)  # written twice by some clients
        except ValueError:
            raise ValueError("it is a text, where an object is expected") from None
    if value is None:
        return None
    if not isinstance(value, wanted):
        raise ValueError(f"it is no {'list' if wanted is list else 'object'}")
    return value
