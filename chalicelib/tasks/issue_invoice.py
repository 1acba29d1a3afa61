"""Issues an order's invoice, and draws it: two tasks, since what has a number must be committed first.

An order that was completed has one, however soon it was cancelled: credit notes follow.
"""

import json
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from chalicelib import clock, log, outbox, paper_store, signals
from chalicelib.papers import electronic_invoice
from chalicelib.papers.archived import Archived
from chalicelib.papers.invoice import drawn
from chalicelib.resources.orders.order.states import ADMITTING
from chalicelib.resources.orders.payment.invoice import Invoice, issue
from chalicelib.tasks.issue_credit_notes import NAME as CREDIT
from chalicelib.tasks.issued_invoices import content_of, key_of, sheet_of, told_by, year_of
from chalicelib.tasks.order_summary import load_order_summary
from chalicelib.tasks.registry import task

NAME: Final = "issue_invoice"
_PRINT: Final = "print_invoice"


@task(NAME)
def issue_invoice(session: Session, order_id: int) -> None:
    """Issue the invoice of a placed or completed order unless it has one, and have it drawn."""
    invoice = _invoice(session, order_id)
    if invoice is None:
        summary = load_order_summary(session, order_id)
        if summary.order.status not in ADMITTING and summary.order.completed_at is None:
            log.info("there is no invoice to be issued", order_id=order_id)
            return
        now = clock.now()
        seller, content = content_of(session, summary)
        issue(session, order_id, seller, now, year_of(summary, now), json.dumps(content, ensure_ascii=False))
        # What went back before there was an invoice.
        outbox.add(session, CREDIT, {"order_id": order_id}, key=f"{CREDIT}-invoiced-{order_id}")
    outbox.add(session, _PRINT, {"order_id": order_id})


@task(_PRINT)
def print_invoice(session: Session, order_id: int) -> None:
    """Draw the invoice of an order as it was issued, and store it, with the electronic invoice in it."""
    invoice = _invoice(session, order_id)
    if invoice is None:
        return
    document, told = drawn(sheet_of(invoice)), told_by(invoice)
    reason = electronic_invoice.obstacle(told)
    if reason:
        log.info("an invoice is for people alone", order_id=order_id, reason=reason)
        content = document.content()
    else:
        content = document.content(Archived(electronic_invoice.written(told), invoice.issued_at).add)
    paper_store.store(key_of(order_id), content)


def _invoice(session: Session, order_id: int) -> Invoice | None:
    return session.scalars(select(Invoice).where(Invoice.order_id == order_id)).one_or_none()


@signals.on("order.placed")
def _when_placed(session: Session, *, id: int, **_payload: object) -> None:
    outbox.add(session, NAME, {"order_id": id}, key=f"{NAME}-{id}")


@signals.on("order.completed")
def _when_completed(session: Session, *, id: int, **_payload: object) -> None:
    outbox.add(session, NAME, {"order_id": id}, key=f"{NAME}-{id}")
