"""Cells of tables as the values that a client would send. A mistake is a ValueError with a sentence."""

from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

from chalicelib.values.messages import languages, translated

Read = Callable[[str, tzinfo], Any]

_YES: Final = frozenset({"yes", "true", "1", "x", "y"})
_NO: Final = frozenset({"no", "false", "0", "n"})
_FORMS: Final = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d")
_LONGEST: Final = 60  # characters of a number or a time


def text(cell: str, _where: tzinfo) -> str:
    """The text as it is, without blanks around it."""
    return cell.strip()


def yes_or_no(cell: str, _where: tzinfo) -> bool:
    """Yes or No in a language of exports, and what else means that."""
    word = cell.strip().casefold()
    if word in _YES | _in_all_languages("Yes"):
        return True
    if word in _NO | _in_all_languages("No"):
        return False
    raise ValueError("Yes or No, please.")


def ticked(cell: str, where: tzinfo) -> bool | str:
    """The answer to a box: whether it is ticked, or what is written instead."""
    try:
        return yes_or_no(cell, where)
    except ValueError:
        return text(cell, where)


def number(cell: str, _where: tzinfo) -> int | float:
    """A number with a point before its decimals."""
    written = cell.strip()
    try:
        exact = Decimal(written)
    except InvalidOperation:
        raise ValueError("A number such as 12.50, please.") from None
    if len(written) > _LONGEST or not exact.is_finite() or abs(exact.adjusted()) > 30:
        raise ValueError("A number such as 12.50, please.")
    return int(exact) if exact == exact.to_integral_value() else float(exact)


def moment(cell: str, where: tzinfo) -> str:
    """A time in ISO 8601; without an offset it is one in the zone of the event."""
    written = cell.strip()
    if len(written) <= _LONGEST:
        for form in _FORMS:
            try:
                return datetime.strptime(written, form).replace(tzinfo=where).isoformat()
            except ValueError:
                continue
        try:
            exact = datetime.fromisoformat(written)
            return (exact if exact.tzinfo else exact.replace(tzinfo=where)).isoformat()
        except (ValueError, OverflowError):
            pass
    raise ValueError("A time such as 2031-05-03 09:00, please.")


BY_TYPE: Final[Mapping[str, Read]] = MappingProxyType(
    {
        "text": text,
        "boolean": yes_or_no,
        "integer": number,
        "bigint": number,
        "numeric": number,
        "double precision": number,
        "float": number,
        "timestamp with time zone": moment,
    }
)


@lru_cache(maxsize=2)
def _in_all_languages(word: str) -> frozenset[str]:
    return frozenset(translated(word, language).casefold() for language in languages())
