"""Tax ids: VAT identification numbers of the EU (Directive 2006/112/EC, article 215), and others as they are.

Only the form of a VAT identification number is checked, its check digits included: whether it is registered,
and whose it is, VIES says. Numbers of other kinds and countries have no form that is known here.
"""

import re
from typing import Final

# Countries of the VAT area. Northern Ireland (XI) is in it for goods alone, which nobody sells here.
_EU: Final = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
EU: Final = frozenset(_EU.split(" "))
LONGEST: Final = 30
_SEPARATORS: Final = re.compile(r"[\s./_-]+")
_PLAIN: Final = re.compile(r"[A-Z0-9*+]{2,30}")
_PREFIXES: Final = {"EL": "GR", **{code: code for code in EU if code != "GR"}}


def stored_form(tax_id: str) -> str:
    """The number in upper case, without spaces and separators. Total and idempotent."""
    return _SEPARATORS.sub("", tax_id).upper()


def mistake_in(tax_id: str) -> str | None:
    """What is wrong with a tax id in its normal form, whatever its country; or None."""
    return None if _PLAIN.fullmatch(tax_id) else "A tax id has 2 to 30 letters and digits."


def country_of(tax_id: str) -> str | None:
    """The EU country whose VAT identification number this is, by its form; None where it is none."""
    country = _PREFIXES.get(tax_id[:2])
    if country is None:
        return None
    from stdnum.eu import vat  # lazy: 30 modules, and few orders have a tax id

    return country if vat.is_valid(tax_id) else None


def mistake_for(tax_id: str, country: str | None) -> str | None:
    """What is wrong with the tax id of somebody in this country (ISO 3166, or unknown); or None.

    What begins like a VAT identification number has to be one, unless the country is outside of the EU.
    """
    claimed = _PREFIXES.get(tax_id[:2])
    if claimed is None or (country is not None and country not in EU) or country_of(tax_id) is not None:
        return None
    return f"This is no VAT identification number of {claimed}: its length or its check digits are wrong."
