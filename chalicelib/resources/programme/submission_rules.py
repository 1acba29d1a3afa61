"""Hooks that sessions and speakers share: submission at an event."""

from typing import Any, Final

from sqlalchemy.orm import Session

from chalicelib import db
from chalicelib.auth.roles import COORGANIZERS
from chalicelib.jsonapi.ground.errors import forbidden
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.resources.forms.custom_form.answers import (
    demand_answers,
    drop_answers_not_asked,
    questions,
    refuse_internal_answers,
)
from chalicelib.resources.programme.session.states import PUBLIC

_EVENT = "/data/relationships/event"
_ANSWERS: Final = frozenset({"complex_field_values", "internal_field_values", "event_id"})
_UNFINISHED = {"draft", "withdrawn"}
_ON_THE_PROGRAMME: Final = f"""
SELECT 1 FROM speakers_sessions link JOIN sessions talk ON talk.id = link.session_id
 WHERE link.speaker_id = $1 AND talk.deleted_at IS NULL AND talk.state IN {PUBLIC} LIMIT 1
"""  # noqa: S608 - texts of this file


def submit_where_wanted(context: Context, change: Change) -> None:
    """Refuse submissions to an event without sessions and speakers."""
    if not change.is_new and "event_id" not in change.before:
        return
    enabled = change.prefetched.get("event", {}).get("is_sessions_speakers_enabled")
    if enabled is None:  # linked from the event's side
        select_switch = "SELECT is_sessions_speakers_enabled FROM events WHERE id = $1"
        rows = db.fetch(context.session, select_switch, [change.row.event_id], flush=False)
        enabled = rows[0][0] if rows else True
    if not enabled:
        raise forbidden("Sessions and speakers are not enabled for this event.", _EVENT)


def answer_what_is_asked(context: Context, change: Change) -> None:
    """Whoever hands something in answers the form; the event's team may leave gaps.

    Drafts and withdrawn sessions may be incomplete, and keep answers that are not asked until they are
    submitted. What the team creates is stored as it is, so that an archive brings back what there was.
    """
    row = change.row
    if not change.is_new and not change.before:
        return
    is_team = context.viewer.has_role(COORGANIZERS, row.event_id)
    if getattr(row, "state", None) in _UNFINISHED:
        return
    if is_team and (change.is_new or not row.complex_field_values):
        return
    fields = questions(context.session, row.__tablename__.removesuffix("s"), row.event_id)
    is_submitted = change.before.get("state") in _UNFINISHED
    drop_answers_not_asked(fields, change, always=is_submitted)
    if not is_team:
        demand_answers(fields, row, is_accepted=lambda: _is_accepted(context.session, row))


def keep_internal_answers_apart(context: Context, change: Change) -> None:
    """Answers to internal fields stand in internal-field-values, which only the event's organizers see."""
    row = change.row
    has_answers = row.complex_field_values or row.internal_field_values
    if has_answers and (change.is_new or not _ANSWERS.isdisjoint(change.before)):
        refuse_internal_answers(context.session, row.__tablename__.removesuffix("s"), row.event_id, row)


def _is_accepted(session: Session, row: Any) -> bool:
    """Whether the session, or one of the speaker's, is on the programme."""
    if hasattr(row, "state"):
        return row.state in PUBLIC
    return row.id is not None and bool(db.fetch(session, _ON_THE_PROGRAMME, [row.id], flush=False))


def stay_at_the_event(context: Context, change: Change) -> None:
    """Moving to another event needs an organizer of both events."""
    if "event_id" not in change.before:
        return
    events = (change.before["event_id"], change.row.event_id)
    if not all(context.viewer.has_role(COORGANIZERS, event_id) for event_id in events):
        raise forbidden("This belongs to its event and cannot be moved to another.", _EVENT)
