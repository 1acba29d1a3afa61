"""Cells of lists as texts: amounts, moments in a time zone, and texts that are no formulas."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from chalicelib.exports.columns import Kind
from chalicelib.jsonapi.model.plain_text import plain_text
from chalicelib.values.currencies import digits_of, with_decimals
from chalicelib.values.zones import local

# A cell that begins so is a formula for spreadsheets (OWASP: CSV injection).
_FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_KEPT: Final = 1024  # values of a column, as many rows have the same
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
Convert = Callable[[Any], str]


def defused(text: str) -> str:
    """The text as a cell of CSV: with an apostrophe in front where a spreadsheet would see a formula."""
    return f"'{text}" if text.startswith(_FORMULAS) else text


def moment(seconds: int, where: tzinfo) -> datetime:
    """The moment so many seconds after 1970, in the zone."""
    return local(_EPOCH + timedelta(seconds=seconds), where)


def amount(value: list[Any]) -> str:
    """[amount, currency] with the decimals of the currency; nothing is 0."""
    exact = Decimal(value[0])
    if not exact:
        return "0"
    # Never rounded away: an amount that has more decimals than its currency keeps them.
    return with_decimals(exact, value[1]) if _fits(exact, value[1]) else f"{exact:f}"


def plain(markup: str) -> str:
    """The text without tags."""
    return plain_text(markup) if "<" in markup or "&" in markup else markup


def converters(where: tzinfo) -> dict[Kind, Convert]:
    """How a value of each kind is written in CSV. None is an empty cell, whatever its kind."""
    sums = lru_cache(_KEPT)(lambda exact, currency: amount([exact, currency]))
    return {
        Kind.TEXT: defused,
        Kind.NUMBER: str,
        Kind.MONEY: lambda value: sums(*value),
        Kind.MOMENT: lru_cache(_KEPT)(lambda seconds: f"{moment(seconds, where):%Y-%m-%d %H:%M:%S}"),
        Kind.LONG_MOMENT: lru_cache(_KEPT)(lambda seconds: f"{moment(seconds, where):%B %-d, %Y %H:%M %z}"),
        Kind.MARKUP: lambda markup: defused(plain(markup)),
    }


def _fits(exact: Decimal, currency: str | None) -> bool:
    digits = digits_of(currency)
    return exact == round(exact, digits)
