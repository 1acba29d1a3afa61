"""Issues the credit notes that an order's refunds, or its end, ask for; draws them, and has them mailed.

What is due follows from the sums alone, so the task may be repeated or late: in the end, what was invoiced
less what was credited is what was paid and has not gone back.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from chalicelib import clock, log, outbox, paper_store, signals
from chalicelib.papers import electronic_invoice
from chalicelib.papers.archived import Archived
from chalicelib.papers.invoice import drawn
from chalicelib.resources.orders import refund as refunds
from chalicelib.resources.orders.attendee.cancellation import TicketCancellation
from chalicelib.resources.orders.credit_note import CreditNote, issue
from chalicelib.resources.orders.order import states
from chalicelib.resources.orders.payment.invoice import Invoice, has_invoice
from chalicelib.resources.orders.payment.ledger import payments_of, remainder
from chalicelib.resources.orders.payment.settling import lock_order
from chalicelib.resources.orders.payment.shares import paid_at_rates
from chalicelib.resources.orders.refund import Refund
from chalicelib.tasks.credited import content_of, key_of, sheet_of, told_by_note
from chalicelib.tasks.credited_tax import Credit
from chalicelib.tasks.registry import task
from chalicelib.values.money import from_minor, to_minor
from chalicelib.values.zones import zone

NAME: Final = "issue_credit_notes"
PRINT: Final = "print_credit_note"
MAIL: Final = "send_refund_mail"
_REASONS: Final = {
    refunds.REQUESTED: "Refund",
    refunds.BY_RULE: "Refund by the refund rule of the event",
    refunds.AT_PROVIDER: "Refund",
    refunds.EVENT_CANCELLED: "The event was cancelled",
    refunds.EXCHANGED: "Exchanged for another ticket",
}


@dataclass(frozen=True, slots=True)
class _Due:
    """What is to be credited now, in minor units: for a refund, for an unpaid ticket that was cancelled, or
    for all that an ended order leaves unpaid.
    """

    amount: int
    refund: Refund | None = None
    cancelled: TicketCancellation | None = None


@task(NAME)
def issue_credit_notes(session: Session, order_id: int, refund_id: int | None = None) -> None:
    """Issue what is due for an order, once; then mail the refund that has caused it, if any."""
    order = lock_order(session, order_id)
    invoice = session.scalars(select(Invoice).where(Invoice.order_id == order_id)).one_or_none()
    if invoice is not None:
        for due in _due(session, invoice, has_ended=order.status in states.ENDED):
            note_id = _issue(session, invoice, due)
            outbox.add(session, PRINT, {"note_id": note_id}, key=f"{PRINT}-{note_id}")
    if refund_id is not None:
        outbox.add(session, MAIL, {"refund_id": refund_id}, key=f"{MAIL}-{refund_id}")


@task(PRINT)
def print_credit_note(session: Session, note_id: int) -> None:
    """Draw a credit note as it was issued, and store it, with the electronic one in it."""
    note = session.get(CreditNote, note_id)
    if note is not None:
        paper_store.store(key_of(note_id), pdf_of(session, note))


def pdf_of(session: Session, note: CreditNote) -> bytes:
    """The document. Raises LookupError where the fonts are not installed."""
    invoice = session.get_one(Invoice, note.invoice_id)
    document, told = drawn(sheet_of(note, invoice)), told_by_note(note, invoice)
    reason = electronic_invoice.obstacle(told)
    if reason:
        log.info("a credit note is for people alone", note_id=note.id, reason=reason)
        return document.content()
    return document.content(Archived(electronic_invoice.written(told), note.issued_at).add)


def _due(session: Session, invoice: Invoice, *, has_ended: bool) -> Iterator[_Due]:
    """What is to be credited: refunds that have no credit note yet, unpaid tickets that were cancelled, then
    what an ended order leaves unpaid.

    A refund that has failed is owed; the one that makes up for it is not credited again.
    """
    currency = invoice.content["currency"]
    made = session.scalars(
        select(Refund)
        .where(Refund.order_id == invoice.order_id, Refund.reason.in_(refunds.REDUCING))
        .order_by(Refund.id)
    ).all()
    notes = session.scalars(select(CreditNote).where(CreditNote.invoice_id == invoice.id)).all()
    credited = sum(note.amount_minor for note in notes)
    left = to_minor(Decimal(invoice.content["total"]), currency) - credited
    noted = {note.refund_id for note in notes}
    open_amount = sum(refund.amount_minor for refund in made if refund.state != refunds.FAILED) - sum(
        note.amount_minor for note in notes if note.refund_id is not None
    )
    for refund in made:
        amount = min(refund.amount_minor, open_amount, left)
        if refund.id not in noted and refund.state != refunds.FAILED and amount > 0:
            yield _Due(amount, refund)
            open_amount, left = open_amount - amount, left - amount
    waived = select(TicketCancellation).where(TicketCancellation.order_id == invoice.order_id)
    # Those before were credited in the same order.
    credited = sum(note.amount_minor for note in notes if note.refund_id is None)
    for cancelled in session.scalars(waived.order_by(TicketCancellation.id)):
        known = min(credited, cancelled.waived_minor)
        amount, credited = min(cancelled.waived_minor - known, left), credited - known
        if amount > 0:
            yield _Due(amount, cancelled=cancelled)
            left -= amount
    kept = sum(map(remainder, payments_of(session, invoice.order_id)))
    if has_ended and left > kept:
        yield _Due(left - kept)


def _issue(session: Session, invoice: Invoice, due: _Due) -> int:
    now, currency = clock.now(), invoice.content["currency"]
    notes = session.scalars(select(CreditNote).where(CreditNote.invoice_id == invoice.id)).all()
    credit = Credit(
        invoice=invoice,
        total=from_minor(due.amount, currency),
        former=[note.content for note in notes],
        reason="Cancelled before it was paid",
    )
    ids: tuple[int, ...] = ()
    if due.refund is not None:
        ids = tuple(due.refund.attendee_ids or ())
        credit = replace(credit, reason=due.refund.note or _REASONS[due.refund.reason])
    elif due.cancelled is not None:
        ids = (due.cancelled.attendee_id,)
        credit = replace(credit, reason=due.cancelled.note or credit.reason)
    if ids or due.refund is not None:
        credit = replace(credit, attendee_ids=ids, costs=paid_at_rates(session, invoice.order_id, ids))
    content = json.dumps(content_of(session, credit), ensure_ascii=False)
    year = now.astimezone(zone(invoice.content["timezone"])).year
    refund_id = due.refund.id if due.refund is not None else None
    return issue(session, invoice.id, refund_id, (year, now), (currency, due.amount), content)


@signals.on("refund.made")
def _when_refunded(session: Session, *, id: int, **_payload: object) -> None:
    order_id = session.get_one(Refund, id).order_id
    outbox.add(session, NAME, {"order_id": order_id, "refund_id": id}, key=f"{NAME}-refund-{id}")


@signals.on("order.cancelled")
def _when_cancelled(session: Session, *, id: int, **_payload: object) -> None:
    when_ended(session, id)


@signals.on("order.expired")
def _when_expired(session: Session, *, id: int, is_billed: bool | None = None, **_payload: object) -> None:
    if is_billed is not False:  # most are not, and expire by the hundred
        when_ended(session, id)


@signals.on("attendee.cancelled")
def _when_a_ticket_is_cancelled(session: Session, *, id: int, order_id: int, **_payload: object) -> None:
    if has_invoice(session, order_id):
        outbox.add(session, NAME, {"order_id": order_id}, key=f"{NAME}-cancelled-{id}")


def when_ended(session: Session, order_id: int) -> None:
    """Have the credit notes of an ended order issued, if it has an invoice."""
    if has_invoice(session, order_id):
        outbox.add(session, NAME, {"order_id": order_id}, key=f"{NAME}-ended-{order_id}")
