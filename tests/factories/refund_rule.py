"""Refund rules: all until two weeks before the event begins, half until two days before."""

from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.events.event.event import Event
from chalicelib.resources.orders.refund_rule import RefundRule
from tests.factories.event import make_event


def attributes() -> dict[str, Any]:
    """What a client could send to create one."""
    return {
        "steps": [{"hours-before": 336, "percent": 100}, {"hours-before": 48, "percent": 50}],
        "fee": 2.5,
        "needs-approval": False,
    }


def make_refund_rule(session: Session, *, event: Event | None = None, **values: Any) -> RefundRule:
    """One, of a new event unless one is given."""
    defaults = {
        "event_id": (event or make_event(session)).id,
        "steps": [{"hours-before": 336, "percent": 100}, {"hours-before": 48, "percent": 50}],
        "fee": Decimal("2.50"),
        "needs_approval": False,
    }
    row = RefundRule(**{**defaults, **values})
    session.add(row)
    session.flush()
    return row
