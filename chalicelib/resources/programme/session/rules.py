"""Sessions: visibility, permissions and hooks."""

from collections.abc import Sequence
from typing import Any

from chalicelib import clock, signals
from chalicelib.auth.roles import COORGANIZERS, MODERATORS, ORGANIZERS, TRACK_ORGANIZERS
from chalicelib.jsonapi.ground.errors import forbidden, invalid
from chalicelib.jsonapi.ground.sql import joined, sql
from chalicelib.jsonapi.http.limited import demand
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.policy import among, column_is, is_owner
from chalicelib.jsonapi.rights.viewer_parameters import email_of_viewer, of_viewer
from chalicelib.limits.declared import SESSION_MAILS
from chalicelib.resources.policies import has_role
from chalicelib.resources.programme.session.conflicts import refuse_taken_rooms
from chalicelib.resources.programme.session.states import MAILED, PUBLIC

_TALKS = (
    "SELECT link.session_id FROM speakers speaker "
    "JOIN speakers_sessions link ON link.speaker_id = speaker.id WHERE speaker.deleted_at IS NULL AND "
)
# SELECTs of session ids: where the viewer is a speaker, and where they are invited to speak.
SPEAKS_AT = joined(
    " UNION ALL ",
    (sql(_TALKS, is_viewer) for is_viewer in (of_viewer("speaker"), email_of_viewer("speaker"))),
)
INVITED_TO = sql(
    "SELECT invite.session_id FROM speaker_invites invite WHERE invite.status = 'pending' AND ",
    email_of_viewer("invite"),
)

ON_THE_PROGRAMME = column_is("state", PUBLIC[0]) | column_is("state", PUBLIC[1])
_SPEAKERS = among(SPEAKS_AT, "the session's speakers")
TEAM = is_owner("creator_id") | _SPEAKERS | has_role(COORGANIZERS)
# Visible to the programme team only.
FOR_THE_TEAM = is_owner("creator_id") | has_role(TRACK_ORGANIZERS | MODERATORS) | _SPEAKERS
INVITED = among(INVITED_TO, "whoever is invited to the session")


def leave_locked_ones_alone(context: Context, change: Change) -> None:
    """A locked session is edited by organizers only."""
    if not change.is_new:
        demand_unlocked(context, change.row, change.before.get("is_locked", change.row.is_locked))


def demand_unlocked(context: Context, row: Any, is_locked: bool | None = None) -> None:
    """Raise Problem 403 for a locked session, unless the viewer is an organizer of its event."""
    locked = row.is_locked if is_locked is None else is_locked
    if locked and not context.viewer.has_role(ORGANIZERS, row.event_id):
        raise forbidden("This session is locked: only organizers may edit it.")


def schedule_by_organizers(context: Context, change: Change) -> None:
    """Only the event's team schedules sessions; schedule attributes sent by others are ignored."""
    row = change.row
    if context.viewer.has_role(COORGANIZERS, row.event_id):
        return
    if change.is_new:
        row.microlocation_id = None
    change.undo({"microlocation_id"})


def take_further_rooms(context: Context, row: Any, added: Sequence[int], _removed: Sequence[int]) -> None:
    """Only the event's team says which rooms a session takes besides. Raises Problem 403, 409."""
    demand_unlocked(context, row)
    if not context.viewer.has_role(COORGANIZERS, row.event_id):
        raise forbidden("Only the event's team says which rooms a session takes.")
    if added:
        refuse_taken_rooms(context, row, added)


def begin_before_ending(_context: Context, change: Change) -> None:
    """A session ends after it begins, and a new one begins in the future."""
    row = change.row
    if not change.is_new and not {"starts_at", "ends_at"} & change.before.keys():
        return
    if row.starts_at and row.ends_at and row.ends_at <= row.starts_at:
        raise invalid("A session must end after it begins.", "/data/attributes/ends-at")
    if change.is_new and row.starts_at and row.starts_at <= clock.now():
        raise invalid("A new session must begin in the future.", "/data/attributes/starts-at")


def note_the_change(context: Context, change: Change) -> None:
    """Set the creator, and the times of submission, of the last change and of leaving the programme."""
    row = change.row
    if change.is_new:
        row.creator_id, row.profile_id = context.viewer.id, context.viewer.profile_id
    if not change.is_new and not change.before:
        return
    row.last_modified_at = clock.now()
    if "event_id" in change.before:
        row.left_programme_at = None  # it was on another programme
    elif change.before.get("state") in PUBLIC and row.state not in PUBLIC:
        row.left_programme_at = row.last_modified_at
    if row.submitted_at is None and row.state != "draft":
        row.submitted_at = clock.now()


def tell_about_proposal(context: Context, change: Change) -> None:
    """Emit a signal when a session was submitted, or its speakers have changed."""
    if "speakers" in change.linked or "submitted_at" in change.before:
        signals.emit(context.session, "session.proposed", id=change.row.id, viewer_id=context.viewer.id)


def tell_about_state(context: Context, change: Change) -> None:
    """Emit a signal for a new state, with whether an email was requested. Raises TooMany of those."""
    if "state" in change.before:
        is_mailed = bool(change.sent.get("send_email")) and change.row.state in MAILED
        if is_mailed:
            demand(context, SESSION_MAILS.counter(f"account {context.viewer.id}"))
        signals.emit(
            context.session,
            "session.state_changed",
            id=change.row.id,
            former=change.before["state"],
            state=change.row.state,
            send_email=is_mailed,
            viewer_id=context.viewer.id,
        )
