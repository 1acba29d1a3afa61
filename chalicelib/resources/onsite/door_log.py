"""The log of scans: claimed by their nonces (idempotency keys), settled with what was decided.

A scan that was refused here while the device, which got no answer, let somebody in, is decided once more:
what happened at the door is stored.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.orm import Session

from chalicelib import clock, db
from chalicelib.jsonapi.model.context import Context
from chalicelib.resources.onsite import gate
from chalicelib.resources.onsite.device_loader import DEVICE
from chalicelib.resources.onsite.scan import NONCE_REUSED, SENTENCES, Scan, Verdict

# In the order of the nonces, so that two batches with the same ones wait for each other in one direction.
_CLAIM: Final = """
INSERT INTO door_scans (nonce, fingerprint, scanned_at, received_at, device_name, clock, event_id, user_id,
  device_id)
SELECT sent.nonce, sent.fingerprint, sent.scanned_at, $3::timestamptz, sent.device_name, sent.clock,
  $2::bigint, $4::bigint, $5::bigint
FROM jsonb_to_recordset($1::jsonb)
  AS sent (nonce text, fingerprint text, scanned_at timestamptz, device_name text, clock text)
ORDER BY sent.nonce ON CONFLICT (event_id, nonce) DO NOTHING RETURNING nonce
"""
_KNOWN: Final = """
SELECT nonce, fingerprint, direction, reason, since, is_forced, attendee_id,
  coalesce(was_let_in, reason = 'admitted', FALSE), coalesce(is_offline, FALSE) FROM door_scans
WHERE event_id = $1 AND nonce = ANY($2::text[]) ORDER BY nonce FOR UPDATE
"""
_SETTLE: Final = """
UPDATE door_scans SET direction = done.direction, reason = done.reason, since = done.since,
  is_forced = done.is_forced, attendee_id = done.attendee_id, station_id = done.station_id,
  place = done.place, is_offline = done.is_offline, was_let_in = done.was_let_in,
  offline_reason = done.offline_reason, scanned_at = done.scanned_at, received_at = $3::timestamptz
FROM jsonb_to_recordset($2::jsonb) AS done (nonce text, direction text, reason text, since text,
  is_forced boolean, attendee_id bigint, station_id bigint, place text, is_offline boolean,
  was_let_in boolean, offline_reason text, scanned_at timestamptz)
WHERE door_scans.event_id = $1 AND door_scans.nonce = done.nonce
"""
_TURNED_AWAY: Final = """
UPDATE door_scans SET is_offline = TRUE, was_let_in = FALSE, offline_reason = said.offline_reason
FROM jsonb_to_recordset($2::jsonb) AS said (nonce text, offline_reason text)
WHERE door_scans.event_id = $1 AND door_scans.nonce = said.nonce
"""


@dataclass(frozen=True, slots=True)
class LoggedScan:
    """What is stored of a scan that was decided before."""

    nonce: str
    fingerprint: str
    direction: str | None
    reason: str
    since: str | None
    is_forced: bool
    attendee_id: int | None
    was_let_in: bool
    is_offline: bool

    def is_outdated_by(self, scan: Scan) -> bool:
        """Whether the device let somebody in who was refused here."""
        is_same = scan.fingerprint == self.fingerprint
        return is_same and scan.was_let_in is True and not self.was_let_in and not self.is_offline


def claim(context: Context, event_id: int, scans: Sequence[Scan]) -> dict[str, LoggedScan]:
    """Store the nonces. Returns what is stored of those that need no decision, which are locked."""
    rows = [
        {
            "nonce": scan.nonce,
            "fingerprint": scan.fingerprint,
            "scanned_at": scan.at.isoformat(),
            "device_name": scan.device_name or None,
            "clock": scan.clock or None,
        }
        for scan in scans
    ]
    values = [json.dumps(rows), event_id, clock.now(), context.viewer.id, context.viewer.opens.get(DEVICE)]
    claimed = {nonce for (nonce,) in db.fetch(context.session, _CLAIM, values)}
    left = {scan.nonce: scan for scan in scans if scan.nonce not in claimed}
    known = db.fetch(context.session, _KNOWN, [event_id, [*left]]) if left else []
    logged = [LoggedScan(*row) for row in known]
    _note_turned_away(context.session, event_id, [(row, left[row.nonce]) for row in logged])
    return {row.nonce: row for row in logged if not row.is_outdated_by(left[row.nonce])}


def _note_turned_away(session: Session, event_id: int, pairs: Sequence[tuple[LoggedScan, Scan]]) -> None:
    """Who was admitted here while the device, which got no answer, turned them away."""
    rows = [
        {"nonce": row.nonce, "offline_reason": scan.offline_reason}
        for row, scan in pairs
        if scan.was_let_in is False and row.was_let_in and not row.is_offline
        and scan.fingerprint == row.fingerprint
    ]  # fmt: skip
    if rows:
        db.enqueue(session, _TURNED_AWAY, [event_id, json.dumps(rows)])


def replayed(scan: Scan, row: LoggedScan) -> Verdict:
    """The verdict of before on the same scan; another one with its nonce is refused."""
    if row.fingerprint != scan.fingerprint:
        return Verdict(scan, NONCE_REUSED, SENTENCES[NONCE_REUSED])
    since = row.since or ""
    detail = SENTENCES.get(row.reason) or gate.sentence(row.reason, since=since)
    return Verdict(
        *(scan, row.reason, detail, row.direction or gate.IN, since, row.is_forced, row.attendee_id),
        was_let_in=row.was_let_in,
        is_replayed=True,
    )


def settle(session: Session, event_id: int, verdicts: Sequence[Verdict]) -> None:
    """Queue what was decided."""
    rows = json.dumps([_row(verdict) for verdict in verdicts])
    db.enqueue(session, _SETTLE, [event_id, rows, clock.now()])


def _row(verdict: Verdict) -> dict[str, Any]:
    scan = verdict.scan
    return {
        "nonce": scan.nonce,
        "direction": verdict.direction,
        "reason": verdict.reason,
        "since": verdict.since or None,
        "is_forced": verdict.is_forced,
        "attendee_id": verdict.attendee_id,
        "station_id": verdict.station_id,
        "place": verdict.place or None,
        "is_offline": scan.was_let_in is not None,
        "was_let_in": verdict.was_let_in,
        "offline_reason": scan.offline_reason or None,
        "scanned_at": scan.at.isoformat(),
    }
