"""A scan at the door and the verdict on it, and the stations and sessions that scans are about."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final

from chalicelib.resources.onsite import gate
from chalicelib.resources.onsite import gate_facts as facts
from chalicelib.resources.onsite.station import CHECK_IN, CHECK_OUT, DAILY, REGISTRATION

UNKNOWN: Final = "unknown"
AMBIGUOUS: Final = "ambiguous"
UNKNOWN_STATION: Final = "unknown-station"
NONCE_REUSED: Final = "nonce-reused"
SENTENCES: Final = {
    UNKNOWN: "There is no such ticket.",
    AMBIGUOUS: "Several people may be meant: choose one.",
    UNKNOWN_STATION: "The event has no such station, or the room has none for this direction.",
    NONCE_REUSED: "This nonce belongs to another scan.",
}


@dataclass(frozen=True, slots=True)
class Scan:
    """What a device asks: a code, or an attendee's id; without station and room, at the event's own door.

    `at` is the device's time, corrected; `clock` says whether it was. `candidates` are whom a search has
    found, where these are not one, or have names that are only alike. `was_let_in` is what the device has
    decided itself, for `offline_reason`.
    """

    nonce: str
    at: datetime
    code: str = ""
    attendee_id: int | None = None
    direction: str = ""
    station_id: int | None = None
    room_id: int | None = None
    session_id: int | None = None
    device_name: str = ""
    force: bool = False
    sought: str = ""
    candidates: tuple[int, ...] = ()
    was_let_in: bool | None = None
    offline_reason: str = ""
    clock: str = ""

    @property
    def fingerprint(self) -> str:
        """The same for the same question; whom a search finds may differ."""
        asked = (self.code, None if self.sought else self.attendee_id, self.direction, self.station_id)
        more = (self.room_id, self.session_id, self.force, self.sought)
        return hashlib.sha256(repr((asked, more)).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class DoorEvent:
    """The event whose door it is."""

    id: int
    zone: tzinfo


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a scan. `attendee_id` is None for who is unknown, or of another event.

    `was_let_in` differs from what `reason` says where a device has decided offline. `place` names where
    somebody can be inside once.
    """

    scan: Scan
    reason: str
    detail: str
    direction: str = gate.IN
    since: str = ""
    is_forced: bool = False
    attendee_id: int | None = None
    station_id: int | None = None
    is_replayed: bool = False
    was_let_in: bool = False
    place: str = ""

    @property
    def is_conflict(self) -> bool:
        """Whether a device has let in somebody whom the gate refuses, and nobody has said to.

        Who leaves is no conflict.
        """
        is_against = self.was_let_in and self.reason != gate.ADMITTED and not self.is_forced
        return is_against and self.direction == gate.IN and self.scan.was_let_in is not None


@dataclass(frozen=True, slots=True)
class Places:
    """The stations and sessions that the scans are about, and who is inside."""

    stations: Sequence[facts.StationFacts]
    sessions: Sequence[facts.SessionFacts]
    inside: dict[tuple[int, int], int]

    def station(self, scan: Scan) -> facts.StationFacts | None:
        """The station of this id, or of its room where people go the other way; that of a room."""
        named = next((place for place in self.stations if place.id == scan.station_id), None)
        direction = scan.direction or gate.IN
        if scan.station_id is not None:
            if named is None or scan.direction in {"", named.direction}:
                return named
            room = named.room_id
        else:
            room = scan.room_id
        kind = CHECK_OUT if direction == gate.OUT else CHECK_IN
        here = (place for place in self.stations if place.room_id == room and place.kind == kind)
        return next(here, None) if room is not None else None

    def session(self, scan: Scan, station: facts.StationFacts) -> facts.SessionFacts | None:
        """The session of this id, or that at this time in the station's room."""
        if scan.session_id is not None:
            return next((talk for talk in self.sessions if talk.id == scan.session_id), None)
        if station.room_id is None or station.kind in {REGISTRATION, DAILY}:
            return None
        return facts.session_now(self.sessions, station.room_id, scan.at, station.direction)
