"""Check-ins by scans: idempotent by nonce, decided by the gate one after the other, stored in bulk.

A thousand scans take as many statements as one. Locks first, then looks: the nonces, then orders, attendees
and rooms; another door with the same ticket waits, and sees what was decided here.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, Final

from chalicelib import clock, db
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.write.changing import emit_change
from chalicelib.resources.onsite import gate
from chalicelib.resources.onsite import gate_facts as facts
from chalicelib.resources.onsite.device_loader import DEVICE
from chalicelib.resources.onsite.door_codes import ResolvedCode, resolve
from chalicelib.resources.onsite.door_state import DoorState, load, store
from chalicelib.resources.onsite.scan import (
    AMBIGUOUS,
    NONCE_REUSED,
    SENTENCES,
    UNKNOWN,
    UNKNOWN_STATION,
    DoorEvent,
    Places,
    Scan,
    Verdict,
)

# In the order of the nonces, so that two batches with the same ones wait for each other in one direction.
_CLAIM: Final = """
INSERT INTO door_scans (nonce, fingerprint, scanned_at, received_at, device_name, event_id, user_id,
  device_id)
SELECT sent.nonce, sent.fingerprint, sent.scanned_at, $3::timestamptz, sent.device_name, $2::bigint,
  $4::bigint, $5::bigint
FROM jsonb_to_recordset($1::jsonb)
  AS sent (nonce text, fingerprint text, scanned_at timestamptz, device_name text)
ORDER BY sent.nonce ON CONFLICT (event_id, nonce) DO NOTHING RETURNING nonce
"""
_KNOWN: Final = """
SELECT nonce, fingerprint, direction, reason, since, is_forced, attendee_id FROM door_scans
WHERE event_id = $1 AND nonce = ANY($2::text[])
"""
_SETTLE: Final = """
UPDATE door_scans SET direction = done.direction, reason = done.reason, since = done.since,
  is_forced = done.is_forced, attendee_id = done.attendee_id, station_id = done.station_id
FROM jsonb_to_recordset($2::jsonb) AS done (nonce text, direction text, reason text, since text,
  is_forced boolean, attendee_id bigint, station_id bigint)
