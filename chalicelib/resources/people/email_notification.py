"""Email preferences of a user, per event."""

from sqlalchemy.orm import Mapped

from chalicelib.db import Model, SoftDeleted, linked_to, owned_by
from chalicelib.jsonapi.ground.sql import ROW, sql
from chalicelib.jsonapi.model.fields import ToOne, attr, fields
from chalicelib.jsonapi.model.policy import nobody, visible_with, where_sql
from chalicelib.jsonapi.model.resource import EVERYTHING, Resource
from chalicelib.resources.attributes import Trashable
from chalicelib.resources.policies import ACCOUNT_HOLDER, private_to


class EmailNotification(SoftDeleted, Model):
    __tablename__ = "email_notifications"
    next_event: Mapped[bool | None] = attr(default=False)
    new_paper: Mapped[bool | None] = attr(default=False)
    session_accept_reject: Mapped[bool | None] = attr(default=False)
    session_schedule: Mapped[bool | None] = attr(default=False)
    after_ticket_purchase: Mapped[bool | None] = attr(default=True)
    user_id: Mapped[int] = owned_by("users.id")
    event_id: Mapped[int | None] = linked_to("events.id")


NO_EVENT = where_sql(sql(ROW["event_id"], " IS NULL"), "it names no event", of_row=True)


class EmailNotificationSchema(Trashable):
    # Same as the relationship, so the event must be visible to the user.
    event_id = fields.Int(strict=True, allow_none=True, metadata={"set_by": NO_EVENT | visible_with("event")})

    user = ToOne("user", inverse="email-notifications", required=True, inverse_scope=ACCOUNT_HOLDER)
    event = ToOne("event")


EMAIL_NOTIFICATION = Resource(
    "email-notification",
    EmailNotification,
    EmailNotificationSchema,
    path="email-notifications",
    methods=EVERYTHING - {"create"},
    policy=private_to("user_id").replace(create=nobody),
)
