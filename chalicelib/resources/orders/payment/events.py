"""Events of payment providers (webhooks): each id is stored once, so that a repetition has no effect."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, Session, mapped_column

from chalicelib import clock, db
from chalicelib.db import Model

_KEPT: Final = timedelta(days=30)  # Stripe repeats an event for three days
_ADD: Final = """
INSERT INTO provider_events (provider, event_id, type, received_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (provider, event_id) DO NOTHING RETURNING id
"""


class ProviderEvent(Model):
    """An event that was received. Not its content, which is asked for when it is handled."""

    __tablename__ = "provider_events"
    provider: Mapped[str]
    event_id: Mapped[str]
    type: Mapped[str]
    received_at: Mapped[datetime] = mapped_column(index=True)

    __table_args__ = (UniqueConstraint("provider", "event_id", name="uq_provider_events_event_id"),)


def receive(session: Session, provider: str, event_id: str, type: str) -> bool:
    """Store the event; False if it was received before."""
    return bool(db.fetch(session, _ADD, [provider, event_id, type, clock.now()]))


def was_received(session: Session, provider: str, event_id: str) -> bool:
    """Whether the event is stored."""
    known = "SELECT FROM provider_events WHERE provider = $1 AND event_id = $2"
    return bool(db.fetch(session, known, [provider, event_id]))


def forget_old() -> int:
    """Delete events that are not repeated any more. Returns how many."""
    return db.delete_until(ProviderEvent.received_at, clock.now() - _KEPT)
