"""Schedule conflicts: two sessions in one room, a speaker in two places, a session outside of its event.

Sessions of the programme (accepted, confirmed) with a time count. An event's schedule-conflicts says whether
a change that would make a conflict is refused; then its row is locked, so that whoever changes the schedule
waits for others who do. Conflicts that were made while they were allowed, or by a new time or change-over of
the event itself, are listed at /v1/events/{id}/schedule-conflicts.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from chalicelib import db
from chalicelib.jsonapi.ground.errors import Problem, conflict
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.resources.programme.session.states import PUBLIC
from chalicelib.values.zones import local, zone

_MOVED_BY: Final = frozenset({"starts_at", "ends_at", "event_id"})
_ROOM: Final = "microlocation_id"
_RULE: Final = """
SELECT changeover_minutes, starts_at, ends_at, timezone FROM events
 WHERE id = $1 AND schedule_conflicts = 'refused' FOR NO KEY UPDATE
"""
_PROGRAMME: Final = f"{{0}}.deleted_at IS NULL AND {{0}}.state IN {PUBLIC}"
# Others of the event at the time from $3 to $4: in a room, and of speakers.
_IN_THE_ROOM: Final = f"""
SELECT room.name, other.title, other.starts_at, other.ends_at
  FROM sessions other JOIN microlocations room ON room.id = other.microlocation_id
 WHERE other.event_id = $1 AND other.id IS DISTINCT FROM $2 AND {_PROGRAMME.format("other")}
   AND other.microlocation_id = $5
   AND other.starts_at < $4::timestamptz + make_interval(mins => $6::int)
   AND other.ends_at > $3::timestamptz - make_interval(mins => $6::int)
 ORDER BY other.starts_at, other.id LIMIT 1
"""  # noqa: S608 - texts of this file
# Of these speakers ($5), or of all that the session has.
_BY_A_SPEAKER: Final = f"""
SELECT speaker.name, other.title, other.starts_at, other.ends_at
  FROM speakers speaker
  JOIN speakers_sessions link ON link.speaker_id = speaker.id
  JOIN sessions other ON other.id = link.session_id
 WHERE speaker.id = ANY (coalesce($5::bigint[], ARRAY(
         SELECT own.speaker_id FROM speakers_sessions own JOIN speakers person ON person.id = own.speaker_id
          WHERE own.session_id = $2 AND person.deleted_at IS NULL)))
   AND other.event_id = $1 AND other.id IS DISTINCT FROM $2 AND {_PROGRAMME.format("other")}
   AND other.starts_at < $4::timestamptz AND other.ends_at > $3::timestamptz
 ORDER BY other.starts_at, other.id LIMIT 1
"""  # noqa: S608 - texts of this file
_TALKS_OF: Final = f"""
SELECT talk.id, talk.event_id, talk.starts_at, talk.ends_at
  FROM speakers_sessions link JOIN sessions talk ON talk.id = link.session_id
 WHERE link.speaker_id = $1 AND {_PROGRAMME.format("talk")} AND talk.ends_at > talk.starts_at
"""  # noqa: S608 - texts of this file


class _Rule(NamedTuple):
    """What the event refuses: change-over in minutes, and its own time and zone."""

    changeover: int
    starts_at: datetime
    ends_at: datetime
    zone_name: str

    def said(self, starts_at: datetime, ends_at: datetime) -> str:
        """The time in the event's zone, such as "2030-05-01 10:00 to 10:45", with the day of a later end."""
        begins, ends = (local(moment, zone(self.zone_name)) for moment in (starts_at, ends_at))
        end = f"{ends:%H:%M}" if begins.date() == ends.date() else f"{ends:%Y-%m-%d %H:%M}"
        return f"{begins:%Y-%m-%d %H:%M} to {end}"


def refuse_conflicts(context: Context, change: Change) -> None:
    """Refuse a time or a room that would make a conflict. Raises Problem 409.

    What a session had already stays: it may be renamed, confirmed, or given another room.
    """
    row, is_moved = change.row, _is_moved(change)
    if not (is_moved or _ROOM in change.before) or not _is_scheduled(row):
        return
    rule = _rule(context, row.event_id)
    if rule is None:
        return
    if is_moved and (row.starts_at < rule.starts_at or row.ends_at > rule.ends_at):
        times = rule.said(rule.starts_at, rule.ends_at)
        raise conflict(
            f"The event is from {times}: no session is outside of it.", "/data/attributes/starts-at"
        )
    if row.microlocation_id is not None:
        more = [row.microlocation_id, rule.changeover]
        for name, *taken in db.fetch(context.session, _IN_THE_ROOM, [*_times(row), *more], flush=False):
            raise _taken(rule, f"The room {name} is taken", taken, "/data/relationships/microlocation")


def refuse_times_of_busy_speakers(context: Context, change: Change) -> None:
    """Refuse a time at which a speaker of the session, as it has been written, is elsewhere. Raises Problem
    409.

    New links are refused one by one, as they are made.
    """
    if not change.is_new and _is_moved(change):
        refuse_busy_speakers(context, change.row, None)


def refuse_busy_speakers(context: Context, row: Any, speakers: Sequence[int] | None) -> None:
    """Refuse a session one of these speakers (ids) of which is elsewhere; None is all it has. Raises Problem
    409.
    """
    if not _is_scheduled(row) or (rule := _rule(context, row.event_id)) is None:
        return
    values = [*_times(row), None if speakers is None else list(speakers)]
    for name, *taken in db.fetch(context.session, _BY_A_SPEAKER, values, flush=False):
        raise _taken(rule, f"{name} speaks elsewhere", taken, "/data/relationships/speakers")


def refuse_a_busy_speaker(context: Context, change: Change) -> None:
    """Refuse to restore a speaker who would be in two places. Raises Problem 409."""
    if not change.restores or (rule := _rule(context, change.row.event_id)) is None:
        return
    for id, event_id, starts_at, ends_at in db.fetch(
        context.session, _TALKS_OF, [change.row.id], flush=False
    ):
        values = [event_id, id, starts_at, ends_at, [change.row.id]]
        for name, *taken in db.fetch(context.session, _BY_A_SPEAKER, values, flush=False):
            raise _taken(rule, f"{name} would speak in two places", taken, "/data/attributes/deleted-at")


def _is_moved(change: Change) -> bool:
    """Whether it comes to the programme, or to another time there."""
    row, before = change.row, change.before
    was_off = before.get("state", row.state) not in PUBLIC
    return change.is_new or change.restores or was_off or bool(before.keys() & _MOVED_BY)


def _is_scheduled(row: Any) -> bool:
    has_times = row.starts_at is not None and row.ends_at is not None
    return row.state in PUBLIC and has_times and row.deleted_at is None


def _rule(context: Context, event_id: int) -> _Rule | None:
    return next((_Rule(*row) for row in db.fetch(context.session, _RULE, [event_id], flush=False)), None)


def _times(row: Any) -> list[Any]:
    return [row.event_id, row.id, row.starts_at, row.ends_at]


def _taken(rule: _Rule, what: str, taken: Sequence[Any], pointer: str) -> Problem:
    title, starts_at, ends_at = taken
    return conflict(f"{what}: {title}, {rule.said(starts_at, ends_at)} ({rule.zone_name}).", pointer)
