"""Reconciliation: finds the payments and refunds that a crash or a lost event has left between a provider and
us, and has each asked about by a task of its own.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from chalicelib import clock, db, outbox, telemetry
from chalicelib.health import Unwell, check
from chalicelib.resources.orders import refund as refunds
from chalicelib.resources.orders.order import states
from chalicelib.resources.orders.payment import payment as payments

TASK: Final = "reconcile_payments"
SETTLE: Final = "settle_payment"
CAPTURE: Final = "capture_payment"
REFUND: Final = "send_refund"
EVERY: Final = timedelta(minutes=5)  # how often it looks
_AFTER: Final = timedelta(minutes=10)  # how long what is under way is left alone
_LONGEST: Final = timedelta(hours=2)  # how long money may be on its way to be settled without an alarm
_AT_ONCE: Final = 500
_PAYMENTS: Final = f"""
SELECT paid.id FROM payments paid JOIN orders bought ON bought.id = paid.order_id
WHERE paid.state IN {states.listed(payments.UNFINISHED)}
AND (coalesce(paid.checked_at, paid.created_at) < $1 OR bought.status NOT IN {states.listed(states.HELD)})
ORDER BY paid.id LIMIT {_AT_ONCE}
"""  # noqa: S608 - no user input
_REFUNDS: Final = f"""
SELECT id FROM refunds WHERE state IN {states.listed(refunds.UNFINISHED)}
AND coalesce(checked_at, created_at) < $1
ORDER BY id LIMIT {_AT_ONCE}
"""  # noqa: S608 - no user input
# A payment that nobody has begun to make may stay open as long as its order; the rest are debts.
_DEBTS: Final = f"""
SELECT (SELECT count(*) FROM refunds WHERE state = 'created' AND created_at < $1),
  (SELECT count(*) FROM refunds owed JOIN payments paid ON paid.id = owed.payment_id
   WHERE owed.state = 'failed' AND owed.reason IN ('late', 'duplicate')
   AND paid.refunded_minor < paid.amount_minor),
  (SELECT count(*) FROM payments WHERE state IN {states.listed(payments.UNFINISHED)}
   AND coalesce(checked_at, created_at) < $1)
"""  # noqa: S608 - no user input


def plan() -> int | None:
    """Enqueue the task, once per interval, where something was left; 0 where nothing was."""
    now = clock.now()
    with db.transaction() as session:
        if any(db.fetch(session, sql, [now - _AFTER]) for sql in (_PAYMENTS, _REFUNDS)):
            outbox.add(session, TASK, {}, key=f"{TASK}-{_interval(now)}")
            return None
    return 0


def reconcile(session: Session) -> int:
    """Enqueue a question for each that was left; returns how many, which is a metric too."""
    now = clock.now()
    count = 0
    for name, argument, sql in ((SETTLE, "payment_id", _PAYMENTS), (REFUND, "refund_id", _REFUNDS)):
        for (id,) in db.fetch(session, sql, [now - _AFTER]):
            outbox.add(session, name, {argument: id}, key=f"{name}-{id}-{_interval(now)}")
            count += 1
    telemetry.metric("PaymentsToReconcile", count)
    return count


def _interval(moment: datetime) -> int:
    """The number of the interval: what is enqueued for it twice is one message."""
    return int(moment.timestamp() // EVERY.total_seconds())


@check("payments", seconds=60)
def _payments() -> str:
    """Fails while money was not settled with its provider for two hours: the interval is five minutes."""
    with db.transaction() as session:
        waiting, owed, unknown = db.fetch(session, _DEBTS, [clock.now() - _LONGEST])[0]
    sentence = (
        f"{waiting} refunds were not sent, {owed} were refused by the provider and are owed, "
        f"and {unknown} payments were not settled."
    )
    if waiting or owed or unknown:
        raise Unwell(sentence)
    return sentence
