"""Log of all emails sent. It has the text but not the links, which contain secrets."""

from datetime import datetime

from sqlalchemy.orm import Mapped

from chalicelib import clock
from chalicelib.db import Model
from chalicelib.jsonapi.model.fields import Schema, attr, fields
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.policies import STAFF_READS


class Mail(Model):
    __tablename__ = "mails"
    recipient: Mapped[str | None] = attr(fields.Email, read_only=True)
    time: Mapped[datetime | None] = attr(read_only=True, default=clock.now, index=True)
    action: Mapped[str | None] = attr(read_only=True)
    subject: Mapped[str | None] = attr(read_only=True)
    message: Mapped[str | None] = attr(read_only=True)


class MailSchema(Schema):
    """No attributes beyond the columns."""


MAIL = Resource(
    "mail",
    Mail,
    MailSchema,
    path="mails",
    methods=frozenset({"list", "read"}),
    policy=STAFF_READS,
    order=["-time"],
)
