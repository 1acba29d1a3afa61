"""Invitations to speak: accepting, which joins the session, or rejecting.

Both are GET requests, because the invitation email links to them.
"""

from chalicelib import db, signals
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import conflict, forbidden
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.write.changing import lock_visible
from chalicelib.resources.programme.co_speakers import demand_room_for_people
from chalicelib.resources.programme.session.conflicts import refuse_busy_speakers
from chalicelib.resources.programme.session.edits import demand_room_for_speakers
from chalicelib.resources.programme.session.session import Session
from chalicelib.resources.programme.speaker_invite import SpeakerInvite


@action("GET", "/v1/speaker-invites/{id}/accept-invite", lenient=True, acts=True)
@documented(
    who="the invited person, with a verified address",
    response={"success": True, "message": "The invitation has been accepted."},
    errors=(401, 403, 404, 409),
)
def accept_speaker_invite(context: Context, id: str) -> Answer:
    """{success, message}. Needs a speaker at the event. Raises Problem 401, 403, 404, 409."""
    invite = _addressed_to_viewer(context, id)
    profile = db.fetch(
        context.session,
        "SELECT id FROM speakers WHERE event_id = $1 AND deleted_at IS NULL "
        "AND (user_id = $2::bigint OR lower(email) = lower($3)) "
        "ORDER BY (user_id = $2::bigint) IS TRUE DESC LIMIT 1",
        [invite.event_id, context.viewer.id, context.viewer.email],
    )
    if not profile:
        raise forbidden("Make your speaker's profile at this event first, then accept.")
    talk = context.session.get_one(Session, invite.session_id, with_for_update=True)
    refuse_busy_speakers(context, talk, [profile[0][0]])
    db.fetch(
        context.session,
        "INSERT INTO speakers_sessions (speaker_id, session_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        [profile[0][0], invite.session_id],
    )
    demand_room_for_speakers(context, talk)
    demand_room_for_people(context, talk, account=context.viewer.id)
    return _answered(context, invite, "accepted")


@action("GET", "/v1/speaker-invites/{id}/reject-invite", lenient=True, acts=True)
@documented(
    who="the invited person, with a verified address",
    response={"success": True, "message": "The invitation has been rejected."},
    errors=(401, 403, 404, 409),
)
def reject_speaker_invite(context: Context, id: str) -> Answer:
    """{success, message}. Raises Problem 401, 403, 404, 409."""
    return _answered(context, _addressed_to_viewer(context, id), "rejected")


def _addressed_to_viewer(context: Context, id: str) -> SpeakerInvite:
    context.demand_account()
    invite: SpeakerInvite = lock_visible(context, context.registry["speaker-invite"], id)
    is_theirs = invite.email.lower() == context.viewer.email.lower()
    if not (is_theirs and context.viewer.is_verified):
        raise forbidden("Only the invited person can answer, with a verified address.")
    if invite.status != "pending":
        raise conflict(f"This invitation has been {invite.status} already.")
    return invite


def _answered(context: Context, invite: SpeakerInvite, status: str) -> Answer:
    invite.status = status
    context.session.flush()
    signals.emit(context.session, f"speaker-invite.{status}", id=invite.id, viewer_id=context.viewer.id)
    return plain({"success": True, "message": f"The invitation has been {status}."})
