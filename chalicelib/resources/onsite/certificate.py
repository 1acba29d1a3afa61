"""Certificates of attendance: what is certified of an attendee, and the code by which anybody verifies it.

What it says is stored when it is issued, and renewed when it is issued again; the code never changes. It is
revoked while its attendee, or the event, is removed.
"""

import secrets
from base64 import b32encode
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, Session, mapped_column

from chalicelib import clock, db
from chalicelib.db import Model
from chalicelib.resources.orders.order.states import admits

# How an event gives certificates: to nobody, to who has come, to who has stayed for so many hours.
NONE, CHECKED_IN, HOURS = "none", "checked-in", "hours"
RULES: Final = (NONE, CHECKED_IN, HOURS)
_LOCK: Final = "SELECT id FROM attendees WHERE id = $1::bigint FOR SHARE"
_FACTS: Final = f"""
SELECT event.certificate_rule, event.certificate_hours, event.ends_at > $2::timestamptz,
  person.deleted_at IS NULL AND EXISTS (
    SELECT FROM orders bought WHERE bought.id = person.order_id AND {admits("bought", "event")}),
  btrim(concat_ws(' ', person.firstname, person.lastname))
FROM attendees person JOIN events event ON event.id = person.event_id WHERE person.id = $1::bigint
"""  # noqa: S608 - texts of this file
_ISSUE: Final = """
INSERT INTO certificates
  (code, name, event_name, starts_at, ends_at, timezone, minutes, issued_at, attendee_id)
SELECT $2, $3, event.name, event.starts_at, event.ends_at, event.timezone, $4::int, $5::timestamptz, person.id
FROM attendees person JOIN events event ON event.id = person.event_id WHERE person.id = $1::bigint
ON CONFLICT (attendee_id) DO UPDATE SET name = excluded.name, event_name = excluded.event_name,
  starts_at = excluded.starts_at, ends_at = excluded.ends_at, timezone = excluded.timezone,
  minutes = excluded.minutes, issued_at = excluded.issued_at
RETURNING code, name, event_name, starts_at, ends_at, minutes
"""
_VALID: Final = """
SELECT issued.code, issued.name, issued.event_name, issued.starts_at, issued.ends_at, issued.minutes
FROM certificates issued JOIN attendees person ON person.id = issued.attendee_id
JOIN events event ON event.id = person.event_id
WHERE issued.code = $1 AND person.deleted_at IS NULL AND event.deleted_at IS NULL
"""


def new_code() -> str:
    """128 random bits as 26 letters and digits, which can be typed."""
    return b32encode(secrets.token_bytes(16)).decode().rstrip("=")


def hours_of(minutes: int | None) -> float | None:
    """Hours with two decimals, rounded down."""
    return None if minutes is None else minutes * 100 // 60 / 100


class Certificate(Model):
    """`minutes` is null where the rule of the event asks for no hours."""

    __tablename__ = "certificates"
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    event_name: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    timezone: Mapped[str]
    minutes: Mapped[int | None]
    issued_at: Mapped[datetime]
    attendee_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("attendees.id", ondelete="CASCADE"), unique=True
    )


class Issued(NamedTuple):
    """What a certificate says."""

    code: str
    name: str
    event: str
    starts_at: datetime
    ends_at: datetime
    minutes: int | None

    @property
    def described(self) -> dict[str, Any]:
        """What everybody who has the code is told: name, event, dates and hours, and nothing else."""
        return {
            "name": self.name,
            "event": self.event,
            "starts_at": self.starts_at.isoformat(),
            "ends_at": self.ends_at.isoformat(),
            "hours": hours_of(self.minutes),
        }


class Asked(NamedTuple):
    """Whether a certificate can be given at all: a sentence why not, or "". `hours` are null without a rule
    by hours.
    """

    refusal: str
    name: str
    hours: int | None


def facts_for(session: Session, attendee_id: int) -> Asked:
    """What the event says of certificates, and the attendee's name. The attendee is locked from here on."""
    db.enqueue(session, _LOCK, [attendee_id])
    rule, hours, goes_on, admitted, name = db.fetch(session, _FACTS, [attendee_id, clock.now()])[0]
    refusals = (
        (rule == NONE, "This event gives no certificates of attendance."),
        (goes_on, "Certificates are given when the event is over."),
        (not admitted, "The attendee's ticket does not admit to the event."),
        (not name, "The attendee has no name, which a certificate says."),
    )
    refusal = next((reason for refuses, reason in refusals if refuses), "")
    return Asked(refusal, name, hours if rule == HOURS else None)


def issue(session: Session, attendee_id: int, name: str, minutes: int | None) -> Issued:
    """Issue the certificate, or renew what it says: its code stays."""
    return Issued(*db.fetch(session, _ISSUE, [attendee_id, new_code(), name, minutes, clock.now()])[0])


def valid(session: Session, code: str) -> Issued | None:
    """The certificate with this code, in any case of its letters, unless it is revoked."""
    rows = db.fetch(session, _VALID, [code.upper()])
    return Issued(*rows[0]) if rows else None
