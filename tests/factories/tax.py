"""Taxes: value added tax of an event that has taxes enabled."""

from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.events.event.event import Event
from chalicelib.resources.tickets.tax import Tax
from tests.factories.event import make_event


def attributes() -> dict[str, Any]:
    """What a client could send to create a tax."""
    return {"name": "VAT", "rate": 19, "tax-id": "DE123456789", "country": "DE"}


def links(session: Session) -> dict[str, tuple[str, Any]]:
    """An event that takes taxes."""
    return {"event": ("event", make_event(session, is_tax_enabled=True))}


def make_tax(session: Session, *, event: Event | None = None, **values: Any) -> Tax:
    """A tax, of a new event unless one is given."""
    defaults = {
        "event_id": (event or make_event(session, is_tax_enabled=True)).id,
        "name": "VAT",
        "rate": 19,
        "tax_id": "DE123456789",
    }
    tax = Tax(**{**defaults, **values})
    session.add(tax)
    session.flush()
    return tax
