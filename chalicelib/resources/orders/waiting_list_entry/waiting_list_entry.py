"""Waiting list entries: who waits for tickets that are sold out, and what is offered to them.

An entry that is offered holds its places in the stock, by triggers, until it is claimed by an order,
declined, or its deadline has passed.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Table, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib import clock
from chalicelib.auth.roles import COORGANIZERS
from chalicelib.db import Model, linked_to, owned_by
from chalicelib.jsonapi.ground.sql import ROW, Row, Sql, sql
from chalicelib.jsonapi.model.fields import Computed, Schema, ToMany, ToOne, attr
from chalicelib.jsonapi.model.policy import Policy, is_owner, nobody
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.model.rules import Described
from chalicelib.resources.columns import FalseByDefault
from chalicelib.resources.orders.order.states import listed
from chalicelib.resources.policies import has_role, owns_email
from chalicelib.resources.value_fields import EmailAddress

# The address is not verified yet; in line; places are held for them.
UNVERIFIED, WAITING, OFFERED = "unverified", "waiting", "offered"
# There is an order for it; refused by whom it was made; nobody has answered in time.
CLAIMED, DECLINED, LAPSED = "claimed", "declined", "lapsed"
# By themselves; by the event's team.
LEFT, REMOVED = "left", "removed"
STATES: Final = (UNVERIFIED, WAITING, OFFERED, CLAIMED, DECLINED, LAPSED, LEFT, REMOVED)
ACTIVE: Final = (UNVERIFIED, WAITING, OFFERED)


def place(row: Row) -> Sql:
    """SQL: the place of an entry among those who wait for one of the same kinds, from 1; null if it does not
    wait.
    """
    return sql(
        "(CASE WHEN ",
        *(row["state"], f" = '{WAITING}' THEN (SELECT count(*) FROM waiting_list_entries ahead WHERE "),  # noqa: S608 - no user input
        *("ahead.event_id = ", row["event_id"], f" AND ahead.state = '{WAITING}' "),
        *("AND (ahead.joined_at, ahead.id) <= (", row["joined_at"], ", ", row["id"], ") AND EXISTS ("),
        "SELECT FROM waiting_list_entries_tickets theirs JOIN waiting_list_entries_tickets mine "
        "ON mine.ticket_id = theirs.ticket_id WHERE theirs.waiting_list_entry_id = ahead.id "
        "AND mine.waiting_list_entry_id = ",
        *(row["id"], ")) END)"),
    )


waiting_list_entries_tickets = Table(
    "waiting_list_entries_tickets",
    Model.metadata,
    Column(
        "waiting_list_entry_id",
        BigInteger,
        ForeignKey("waiting_list_entries.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column(
        "ticket_id", BigInteger, ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True, index=True
    ),
)


class WaitingListEntry(Model):
    __tablename__ = "waiting_list_entries"
    state: Mapped[str] = attr(read_only=True, choices=STATES, default=UNVERIFIED)
    name: Mapped[str] = attr(read_only=True)
    email: Mapped[str] = attr(EmailAddress, read_only=True, example="grace@example.org")
    quantity: Mapped[int] = attr(read_only=True)
    # Whether an offer of fewer is one, too.
    takes_fewer: Mapped[FalseByDefault] = attr(read_only=True)
    created_at: Mapped[datetime] = attr(read_only=True, default=clock.now)
    # Since when they are in line: when the address was verified.
    joined_at: Mapped[datetime | None] = attr(read_only=True)
    offered_at: Mapped[datetime | None] = attr(read_only=True)
    offered_quantity: Mapped[int | None] = attr(read_only=True)
    # Until when the places are held.
    expires_at: Mapped[datetime | None] = attr(read_only=True)
    ended_at: Mapped[datetime | None] = attr(read_only=True)
    # How often places came free that were too few, and since when they are gathered for it.
    passed_over: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    gathers_since: Mapped[datetime | None]
    # What its reader accepts.
    mail_language: Mapped[str | None]
    # Of the secrets in the mailed links: of the one that verifies the address, and that of the offer.
    hash: Mapped[str | None]
    offer_hash: Mapped[str | None]
    event_id: Mapped[int] = owned_by("events.id", index=False)
    user_id: Mapped[int | None] = linked_to("users.id")
    offered_ticket_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("tickets.id", ondelete="CASCADE"), index=True
    )
    order_id: Mapped[int | None] = linked_to("orders.id")

    __table_args__ = (
        CheckConstraint(f"state IN {listed(STATES)}", name="state"),
        CheckConstraint(
            f"state <> '{OFFERED}' OR num_nulls(offered_ticket_id, offered_quantity, expires_at) = 0",
            name="offered",
        ),
        CheckConstraint("quantity > 0", name="quantity"),
        UniqueConstraint("hash", name="uq_waiting_list_entries_hash"),
        UniqueConstraint("offer_hash", name="uq_waiting_list_entries_offer_hash"),
        Index("ix_waiting_list_entries_email", text("lower(email)")),
        Index("ix_waiting_list_entries_joined_at_id", "joined_at", "id"),
        Index("ix_waiting_list_entries_event_id_joined_at_id", "event_id", "joined_at", "id"),
        Index(
            "ix_waiting_list_entries_waiting",
            "event_id",
            "joined_at",
            "id",
            postgresql_where=text(f"state = '{WAITING}'"),
        ),
        Index(
            "ix_waiting_list_entries_expires_at",
            "expires_at",
            postgresql_where=text(f"state = '{OFFERED}'"),
        ),
        Index(
            "uq_waiting_list_entries_active",
            "event_id",
            text("lower(email)"),
            unique=True,
            postgresql_where=text(f"state IN {listed(ACTIVE)}"),
        ),
    )


_TEAM: Final = has_role(COORGANIZERS, "id")


class WaitingListEntrySchema(Schema):
    # Among those who wait for one of the same kinds of tickets; 1 is next.
    place = Computed("integer", place(ROW), metadata={"after": "takes_fewer", "example": 3})

    event = ToOne("event", inverse="waiting-list-entries", read_only=True, inverse_scope=_TEAM)
    tickets = ToMany(
        "ticket",
        through="waiting_list_entries_tickets",
        left="waiting_list_entry_id",
        right="ticket_id",
        read_only=True,
    )
    offered_ticket = ToOne("ticket", read_only=True)
    order = ToOne("order", read_only=True)


WAITING_LIST_ENTRY = Resource(
    "waiting-list-entry",
    WaitingListEntry,
    WaitingListEntrySchema,
    path="waiting-list-entries",
    # Written by the verbs that join, offer and answer, and by the clock.
    methods=frozenset({"list", "read"}),
    policy=Policy(
        see=has_role(COORGANIZERS)
        | Described(is_owner("user_id", whichever_profile=True) | owns_email("email"), "whoever waits"),
        create=nobody,
        change=nobody,
        remove=nobody,
        materialize_ids=True,
    ),
    order=["joined_at"],
)
