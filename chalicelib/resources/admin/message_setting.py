"""Which kinds of emails are sent, and what each is for. The kinds are fixed."""

from sqlalchemy.orm import Mapped

from chalicelib.db import Model
from chalicelib.jsonapi.model.fields import Schema, attr
from chalicelib.jsonapi.model.policy import staff
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.columns import TrueByDefault
from chalicelib.resources.policies import STAFF_EDITS


class MessageSetting(Model):
    """`action` is the kind of email, `recipient` who gets it, in words."""

    __tablename__ = "message_settings"
    action: Mapped[str] = attr(read_only=True, unique=True)
    enabled: Mapped[TrueByDefault] = attr()
    email_message: Mapped[str] = attr(read_only=True)
    recipient: Mapped[str] = attr(read_only=True)
    email_subject: Mapped[str] = attr(read_only=True)


class MessageSettingSchema(Schema):
    """No attributes beyond the columns."""


MESSAGE_SETTING = Resource(
    "message-setting",
    MessageSetting,
    MessageSettingSchema,
    path="message-settings",
    methods=frozenset({"list", "read", "update"}),
    policy=STAFF_EDITS.replace(list=staff),
)
