"""Log of all emails: a row for each, with its fate. It has the text but not the links, which contain secrets.

The row is there, as `sending`, before the mail is handed over (tasks/mail_ledger.py). Organizers see those
that are about their event.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from chalicelib import clock
from chalicelib.auth.roles import COORGANIZERS
from chalicelib.db import Model, linked_to
from chalicelib.jsonapi.model.fields import Schema, ToOne, attr, fields
from chalicelib.jsonapi.model.policy import staff
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.policies import STAFF_READS, has_role

SENDING, SENT, BOUNCED, COMPLAINED = "sending", "sent", "bounced", "complained"
SUPPRESSED, FAILED = "suppressed", "failed"
STATES: Final = (SENDING, SENT, BOUNCED, COMPLAINED, SUPPRESSED, FAILED)


class Mail(Model):
    """`kind` is the folder of its template; `detail` is why it was not delivered."""

    __tablename__ = "mails"
    recipient: Mapped[str | None] = attr(fields.Email, read_only=True)
    time: Mapped[datetime | None] = attr(read_only=True, default=clock.now, index=True)
    action: Mapped[str | None] = attr(read_only=True)
    subject: Mapped[str | None] = attr(read_only=True)
    message: Mapped[str | None] = attr(read_only=True, seen_by=staff)
    kind: Mapped[str | None] = attr(read_only=True)
    language: Mapped[str | None] = attr(read_only=True)
    state: Mapped[str] = attr(choices=STATES, read_only=True, default=SENT, server_default=SENT)
    detail: Mapped[str | None] = attr(read_only=True)
    changed_at: Mapped[datetime | None] = attr(read_only=True)
    message_id: Mapped[str | None] = attr(read_only=True, seen_by=staff)
    ses_id: Mapped[str | None] = attr(read_only=True, seen_by=staff)
    attempts: Mapped[int] = attr(read_only=True, seen_by=staff, default=1, server_default="1")
    # The same whenever this mail is sent: of the message of its task, and its address.
    key: Mapped[str | None]
    event_id: Mapped[int | None] = linked_to("events.id")

    __table_args__ = (Index("uq_mails_key", "key", unique=True),)


class MailSchema(Schema):
    event = ToOne("event", inverse="mails", read_only=True, inverse_scope=has_role(COORGANIZERS, "id"))


MAIL = Resource(
    "mail",
    Mail,
    MailSchema,
    path="mails",
    methods=frozenset({"list", "read"}),
    policy=STAFF_READS.replace(see=staff | has_role(COORGANIZERS), list=staff),
    order=["-time"],
)
