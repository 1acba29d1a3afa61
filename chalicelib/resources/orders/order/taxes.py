"""Reverse charge: a business of another EU country accounts for the VAT itself, and pays the net amount.

Decided when the buyer says who they are, and as often as they say otherwise, until the order is paid.
Source: Directive 2006/112/EC, articles 44 and 196. For admission to events that take place somewhere, article
53 makes VAT due there: so an event's team says whether it applies at all.
"""

from decimal import Decimal
from types import SimpleNamespace
from typing import Any, Final

from chalicelib import db
from chalicelib.jsonapi.ground.errors import invalid
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.resources.orders.basket.amounts_json import tax_as_json
from chalicelib.resources.orders.basket.basket import Basket
from chalicelib.resources.orders.order.states import HELD
from chalicelib.resources.orders.payment.ledger import demand_unpaid
from chalicelib.values import countries, tax_ids

_TAX_ID: Final = "/data/attributes/tax-id"
_SELLER: Final = """
SELECT coalesce(tax.country, event.payment_country) FROM taxes tax
JOIN events event ON event.id = tax.event_id AND event.is_tax_enabled
WHERE tax.event_id = $1 AND tax.deleted_at IS NULL AND tax.is_reverse_charge_enabled
"""


def know_the_tax_id(_context: Context, change: Change) -> None:
    """Hook: what looks like a VAT identification number is one by its form."""
    row = change.row
    if not row.tax_id or not {"tax_id", "country"} & change.before.keys():
        return
    mistake = tax_ids.mistake_for(row.tax_id, _country(row))
    if mistake is not None:
        raise invalid(mistake, _TAX_ID)


def charge_tax_by_who_buys(context: Context, change: Change) -> None:
    """Hook: take the tax off the amount of an order where the buyer accounts for it, or put it on again.

    Raises Problem 409 while the order is being paid.
    """
    row = change.row
    told = {"tax_id", "country"} & change.before.keys()
    if not told or row.tax is None or change.before.get("status", row.status) not in HELD:
        return
    reverse = _is_reverse(context, row)
    if reverse == bool(row.tax.get("reverse_charge")):
        return
    demand_unpaid(context.session, row.id, f"/data/attributes/{min(told).replace('_', '-')}")
    if reverse:
        waived = row.tax["amount"]
        row.tax = {**row.tax, "reverse_charge": True, "amount": 0.0, "waived": waived}
        row.amount -= Decimal(str(waived))
    else:
        rest = {name: value for name, value in row.tax.items() if name not in {"reverse_charge", "waived"}}
        row.amount += Decimal(str(row.tax["waived"]))
        row.tax = {**rest, "amount": row.tax["waived"]}


def of_basket(context: Context, order: Any, basket: Basket) -> tuple[Decimal, dict[str, Any] | None]:
    """What a basket costs the buyer of another order, and its tax, less what they account for themselves."""
    amount, tax = basket.amounts.total, tax_as_json(basket.amounts)
    buyer = SimpleNamespace(tax_id=order.tax_id, country=order.country, event_id=basket.sale.event_id)
    if tax is None or not _is_reverse(context, buyer):
        return amount, tax
    reverse = {**tax, "reverse_charge": True, "amount": 0.0, "waived": tax["amount"]}
    return amount - Decimal(str(tax["amount"])), reverse


def _is_reverse(context: Context, row: Any) -> bool:
    buyer = _country(row)
    if not row.tax_id or buyer not in tax_ids.EU or tax_ids.country_of(row.tax_id) != buyer:
        return False
    rows = db.fetch(context.session, _SELLER, [row.event_id], flush=False)
    return bool(rows) and rows[0][0] in tax_ids.EU and rows[0][0] != buyer


def _country(row: Any) -> str | None:
    """The code of the buyer's country, which clients send as a code or a name; None for neither."""
    code = countries.stored_form(row.country or "")
    return code if code in countries.CODES else None
