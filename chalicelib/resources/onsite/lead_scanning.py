"""Scans of leads: idempotent by nonce, decided one after the other by the devices' time, stored in bulk.

Locks first, then looks: nonces, then the attendees, so that a scan and a withdrawal, or a ticket that is
passed on meanwhile, wait for each other.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from chalicelib import clock, db
from chalicelib.resources.onsite import gate
from chalicelib.resources.onsite import gate_facts as facts
from chalicelib.resources.onsite.door_codes import resolve
from chalicelib.resources.onsite.lead_terms import Terms

ADDED: Final = "added"
KNOWN: Final = "known"
CONSENT_NEEDED: Final = "consent-needed"
REFUSED: Final = "refused"
UNKNOWN: Final = "unknown"
NONCE_REUSED: Final = "nonce-reused"
SENTENCES: Final = {
    ADDED: "The lead is added.",
    KNOWN: "The lead was added before.",
    CONSENT_NEEDED: "Show the attendee what is handed over, and scan again with their consent.",
    REFUSED: "The attendee does not want their details to be handed over.",
    UNKNOWN: "There is no such ticket.",
    NONCE_REUSED: "This nonce belongs to another scan.",
}
_CLAIM: Final = """
INSERT INTO lead_scans (nonce, fingerprint, received_at, exhibitor_id)
SELECT sent.nonce, sent.fingerprint, $3::timestamptz, $2::bigint
FROM jsonb_to_recordset($1::jsonb) AS sent (nonce text, fingerprint text)
ORDER BY sent.nonce ON CONFLICT (exhibitor_id, nonce) DO NOTHING RETURNING nonce
"""
_KNOWN: Final = """
SELECT nonce, fingerprint, reason, lead_id FROM lead_scans WHERE exhibitor_id = $1 AND nonce = ANY($2::text[])
"""
_SETTLE: Final = """
UPDATE lead_scans SET reason = done.reason, lead_id = done.lead_id
FROM jsonb_to_recordset($2::jsonb) AS done (nonce text, reason text, lead_id bigint)
WHERE lead_scans.exhibitor_id = $1 AND lead_scans.nonce = done.nonce
"""
_DECISIONS: Final = """
SELECT attendee_id, is_given, version, decided_at FROM lead_consents WHERE attendee_id = ANY($1::bigint[])
"""
_LEADS: Final = """
SELECT attendee_id, id, withdrawn_at, noted_at FROM leads
WHERE exhibitor_id = $1 AND attendee_id = ANY($2::bigint[])
"""
_VERSIONS: Final = "SELECT version FROM lead_settings WHERE event_id = $1 AND is_enabled"
_ADD: Final = """
INSERT INTO leads (exhibitor_id, attendee_id, scanned_at, device_id, is_agreed_at_scan, version, consented_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (exhibitor_id, attendee_id) DO UPDATE SET scanned_at = excluded.scanned_at, withdrawn_at = NULL,
  consented_at = excluded.consented_at, is_agreed_at_scan = excluded.is_agreed_at_scan,
  version = excluded.version, device_id = excluded.device_id
RETURNING id
"""
_NOTE: Final = """
UPDATE leads SET note = coalesce($2, note), rating = coalesce($3, rating), noted_at = $4
WHERE id = $1 AND (noted_at IS NULL OR noted_at < $4)
"""


@dataclass(frozen=True, slots=True)
class LeadScan:
    """What a device sends: a code, and whether the attendee has agreed to this version of the wording."""

    nonce: str
    code: str
    at: datetime
    is_agreed: bool = False
    version: int = 0
    note: str | None = None
    rating: int | None = None

    @property
    def fingerprint(self) -> str:
        """The same for the same scan."""
        asked = repr((self.code, self.is_agreed, self.version, self.note, self.rating))
        return hashlib.sha256(asked.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Booth:
    """Whose leads they are, and the event's terms. `device_id` is None for an account."""

    exhibitor_id: int
    event_id: int
    terms: Terms
    device_id: int | None = None


@dataclass(frozen=True, slots=True)
class LeadVerdict:
    """What became of a scan. `lead_id` is None where nothing is handed over."""

    scan: LeadScan
    reason: str
    lead_id: int | None = None
    is_replayed: bool = False


@dataclass(slots=True)
class _Known:
    """What is known of an attendee: their decision for all (given, version, when), and their lead here."""

    decision: tuple[bool, int, datetime] | None = None
    lead_id: int | None = None
    withdrawn_at: datetime | None = None


def scan_leads(session: Session, booth: Booth, scans: Sequence[LeadScan]) -> list[LeadVerdict]:
    """Decide and store the scans, in the order of the devices' times; the verdicts are in that of `scans`."""
    rows = [{"nonce": scan.nonce, "fingerprint": scan.fingerprint} for scan in scans]
    claimed = {
        nonce for (nonce,) in db.fetch(session, _CLAIM, [json.dumps(rows), booth.exhibitor_id, clock.now()])
    }
    left = [scan.nonce for scan in scans if scan.nonce not in claimed]
    known = {row[0]: row for row in db.fetch(session, _KNOWN, [booth.exhibitor_id, left])} if left else {}
    verdicts = {scan.nonce: _replayed(scan, known[scan.nonce]) for scan in scans if scan.nonce in known}
    new = sorted((scan for scan in scans if scan.nonce in claimed), key=lambda scan: scan.at)
    if new:
        decided = _decide_all(session, booth, new)
        verdicts |= {verdict.scan.nonce: verdict for verdict in decided}
        done = [
            {"nonce": verdict.scan.nonce, "reason": verdict.reason, "lead_id": verdict.lead_id}
            for verdict in decided
        ]
        db.enqueue(session, _SETTLE, [booth.exhibitor_id, json.dumps(done)])
    return [verdicts[scan.nonce] for scan in scans]


def _replayed(scan: LeadScan, row: Sequence[Any]) -> LeadVerdict:
    _, fingerprint, reason, lead_id = row
    if fingerprint != scan.fingerprint:
        return LeadVerdict(scan, NONCE_REUSED)
    return LeadVerdict(scan, reason, lead_id, is_replayed=True)


def _decide_all(session: Session, booth: Booth, scans: Sequence[LeadScan]) -> list[LeadVerdict]:
    texts = {scan.code for scan in scans}
    ids = sorted({code.attendee_id for code in resolve(session, texts).values() if code.attendee_id})
    facts.lock_attendees(session, ids)
    # Looked up again: a code may have been replaced before the lock was there.
    codes, tickets = resolve(session, texts), facts.held_tickets(session, ids)
    people = _people(session, booth, ids)
    versions = {version for (version,) in db.fetch(session, _VERSIONS, [booth.event_id])}
    verdicts = []
    for scan in scans:
        code = codes.get(scan.code)
        ticket = tickets.get(code.attendee_id or 0) if code is not None else None
        if code is None or ticket is None:
            verdicts.append(LeadVerdict(scan, UNKNOWN))
            continue
        # Whenever somebody comes by, not only while the ticket admits.
        held, place = replace(ticket, code=code.void), gate.Gate(booth.event_id, gate.OUT)
        against = gate.decide(held, place, None, scan.at)
        if against != gate.ADMITTED:
            verdicts.append(LeadVerdict(scan, against))
            continue
        verdicts.append(
            _decide(session, booth, scan, ticket.attendee_id, people[ticket.attendee_id], versions)
        )
    return verdicts


def _people(session: Session, booth: Booth, ids: Sequence[int]) -> Mapping[int, _Known]:
    people = {id: _Known() for id in ids}
    for id, *decision in db.fetch(session, _DECISIONS, [[*ids]]):
        people[id].decision = tuple(decision)
    for id, lead_id, withdrawn_at, _ in db.fetch(session, _LEADS, [booth.exhibitor_id, [*ids]]):
        people[id].lead_id, people[id].withdrawn_at = lead_id, withdrawn_at
    return people


def _decide(
    session: Session, booth: Booth, scan: LeadScan, attendee_id: int, person: _Known, versions: set[int]
) -> LeadVerdict:
    """Who has refused is never handed over, and who has withdrawn only when they agree again, later."""
    is_given, version, decided_at = person.decision or (None, 0, scan.at)
    withdrawn_at, agreed_at = person.withdrawn_at, min(scan.at, clock.now())
    reason = ADDED
    if person.lead_id is not None and withdrawn_at is None:
        reason = KNOWN
    elif is_given is False or (scan.is_agreed and withdrawn_at is not None and agreed_at <= withdrawn_at):
        return LeadVerdict(scan, REFUSED)
    elif scan.is_agreed and scan.version in versions:
        values = [True, scan.version, agreed_at]
        person.lead_id = _add(session, booth, scan, attendee_id, values)
    elif is_given and (withdrawn_at is None or decided_at > withdrawn_at):
        person.lead_id = _add(session, booth, scan, attendee_id, [False, version, decided_at])
    else:
        return LeadVerdict(scan, CONSENT_NEEDED)
    person.withdrawn_at = None
    if scan.note is not None or scan.rating is not None:
        db.fetch(session, _NOTE, [person.lead_id, scan.note, scan.rating, scan.at])
    return LeadVerdict(scan, reason, person.lead_id)


def _add(session: Session, booth: Booth, scan: LeadScan, attendee_id: int, consent: list[object]) -> int:
    values = [booth.exhibitor_id, attendee_id, scan.at, booth.device_id]
    return int(db.fetch(session, _ADD, [*values, *consent])[0][0])
