"""Reconciles payments and refunds with their providers, every few minutes."""

from sqlalchemy.orm import Session

from chalicelib import scheduled
from chalicelib.resources.orders.payment import reconciling
from chalicelib.tasks.registry import task


@task(reconciling.TASK)
def reconcile_payments(session: Session) -> None:
    """Have each that was left between a provider and us asked about."""
    count = reconciling.reconcile(session)
    scheduled.handled(session, reconciling.TASK, count, is_last=True)
