"""Moderators of a video room, by email address."""

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped

from chalicelib import db
from chalicelib.db import Model, linked_to, owned_by
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import Schema, ToOne, attr
from chalicelib.jsonapi.model.policy import Policy, editable_with, staff
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.limits.declared import INVITES
from chalicelib.resources.policies import ACCOUNT_HOLDER, owns_email
from chalicelib.resources.value_fields import EmailAddress


class VideoStreamModerator(Model):
    __tablename__ = "video_stream_moderators"
    email: Mapped[str] = attr(EmailAddress, required=True)
    user_id: Mapped[int | None] = linked_to("users.id")
    video_stream_id: Mapped[int] = owned_by("video_streams.id")

    __table_args__ = (
        Index("ix_video_stream_moderators_email", text("lower(email)")),
        Index("uq_video_stream_moderators_email", "video_stream_id", text("lower(email)"), unique=True),
    )


class VideoStreamModeratorSchema(Schema):
    user = ToOne(
        "user", inverse="video-stream-moderators", inverse_creates=True, inverse_scope=ACCOUNT_HOLDER
    )
    video_stream = ToOne(
        "video-stream",
        inverse="moderators",
        inverse_paths=("video-stream-moderators",),
        inverse_creates=True,
        required=True,
    )


def set_user_of_address(context: Context, change: Change) -> None:
    """The user is derived from the email address, whatever was sent."""
    rows = db.fetch(
        context.session,
        "SELECT id FROM users WHERE lower(email) = lower($1) AND deleted_at IS NULL",
        [change.row.email],
        flush=False,
    )
    change.row.user_id = rows[0][0] if rows else None


VIDEO_STREAM_MODERATOR = Resource(
    "video-stream-moderator",
    VideoStreamModerator,
    VideoStreamModeratorSchema,
    path="video-stream-moderators",
    limited_by=INVITES,
    policy=Policy(
        see=editable_with("video_stream") | owns_email("email"),
        list=staff,
        create=editable_with("video_stream"),
        change=editable_with("video_stream"),
        remove=editable_with("video_stream"),
    ),
    before_write=[set_user_of_address],
    constraint_errors={
        "uq_video_stream_moderators_email": ("/data/attributes/email", "This person moderates it already.")
    },
)
