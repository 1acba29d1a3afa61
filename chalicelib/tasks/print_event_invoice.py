"""Draws what the platform bills an event's owner, as it is stored by now."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy.orm import Session

from chalicelib import db, paper_store
from chalicelib.jsonapi.model.plain_text import plain_lines
from chalicelib.paper_store import EVENT_INVOICES, Paper, fingerprint
from chalicelib.papers.invoice import Line, Sheet, drawn, party
from chalicelib.tasks.registry import task
from chalicelib.values.currencies import with_decimals

NAME: Final = "print_event_invoice"
_LAYOUT: Final = 2  # increase it when the sheet looks different
# SQL about a row `event_invoice`: what is printed of it.
TOLD: Final = """(SELECT json_build_object(
  'id', event_invoice.id, 'number', event_invoice.identifier, 'amount', event_invoice.amount::text,
  'issued', event_invoice.issued_at, 'due', event_invoice.issued_at + interval '30 days',
  'event', billed_for.name, 'details', event_invoice.details,
  'currency', coalesce(event_invoice.details->>'currency', billed_for.payment_currency),
  'buyer', json_build_object(
    'company', billed.company, 'name', coalesce(billed.billing_contact_name,
      nullif(concat_ws(' ', billed.first_name, billed.last_name), '')), 'address', billed.billing_address,
    'town', concat_ws(' ', billed.billing_zip_code, billed.billing_city), 'state', billed.billing_state,
    'country', billed.billing_country, 'phone', billed.billing_phone, 'email', billed.email,
    'tax_id', billed.billing_tax_info),
  'seller', (SELECT json_build_object(
    'company', ours.admin_company, 'name', ours.admin_billing_contact_name,
    'address', ours.admin_billing_address,
    'town', concat_ws(' ', ours.admin_billing_zip, ours.admin_billing_city),
    'state', ours.admin_billing_state, 'country', ours.admin_billing_country,
    'phone', ours.admin_billing_phone, 'email', ours.admin_billing_email,
    'tax_id', ours.admin_billing_tax_info, 'note', ours.admin_billing_additional_info)
    FROM settings ours ORDER BY ours.id LIMIT 1))
  FROM events billed_for LEFT JOIN users billed ON billed.id = event_invoice.user_id
  WHERE billed_for.id = event_invoice.event_id)"""


def paper_of(told: Mapping[str, Any]) -> Paper:
    """The document, and the task that makes it."""
    file_name = f"invoice-{told['number']}.pdf"
    return Paper(_key(told), file_name, NAME, {"event_invoice_id": told["id"]})


@task(NAME)
def print_event_invoice(session: Session, event_invoice_id: int) -> None:
    """Draw and store the invoice. Nothing if it is gone."""
    asked = f"SELECT {TOLD} FROM event_invoices event_invoice WHERE event_invoice.id = $1"  # noqa: S608 - no user input
    rows = db.fetch(session, asked, [event_invoice_id])
    if rows:
        paper_store.store(_key(rows[0][0]), drawn(_sheet(rows[0][0])).content())


def _sheet(told: Mapping[str, Any]) -> Sheet:
    seller, currency = told["seller"] or {}, told["currency"] or ""
    amount = with_decimals(Decimal(told["amount"] or 0), currency)
    return Sheet(
        title="Invoice",
        number=told["number"],
        seller=party(seller),
        buyer=party(told["buyer"]),
        facts=(
            ("Date", _day(told["issued"])),
            ("Due", _day(told["due"])),
            ("Event", told["event"]),
        ),
        lines=[*_lines(told, amount)],
        sums=[(f"Total {currency}".strip(), amount)],
        notes=plain_lines(seller.get("note")),
    )


def _lines(told: Mapping[str, Any], amount: str) -> Iterator[Line]:
    """The fee and what it is of, and what providers have taken of it at each payment."""
    said = told["details"]
    if not said:
        yield Line(f"Service fee for tickets of {told['event']}", "1", amount, amount)
        return
    currency = told["currency"] or ""
    gross, fee, taken = (with_decimals(Decimal(said[name]), currency) for name in ("gross", "fee", "taken"))
    most = f", at most {said['maximum']}" if said["maximum"] else ""
    span = f"{_day(said['first'])} to {_day(said['last'])}"
    what = (
        f"Service fee for tickets of {told['event']}, {span}: {said['percent']} % of {gross} {currency}{most}"
    )
    yield Line(what, "1", fee, fee)
    if Decimal(said["taken"]):
        yield Line("Taken by the payment provider with each payment", "1", f"-{taken}", f"-{taken}")
    changed = Decimal(told["amount"] or 0) - Decimal(said["fee"]) + Decimal(said["taken"])
    if changed:  # by staff
        adjustment = with_decimals(changed, currency)
        yield Line("Adjustment", "1", adjustment, adjustment)


def _key(told: Mapping[str, Any]) -> str:
    return f"{EVENT_INVOICES}{told['id']}/{fingerprint([_LAYOUT, told])}.pdf"


def _day(moment: str | None) -> str:
    return f"{datetime.fromisoformat(moment):%-d %B %Y}" if moment else ""
