"""Ticket tags, which group an event's tickets, such as "weekend" or "students"."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table, text
from sqlalchemy.orm import Mapped

from chalicelib.db import Model, SoftDeleted, owned_by
from chalicelib.jsonapi.model.fields import ToMany, ToOne, attr
from chalicelib.jsonapi.model.resource import EVERYTHING, Resource
from chalicelib.resources.attributes import Trashable
from chalicelib.resources.policies import organizers_write
from chalicelib.resources.value_fields import Name

ticket_tags_tickets = Table(
    "ticket_tags_tickets",
    Model.metadata,
    Column("ticket_tag_id", BigInteger, ForeignKey("ticket_tags.id", ondelete="CASCADE"), primary_key=True),
    Column(
        "ticket_id", BigInteger, ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True, index=True
    ),
)


class TicketTag(SoftDeleted, Model):
    __tablename__ = "ticket_tags"
    name: Mapped[str | None] = attr(Name)
    event_id: Mapped[int] = owned_by("events.id")

    __table_args__ = (
        Index(
            "uq_ticket_tags_name",
            "event_id",
            "name",
            unique=True,
            postgresql_where=text("deleted_at IS NULL"),
        ),
    )


class TicketTagSchema(Trashable):
    event = ToOne("event", inverse="ticket-tags", required=True)
    tickets = ToMany(
        "ticket",
        inverse="ticket-tags",
        through="ticket_tags_tickets",
        left="ticket_tag_id",
        right="ticket_id",
        same_parent="event",
    )


TICKET_TAG = Resource(
    "ticket-tag",
    TicketTag,
    TicketTagSchema,
    path="ticket-tags",
    methods=EVERYTHING - {"list"},
    policy=organizers_write(),
    constraint_errors={
        "uq_ticket_tags_name": ("/data/attributes/name", "The event has a ticket tag with this name.")
    },
)
