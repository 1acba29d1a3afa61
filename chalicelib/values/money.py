"""Money in minor units: integers of the smallest unit of a currency (ISO 4217), as payments are stored.

The only place that converts: 12.50 EUR is 1250, 500 JPY is 500, 1.250 KWD is 1250.
"""

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from chalicelib.values.currencies import DIGITS, USUAL_DIGITS, digits_of


def to_minor(amount: Decimal, currency: str) -> int:
    """The amount in minor units. Raises ValueError for one that has more decimals than its currency."""
    scaled = amount.scaleb(digits_of(currency))
    whole = int(scaled)
    if whole != scaled:
        raise ValueError(f"an amount in {currency} has {digits_of(currency)} decimals at most")
    return whole


def from_minor(minor: int, currency: str) -> Decimal:
    """The amount in units of the currency, with its decimals."""
    return Decimal(minor).scaleb(-digits_of(currency))


def rounded(amount: Decimal, currency: str | None) -> Decimal:
    """The amount with the decimals of its currency, rounded half to even."""
    return amount.quantize(Decimal(1).scaleb(-digits_of(currency)))


def share_of(minor: int, percent: Decimal) -> int:
    """So many percent of an amount in minor units, rounded half up."""
    return int((minor * percent / 100).quantize(Decimal(1), ROUND_HALF_UP))


# SQL: the end of a CASE whose operand is a currency: its smallest unit, as a number with its decimals.
SMALLEST_UNIT: Final = (
    " ".join(
        f"WHEN '{code}' THEN {Decimal(1).scaleb(-digits)}"
        for code, digits in DIGITS.items()
        if digits != USUAL_DIGITS
    )
    + f" ELSE {Decimal(1).scaleb(-USUAL_DIGITS)} END"
)
