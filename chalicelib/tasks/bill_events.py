"""Bills organizers for a month: one invoice for each event, less what providers have taken as fee."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy.orm import Session

from chalicelib import clock, db, log, outbox, scheduled
from chalicelib.auth.roles import OWNER_ROLE
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.orders.billing import (
    BATCH,
    TASK,
    TO_BE_BILLED,
    Month,
    events_to_bill,
    month_to_bill,
    reminders,
)
from chalicelib.resources.orders.event_invoice import EventInvoice
from chalicelib.resources.tickets.ticket_fee import Fee, fee_on
from chalicelib.tasks.order_summary import profiles_at, team_of
from chalicelib.tasks.registry import task
from chalicelib.tasks.send_event_invoice_mail import ISSUED, enqueue_mails
from chalicelib.values.money import from_minor, to_minor

_BILL: Final = "bill_event"
_LEAST: Final = Decimal(2)  # of the currency: less is left to the next month
# Whoever numbers an invoice waits for the end of this transaction, so there is no gap.
_ALONE: Final = "SELECT pg_advisory_xact_lock(hashtextextended('event invoices', 0))"
_NEXT: Final = r"""
SELECT greatest(max(substring(identifier FROM '^\d{6}U-(\d{6,12})$')::bigint),
  (SELECT max(number_floor) FROM restorations), 0) + 1 FROM event_invoices
"""
# What was paid and has not gone back, and which part of it the platform has as a fee, in minor units.
_SOLD: Final = f"""
SELECT sold.id, sold.amount, coalesce(sold.currency, event.payment_currency, 'USD'), sold.completed_at,
  CASE WHEN EXISTS (SELECT FROM ticket_cancellations ended WHERE ended.order_id = sold.id
    AND ended.waived_minor > 0) THEN coalesce(paid.kept, 0) ELSE paid.kept END, coalesce(paid.taken, 0)
FROM orders sold JOIN events event ON event.id = sold.event_id
LEFT JOIN LATERAL (
  SELECT sum((amount_minor - refunded_minor) * (NOT was_billed)::int) AS kept,
    sum((fee_minor - fee_minor * refunded_minor / amount_minor) * (NOT was_billed)::int) AS taken
  FROM payments WHERE payments.order_id = sold.id AND payments.state = 'succeeded'
) paid ON TRUE
WHERE sold.event_id = $2 AND {TO_BE_BILLED} ORDER BY sold.completed_at, sold.id FOR UPDATE OF sold
"""  # noqa: S608 - no user input
_BILLED: Final = "UPDATE orders SET event_invoice_id = $1 WHERE id = ANY ($2::bigint[])"


@dataclass(frozen=True, slots=True)
class Sales:
    """What was sold in a currency, in minor units: by which orders, when, and what was taken as fee of it."""

    order_ids: list[int]
    currency: str
    gross: int
    taken: int
    first: datetime
    last: datetime


@task(TASK)
def bill_events(session: Session, after: int = 0) -> None:
    """Enqueue a task for each event to be billed, in batches, and the reminders that are due."""
    month = month_to_bill(session)
    ids = events_to_bill(session, month, after)
    for id in ids:
        key = f"{_BILL}-{id}-{month.period.isoformat()}-{month.today.isoformat()}"
        outbox.add(session, _BILL, {"event_id": id}, key=key)
    if len(ids) == BATCH:
        outbox.add(session, TASK, {"after": ids[-1]}, key=f"{TASK}-{month.today.isoformat()}-{ids[-1]}")
    if not after:
        for invoice_id, kind in reminders(session, month):
            enqueue_mails(session, invoice_id, kind)
    scheduled.handled(session, TASK, len(ids), is_last=len(ids) < BATCH)


@task(_BILL)
def bill_event(session: Session, event_id: int) -> None:
    """Issue the invoice of an event for the last month, unless there is one or it would be too small."""
    month = month_to_bill(session)
    db.fetch(session, _ALONE)
    known = "SELECT FROM event_invoices WHERE event_id = $1 AND period = $2"
    sales = _sales(session, event_id, month)
    if sales is None or db.fetch(session, known, [event_id, month.period]):
        return
    owner = next(iter(team_of(session, event_id, frozenset({OWNER_ROLE}))), None)
    country = session.get_one(Event, event_id).payment_country
    fee = fee_on(session, sales.gross, sales.currency, country)
    if owner is None or fee is None:
        log.warning("an event cannot be billed", event_id=event_id, has_owner=owner is not None)
        return
    due = fee.minor - sales.taken
    if due < to_minor(_LEAST, sales.currency):
        log.info("too little to be billed this month", event_id=event_id)
        return
    now = clock.now()
    (number,) = db.fetch(session, _NEXT)[0]
    invoice = EventInvoice(
        identifier=f"{month.today:%Y%m}U-{number:06}",
        amount=from_minor(due, sales.currency),
        issued_at=now,
        created_at=now,
        event_id=event_id,
        user_id=owner.id,
        profile_id=profiles_at(session, event_id).get(owner.id),
        status="due",
        period=month.period,
        details=_details(sales, fee),
    )
    session.add(invoice)
    session.flush()
    db.fetch(session, _BILLED, [invoice.id, sales.order_ids])
    enqueue_mails(session, invoice.id, ISSUED)


def _sales(session: Session, event_id: int, month: Month) -> Sales | None:
    rows = db.fetch(session, _SOLD, [month.end, event_id])
    if not rows:
        return None
    currency = rows[0][2]
    rows = [row for row in rows if row[2] == currency]
    kept = [int(row[4]) if row[4] is not None else to_minor(row[1], currency) for row in rows]
    return Sales(
        order_ids=[row[0] for row in rows],
        currency=currency,
        gross=sum(kept),
        taken=sum(int(row[5]) for row in rows),
        first=rows[0][3],
        last=rows[-1][3],
    )


def _details(sales: Sales, fee: Fee) -> dict[str, Any]:
    """What the invoice was worked out from: amounts are texts in units of the currency."""
    return {
        "currency": sales.currency,
        "gross": str(from_minor(sales.gross, sales.currency)),
        "percent": f"{fee.percent.normalize():f}",
        "maximum": None if fee.maximum is None else str(fee.maximum),
        "fee": str(from_minor(fee.minor, sales.currency)),
        "taken": str(from_minor(sales.taken, sales.currency)),
        "first": sales.first.isoformat(),
        "last": sales.last.isoformat(),
        "orders": len(sales.order_ids),
    }
