"""Snapshots of a programme, and the difference between two: sessions that are new, dropped, moved, renamed.

A snapshot is a list of {session, title, starts-at, ends-at, microlocation, room, further-microlocations}:
ids, times as texts in UTC, and title and name of the room as they were. It says nothing of persons, nor of
rooms in the trash.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy.orm import Session

from chalicelib import db
from chalicelib.resources.programme.session.conflict_search import ON_PROGRAMME
from chalicelib.resources.programme.session.states import PUBLIC

Entry = Mapping[str, Any]
_UTC: Final = "to_char(talk.{0} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"+00:00\"')"
_ENTRIES: Final = f"""
SELECT coalesce(json_agg(json_build_object(
    'session', talk.id, 'title', talk.title, 'starts-at', {_UTC.format("starts_at")},
    'ends-at', {_UTC.format("ends_at")}, 'microlocation', room.id, 'room', room.name,
    'further-microlocations', coalesce((SELECT json_agg(further.id ORDER BY further.id)
       FROM sessions_microlocations link JOIN microlocations further
         ON further.id = link.microlocation_id AND further.deleted_at IS NULL
      WHERE link.session_id = talk.id), '[]')
  ) ORDER BY talk.starts_at, talk.id), '[]')
  FROM sessions talk
  LEFT JOIN microlocations room ON room.id = talk.microlocation_id AND room.deleted_at IS NULL
"""  # noqa: S608 - texts of this file
_SNAPSHOT: Final = f"{_ENTRIES} WHERE {ON_PROGRAMME}"
_PLACEABLE: Final = (
    f"{_ENTRIES} WHERE talk.event_id = $1 AND talk.deleted_at IS NULL AND talk.state IN {PUBLIC} "
    "AND talk.id = ANY ($2::bigint[])"
)
_ROOMS: Final = "SELECT id, name FROM microlocations WHERE event_id = $1 AND deleted_at IS NULL"
_TIMES_AND_ROOMS: Final = ("starts-at", "ends-at", "microlocation", "further-microlocations")


@dataclass(slots=True)
class Difference:
    """What is other in the later of two snapshots, by time; dropped ones by their former time."""

    new: list[Entry] = field(default_factory=list)
    dropped: list[Entry] = field(default_factory=list)
    moved: list[tuple[Entry, Entry]] = field(default_factory=list)
    renamed: list[tuple[Entry, Entry]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """{new, dropped, moved, renamed}, the last two with what was and what is."""
        return {
            "new": [dict(entry) for entry in self.new],
            "dropped": [dict(entry) for entry in self.dropped],
            "moved": [
                {"session": now["session"], "title": now["title"], "from": _place(was), "to": _place(now)}
                for was, now in self.moved
            ],
            "renamed": [
                {"session": now["session"], "from": was["title"], "to": now["title"]}
                for was, now in self.renamed
            ],
        }


def snapshot(session: Session, event_id: int) -> list[dict[str, Any]]:
    """The programme of the event by now, by time: accepted and confirmed sessions that have one."""
    listed: list[dict[str, Any]] = db.fetch(session, _SNAPSHOT, [event_id], flush=False)[0][0]
    return listed


def with_placements(
    session: Session, event_id: int, former: Sequence[Entry], placements: Sequence[Entry]
) -> list[dict[str, Any]]:
    """The snapshot as it would be with these placements, by time."""
    ids = [placement["session"] for placement in placements]
    entries = {entry["session"]: dict(entry) for entry in former}
    on_programme: list[dict[str, Any]] = db.fetch(session, _PLACEABLE, [event_id, ids])[0][0]
    rooms = dict(db.fetch(session, _ROOMS, [event_id]))
    placeable = {entry["session"]: entry for entry in on_programme}
    for placement in placements:
        entry = placeable.get(placement["session"])
        if entry is not None:
            entry |= {name: placement[name] for name in _TIMES_AND_ROOMS if name in placement}
            entry["further-microlocations"] = sorted(entry["further-microlocations"])
            entries[entry["session"]] = {**entry, "room": rooms.get(entry["microlocation"])}
    timed = (entry for entry in entries.values() if entry["starts-at"] and entry["ends-at"])
    return sorted(timed, key=lambda entry: (entry["starts-at"], entry["session"]))


def difference(former: Sequence[Entry], later: Sequence[Entry]) -> Difference:
    """What has changed from one snapshot to another of the same event."""
    was = {entry["session"]: entry for entry in former}
    now = {entry["session"]: entry for entry in later}
    found = Difference(dropped=[entry for entry in former if entry["session"] not in now])
    for entry in later:
        before = was.get(entry["session"])
        if before is None:
            found.new.append(entry)
            continue
        if any(before[name] != entry[name] for name in _TIMES_AND_ROOMS):
            found.moved.append((before, entry))
        if before["title"] != entry["title"]:
            found.renamed.append((before, entry))
    return found


def _place(entry: Entry) -> dict[str, Any]:
    return {name: entry[name] for name in (*_TIMES_AND_ROOMS, "room")}
