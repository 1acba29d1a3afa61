"""What submitters may still do with a session: edits after the end of its call, and its co-speakers.

The rules are those of the call that took the session, or of the event's main call. Drafts are edited at any
time, and a session may always be withdrawn.
"""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from chalicelib import clock, db
from chalicelib.jsonapi.ground.errors import Problem, conflict, forbidden
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.resources.forms.custom_form.answers import names_asked_after_acceptance
from chalicelib.resources.programme.call_rules import OPEN, UNTIL_ACCEPTED
from chalicelib.resources.programme.call_window import TEAM
from chalicelib.resources.programme.session.states import PUBLIC

_STATE: Final = "/data/attributes/state"
_SPEAKERS: Final = "/data/relationships/speakers"
_ANSWERS: Final = "complex_field_values"
_RULES: Final = """
SELECT ends_at, edits_after_end, max_speakers, co_speakers_must_accept FROM submission_calls WHERE id = $2
UNION ALL
SELECT ends_at, edits_after_end, max_speakers, co_speakers_must_accept FROM speakers_calls
 WHERE $2 IS NULL AND event_id = $1 AND deleted_at IS NULL
"""
_WAITS: Final = "SELECT 1 FROM speaker_invites WHERE session_id = $1 AND status = 'pending' LIMIT 1"
_LOCK: Final = "SELECT 1 FROM sessions WHERE id = $1 FOR NO KEY UPDATE"
_COUNT: Final = """
SELECT count(*) FROM speakers_sessions link JOIN speakers speaker ON speaker.id = link.speaker_id
 WHERE link.session_id = $1 AND speaker.deleted_at IS NULL
"""
_TALKS: Final = """
SELECT talk.id, talk.event_id, talk.submission_call_id
  FROM speakers_sessions link JOIN sessions talk ON talk.id = link.session_id
 WHERE link.speaker_id = $1 AND talk.deleted_at IS NULL ORDER BY talk.id
"""


class _Rules(NamedTuple):
    ends_at: datetime
    edits_after_end: str
    max_speakers: int | None
    co_speakers_must_accept: bool


_NONE: Final = _Rules(datetime.max.replace(tzinfo=UTC), OPEN, None, False)


def edit_while_allowed(context: Context, change: Change) -> None:
    """Hook: after the end of its call a session is edited as the call says. Raises Problem 403.

    Withdrawing changes the state and nothing else. Of an accepted session, what the form asks after
    acceptance may be answered.
    """
    row = change.row
    if change.is_new or context.viewer.has_role(TEAM, row.event_id) or not change.before:
        return
    state = change.before.get("state", row.state)
    # The call that had taken it decides, also where the session goes to another one.
    if not _is_closed(context, row, state, change.before.get("submission_call_id", row.submission_call_id)):
        return
    changed = change.before.keys() - ({"state"} if row.state == "withdrawn" else set())
    if state in PUBLIC:
        changed = _without_late_answers(context, change, changed)
    if changed:
        raise _closed()


def demand_edits(context: Context, row: Any) -> None:
    """Raise Problem 403 if the viewer may edit the session no more."""
    if context.viewer.has_role(TEAM, row.event_id):
        return
    if _is_closed(context, row, row.state, row.submission_call_id):
        raise _closed()


def edit_before_deleting(context: Context, change: Change) -> None:
    """Hook: what may not be edited is not deleted either."""
    demand_edits(context, change.row)


def wait_for_co_speakers(context: Context, change: Change) -> None:
    """Hook: where the call says so, a session is confirmed once all invitations are answered. Raises Problem
    409.
    """
    row = change.row
    if row.state != "confirmed" or change.is_new or "state" not in change.before:
        return
    waits = _rules(context, row.event_id, row.submission_call_id).co_speakers_must_accept
    if waits and db.fetch(context.session, _WAITS, [row.id], flush=False):
        raise conflict("Somebody who is invited to speak there has not answered yet.", _STATE)


def keep_room_for_speakers(context: Context, change: Change) -> None:
    """Hook: a session that somebody else than the team submits has as many speakers as its call takes."""
    if "speakers" in change.linked:
        demand_room_for_speakers(context, change.row)


def demand_room_for_speakers(context: Context, row: Any) -> None:
    """Raise Problem 409 if the session, as it is written, has more speakers than its call takes."""
    if not context.viewer.has_role(TEAM, row.event_id):
        _demand_room(context, row.id, row.event_id, row.submission_call_id, more=0)


def keep_room_for_a_restored_speaker(context: Context, change: Change) -> None:
    """Hook of speakers: who comes back from the trash is on their sessions again. Raises Problem 409."""
    row = change.row
    if not change.restores or context.viewer.has_role(TEAM, row.event_id):
        return
    for talk in db.fetch(context.session, _TALKS, [row.id], flush=False):
        _demand_room(context, *talk, more=1)


def _demand_room(context: Context, id: int, event_id: int, call_id: int | None, *, more: int) -> None:
    most = _rules(context, event_id, call_id).max_speakers
    if most is None:
        return
    # Two who join at once wait for each other here.
    db.fetch(context.session, _LOCK, [id], flush=False)
    ((count,),) = db.fetch(context.session, _COUNT, [id], flush=False)
    if count + more > most:
        raise conflict(f"A session of this call has {most} speakers at the most.", _SPEAKERS)


def _is_closed(context: Context, row: Any, state: str, call_id: int | None) -> bool:
    if state == "draft":
        return False
    rules = _rules(context, row.event_id, call_id)
    if rules.edits_after_end == OPEN or clock.now() <= rules.ends_at:
        return False
    return state in PUBLIC or rules.edits_after_end != UNTIL_ACCEPTED


def _rules(context: Context, event_id: int, call_id: int | None) -> _Rules:
    rows = db.fetch(context.session, _RULES, [event_id, call_id], flush=False)
    return next((_Rules(*row) for row in rows), _NONE)


def _without_late_answers(context: Context, change: Change, changed: Collection[str]) -> set[str]:
    """Those of the columns that are no answer to what is asked after acceptance."""
    asked = names_asked_after_acceptance(context.session, "session", change.row.event_id)
    others = {column for column in changed if column.removesuffix("_id") not in asked}
    if _ANSWERS in others:
        former, answers = change.before[_ANSWERS] or {}, change.row.complex_field_values or {}
        if all(former.get(name) == answers.get(name) for name in (former.keys() | answers.keys()) - asked):
            others.remove(_ANSWERS)
    return others


def _closed() -> Problem:
    return forbidden("The call for speakers has ended: this session can be withdrawn, and not edited.")
