"""Schedule conflicts: two sessions in one room, a speaker in two places, a session outside of its event, or
when its room or a speaker is not available, or in a break.

Sessions of the programme (accepted, confirmed) with a time count. An event's schedule-conflicts says whether
a change that would make a conflict is refused; then its row is locked, so that whoever changes the schedule
waits for others who do. Conflicts that were made while they were allowed, or by what a break, a room's or
speaker's availability, or the event's own time has become, are listed at /v1/events/{id}/schedule-conflicts.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy.orm import Session

from chalicelib import db
from chalicelib.auth.roles import TRACK_ORGANIZERS
from chalicelib.jsonapi.ground.errors import Problem, conflict
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.resources.programme.session import conflict_search as search
from chalicelib.resources.programme.session.conflict_search import Placement
from chalicelib.resources.programme.session.conflict_sentences import EventTimes, said
from chalicelib.resources.programme.session.states import PUBLIC

_MOVED_BY: Final = frozenset({"starts_at", "ends_at", "event_id"})
_ROOM: Final = "microlocation_id"
_AUDIENCE: Final = frozenset({"expected_audience", "sign_up_places"})
MOST_WARNINGS: Final = 20
_DEFERRED: Final = "schedule conflicts are looked for afterwards"
_RULE: Final = """
SELECT starts_at, ends_at, timezone FROM events
 WHERE id = $1 AND schedule_conflicts = 'refused' FOR NO KEY UPDATE
"""
# The sessions first, as whoever changes one of them has it locked before the event.
_LOCK_SESSIONS: Final = (
    "SELECT id FROM sessions WHERE event_id = $1 AND id = ANY ($2::bigint[]) ORDER BY id FOR NO KEY UPDATE"
)
_LOOK: Final = """
SELECT starts_at, ends_at, timezone, schedule_conflicts = 'refused', checks_capacity FROM events WHERE id = $1
"""
_LOCK_EVENT: Final = """
SELECT starts_at, ends_at, timezone, schedule_conflicts = 'refused' FROM events WHERE id = $1
   FOR NO KEY UPDATE
"""
_PROGRAMME: Final = f"talk.deleted_at IS NULL AND talk.state IN {PUBLIC}"
_LINKED: Final = """
SELECT ARRAY(SELECT link.microlocation_id FROM sessions_microlocations link WHERE link.session_id = $1),
       ARRAY(SELECT link.speaker_id FROM speakers_sessions link
               JOIN speakers person ON person.id = link.speaker_id AND person.deleted_at IS NULL
              WHERE link.session_id = $1)
"""
_TALKS_OF: Final = f"""
SELECT talk.id, talk.starts_at, talk.ends_at
  FROM speakers_sessions link JOIN sessions talk ON talk.id = link.session_id
 WHERE link.speaker_id = $1 AND {_PROGRAMME} AND talk.ends_at > talk.starts_at
"""  # noqa: S608 - texts of this file
_PLACED: Final = f"""
SELECT talk.id, talk.starts_at, talk.ends_at,
       array_remove(talk.microlocation_id || ARRAY(SELECT link.microlocation_id
         FROM sessions_microlocations link WHERE link.session_id = talk.id), NULL),
       ARRAY(SELECT link.speaker_id FROM speakers_sessions link
               JOIN speakers person ON person.id = link.speaker_id AND person.deleted_at IS NULL
              WHERE link.session_id = talk.id)
  FROM sessions talk
 WHERE talk.event_id = $1 AND talk.id = ANY ($2::bigint[]) AND {_PROGRAMME} AND talk.ends_at > talk.starts_at
