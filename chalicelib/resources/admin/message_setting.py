"""Which kinds of mails are sent at all, and what each says. The kinds themselves are fixed."""

from sqlalchemy.orm import Mapped, mapped_column

from chalicelib.db import Model
from chalicelib.jsonapi.fields import Schema, fields
from chalicelib.jsonapi.policy import staff
from chalicelib.jsonapi.resource import Resource
from chalicelib.resources.columns import On
from chalicelib.resources.policies import STAFF_EDITS


class MessageSetting(Model):
    """`action` is the kind of mail, `recipient` who gets it, in words."""

    __tablename__ = "message_settings"
    action: Mapped[str] = mapped_column(unique=True)
    enabled: Mapped[On]
    recipient: Mapped[str]
    email_subject: Mapped[str]
    email_message: Mapped[str]


class MessageSettingSchema(Schema):
    action = fields.Str(dump_only=True)
    enabled = fields.Bool()
    email_message = fields.Str(dump_only=True)
    recipient = fields.Str(dump_only=True)
    email_subject = fields.Str(dump_only=True)


MESSAGE_SETTING = Resource(
    "message-setting",
    MessageSetting,
    MessageSettingSchema,
    path="message-settings",
    offers=frozenset({"list", "read", "update"}),
    policy=STAFF_EDITS.but(list=staff),
)
