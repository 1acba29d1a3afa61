"""Devices of exhibitors: paired to one exhibitor by a QR code, without an account, to scan leads; revoked
from afar.

As a device at the door (door_device.py): pairing exchanges a secret, of which only a hash is stored, once for
a token. They are no resource type.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.orm import Mapped, Session, mapped_column

from chalicelib import clock, db
from chalicelib.auth import tokens
from chalicelib.db import Model, owned_by
from chalicelib.resources.identifiers import hash_of, new_token
from chalicelib.resources.onsite.lead_loader import LEAD_DEVICE, LEADS

PAIRING: Final = timedelta(minutes=15)
_AFTER_EVENT: Final = timedelta(days=30)  # leads are followed up, and exported, afterwards
_SEEN: Final = timedelta(minutes=1)
MOST: Final = 50  # of one exhibitor, revoked ones apart

_MAKE: Final = """
INSERT INTO lead_devices (name, exhibitor_id, hash, created_at, pairing_ends_at, token_version)
VALUES ($1, $2, $3, $4, $5, 1) RETURNING id
"""
_LOCK: Final = "SELECT id FROM exhibitors WHERE id = $1 FOR NO KEY UPDATE"
_COUNT: Final = "SELECT count(*) FROM lead_devices WHERE exhibitor_id = $1 AND revoked_at IS NULL"
_PAIR: Final = """
UPDATE lead_devices SET hash = NULL, paired_at = $2, seen_at = $2
FROM exhibitors exhibitor JOIN events event ON event.id = exhibitor.event_id AND event.deleted_at IS NULL
WHERE lead_devices.hash = $1 AND lead_devices.pairing_ends_at > $2 AND lead_devices.revoked_at IS NULL
  AND exhibitor.id = lead_devices.exhibitor_id
RETURNING lead_devices.id, lead_devices.name, lead_devices.token_version, exhibitor.id, exhibitor.name,
  event.id, event.identifier, event.ends_at
"""
_LIST: Final = """
SELECT id, name, created_at, paired_at, seen_at, revoked_at FROM lead_devices
WHERE exhibitor_id = $1 ORDER BY id DESC LIMIT 200
"""
_REVOKE: Final = """
UPDATE lead_devices SET revoked_at = coalesce(revoked_at, $3), hash = NULL,
  token_version = token_version + (revoked_at IS NULL)::int
WHERE id = $1 AND exhibitor_id = $2 RETURNING id
"""
_SEE: Final = "UPDATE lead_devices SET seen_at = $2 WHERE id = $1 AND seen_at < $3"


class LeadDevice(Model):
    __tablename__ = "lead_devices"
    name: Mapped[str]
    hash: Mapped[str | None] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    pairing_ends_at: Mapped[datetime]
    paired_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    token_version: Mapped[int]
    exhibitor_id: Mapped[int] = owned_by("exhibitors.id")


def make(session: Session, exhibitor_id: int, name: str) -> tuple[int, str, datetime]:
    """A device that waits for its pairing: its id, the secret, and until when that pairs."""
    secret, now = new_token(), clock.now()
    values = [name, exhibitor_id, hash_of(secret), now, now + PAIRING]
    return db.fetch(session, _MAKE, values)[0][0], secret, now + PAIRING


def count(session: Session, exhibitor_id: int) -> int:
    """How many devices of the exhibitor are not revoked. Locks it, so that two at once are counted."""
    db.enqueue(session, _LOCK, [exhibitor_id])
    return int(db.fetch(session, _COUNT, [exhibitor_id])[0][0])


def pair(session: Session, secret: str) -> dict[str, Any] | None:
    """The token, and what it is for, for a secret that pairs; None for any other. It pairs once."""
    now = clock.now()
    rows = db.fetch(session, _PAIR, [hash_of(secret), now])
    if not rows:
        return None
    id, name, version, exhibitor_id, exhibitor, event_id, identifier, ends_at = rows[0]
    lifetime = max(ends_at, now) + _AFTER_EVENT - now
    return {
        "access_token": tokens.link_token({LEAD_DEVICE: id, LEADS: exhibitor_id}, version, lifetime),
        "expires_at": (now + lifetime).isoformat(),
        "device": {"id": str(id), "name": name},
        "exhibitor": {"id": str(exhibitor_id), "name": exhibitor},
        "event": {"id": str(event_id), "identifier": identifier},
    }


def devices_of(session: Session, exhibitor_id: int) -> list[dict[str, Any]]:
    """The newest devices of the exhibitor."""
    listed = []
    for id, name, *moments in db.fetch(session, _LIST, [exhibitor_id]):
        names = ("created_at", "paired_at", "seen_at", "revoked_at")
        told = {key: moment and moment.isoformat() for key, moment in zip(names, moments, strict=True)}
        listed.append({"id": str(id), "name": name, **told})
    return listed


def revoke(session: Session, exhibitor_id: int, device_id: int) -> bool:
    """End the device's token; the next request with it is 401. Whether the exhibitor has such a device."""
    return bool(db.fetch(session, _REVOKE, [device_id, exhibitor_id, clock.now()]))


def note_seen(session: Session, device_id: int) -> None:
    """Note, exact to a minute, that the device has asked."""
    now = clock.now()
    db.enqueue_for_commit(session, _SEE, [device_id, now, now - _SEEN])
