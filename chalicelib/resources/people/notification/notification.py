"""Notifications: messages for one user, shown in the application until read.

What is told again of the same kind and target, before it is read, joins the group: the row shows the newest,
counts all, and has the texts of those before it. It is the group's as long as it is unread.
"""

from datetime import datetime

from sqlalchemy import BigInteger, Index, Integer, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib.db import Model, linked_to, owned_by
from chalicelib.jsonapi.ground.sql import ROW, sql
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import Computed, Schema, ToOne, attr, fields
from chalicelib.jsonapi.model.moment_field import moment
from chalicelib.jsonapi.model.policy import Policy, is_owner, nobody, staff
from chalicelib.jsonapi.model.resource import EVERYTHING, Resource
from chalicelib.resources.columns import CreatedAt, FalseByDefault
from chalicelib.resources.policies import ACCOUNT_HOLDER
from chalicelib.resources.profile_owned import ProfileOwned

_FROM = sql("FROM notification_contents content WHERE content.id = ", ROW["content_id"])
_ACTORS = (
    """
    SELECT coalesce(json_agg(json_build_object(
        'id', actor.id, 'first_name', actor.first_name, 'last_name', actor.last_name,
        'public_name', actor.public_name, 'avatar_url', actor.avatar_url,
        'thumbnail_image_url', actor.thumbnail_image_url) ORDER BY actor.id), '[]')
    FROM users actor WHERE actor.deleted_at IS NULL AND actor.id IN (
        SELECT acted.user_id FROM notification_actors acted WHERE acted.content_id = content.id
        UNION SELECT unnest(""",
    ROW["earlier_actor_ids"],
    "))",
)
# Shown only to users with profiles.
_PROFILE = sql(
    "SELECT jsonb_build_object('profile', jsonb_build_object('id', acting.id, 'name', acting.name)) "
    "FROM profiles acting WHERE acting.id = ",
    ROW["profile_id"],
)
_CONTENT = sql(
    """SELECT coalesce(content.details, '{}') || jsonb_build_object(
        'type', content.type, 'target_type', content.target_type, 'target_id', content.target_id,
        'target_action', content.target_action, 'actors', (""",
    *(*_ACTORS, ")) || coalesce((", _PROFILE, "), '{}') ", _FROM),
)
_EARLIER = sql(
    """SELECT coalesce(jsonb_agg(jsonb_build_object('title', former.title, 'message', former.message,
        'target_action', former.target_action) ORDER BY said.place DESC), '[]')
    FROM unnest(""",
    ROW["earlier_content_ids"],
    ") WITH ORDINALITY AS said (id, place) JOIN notification_contents former ON former.id = said.id",
)


class Notification(ProfileOwned, Model):
    __tablename__ = "notifications"
    created_at: Mapped[CreatedAt] = attr(read_only=True)
    is_read: Mapped[FalseByDefault] = attr()
    # How many notifications are one group, and when the first of them was received (null: there is one).
    count: Mapped[int] = attr(read_only=True, column_type=Integer, default=1, server_default="1")
    first_received_at: Mapped[datetime | None] = attr(read_only=True)
    group_key: Mapped[str | None]
    earlier_actor_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default="{}")
    # The texts of the group before its newest, the oldest first.
    earlier_content_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default="{}")
    user_id: Mapped[int] = owned_by("users.id", index=False)
    content_id: Mapped[int | None] = linked_to("notification_contents.id")

    # For pages of one user's, or of all, in the order of the page.
    __table_args__ = (
        Index("ix_notifications_user_id_created_at_id", "user_id", text("created_at DESC"), "id"),
        Index("ix_notifications_created_at_id", text("created_at DESC"), "id"),
        Index(
            "ix_notifications_earlier_content_ids",
            "earlier_content_ids",
            postgresql_using="gin",
            postgresql_where=text("cardinality(earlier_content_ids) > 0"),
        ),
        Index("ix_notifications_unread", "user_id", postgresql_where=text("NOT is_read")),
        Index("ix_notifications_read", "created_at", postgresql_where=text("is_read")),
        Index(
            "uq_notifications_group",
            "user_id",
            text("coalesce(profile_id, 0::bigint)"),
            "group_key",
            unique=True,
            postgresql_where=text("group_key IS NOT NULL AND NOT is_read"),
        ),
    )


class NotificationSchema(Schema):
    received_at = moment(dump_only=True, attribute="created_at", metadata={"after": "created_at"})
    title = Computed("text", sql("SELECT content.title ", _FROM))
    message = Computed("text", sql("SELECT content.message ", _FROM))
    content = Computed("jsonb", _CONTENT)
    # What the others of the group have said, the newest first.
    earlier = Computed("jsonb", _EARLIER)
    kind = Computed("text", sql("SELECT content.type ", _FROM))
    profile_id = fields.Int(dump_only=True)

    user = ToOne("user", inverse="notifications", required=True, inverse_scope=ACCOUNT_HOLDER)


# One inbox for all profiles of a user.
_READER = is_owner("user_id", whichever_profile=True) | staff


def leave_group(_context: Context, change: Change) -> None:
    """Who marks one as unread again keeps it as it is: it joins no group, which has gone on meanwhile."""
    if change.before.get("is_read") and not change.row.is_read:
        change.row.group_key = None


NOTIFICATION = Resource(
    "notification",
    Notification,
    NotificationSchema,
    path="notifications",
    methods=EVERYTHING - {"create"},
    policy=Policy(see=_READER, create=nobody, change=_READER, remove=_READER, list=staff),
    order=["-created_at"],
    before_write=[leave_group],
)
