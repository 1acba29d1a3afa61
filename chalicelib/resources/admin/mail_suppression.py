"""Suppression list: addresses that are not mailed, since mails to them bounce, or as their owner wants none.

Bounces and complaints suppress all mails, an unsubscription those of its kind. Staff lifts a suppression by
deleting it.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, Session

from chalicelib import clock, db
from chalicelib.db import Model
from chalicelib.jsonapi.model.fields import Schema, attr, fields
from chalicelib.jsonapi.model.policy import Policy, nobody, staff
from chalicelib.jsonapi.model.resource import Resource

BOUNCE, COMPLAINT, UNSUBSCRIBED = "bounce", "complaint", "unsubscribed"
ALL: Final = ""
_ADD: Final = """
INSERT INTO mail_suppressions (email, kind, reason, detail, created_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (lower(email), kind) DO NOTHING
"""


class MailSuppression(Model):
    """`kind` is the kind of mails that are not sent; empty: none is."""

    __tablename__ = "mail_suppressions"
    email: Mapped[str] = attr(fields.Email, read_only=True)
    kind: Mapped[str] = attr(read_only=True, default=ALL, server_default=ALL)
    reason: Mapped[str] = attr(choices=[BOUNCE, COMPLAINT, UNSUBSCRIBED], read_only=True)
    detail: Mapped[str | None] = attr(read_only=True)
    created_at: Mapped[datetime] = attr(read_only=True, default=clock.now)

    __table_args__ = (
        Index("uq_mail_suppressions_email", text("lower(email)"), "kind", unique=True),
        Index("ix_mail_suppressions_created_at_id", text("created_at DESC"), "id"),
    )


class MailSuppressionSchema(Schema):
    """No attributes beyond the columns."""


def suppress(session: Session, email: str, kind: str, reason: str, detail: str | None = None) -> None:
    """Send no more mails of this kind, or ALL, to the address; the first reason stays."""
    db.fetch(session, _ADD, [email, kind, reason, detail, clock.now()])


MAIL_SUPPRESSION = Resource(
    "mail-suppression",
    MailSuppression,
    MailSuppressionSchema,
    path="mail-suppressions",
    methods=frozenset({"list", "read", "delete"}),
    policy=Policy(see=staff, create=nobody, change=nobody, remove=staff),
    order=["-created_at"],
)
