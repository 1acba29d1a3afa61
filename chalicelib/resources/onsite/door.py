"""Check-ins by scans: idempotent by nonce, decided by the gate one after the other, stored in bulk.

A thousand scans take as many statements as one. Locks first, then looks: the nonces, then orders, attendees
and rooms; another door with the same ticket waits, and sees what was decided here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Final

from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.write.changing import emit_change
from chalicelib.resources.onsite import door_log, gate
from chalicelib.resources.onsite import gate_facts as facts
from chalicelib.resources.onsite.door_codes import ResolvedCode, resolve
from chalicelib.resources.onsite.door_state import DoorState, load, store
from chalicelib.resources.onsite.scan import (
    AMBIGUOUS,
    SENTENCES,
    UNKNOWN,
    UNKNOWN_STATION,
    DoorEvent,
    Places,
    Scan,
    Verdict,
)


def check_in(context: Context, event: DoorEvent, scans: Sequence[Scan]) -> list[Verdict]:
    """Decide and store the scans, in the order of the devices' times; the verdicts are in that of `scans`.

    Each has a nonce of its own. One that was decided before is not decided again.
    """
    known = door_log.claim(context, event.id, scans)
    new = [scan for scan in scans if scan.nonce not in known]
    verdicts = {
        scan.nonce: door_log.replayed(scan, known[scan.nonce]) for scan in scans if scan.nonce in known
    }
    if new:
        decided = _decide_all(context, event, sorted(new, key=lambda scan: scan.at))
        verdicts |= {verdict.scan.nonce: verdict for verdict in decided}
        door_log.settle(context.session, event.id, decided)
    return [verdicts[scan.nonce] for scan in scans]


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
        if scan.was_let_in is False:
            verdicts.append(_turned_away(scan, ticket, states))
        elif ticket is None:
            reason = AMBIGUOUS if scan.candidates else UNKNOWN
            verdicts.append(
                Verdict(
                    *(scan, reason, SENTENCES[reason], scan.direction or gate.IN),
                    was_let_in=bool(scan.was_let_in),
                )
            )
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
            return Verdict(
                *(scan, UNKNOWN_STATION, SENTENCES[UNKNOWN_STATION], direction),
                was_let_in=bool(scan.was_let_in),
            )
        direction, talk = station.direction, places.session(scan, station)
    key = (talk.id, station.room_id or 0) if talk is not None and station is not None else (0, 0)
    if station is None:
        place = gate.Gate(event.id, direction, event.zone)
    else:
        place = facts.gate_at(event.id, event.zone, station, talk, places.inside.get(key))
    state = states.get(ticket.attendee_id)
    session_id = talk.id if talk is not None else None
    is_late = scan.was_let_in is not None
    presence = None
    if state is not None:
        presence = state.presence(station, session_id, scan.at, event.zone, at_that_time=is_late)
    reason = gate.decide(ticket, place, presence, scan.at)
    is_forced = scan.force and reason in gate.FORCEABLE
    if is_forced:
        reason = gate.decide(ticket, place, presence, scan.at, force=True)
    since = presence.since if presence is not None and reason == gate.ALREADY_IN else ""
    was_let_in = reason == gate.ADMITTED or bool(scan.was_let_in)
    if (reason == gate.ADMITTED or (was_let_in and _is_believed(reason, direction))) and state is not None:
        was_inside = presence is not None and presence.is_inside
        state.note(station, session_id, direction, scan.at, scan.device_name, at_that_time=is_late)
        if key in places.inside and was_inside != (direction == gate.IN):
            places.inside[key] += 1 if direction == gate.IN else -1
    detail = (
        _NO_SESSION if reason == gate.NOT_THIS_ROOM and talk is None else gate.sentence(reason, ticket, since)
    )
    attendee_id = None if state is None else ticket.attendee_id
    station_id = station.id if station is not None else None
    is_forced = is_forced and reason == gate.ADMITTED
    return Verdict(
        *(scan, reason, detail, direction, since, is_forced, attendee_id, station_id),
        was_let_in=was_let_in,
        place=facts.place_of(station, session_id, scan.at, event.zone),
    )


def _is_believed(reason: str, direction: str) -> bool:
    """Whether people have passed whom a device has let pass although this speaks against it.

    By a ticket that is void nobody has; who has left is outside, though it is told later how they came.
    """
    return reason in gate.FORCEABLE or (direction == gate.OUT and reason in gate.SEQUENCE)


def _turned_away(scan: Scan, ticket: gate.HeldTicket | None, states: Mapping[int, DoorState]) -> Verdict:
    """Whom a device has turned away offline has not come, whatever is known here."""
    attendee_id = ticket.attendee_id if ticket is not None and ticket.attendee_id in states else None
    detail = "The device has turned them away while it was offline."
    return Verdict(*(scan, scan.offline_reason, detail, scan.direction or gate.IN), attendee_id=attendee_id)


_NO_SESSION: Final = "No session takes place in this room at this time."
