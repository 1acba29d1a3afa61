"""Devices at the door: paired to one event and gate by a QR code, without an account; revoked from afar.

Pairing exchanges a secret, once, for a token (a capability) that does check-ins and searches of that event
alone. Only the secret's hash is stored. They are no resource type.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.orm import Mapped, Session, mapped_column

from chalicelib import clock, db
from chalicelib.auth import tokens
from chalicelib.db import Model, linked_to, owned_by
from chalicelib.jsonapi.model.context import Context
from chalicelib.resources.identifiers import hash_of, new_token
from chalicelib.resources.onsite.device_loader import DEVICE, DOOR

PAIRING: Final = timedelta(minutes=15)
_AFTER_EVENT: Final = timedelta(days=7)  # what was scanned offline is sent afterwards
_SEEN: Final = timedelta(minutes=1)
MOST: Final = 200  # of one event, revoked ones apart

_MAKE: Final = """
INSERT INTO door_devices (name, event_id, station_id, hash, created_at, pairing_ends_at, version)
VALUES ($1, $2, $3, $4, $5, $6, 1) RETURNING id
"""
_LOCK_EVENT: Final = "SELECT id FROM events WHERE id = $1 FOR NO KEY UPDATE"
_COUNT: Final = "SELECT count(*) FROM door_devices WHERE event_id = $1 AND revoked_at IS NULL"
_PAIR: Final = """
UPDATE door_devices SET hash = NULL, paired_at = $2, seen_at = $2 FROM events event
WHERE door_devices.hash = $1 AND door_devices.pairing_ends_at > $2 AND door_devices.revoked_at IS NULL
  AND event.id = door_devices.event_id AND event.deleted_at IS NULL
RETURNING door_devices.id, event.id, door_devices.name, door_devices.station_id, door_devices.version,
  event.ends_at, event.identifier
"""
_LIST: Final = """
SELECT id, name, station_id, created_at, paired_at, seen_at, revoked_at FROM door_devices
WHERE event_id = $1 ORDER BY id DESC LIMIT 500
"""
_REVOKE: Final = """
UPDATE door_devices SET revoked_at = coalesce(revoked_at, $3), version = version + (revoked_at IS NULL)::int,
  hash = NULL
WHERE id = $1 AND event_id = $2 RETURNING id
"""
_REVOKE_AT: Final = """
UPDATE door_devices SET revoked_at = $2, version = version + 1, hash = NULL
WHERE station_id = $1 AND revoked_at IS NULL
"""
_KNOWN: Final = "SELECT id, name, station_id FROM door_devices WHERE id = $1"
_SEE: Final = "UPDATE door_devices SET seen_at = $2 WHERE id = $1 AND seen_at < $3"


class DoorDevice(Model):
    __tablename__ = "door_devices"
    name: Mapped[str]
    hash: Mapped[str | None] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    pairing_ends_at: Mapped[datetime]
    paired_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    version: Mapped[int]
    event_id: Mapped[int] = owned_by("events.id")
    station_id: Mapped[int | None] = linked_to("stations.id")


@dataclass(frozen=True, slots=True)
class PairedDevice:
    """A device that asks, and its gate."""

    id: int
    name: str
    station_id: int | None


def make(session: Session, event_id: int, name: str, station_id: int | None) -> tuple[int, str, datetime]:
    """A device that waits for its pairing: its id, the secret, and until when that pairs."""
    secret, now = new_token(), clock.now()
    values = [name, event_id, station_id, hash_of(secret), now, now + PAIRING]
    return db.fetch(session, _MAKE, values)[0][0], secret, now + PAIRING


def count(session: Session, event_id: int) -> int:
    """How many devices of the event are not revoked. Locks the event, so that two at once are counted."""
    db.enqueue(session, _LOCK_EVENT, [event_id])
    return int(db.fetch(session, _COUNT, [event_id])[0][0])


def pair(session: Session, secret: str) -> dict[str, Any] | None:
    """The token, and what it is for, for a secret that pairs; None for any other. It pairs once."""
    now = clock.now()
    rows = db.fetch(session, _PAIR, [hash_of(secret), now])
    if not rows:
        return None
    id, event_id, name, station_id, version, ends_at, identifier = rows[0]
    lifetime = max(ends_at, now) + _AFTER_EVENT - now
    return {
        "access_token": tokens.link_token({DEVICE: id, DOOR: event_id}, version, lifetime),
        "expires_at": (now + lifetime).isoformat(),
        "device": {"id": str(id), "name": name},
        # A private event is found by its identifier alone.
        "event": {"id": str(event_id), "identifier": identifier},
        "station": None if station_id is None else str(station_id),
    }


def devices_of(session: Session, event_id: int) -> list[dict[str, Any]]:
    """The newest devices of the event, as its team sees them."""
    listed = []
    for id, name, station_id, *moments in db.fetch(session, _LIST, [event_id]):
        created, paired, seen, revoked = (moment and moment.isoformat() for moment in moments)
        station = None if station_id is None else str(station_id)
        listed.append(
            {
                "id": str(id),
                "name": name,
                "station": station,
                "created_at": created,
                "paired_at": paired,
                "seen_at": seen,
                "revoked_at": revoked,
            }
        )
    return listed


def revoke(session: Session, event_id: int, device_id: int) -> bool:
    """End the device's token; the next request with it is 401. Whether the event has such a device."""
    return bool(db.fetch(session, _REVOKE, [device_id, event_id, clock.now()]))


def revoke_at(session: Session, station_id: int) -> None:
    """End the devices of a station that is removed: at no gate of their own they would be for all."""
    db.fetch(session, _REVOKE_AT, [station_id, clock.now()])


def device_that_asks(context: Context) -> PairedDevice | None:
    """The device whose token the request carries, which is noted as seen; None for accounts."""
    id = context.viewer.opens.get(DEVICE)
    if id is None or context.viewer.id is not None:
        return None
    now = clock.now()
    rows = db.fetch(context.session, _KNOWN, [id])
    if context.request.method == "POST":  # a GET writes nothing
        db.enqueue_for_commit(context.session, _SEE, [id, now, now - _SEEN])
    return PairedDevice(*rows[0]) if rows else None
