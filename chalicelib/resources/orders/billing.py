"""Billing of organizers (scheduled job): from a day of each month on, what was sold before it is billed.

Day and time zone are the platform's settings. The job runs once a day, and goes on where it was interrupted:
an order that is billed refers to its invoice, and there is one invoice for each event and month.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from sqlalchemy.orm import Session

from chalicelib import clock, db, outbox
from chalicelib.resources.orders.order.states import COMPLETED
from chalicelib.values.zones import zone

TASK: Final = "bill_events"
SETTLE: Final = "settle_event_invoice"
BATCH: Final = 500
# Who is paid already, or never will be.
SETTLED: Final = ("paid", "resolved", "refunded", "refunding")
# Reminders: from which day of the month until which, about the invoices of how many months ago.
REMINDERS: Final = (("follow_up", 14, 26, 0), ("pre_due", 27, 31, 0), ("post_due", 3, 13, 1))
_SETTINGS: Final = "SELECT invoice_sending_day, invoice_sending_timezone FROM settings ORDER BY id LIMIT 1"
# Payments that were begun, and of which nobody has told what became of them, once a day if the invoice is not
# of the last months ($2 is the hour); and those that could still be paid although the invoice was settled
# otherwise. The former server has left tokens that are none of ours.
_BEGUN: Final = f"""
SELECT id FROM event_invoices, LATERAL (
  SELECT coalesce(status, 'due') IN {SETTLED} OR deleted_at IS NOT NULL AS is_over
) AS told WHERE (
  (stripe_token IS NOT NULL AND NOT (is_over AND paid_via IS NOT DISTINCT FROM 'stripe'))
  OR (paypal_token IS NOT NULL AND NOT (is_over AND paid_via IS NOT DISTINCT FROM 'paypal'))
) AND (period >= $1 OR (mod(id, 24) = $2 AND (attempts > 0 OR left(stripe_token, 3) = 'pi_'))) ORDER BY id
"""  # noqa: S608 - no user input
# An invoice of the event $1 that says no currency of its own, and is to be paid.
BILLED_IN_ITS_CURRENCY: Final = f"""
SELECT FROM event_invoices WHERE event_id = $1 AND amount > 0 AND deleted_at IS NULL
AND details ->> 'currency' IS NULL AND coalesce(status, 'due') NOT IN {SETTLED} LIMIT 1
"""
_PERHAPS: Final = f"""
SELECT EXISTS (SELECT FROM ticket_fees WHERE service_fee > 0)
OR EXISTS (SELECT FROM event_invoices WHERE period >= $1 AND status NOT IN {SETTLED})
"""  # noqa: S608 - no user input
# SQL about `sold`: an order that is to be billed; $1 is when the month ended. Invoices without a period are
# from before: they billed what was completed until they were issued. What has moved in from a former server
# was billed there, or never was to be, if it was completed before the month of the move.
TO_BE_BILLED: Final = f"""
sold.status = '{COMPLETED}' AND sold.amount > 0 AND NOT sold.is_test AND sold.event_invoice_id IS NULL
AND sold.completed_at < $1 AND NOT EXISTS (
  SELECT FROM event_invoices former WHERE former.event_id = sold.event_id AND former.period IS NULL
  AND former.issued_at >= sold.completed_at
) AND NOT (
  sold.completed_at < (SELECT date_trunc('month', min(moves.began_at)) FROM moves)
  AND EXISTS (SELECT FROM moved_rows came WHERE came.source = 'orders' AND came.new_id = sold.id)
)"""  # noqa: S608 - no user input
_EVENTS: Final = f"""
SELECT DISTINCT sold.event_id FROM orders sold WHERE {TO_BE_BILLED} AND sold.event_id > $3 AND NOT EXISTS (
  SELECT FROM event_invoices billed WHERE billed.event_id = sold.event_id AND billed.period = $2
) ORDER BY sold.event_id LIMIT {BATCH}
"""  # noqa: S608 - no user input


@dataclass(frozen=True, slots=True)
class Month:
    """What is billed: the month that begins at `period`, and all that was left before. It ended at `end`.

    `today` is the day on which it is billed, where the platform is.
    """

    period: date
    end: datetime
    today: date


def plan() -> int | None:
    """Enqueue the job of today, where fees are taken or invoices are open; 0 where there are none."""
    with db.transaction() as session:
        month = month_to_bill(session)
        since = [_months_before(month.period, 2)]
        is_needed = db.fetch(session, _PERHAPS, since)[0][0]
        if is_needed:
            outbox.add(session, TASK, {}, key=f"{TASK}-{month.today.isoformat()}")
        hour = int(clock.now().timestamp()) // 3600
        for (id,) in db.fetch(session, _BEGUN, [*since, hour % 24]):
            settle_later(session, id, key=f"{SETTLE}-{id}-{hour}")
    return None if is_needed else 0


def settle_later(
    session: Session, invoice_id: int, payment: str | None = None, via: str = "", *, key: str | None = None
) -> None:
    """Have a task ask the provider what became of the invoice's payments, or of this one at `via`."""
    about = {"payment": payment, "via": via} if payment is not None else {}
    outbox.add(session, SETTLE, {"event_invoice_id": invoice_id, **about}, key=key)


def month_to_bill(session: Session) -> Month:
    """The last month whose invoices may be issued by now."""
    day, name = next(iter(db.fetch(session, _SETTINGS)), (1, "UTC"))
    place = zone(name or "UTC")
    today = clock.now().astimezone(place).date()
    first = today.replace(day=1)
    ended = first if today.day >= min(max(day, 1), 28) else _months_before(first, 1)
    end = datetime(ended.year, ended.month, 1, tzinfo=place).astimezone(UTC)
    return Month(_months_before(ended, 1), end, today)


def events_to_bill(session: Session, month: Month, after: int) -> list[int]:
    """Ids of events with orders to be billed and no invoice for the month, greater than `after`."""
    return [id for (id,) in db.fetch(session, _EVENTS, [month.end, month.period, after])]


def reminders(session: Session, month: Month) -> list[tuple[int, str]]:
    """(invoice, kind) of the reminders that are due today, or were on an earlier day of this month."""
    today, wanted = month.today, list[tuple[int, str]]()
    last_month = _months_before(today.replace(day=1), 1)
    due = [(kind, ago) for kind, first, last, ago in REMINDERS if first <= today.day <= last]
    for kind, ago in due:
        listed = (
            "SELECT id FROM event_invoices WHERE period = $1 AND deleted_at IS NULL AND amount > 0 "  # noqa: S608 - no user input
            f"AND status NOT IN {SETTLED} ORDER BY id"
        )
        rows = db.fetch(session, listed, [_months_before(last_month, ago)])
        wanted += [(id, kind) for (id,) in rows]
    return wanted


def _months_before(first: date, months: int) -> date:
    month = first.year * 12 + first.month - 1 - months
    return date(month // 12, month % 12 + 1, 1)
