"""The log of every mail that was sent. It keeps the words but not the links, for those carry secrets."""

from datetime import datetime

from sqlalchemy import DateTime
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib import clock
from chalicelib.db import Model
from chalicelib.jsonapi.fields import Schema, fields
from chalicelib.jsonapi.resource import Resource
from chalicelib.resources.attributes import moment
from chalicelib.resources.policies import STAFF_READS


class Mail(Model):
    __tablename__ = "mails"
    recipient: Mapped[str | None]
    time: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), default=clock.now, index=True)
    action: Mapped[str | None]
    subject: Mapped[str | None]
    message: Mapped[str | None]


class MailSchema(Schema):
    recipient = fields.Email(dump_only=True)
    time = moment(dump_only=True)
    action = fields.Str(dump_only=True)
    subject = fields.Str(dump_only=True)
    message = fields.Str(dump_only=True)


MAIL = Resource(
    "mail",
    Mail,
    MailSchema,
    path="mails",
    offers=frozenset({"list", "read"}),
    policy=STAFF_READS,
    order=["-time"],
)