"""  # noqa: S608 - texts of this file


@contextmanager
def checked_afterwards(
    context: Context, event_id: int, ids: Sequence[int], *, always: bool = False
) -> Iterator[None]:
    """Within the block these sessions of the event change without being checked one by one. At its end they
    are checked together, so that two may swap their places.

    Sessions and event are locked. Raises SessionConflict where the event refuses conflicts, or `always`.
    """
    db.fetch(context.session, _LOCK_SESSIONS, [event_id, ids])
    *event, refuses = db.fetch(context.session, _LOCK_EVENT, [event_id])[0]
    context.session.info[_DEFERRED] = True
    try:
        yield
    finally:
        del context.session.info[_DEFERRED]
    if refuses or always or context.wants_warnings:
        placed = _placed(context, event_id, ids)
        if refuses or always:
            _refuse(context.session, event_id, EventTimes(*event), placed, named=True)
        else:
            _warn(context, event_id, EventTimes(*event), placed)


def refuse_conflicts(context: Context, change: Change) -> None:
    """Refuse a time or a room that would make a conflict. Raises Problem 409.

    What a session had already stays: it may be renamed, confirmed, or given another room.
    """
    row, is_moved = change.row, _is_moved(change)
    if not (is_moved or _ROOM in change.before) or not _is_scheduled(row):
        return
    rooms = [] if row.microlocation_id is None else [row.microlocation_id]
    _try(context, row, rooms=rooms, is_moved=is_moved)


def refuse_what_links_forbid(context: Context, change: Change) -> None:
    """Refuse a time at which a speaker or a further room of the session, as it has been written, is not to be
    had. Raises Problem 409.

    New links are refused one by one, as they are made.
    """
    if change.is_new or not _is_moved(change) or not _is_scheduled(change.row):
        return
    rooms, speakers = db.fetch(context.session, _LINKED, [change.row.id])[0]
    if rooms or speakers:
        _try(context, change.row, rooms=rooms, speakers=speakers)


def look_at_what_was_written(context: Context, change: Change) -> None:
    """Hook after a session was written: refuse rooms that are too small for it, where the event refuses
    conflicts and counts that as one; where it allows conflicts, warn whoever makes the schedule of them.

    Raises Problem 409. What a session had already is no reason to refuse something else.
    """
    row, changed = change.row, change.before.keys()
    is_placed = _is_moved(change) or _ROOM in changed or "further_microlocations" in change.linked
    matters = is_placed or "speakers" in change.linked or not _AUDIENCE.isdisjoint(changed)
    if not matters or not _is_scheduled(row) or context.session.info.get(_DEFERRED):
        return
    ((*event, refuses, checks_capacity),) = db.fetch(context.session, _LOOK, [row.event_id])
    if not (checks_capacity if refuses else context.wants_warnings):
        return
    placed = _placed(context, row.event_id, [row.id])
    if not refuses:
        _warn(context, row.event_id, EventTimes(*event), placed)
        return
    conflicts = search.conflicts_of(context.session, row.event_id, placed, most=MOST_WARNINGS)
    full = next((each for each in conflicts if each.kind == search.FULL), None)
    if full is not None and (is_placed or not _AUDIENCE.isdisjoint(changed)):
        raise conflict(*said(EventTimes(*event), full))


def _placed(context: Context, event_id: int, ids: Sequence[int]) -> list[Placement]:
    """These sessions as they have been written, with all of their rooms and speakers."""
    return [
        Placement(id, starts_at, ends_at, rooms, speakers, is_moved=True, is_whole=True)
        for id, starts_at, ends_at, rooms, speakers in db.fetch(context.session, _PLACED, [event_id, ids])
    ]


def _warn(context: Context, event_id: int, rule: EventTimes, placements: Sequence[Placement]) -> None:
    """Tell of these conflicts in the answer, which only the team that sees them all gets."""
    if placements and context.wants_warnings and context.viewer.has_role(TRACK_ORGANIZERS, event_id):
        for each in search.conflicts_of(context.session, event_id, placements, most=MOST_WARNINGS):
            sentence, at = said(rule, each)
            context.warn({"kind": each.kind, "session": each.session, "detail": sentence, "pointer": at})


def refuse_busy_speakers(context: Context, row: Any, speakers: Sequence[int]) -> None:
    """Refuse a session one of these speakers (ids) of which is elsewhere, or away. Raises Problem 409."""
    if _is_scheduled(row):
        _try(context, row, speakers=speakers)


def refuse_taken_rooms(context: Context, row: Any, rooms: Sequence[int]) -> None:
    """Refuse a session to which one of these rooms (ids) cannot be given. Raises Problem 409."""
    if _is_scheduled(row):
        _try(context, row, rooms=rooms)


def refuse_a_busy_speaker(context: Context, change: Change) -> None:
    """Refuse to restore a speaker who would be in two places. Raises Problem 409."""
    row = change.row
    if not change.restores or (rule := _rule(context, row.event_id)) is None:
        return
    talks = db.fetch(context.session, _TALKS_OF, [row.id], flush=False)
    tried = [Placement(id, starts_at, ends_at, speakers=[row.id]) for id, starts_at, ends_at in talks]
    _refuse(context.session, row.event_id, rule, tried, pointer="/data/attributes/deleted-at")


def _try(
    context: Context,
    row: Any,
    *,
    rooms: Sequence[int] = (),
    speakers: Sequence[int] = (),
    is_moved: bool = False,
) -> None:
    rule = _rule(context, row.event_id)
    if rule is not None:
        tried = Placement(row.id or 0, row.starts_at, row.ends_at, rooms, speakers, is_moved)
        _refuse(context.session, row.event_id, rule, [tried])


def _refuse(
    session: Session,
    event_id: int,
    rule: EventTimes,
    placements: Sequence[Placement],
    *,
    pointer: str = "",
    named: bool = False,
) -> None:
    found = search.first_conflict(session, event_id, placements) if placements else None
    if found is not None:
        sentence, at = said(rule, found)
        detail = f"{found.title}: {sentence}" if named else sentence
        raise SessionConflict(found.session, conflict(detail, pointer or at))


class SessionConflict(Problem):
    """A conflict of the session with this id."""

    def __init__(self, session: int, problem: Problem) -> None:
        super().__init__(problem.status, problem.detail, pointer=problem.pointer)
        self.session = session


def _is_moved(change: Change) -> bool:
    """Whether it comes to the programme, or to another time there."""
    row, before = change.row, change.before
    was_off = before.get("state", row.state) not in PUBLIC
    return change.is_new or change.restores or was_off or bool(before.keys() & _MOVED_BY)


def _is_scheduled(row: Any) -> bool:
    has_times = row.starts_at is not None and row.ends_at is not None
    return row.state in PUBLIC and has_times and row.deleted_at is None


def _rule(context: Context, event_id: int) -> EventTimes | None:
    """The rule of an event that refuses conflicts, locked; none where they are looked for afterwards."""
    if context.session.info.get(_DEFERRED):
        return None
    return next((EventTimes(*row) for row in db.fetch(context.session, _RULE, [event_id], flush=False)), None)
