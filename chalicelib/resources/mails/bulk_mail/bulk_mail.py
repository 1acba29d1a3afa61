"""Bulk mail: one text to a filtered set of an event's attendees or speakers, or its group's followers.

A state machine (`states`) leads it from a draft over the box for review to the mails. Its
recipients are fixed when sending begins: rows of `bulk_mail_recipients`, one for each address.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from chalicelib.auth.roles import COORGANIZERS
from chalicelib.db import Model, linked_to, owned_by
from chalicelib.jsonapi.ground.errors import Problem, conflict, invalid
from chalicelib.jsonapi.ground.request import Request
from chalicelib.jsonapi.ground.sql import LATERAL, ROW, sql
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import Computed, Schema, ToOne, attr, fields
from chalicelib.jsonapi.model.policy import Policy
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.model.texts import LONGEST_ANSWER
from chalicelib.jsonapi.query.parse import parse
from chalicelib.jsonapi.rights.visibility import visible
from chalicelib.resources.columns import CreatedAt
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.mails.bulk_mail.states import APPROVED, DRAFT, HELD, STATES
from chalicelib.resources.policies import has_role
from chalicelib.values.placeholders import stray_brace, unknown_placeholder

ATTENDEES: Final = "attendees"
SPEAKERS: Final = "speakers"
FOLLOWERS: Final = "followers"
TYPES: Final = {ATTENDEES: "attendee", SPEAKERS: "speaker", FOLLOWERS: "user-follow-group"}
PLACEHOLDERS: Final = ("name", "event_name", "event_link")
WAITING, CLAIMED, SENT, SKIPPED, FAILED = "waiting", "sending", "sent", "skipped", "failed"
_REMOVED: Final = (DRAFT, HELD, APPROVED)
_TEXTS: Final = frozenset({"audience", "filter", "subject", "message", "event_id"})
_COUNTED: Final = sql(
    f"SELECT count(*) FILTER (WHERE r.state = '{SENT}')::integer AS {SENT}, "  # noqa: S608 - constants
    f"count(*) FILTER (WHERE r.state = '{SKIPPED}')::integer AS {SKIPPED}, "
    f"count(*) FILTER (WHERE r.state = '{FAILED}')::integer AS {FAILED}, "
    f"count(*) FILTER (WHERE r.state IN ('{WAITING}', '{CLAIMED}'))::integer AS remaining "
    "FROM bulk_mail_recipients r WHERE r.bulk_mail_id = ",
    ROW["id"],
)


class BulkMail(Model):
    __tablename__ = "bulk_mails"
    audience: Mapped[str] = attr(choices=list(TYPES), required=True)
    # Filter of the API about the audience's type, as it stands in the address of a list.
    filter: Mapped[str | None] = attr(plain=True, max_length=5_000, example="[]")
    subject: Mapped[str] = attr(fields.Line, required=True)
    # Paragraphs, one a line.
    message: Mapped[str] = attr(max_length=LONGEST_ANSWER, required=True)
    state: Mapped[str] = attr(choices=list(STATES), read_only=True, default=DRAFT, server_default=DRAFT)
    # Why sending ended before all was sent.
    detail: Mapped[str | None] = attr(read_only=True)
    created_at: Mapped[CreatedAt] = attr(read_only=True)
    submitted_at: Mapped[datetime | None] = attr(read_only=True)
    approved_at: Mapped[datetime | None] = attr(read_only=True)
    began_at: Mapped[datetime | None] = attr(read_only=True)
    ended_at: Mapped[datetime | None] = attr(read_only=True)
    # When the last recipient was fixed.
    fixed_at: Mapped[datetime | None]
    # For followers: the event's group when sending began, whose followers get it.
    group_id: Mapped[int | None] = linked_to("groups.id")
    event_id: Mapped[int] = owned_by("events.id", index=False)
    # Whoever has written it last, who has approved it, and by whose rights recipients are chosen.
    author_id: Mapped[int | None] = linked_to("users.id")
    approver_id: Mapped[int | None] = linked_to("users.id")
    sender_id: Mapped[int | None] = linked_to("users.id")

    __table_args__ = (Index("ix_bulk_mails_event_id_id", "event_id", "id"),)


class BulkMailRecipient(Model):
    """One address of a mail that is being sent; its id makes the key of its row in the ledger of mails."""

    __tablename__ = "bulk_mail_recipients"
    bulk_mail_id: Mapped[int] = owned_by("bulk_mails.id", index=False)
    email: Mapped[str]
    name: Mapped[str]
    state: Mapped[str]
    detail: Mapped[str | None]
    changed_at: Mapped[datetime]

    __table_args__ = (
        Index("uq_bulk_mail_recipients_bulk_mail_id_email", "bulk_mail_id", "email", unique=True),
        Index("ix_bulk_mail_recipients_bulk_mail_id_id", "bulk_mail_id", "id", postgresql_include=["state"]),
    )


_TEAM: Final = has_role(COORGANIZERS)


class BulkMailSchema(Schema):
    event = ToOne("event", inverse="bulk-mails", required=True, inverse_scope=has_role(COORGANIZERS, "id"))
    sent = Computed("integer", sql(LATERAL["sent"]), lateral=_COUNTED)
    skipped = Computed("integer", sql(LATERAL["skipped"]), lateral=_COUNTED)
    failed = Computed("integer", sql(LATERAL["failed"]), lateral=_COUNTED)
    remaining = Computed("integer", sql(LATERAL["remaining"]), lateral=_COUNTED)


def demand_that_it_can_be_sent(context: Context, mail: BulkMail) -> None:
    """Filter and placeholders are known, and the viewer may write to these people. Raises Problem."""
    query = (("filter", mail.filter),) if mail.filter else ()
    noun = context.registry[TYPES[mail.audience]]
    try:
        parse(Request("GET", (), query=query), context.registry, noun)
    except Problem as problem:
        raise invalid(problem.detail, "/data/attributes/filter") from problem
    known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
    for attribute in ("subject", "message"):
        text = getattr(mail, attribute)
        unknown = unknown_placeholder(text, PLACEHOLDERS) or stray_brace(text)
        if unknown is not None:
            detail = f"There is no placeholder {unknown:.50}; there are {known}."
            raise invalid(detail, f"/data/attributes/{attribute}")
    if mail.audience == FOLLOWERS:
        _demand_group(context, mail.event_id)


def _demand_group(context: Context, event_id: int) -> None:
    with context.session.no_autoflush:
        event = context.session.get_one(Event, event_id)
    if event.group_id is None:
        raise invalid("The event belongs to no group, so nobody follows it.", "/data/attributes/audience")
    rule = context.registry["group"].policy.change
    if not visible(context, "group", str(event.group_id), rule=rule).passes:
        raise Problem(
            403,
            "The followers of a group are written to by its owner and organizers.",
            pointer="/data/attributes/audience",
        )


def edit_drafts_alone(context: Context, change: Change) -> None:
    """What waits for review, or was sent, stays as it is. Raises Problem 403, 409, 422."""
    row: BulkMail = change.row
    if not change.is_new and change.before.keys() & _TEXTS and row.state != DRAFT:
        raise conflict(f"This mail is {row.state}: only a draft is edited.")
    if change.is_new or change.before.keys() & _TEXTS:
        row.author_id = context.viewer.id
        demand_that_it_can_be_sent(context, row)


def keep_what_was_sent(_context: Context, change: Change) -> None:
    """A mail that was sent stays with its counts. Raises Problem 409."""
    if change.row.state not in _REMOVED:
        raise conflict(f"This mail is {change.row.state}: only one that nobody has got is deleted.")


BULK_MAIL = Resource(
    "bulk-mail",
    BulkMail,
    BulkMailSchema,
    path="bulk-mails",
    policy=Policy(see=_TEAM, create=_TEAM, change=_TEAM, remove=_TEAM),
    before_write=[edit_drafts_alone],
    before_delete=[keep_what_was_sent],
)
