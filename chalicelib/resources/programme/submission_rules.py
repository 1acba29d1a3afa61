"""Hooks that sessions and speakers share: submission at an event."""

from chalicelib import db
from chalicelib.auth.roles import COORGANIZERS
from chalicelib.jsonapi.ground.errors import forbidden
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.resources.forms.custom_form.answers import demand_answers

_EVENT = "/data/relationships/event"
_UNFINISHED = {"draft", "withdrawn"}


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

    Drafts and withdrawn sessions may be incomplete.
    """
    row = change.row
    if not change.is_new and not change.before:
        return
    if context.viewer.has_role(COORGANIZERS, row.event_id) or getattr(row, "state", None) in _UNFINISHED:
        return
    demand_answers(context.session, row.__tablename__.removesuffix("s"), row.event_id, row)


def stay_at_the_event(context: Context, change: Change) -> None:
    """Moving to another event needs an organizer of both events."""
    if "event_id" not in change.before:
        return
    events = (change.before["event_id"], change.row.event_id)
    if not all(context.viewer.has_role(COORGANIZERS, event_id) for event_id in events):
        raise forbidden("This belongs to its event and cannot be moved to another.", _EVENT)
