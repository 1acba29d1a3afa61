"""What a credit note says: the lines that were refunded as they were sold, and their part of the tax.

It is noted when the credit note is issued, and says what the invoice said of seller and buyer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from sqlalchemy.orm import Session

from chalicelib import db
from chalicelib.paper_store import CREDIT_NOTES
from chalicelib.papers.electronic_invoice import IssuedInvoice
from chalicelib.papers.invoice import Line, Sheet, party
from chalicelib.resources.orders.credit_note import CreditNote
from chalicelib.resources.orders.payment.invoice import Invoice
from chalicelib.tasks.issued_invoices import sums_of, told_by
from chalicelib.values.currencies import with_decimals
from chalicelib.values.zones import zone

# The tickets of these attendees, as they were sold.
_LINES: Final = """
SELECT coalesce(line.name, ticket.name), count(*)::int, coalesce(line.price, ticket.price, 0)
FROM attendees person
JOIN tickets ticket ON ticket.id = person.ticket_id
LEFT JOIN orders_tickets line ON line.order_id = person.order_id AND line.ticket_id = ticket.id
WHERE person.id = ANY ($1::bigint[]) AND person.order_id = $2
GROUP BY ticket.id, line.name, line.price ORDER BY ticket.position, ticket.id
"""
_REDUCTION: Final = "Reduction of the price"


@dataclass(frozen=True, slots=True)
class Credit:
    """What is credited: so much of an invoice, of which so much was credited before, for these attendees."""

    invoice: Invoice
    total: Decimal
    before: Decimal
    tax_before: Decimal
    attendee_ids: Sequence[int] = ()
    reason: str = ""


def content_of(session: Session, credit: Credit) -> dict[str, Any]:
    """What the credit note says, in values of JSON."""
    said, total = credit.invoice.content, credit.total
    invoiced, tax = Decimal(said["total"]), said["tax"]
    is_last = credit.before + total == invoiced
    whole = is_last and not credit.before
    lines = said["lines"] if whole else _lines(session, credit)
    taxed = Decimal(0)
    if tax:
        all_tax = Decimal(tax["amount"])
        part = Decimal(with_decimals(all_tax * total / invoiced, said["currency"]))
        # The last one takes what is left, so that taxes add up too.
        taxed = all_tax - credit.tax_before if is_last else part
    items = total if not tax or tax["included"] else total - taxed

    def text(amount: Decimal) -> str:
        return with_decimals(amount, said["currency"])

    if not lines:
        lines = [{"name": _REDUCTION, "quantity": 1, "price": text(items), "amount": text(items)}]
    gross = sum((Decimal(line["amount"]) for line in lines), Decimal(0))
    return {
        **said,
        "corrects": {"number": credit.invoice.number, "issued": credit.invoice.issued_at.isoformat()},
        "reason": credit.reason,
        "lines": lines,
        "gross": text(gross),
        "adjustment": text(items - gross),
        "net": text(total - taxed),
        "tax": {**tax, "amount": text(taxed)} if tax else None,
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
        }
        for name, count, price in rows
    ]


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
        title="Credit note",
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
        lines=[
            Line(line["name"], str(line["quantity"]), line["price"], line["amount"]) for line in said["lines"]
        ],
        sums=[*sums_of(said), (f"Credited {said['currency']}".strip(), said["total"])],
        notes=said["footer"],
    )


def told_by_note(note: CreditNote, invoice: Invoice) -> IssuedInvoice:
    """What its electronic credit note says."""
    issued = note.issued_at.astimezone(zone(note.content["timezone"]))
    corrected = told_by(invoice)
    return IssuedInvoice(note.number, issued.date(), note.content, (corrected.number, corrected.issued))
