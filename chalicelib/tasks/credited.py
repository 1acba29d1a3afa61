"""What a credit note says: the lines that were refunded as they were sold, and their part of the tax.

It is noted when the credit note is issued, and says what the invoice said of seller and buyer.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from sqlalchemy.orm import Session

from chalicelib import db
from chalicelib.paper_store import CREDIT_NOTES
from chalicelib.papers.electronic_invoice import IssuedInvoice
from chalicelib.papers.invoice import Sheet, party
from chalicelib.resources.orders.credit_note import CreditNote
from chalicelib.resources.orders.payment.invoice import Invoice
from chalicelib.tasks.credited_tax import Credit, credited_tax
from chalicelib.tasks.issued_invoices import lines_of, notes_of, percent_text, sums_of, told_by
from chalicelib.values.currencies import with_decimals
from chalicelib.values.zones import zone

# The tickets of these attendees, as they were sold.
_LINES: Final = """
SELECT coalesce(line.name, ticket.name), count(*)::int, coalesce(line.price, ticket.price, 0), line.tax_rate
FROM attendees person
JOIN tickets ticket ON ticket.id = person.ticket_id
LEFT JOIN orders_tickets line ON line.order_id = person.order_id AND line.ticket_id = ticket.id
WHERE person.id = ANY ($1::bigint[]) AND person.order_id = $2
GROUP BY ticket.id, line.name, line.price, line.tax_rate ORDER BY ticket.position, ticket.id
"""
_REDUCTION: Final = "Reduction of the price"


def content_of(session: Session, credit: Credit) -> dict[str, Any]:
    """What the credit note says, in values of JSON."""
    said, total = credit.invoice.content, credit.total
    lines = said["lines"] if credit.is_whole else _lines(session, credit)
    tax = credited_tax(said, credit)
    taxed, waived = Decimal(0), Decimal(0)
    if tax and tax.get("reverse_charge"):
        waived = Decimal(tax["amount"])
    elif tax:
        taxed = Decimal(tax["amount"])
    items = total + waived if not tax or tax["included"] else total - taxed

    def text(amount: Decimal) -> str:
        return with_decimals(amount, said["currency"])

    if not lines:
        lines = [_reduction(text(amount), percent) for amount, percent in _reduced(tax, items)]
    gross = sum((Decimal(line["amount"]) for line in lines), Decimal(0))
    return {
        **said,
        "corrects": {"number": credit.invoice.number, "issued": credit.invoice.issued_at.isoformat()},
        "reason": credit.reason,
        "lines": lines,
        "gross": text(gross),
        "adjustment": text(items - gross),
        "net": text(total - taxed),
        "tax": tax,
        "total": text(total),
    }


def _lines(session: Session, credit: Credit) -> list[dict[str, Any]]:
    said = credit.invoice.content
    rows = db.fetch(session, _LINES, [[*credit.attendee_ids], credit.invoice.order_id])
    return [
        {
            "name": name,
            "quantity": count,
            "price": with_decimals(price, said["currency"]),
            "amount": with_decimals(price * count, said["currency"]),
            **({"percent": percent_text(rate)} if said["tax"] and rate is not None else {}),
        }
        for name, count, price, rate in rows
    ]


def _reduced(tax: Mapping[str, Any] | None, items: Decimal) -> Iterator[tuple[Decimal, str | None]]:
    """What is credited for no ticket in particular, at each rate."""
    if not tax or not tax.get("rates") or tax.get("reverse_charge"):
        yield items, None
        return
    for rate in tax["rates"]:
        net = Decimal(rate["net"])
        yield net + Decimal(rate["amount"]) if tax["included"] else net, rate["percent"]


def _reduction(amount: str, percent: str | None) -> dict[str, Any]:
    line = {"name": _REDUCTION, "quantity": 1, "price": amount, "amount": amount}
    return line if percent is None else {**line, "percent": percent}


def key_of(note_id: int) -> str:
    """Where a credit note is stored."""
    return f"{CREDIT_NOTES}{note_id}.pdf"


def sheet_of(note: CreditNote, invoice: Invoice) -> Sheet:
    """What is printed of a credit note."""
    said = note.content
    issued, corrected = (
        moment.astimezone(zone(said["timezone"])) for moment in (note.issued_at, invoice.issued_at)
    )
    return Sheet(
        title="TEST credit note" if said.get("is_test") else "Credit note",
        number=note.number,
        seller=party(said["seller"]),
        buyer=party(said["buyer"]),
        facts=(
            ("Date", f"{issued:%-d %B %Y}"),
            ("Corrects invoice", f"{invoice.number} of {corrected:%-d %B %Y}"),
            ("Order", said["order"]),
            ("Reference", said["reference"]),
            ("Event", said["event"]),
            ("Date of supply", said["when"]),
            ("Reason", said["reason"]),
        ),
        lines=lines_of(said),
        sums=[*sums_of(said), (f"Credited {said['currency']}".strip(), said["total"])],
        notes=notes_of(said),
    )


def told_by_note(note: CreditNote, invoice: Invoice) -> IssuedInvoice:
    """What its electronic credit note says."""
    issued = note.issued_at.astimezone(zone(note.content["timezone"]))
    corrected = told_by(invoice)
    return IssuedInvoice(note.number, issued.date(), note.content, (corrected.number, corrected.issued))
