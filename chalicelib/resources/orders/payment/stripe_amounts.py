"""Amounts at Stripe's border: minor units of ISO 4217, except for the currencies where Stripe differs.

ISK and UGX are sent with two decimals that are zero, MGA without any, and the last digit of currencies with
three decimals must be zero. Source: docs.stripe.com/currencies.
"""

from typing import Final

from chalicelib.http_client import BadAnswer
from chalicelib.resources.orders.payment.provider import Refused
from chalicelib.values.currencies import MOST_DIGITS, digits_of

_WITH_TWO_ZEROS: Final = {"ISK", "UGX"}
_WHOLE: Final = {"MGA"}


def to_stripe(minor: int, currency: str) -> int:
    """The amount as Stripe takes it. Raises Refused for one that it cannot take."""
    if currency in _WITH_TWO_ZEROS:
        return minor * 100
    if currency in _WHOLE:
        if minor % 100:
            raise Refused("amount", f"Stripe takes whole amounts in {currency}.")
        return minor // 100
    if digits_of(currency) == MOST_DIGITS and minor % 10:
        raise Refused("amount", f"Stripe takes amounts in {currency} whose third decimal is 0.")
    return minor


def from_stripe(amount: int, currency: str) -> int:
    """The amount in minor units. Raises BadAnswer for one that is none."""
    if currency in _WITH_TWO_ZEROS:
        if amount % 100:
            raise BadAnswer(f"an amount in {currency} with decimals")
        return amount // 100
    return amount * 100 if currency in _WHOLE else amount
