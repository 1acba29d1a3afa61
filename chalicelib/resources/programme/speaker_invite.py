"""Invitations to speak: a speaker of a session invites somebody, by email, to join it."""

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped

from chalicelib import db
from chalicelib.db import Model, owned_by
from chalicelib.jsonapi.ground.errors import conflict, forbidden
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import Schema, ToOne, attr
from chalicelib.jsonapi.model.policy import Policy, editable_with, nobody
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.limits.declared import INVITES
from chalicelib.resources.columns import CreatedAt
from chalicelib.resources.policies import owns_email
from chalicelib.resources.programme.session.edits import demand_edits
from chalicelib.resources.programme.session.rules import demand_unlocked
from chalicelib.resources.programme.session.session import Session
from chalicelib.resources.value_fields import EmailAddress

_EMAIL = "/data/attributes/email"
_INVITED = "This person has an invitation to the session already."


class SpeakerInvite(Model):
    __tablename__ = "speaker_invites"
    email: Mapped[str] = attr(EmailAddress, required=True)
    status: Mapped[str] = attr(choices=["pending", "accepted", "rejected"], default="pending")
    created_at: Mapped[CreatedAt] = attr(read_only=True)
    session_id: Mapped[int] = owned_by("sessions.id")
    event_id: Mapped[int] = owned_by("events.id")

    __table_args__ = (
        Index(
            "uq_speaker_invites_pending",
            "session_id",
            text("lower(email)"),
            unique=True,
            postgresql_where=text("status = 'pending'"),
        ),
        Index("ix_speaker_invites_email", text("lower(email)")),
    )


class SpeakerInviteSchema(Schema):
    session = ToOne("session", inverse="speaker-invites", required=True, same_parent="event")
    event = ToOne("event", inverse="speaker-invites", required=True)


def ask_who_is_not_there_yet(context: Context, change: Change) -> None:
    """Refuse an invitation of a speaker of the session, or a second pending one; only the invited person
    answers.
    """
    row = change.row
    if row.status not in (None, "pending"):
        raise forbidden("A new invitation is pending.", "/data/attributes/status")
    _demand_edits(context, row.session_id)
    speaks = db.fetch(
        context.session,
        "SELECT 1 FROM speakers_sessions link JOIN speakers ON speakers.id = link.speaker_id "
        "WHERE link.session_id = $1 AND lower(speakers.email) = lower($2) AND speakers.deleted_at IS NULL",
        [row.session_id, row.email],
    )
    if speaks:
        raise forbidden("This person speaks at the session already.", _EMAIL)
    waits = db.fetch(
        context.session,
        "SELECT 1 FROM speaker_invites "
        "WHERE session_id = $1 AND lower(email) = lower($2) AND status = 'pending'",
        [row.session_id, row.email],
    )
    if waits:
        raise conflict(_INVITED, _EMAIL)


def _demand_edits(context: Context, session_id: int) -> None:
    """An invitation is an edit of its session. Raises Problem 403."""
    talk = context.session.get_one(Session, session_id)
    demand_unlocked(context, talk)
    demand_edits(context, talk)


def what_was_accepted_stays(context: Context, change: Change) -> None:
    """An accepted invitation is not deleted, nor one to a session that is not edited any more."""
    _demand_edits(context, change.row.session_id)
    if change.row.status == "accepted":
        raise conflict("This invitation has been accepted; take the speaker off the session instead.")


SPEAKER_INVITE = Resource(
    "speaker-invite",
    SpeakerInvite,
    SpeakerInviteSchema,
    path="speaker-invites",
    methods=frozenset({"create", "read", "delete"}),
    limited_by=INVITES,
    policy=Policy(
        see=owns_email("email") | editable_with("session"),
        create=editable_with("session"),
        change=nobody,
        remove=editable_with("session"),
    ),
    before_write=[ask_who_is_not_there_yet],
    before_delete=[what_was_accepted_stays],
    constraint_errors={"uq_speaker_invites_pending": (_EMAIL, _INVITED)},
)
