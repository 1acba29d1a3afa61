"""Currencies: ISO 4217 codes for payments, and the number of decimals of their amounts."""

from decimal import Decimal
from typing import Final

# Currencies with no decimals, and with three; all others have two. Source: ISO 4217, table A.1.
# Without metals, units of account and funds.
_WHOLE: Final = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_THOUSANDTHS: Final = "BHD IQD JOD KWD LYD OMR TND"
_HUNDREDTHS: Final = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP
    CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS
    INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN
    MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE
    SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR
    ZMW ZWG
"""
MOST_DIGITS: Final = 3
USUAL_DIGITS: Final = 2
DIGITS: Final = dict(
    sorted(
        (code, digits)
        for codes, digits in ((_WHOLE, 0), (_HUNDREDTHS, USUAL_DIGITS), (_THOUSANDTHS, MOST_DIGITS))
        for code in codes.split()
    )
)


def stored_form(currency: str) -> str:
    """The code in upper case; anything else is returned unchanged. Total and idempotent."""
    code = currency.strip().upper()
    return code if code in DIGITS else currency


def digits_of(currency: str | None) -> int:
    """The number of decimals of an amount; two if the currency is unknown."""
    return DIGITS.get(currency or "", USUAL_DIGITS)


def with_decimals(amount: Decimal, currency: str) -> str:
    """The amount with the decimals of its currency, such as "12.50"."""
    return f"{amount:.{digits_of(currency)}f}"


def fits(amount: Decimal, digits: int) -> bool:
    """Whether the amount has at most so many decimals. Its absolute value is 10 ** 12 at most."""
    return amount.quantize(Decimal(1).scaleb(-digits)) == amount


def mistake_in_amount(amount: Decimal, currency: str | None) -> str | None:
    """What is wrong with an amount in this currency (in units, not cents), or None."""
    digits = digits_of(currency)
    if fits(amount, digits):
        return None
    count = {0: "no digits", 2: "two digits", 3: "three digits"}[digits]
    what = f"An amount in {currency}" if currency in DIGITS else "An amount"
    return f"{what} has {count} after the point{' at most' if digits else ''}."
