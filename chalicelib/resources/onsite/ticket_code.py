"""Codes of tickets: signed ones, replaced (rotated) on transfer or loss, and revoked. They are no resource
type.

A ticket whose code was never replaced nor signed has no row here, and its former text is valid: the order's
identifier with the attendee's. Replacing gives the attendee another identifier, so that this text changes
too.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, Session, mapped_column

from chalicelib import clock, db, signals
from chalicelib.db import Model, owned_by
from chalicelib.resources.onsite.gate import REVOKED, TRANSFERRED
from chalicelib.values.ticket_codes import SERIAL_BYTES

FORMER: Final = "former"
SIGNED: Final = "signed"
KINDS: Final = (FORMER, SIGNED)
LOST: Final = "lost"
REASONS: Final = {LOST: REVOKED, "transferred": TRANSFERRED}

# What was valid until now, whether or not it has a row.
_END: Final = """
WITH ended AS (
  UPDATE ticket_codes SET void = $2, ended_at = $3 WHERE attendee_id = $1 AND void IS NULL RETURNING 1
)
INSERT INTO ticket_codes (attendee_id, identifier, serial, created_at, ended_at, void)
SELECT person.id, person.identifier, $4, $3, $3, $2 FROM attendees person
WHERE person.id = $1 AND NOT EXISTS (SELECT FROM ended)
"""
_USED: Final = """
SELECT other.identifier FROM attendees person JOIN attendees other ON other.order_id = person.order_id
WHERE person.id = $1
UNION SELECT code.identifier FROM attendees person JOIN attendees other ON other.order_id = person.order_id
JOIN ticket_codes code ON code.attendee_id = other.id WHERE person.id = $1
"""
_IDENTIFY: Final = "UPDATE attendees SET identifier = $2 WHERE id = $1"
_BEGIN: Final = """
INSERT INTO ticket_codes (attendee_id, identifier, serial, created_at) VALUES ($1, $2, $3, $4)
"""
_NOW: Final = """
SELECT bought.identifier || '-' || person.identifier, code.text, event.ticket_code,
event.is_former_code_accepted, coalesce(code.void, ''), code.created_at
FROM attendees person JOIN events event ON event.id = person.event_id
LEFT JOIN orders bought ON bought.id = person.order_id
LEFT JOIN LATERAL (
  SELECT latest.text, latest.void, latest.created_at FROM ticket_codes latest
  WHERE latest.attendee_id = person.id ORDER BY latest.void IS NULL DESC, latest.id DESC LIMIT 1
) code ON TRUE
WHERE person.id = $1
"""
_KEYS: Final = "SELECT id, public_key FROM ticket_keys WHERE event_id = $1 ORDER BY id"


class TicketKey(Model):
    """A public key of an event. `name` is the secret's that its private half is derived from; see tasks."""

    __tablename__ = "ticket_keys"
    name: Mapped[str]
    public_key: Mapped[str]
    event_id: Mapped[int] = owned_by("events.id", index=False)

    __table_args__ = (UniqueConstraint("event_id", "name", name="uq_ticket_keys_name"),)


class TicketCode(Model):
    """One code: `identifier` is the attendee's in the former text, `text` the signed one, once it is signed.

    `void` is null for the valid one, and else why it is not.
    """

    __tablename__ = "ticket_codes"
    identifier: Mapped[str]
    serial: Mapped[str]
    text: Mapped[str | None]
    void: Mapped[str | None]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    attendee_id: Mapped[int] = owned_by("attendees.id")
    key_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("ticket_keys.id", ondelete="SET NULL"), index=True, nullable=True
    )

    __table_args__ = (
        Index("uq_ticket_codes_valid", "attendee_id", unique=True, postgresql_where=sa.text("void IS NULL")),
    )


@dataclass(frozen=True, slots=True)
class CodeNow:
    """The codes of a ticket as they are. `signed` is None before it is signed, and where it is void."""

    former: str | None
    signed: str | None
    kind: str
    is_former_accepted: bool
    void: str
    since: datetime | None


def new_serial() -> str:
    """A random serial, in hexadecimal digits."""
    return secrets.token_hex(SERIAL_BYTES)


def code_now(session: Session, attendee_id: int) -> CodeNow:
    """The codes of the attendee's ticket."""
    former, signed, kind, is_accepted, void, since = db.fetch(session, _NOW, [attendee_id])[0]
    return CodeNow(None if void else former, None if void else signed, kind, is_accepted, void, since)


def revoke(session: Session, attendee_id: int, void: str = REVOKED) -> str:
    """End the ticket's codes, also the former text; returns the attendee's identifier from then on, which no
    ticket of the order has, or had. The attendee must be locked. `void` is a reason of the gate.
    """
    known = {identifier for (identifier,) in db.fetch(session, _USED, [attendee_id])}
    while (identifier := secrets.token_hex(3)) in known:
        pass
    values = [attendee_id, void, clock.now(), new_serial()]
    db.fetch(session, _END, values)
    # Whoever knows the former text has nothing by it; a new code is another text.
    db.fetch(session, _IDENTIFY, [attendee_id, identifier])
    return identifier


def rotate(session: Session, attendee_id: int, void: str = REVOKED) -> str:
    """End the ticket's codes and give it new ones; returns the attendee's new identifier. The attendee must
    be locked.

    The former text is valid at once; a task signs the other one.
    """
    identifier = revoke(session, attendee_id, void)
    db.fetch(session, _BEGIN, [attendee_id, identifier, new_serial(), clock.now()])
    signals.emit(session, "attendee.code_replaced", id=attendee_id)
    return identifier


def public_keys(session: Session, event_id: int) -> list[tuple[int, str]]:
    """The event's public keys: id, and 32 bytes in base64url."""
    return [(id, key) for id, key in db.fetch(session, _KEYS, [event_id])]
