"""Form requests of group orders: a buyer has an attendee fill in their own form, by a mailed link.

An attendee has one at most that is asked or answered. While it is asked, the order needs no answers of
theirs.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from chalicelib import clock, db
from chalicelib.auth.roles import COORGANIZERS
from chalicelib.db import Model, linked_to, owned_by
from chalicelib.jsonapi.ground.sql import ROW, sql
from chalicelib.jsonapi.model.fields import Computed, Schema, ToOne, attr
from chalicelib.jsonapi.model.policy import Policy, among, nobody
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.model.rules import Described
from chalicelib.jsonapi.rights.viewer_parameters import of_viewer
from chalicelib.resources.orders.order.link_loader import holds_link
from chalicelib.resources.orders.order.states import listed
from chalicelib.resources.policies import has_role, owns_email
from chalicelib.resources.value_fields import EmailAddress

# `ended`: the ticket was cancelled, removed or passed on.
ASKED, ANSWERED, WITHDRAWN, ENDED = "asked", "answered", "withdrawn", "ended"
STATES: Final = (ASKED, ANSWERED, WITHDRAWN, ENDED)
# SQL about an event: until when attendees fill in their forms, and change them.
DEADLINE: Final = "least(coalesce(event.attendee_form_ends_at, event.starts_at), event.ends_at)"
_OPEN: Final = f"state IN {listed((ASKED, ANSWERED))}"
_ENDS_AT: Final = sql("(SELECT ", DEADLINE, " FROM events event WHERE event.id = ", ROW["event_id"], ")")
_MINE: Final = sql(
    "SELECT wanted.id FROM form_requests wanted JOIN orders mine ON mine.id = wanted.order_id WHERE ",
    of_viewer("mine"),
)
_BUYER: Final = Described(among(_MINE, "the buyer") | holds_link(), "the buyer")


class FormRequest(Model):
    __tablename__ = "form_requests"
    state: Mapped[str] = attr(read_only=True, choices=STATES, default=ASKED)
    # Who is asked.
    email: Mapped[str] = attr(EmailAddress, read_only=True, example="grace@example.org")
    note: Mapped[str | None] = attr(read_only=True)
    created_at: Mapped[datetime] = attr(read_only=True, default=clock.now)
    # When they were mailed last, or will be once the order is placed; and how often they were reminded.
    asked_at: Mapped[datetime] = attr(read_only=True, default=clock.now)
    reminders: Mapped[int] = attr(read_only=True, default=0)
    # When they have filled it in first, and last.
    answered_at: Mapped[datetime | None] = attr(read_only=True)
    changed_at: Mapped[datetime | None] = attr(read_only=True)
    # Of the secret in the newest link, which is made with its mail; and how many mails there are to be.
    hash: Mapped[str | None]
    mails: Mapped[int] = mapped_column(default=0)
    attendee_id: Mapped[int] = owned_by("attendees.id")
    order_id: Mapped[int] = owned_by("orders.id")
    event_id: Mapped[int] = owned_by("events.id", index=False)
    asked_by_id: Mapped[int | None] = linked_to("users.id")

    __table_args__ = (
        CheckConstraint(f"state IN {listed(STATES)}", name="state"),
        UniqueConstraint("hash", name="uq_form_requests_hash"),
        Index("ix_form_requests_email", text("lower(email)")),
        Index("ix_form_requests_created_at_id", text("created_at DESC"), "id"),
        Index("ix_form_requests_event_id_created_at_id", "event_id", text("created_at DESC"), "id"),
        Index("ix_form_requests_asked", "event_id", postgresql_where=text(f"state = '{ASKED}'")),
        Index("uq_form_requests_open", "attendee_id", unique=True, postgresql_where=text(_OPEN)),
    )


_END_OF_TICKET: Final = f"UPDATE form_requests SET state = '{ENDED}' WHERE attendee_id = $1 AND {_OPEN}"  # noqa: S608 - no user input


def end_of_ticket(session: Session, attendee_id: int) -> None:
    """End the request of a ticket that is somebody else's from now on."""
    db.fetch(session, _END_OF_TICKET, [attendee_id])


_GO_ON: Final = f"""
UPDATE form_requests SET attendee_id = comes.id, order_id = comes.order_id
FROM attendees comes, attendees former
WHERE former.id = $1 AND comes.order_id = $2 AND comes.event_id = former.event_id
  AND form_requests.attendee_id = former.id AND form_requests.{_OPEN} AND NOT EXISTS (
    SELECT FROM form_requests other WHERE other.attendee_id = comes.id AND other.{_OPEN})
"""  # noqa: S608 - no user input


def go_on_with(session: Session, attendee_id: int, order_id: int) -> None:
    """The request of a ticket goes on for the one of this order that has replaced it at the event: who is
    asked is the same, and so is the link.
    """
    db.fetch(session, _GO_ON, [attendee_id, order_id])


class FormRequestSchema(Schema):
    # Until when the form can be filled in, and changed.
    ends_at = Computed("timestamptz", _ENDS_AT, metadata={"after": "asked_at"})

    attendee = ToOne("attendee", inverse="form-requests", read_only=True)
    order = ToOne("order", inverse="form-requests", read_only=True)
    event = ToOne(
        "event", inverse="form-requests", read_only=True, inverse_scope=has_role(COORGANIZERS, "id")
    )


FORM_REQUEST = Resource(
    "form-request",
    FormRequest,
    FormRequestSchema,
    path="form-requests",
    # Written by the verbs that ask, answer and withdraw, and by the clock.
    methods=frozenset({"list", "read"}),
    policy=Policy(
        see=has_role(COORGANIZERS) | Described(owns_email("email"), "who is asked") | _BUYER,
        create=nobody,
        change=nobody,
        remove=nobody,
        materialize_ids=True,
    ),
    order=["-created_at"],
)
