"""Scans that a revoked device still has: stored for review, without effect, as its token admits nobody."""

import json
from collections.abc import Sequence
from typing import Final

from sqlalchemy.orm import Session

from chalicelib import clock, db
from chalicelib.auth.claims import LinkClaims
from chalicelib.resources.onsite.device_loader import DEVICE, DOOR
from chalicelib.resources.onsite.door_codes import resolve
from chalicelib.resources.onsite.gate import IN
from chalicelib.resources.onsite.scan import Scan

DEVICE_REVOKED: Final = "device-revoked"
MOST: Final = 10_000  # of one device: whoever has stolen it writes no more
_REVOKED: Final = """
SELECT id, event_id, name FROM door_devices
WHERE id = $1::bigint AND event_id = $2::bigint AND paired_at IS NOT NULL AND revoked_at IS NOT NULL
  AND version > $3 FOR UPDATE
"""
_COUNT: Final = f"SELECT count(*) FROM door_scans WHERE device_id = $1 AND reason = '{DEVICE_REVOKED}'"  # noqa: S608 - no user input
_STORE: Final = f"""
INSERT INTO door_scans (nonce, fingerprint, scanned_at, received_at, device_name, clock, event_id, device_id,
  direction, reason, is_offline, was_let_in, offline_reason, attendee_id, is_forced)
SELECT sent.nonce, sent.fingerprint, sent.scanned_at, $3::timestamptz, $5, sent.clock, $2::bigint,
  $4::bigint, sent.direction, '{DEVICE_REVOKED}', TRUE, sent.was_let_in, sent.offline_reason, person.id, FALSE
FROM jsonb_to_recordset($1::jsonb) AS sent (nonce text, fingerprint text, scanned_at timestamptz,
  clock text, direction text, was_let_in boolean, offline_reason text, attendee_id bigint)
LEFT JOIN attendees person ON person.id = sent.attendee_id AND person.event_id = $2::bigint
ORDER BY sent.nonce ON CONFLICT (event_id, nonce) DO NOTHING RETURNING 1
"""  # noqa: S608 - no user input


def event_of(session: Session, claims: LinkClaims) -> tuple[int, int, str] | None:
    """The device that these claims were for, its event and its name, if it was revoked. Locks the device."""
    ids = [claims.opens.get(DEVICE), claims.opens.get(DOOR), claims.version]
    rows = db.fetch(session, _REVOKED, ids)
    return tuple(rows[0]) if rows else None


def has_room(session: Session, device_id: int, more: int) -> bool:
    """Whether the device may hand in so many scans more."""
    return int(db.fetch(session, _COUNT, [device_id])[0][0]) + more <= MOST


def store(session: Session, device: tuple[int, int, str], scans: Sequence[Scan]) -> int:
    """Store the scans for review; returns how many were not known yet."""
    device_id, event_id, name = device
    codes = resolve(session, {scan.code for scan in scans if scan.code})
    rows = [
        {
            "nonce": scan.nonce,
            "fingerprint": scan.fingerprint,
            "scanned_at": scan.at.isoformat(),
            "clock": scan.clock or None,
            "direction": scan.direction or IN,
            "was_let_in": bool(scan.was_let_in),
            "offline_reason": scan.offline_reason or None,
            "attendee_id": codes[scan.code].attendee_id if scan.code in codes else scan.attendee_id,
        }
        for scan in scans
    ]
    return len(db.fetch(session, _STORE, [json.dumps(rows), event_id, clock.now(), device_id, name]))
