"""Amounts at PayPal's border: decimal texts in one of its currencies, a few of which have no decimals there.

Source: developer.paypal.com/api/rest/reference/currency-codes.
"""

from decimal import Decimal, InvalidOperation
from typing import Final

from chalicelib.http_client import BadAnswer
from chalicelib.resources.orders.payment.provider import Refused
from chalicelib.values.currencies import USUAL_DIGITS, digits_of
from chalicelib.values.money import from_minor, to_minor

_WHOLE: Final = {"HUF", "JPY", "TWD"}
CURRENCIES: Final = frozenset(
    [
        "AUD",
        "BRL",
        "CAD",
        "CHF",
        "CNY",
        "CZK",
        "DKK",
        "EUR",
        "GBP",
        "HKD",
        "HUF",
        "ILS",
        "JPY",
        "MXN",
        "MYR",
        "NOK",
        "NZD",
        "PHP",
        "PLN",
        "SEK",
        "SGD",
        "THB",
        "TWD",
        "USD",
    ]
)


def mistake_in(minor: int, currency: str) -> str | None:
    """Why PayPal cannot take an amount in minor units, or None."""
    if currency not in CURRENCIES:
        return f"PayPal takes no payments in {currency}."
    if currency in _WHOLE and minor % 10 ** digits_of(currency):
        return f"PayPal takes whole amounts in {currency}."
    return None


def to_paypal(minor: int, currency: str) -> dict[str, str]:
    """The amount as PayPal takes it. Raises Refused for one that it cannot take."""
    mistake = mistake_in(minor, currency)
    if mistake is not None:
        raise Refused("amount", mistake)
    digits = 0 if currency in _WHOLE else USUAL_DIGITS
    return {"currency_code": currency, "value": f"{from_minor(minor, currency):.{digits}f}"}


def from_paypal(amount: object) -> tuple[int, str]:
    """Minor units and currency of an amount. Raises BadAnswer for something else."""
    told = amount if isinstance(amount, dict) else {}
    currency, value = told.get("currency_code"), told.get("value")
    if not isinstance(currency, str) or not isinstance(value, str) or len(value) > 32:
        raise BadAnswer("an amount without value and currency")
    try:
        return to_minor(Decimal(value), currency), currency
    except (InvalidOperation, ValueError, OverflowError):
        raise BadAnswer("an amount that is none") from None
