"""Held mails: rendered and stored, until an organizer releases or discards them; each is sent once.

A mail says about what it is true (`about_state` of a session): if that has changed by then, it is not sent,
and its state says so. Who has confirmed meanwhile is sent what was said about the acceptance.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from chalicelib.auth.roles import ORGANIZERS
from chalicelib.db import Model, owned_by
from chalicelib.jsonapi.ground.errors import conflict
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import Schema, ToOne, attr, fields
from chalicelib.jsonapi.model.policy import Policy, nobody
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.model.texts import LONGEST_ANSWER
from chalicelib.resources.columns import CreatedAt, perhaps_owned_by
from chalicelib.resources.policies import has_role
from chalicelib.resources.value_fields import EmailAddress

HELD: Final = "held"
RELEASED: Final = "released"
DISCARDED: Final = "discarded"
# Released, and not sent: what it says was not true any more when its turn came.
OUTDATED: Final = "outdated"


class HeldMail(Model):
    __tablename__ = "held_mails"
    recipient: Mapped[str] = attr(EmailAddress, read_only=True)
    subject: Mapped[str] = attr(fields.Line)
    # Paragraphs, one a line.
    message: Mapped[str] = attr(max_length=LONGEST_ANSWER)
    state: Mapped[str] = attr(choices=[HELD, RELEASED, DISCARDED, OUTDATED], read_only=True, default=HELD)
    created_at: Mapped[CreatedAt] = attr(read_only=True)
    decided_at: Mapped[datetime | None] = attr(read_only=True)
    # The action of a message setting, by which staff switches a kind of mail off.
    kind: Mapped[str]
    # What it is written in; empty for those from before there was this column.
    language: Mapped[str | None]
    about_state: Mapped[str | None]
    event_id: Mapped[int] = owned_by("events.id", index=False)
    session_id: Mapped[int | None] = perhaps_owned_by("sessions.id")

    __table_args__ = (Index("ix_held_mails_event_id_id", "event_id", "id"),)


class HeldMailSchema(Schema):
    event = ToOne("event", inverse="held-mails", read_only=True, inverse_scope=has_role(ORGANIZERS, "id"))
    session = ToOne("session", read_only=True)


def edit_while_it_is_held(_context: Context, change: Change) -> None:
    """What was released or discarded stays as it is. Raises Problem 409."""
    if change.row.state != HELD:
        raise conflict(f"This mail was {change.row.state} already.")


_ORGANIZERS = has_role(ORGANIZERS)

HELD_MAIL = Resource(
    "held-mail",
    HeldMail,
    HeldMailSchema,
    path="held-mails",
    methods=frozenset({"list", "read", "update"}),
    policy=Policy(see=_ORGANIZERS, create=nobody, change=_ORGANIZERS, remove=nobody),
    before_write=[edit_while_it_is_held],
)
