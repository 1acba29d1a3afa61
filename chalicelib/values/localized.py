"""Locale-aware formatting (CLDR, by Babel): amounts, days and zones as the reader of a text writes them.

English is written as it always was, without Babel: most texts need none of it, and it is in the layer of
papers alone, which the tasks' function has.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from chalicelib.values.currencies import digits_of, with_decimals
from chalicelib.values.messages import ORIGINAL

RIGHT_TO_LEFT: Final = frozenset({"ar", "fa", "he", "ur"})
# In English as strftime has it, and what CLDR calls the same (a skeleton or a pattern).
_MOMENT: Final = ("%A, %d %B %Y, %H:%M", "full")
_DATE: Final = ("%d %B %Y", "long")
_DAY: Final = ("%-d %B %Y", "long")
_MONTH: Final = ("%B %Y", "yMMMM")


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount of money. False where it is nothing; as a text it is English: 12.50 EUR."""

    value: Decimal
    currency: str

    def __bool__(self) -> bool:
        return self.value != 0

    def __str__(self) -> str:
        return f"{with_decimals(self.value, self.currency)} {self.currency}".strip()


def amount(money: Amount, language: str) -> str:
    """The amount with its currency's code and decimals: 1.234,50 EUR in German."""
    if language == ORIGINAL:
        return str(money)
    from babel.numbers import format_decimal  # lazy: 40 ms, and other languages than English alone need it

    digits = digits_of(money.currency)
    pattern = f"#,##0.{'0' * digits}" if digits else "#,##0"
    return f"{format_decimal(money.value, format=pattern, locale=language)} {money.currency}".strip()


def number(value: Decimal, language: str) -> str:
    """The number with the decimals that it has."""
    if language == ORIGINAL:
        return f"{value}"
    from babel.numbers import format_decimal  # lazy: see above

    return format_decimal(value, locale=language, decimal_quantization=False)


def moment(when: datetime, language: str) -> str:
    """Day of the week, day and time, in the zone that it has."""
    if language == ORIGINAL:
        return when.strftime(_MOMENT[0])
    return f"{_day(when, _MOMENT[1], language)}, {clock(when, language)}"


def clock(when: datetime, _language: str) -> str:
    """The time of a day, in the zone that it has: 19:30, in every language."""
    return when.strftime("%H:%M")


def long_date(when: date, language: str) -> str:
    """A day with its month in words, in English with two digits: 02 May 2031."""
    return when.strftime(_DATE[0]) if language == ORIGINAL else _day(when, _DATE[1], language)


def day(when: date, language: str) -> str:
    """A day with its month in words: 2 May 2031."""
    return when.strftime(_DAY[0]) if language == ORIGINAL else _day(when, _DAY[1], language)


def month(when: date, language: str) -> str:
    """A month and its year: May 2031."""
    if language == ORIGINAL:
        return when.strftime(_MONTH[0])
    from babel.dates import format_skeleton  # lazy: see above

    return format_skeleton(_MONTH[1], when, locale=language)


def zone_name(when: datetime, name: str, language: str) -> str:
    """What the zone of a moment is called; in English its IANA `name`."""
    if language == ORIGINAL:
        return name
    from babel.dates import get_timezone_name  # lazy: see above

    return get_timezone_name(when, locale=language)


def direction(language: str) -> str:
    """The direction of writing, as HTML's `dir` has it."""
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"


def _day(when: date, style: str, language: str) -> str:
    from babel.dates import format_date  # lazy: see above

    return format_date(when, style, locale=language)