WHERE door_scans.event_id = $1 AND door_scans.nonce = done.nonce
"""


def check_in(context: Context, event: DoorEvent, scans: Sequence[Scan]) -> list[Verdict]:
    """Decide and store the scans, in the order of the devices' times; the verdicts are in that of `scans`.

    Each has a nonce of its own. One that was decided before is not decided again.
    """
    known = _claim(context, event, scans)
    new = [scan for scan in scans if scan.nonce not in known]
    verdicts = {scan.nonce: _replayed(scan, known[scan.nonce]) for scan in scans if scan.nonce in known}
    if new:
        decided = _decide_all(context, event, sorted(new, key=lambda scan: scan.at))
        verdicts |= {verdict.scan.nonce: verdict for verdict in decided}
        db.enqueue(context.session, _SETTLE, [event.id, json.dumps([_row(verdict) for verdict in decided])])
    return [verdicts[scan.nonce] for scan in scans]


def _claim(context: Context, event: DoorEvent, scans: Sequence[Scan]) -> dict[str, list[Any]]:
    """Store the nonces. Returns the rows of those that were stored before: two statements, two snapshots."""
    rows = [
        {
            "nonce": scan.nonce,
            "fingerprint": scan.fingerprint,
            "scanned_at": scan.at.isoformat(),
            "device_name": scan.device_name or None,
        }
        for scan in scans
    ]
    values = [json.dumps(rows), event.id, clock.now(), context.viewer.id, context.viewer.opens.get(DEVICE)]
    claimed = {nonce for (nonce,) in db.fetch(context.session, _CLAIM, values)}
    left = [scan.nonce for scan in scans if scan.nonce not in claimed]
    known = db.fetch(context.session, _KNOWN, [event.id, left]) if left else []
    return {row[0]: row for row in known}


def _replayed(scan: Scan, row: Sequence[Any]) -> Verdict:
    _, fingerprint, direction, reason, since, is_forced, attendee_id = row
    if fingerprint != scan.fingerprint:
        return Verdict(scan, NONCE_REUSED, SENTENCES[NONCE_REUSED])
    detail = SENTENCES.get(reason) or gate.sentence(reason, since=since or "")
    return Verdict(
        scan, reason, detail, direction or gate.IN, since or "", is_forced, attendee_id, is_replayed=True
    )


def _decide_all(context: Context, event: DoorEvent, scans: Sequence[Scan]) -> list[Verdict]:
    session, times = context.session, [scan.at for scan in scans]
    texts = {scan.code for scan in scans if scan.code}
    meant_ids = {code.attendee_id for code in resolve(session, texts).values()}
    named_ids = {scan.attendee_id for scan in scans}
    ids = sorted(id for id in meant_ids | named_ids if id is not None)
    facts.lock_attendees(session, ids)
    # Looked up again: a code may have been replaced before the lock was there.
    codes = resolve(session, texts)
    whom = {scan.nonce: codes.get(scan.code) or ResolvedCode(scan.attendee_id) for scan in scans}
    tickets = facts.held_tickets(session, ids)
    # Who has an id of another event is not told that there is such an attendee; who has a code is.
    own = [id for id in ids if id in tickets and tickets[id].event_id == event.id]
    states = load(session, own, times)
    places = _places(context, event, scans)
    verdicts = []
    for scan in scans:
        meant = whom[scan.nonce]
        ticket = tickets.get(meant.attendee_id or 0)
        if ticket is not None and scan.attendee_id is not None and ticket.event_id != event.id:
            ticket = None
        if ticket is None:
            reason = AMBIGUOUS if scan.candidates else UNKNOWN
            verdicts.append(Verdict(scan, reason, SENTENCES[reason], scan.direction or gate.IN))
        else:
            ticket = replace(ticket, code=meant.void)
            verdicts.append(_decide(event, scan, ticket, places, states))
    store(session, states)
    for state in states.values():
        if state.changed:
            changed = SimpleNamespace(id=state.attendee_id)
            emit_change(context, context.registry["attendee"], changed, "updated", sorted(state.changed))  # type: ignore[arg-type]
    return verdicts


def _places(context: Context, event: DoorEvent, scans: Sequence[Scan]) -> Places:
    session, times = context.session, [scan.at for scan in scans]
    station_ids = {scan.station_id for scan in scans if scan.station_id is not None}
    rooms = {scan.room_id for scan in scans if scan.room_id is not None}
    stations = facts.stations_of(session, event.id, station_ids, rooms)
    their_rooms = {place.room_id for place in stations if place.room_id is not None}
    talks = {scan.session_id for scan in scans if scan.session_id is not None}
    sessions = facts.sessions_of(session, event.id, talks, their_rooms, times)
    counted = {
        place.room_id for place in stations if place.capacity is not None and place.room_id is not None
    }
    pairs = [(talk.id, room) for talk in sessions for room in talk.rooms if room in counted]
    return Places(stations, sessions, facts.count_inside(session, pairs))


def _decide(
    event: DoorEvent, scan: Scan, ticket: gate.HeldTicket, places: Places, states: Mapping[int, DoorState]
) -> Verdict:
    """Ask the gate, and note in `states` and `places` who comes and leaves."""
    station: facts.StationFacts | None = None
    talk: facts.SessionFacts | None = None
    direction = scan.direction or gate.IN
    if scan.station_id is not None or scan.room_id is not None:
        station = places.station(scan)
        if station is None:
            return Verdict(scan, UNKNOWN_STATION, SENTENCES[UNKNOWN_STATION], direction)
        direction, talk = station.direction, places.session(scan, station)
    key = (talk.id, station.room_id or 0) if talk is not None and station is not None else (0, 0)
    if station is None:
        place = gate.Gate(event.id, direction, event.zone)
    else:
        place = facts.gate_at(event.id, event.zone, station, talk, places.inside.get(key))
    state = states.get(ticket.attendee_id)
    session_id = talk.id if talk is not None else None
    presence = state.presence(station, session_id, scan.at, event.zone) if state is not None else None
    reason = gate.decide(ticket, place, presence, scan.at)
    is_forced = scan.force and reason in gate.FORCEABLE
    if is_forced:
        reason = gate.decide(ticket, place, presence, scan.at, force=True)
    since = presence.since if presence is not None and reason == gate.ALREADY_IN else ""
    if reason == gate.ADMITTED and state is not None:
        was_inside = presence is not None and presence.is_inside
        state.note(station, session_id, direction, scan.at, scan.device_name)
        if key in places.inside and was_inside != (direction == gate.IN):
            places.inside[key] += 1 if direction == gate.IN else -1
    detail = (
        _NO_SESSION if reason == gate.NOT_THIS_ROOM and talk is None else gate.sentence(reason, ticket, since)
    )
    attendee_id = None if state is None else ticket.attendee_id
    station_id = station.id if station is not None else None
    is_forced = is_forced and reason == gate.ADMITTED
    return Verdict(scan, reason, detail, direction, since, is_forced, attendee_id, station_id)


_NO_SESSION: Final = "No session takes place in this room at this time."


def _row(verdict: Verdict) -> dict[str, object]:
    return {
        "nonce": verdict.scan.nonce,
        "direction": verdict.direction,
        "reason": verdict.reason,
        "since": verdict.since or None,
        "is_forced": verdict.is_forced,
        "attendee_id": verdict.attendee_id,
        "station_id": verdict.station_id,
    }
