"""Ticket pools: a capacity that several tickets share, such as the seats of one hall."""

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped

from chalicelib import db
from chalicelib.db import Model, SoftDeleted, owned_by
from chalicelib.jsonapi.ground.errors import conflict
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import ToOne, attr, validate
from chalicelib.jsonapi.model.resource import EVERYTHING, Resource
from chalicelib.resources.attributes import Trashable
from chalicelib.resources.policies import organizers_write
from chalicelib.resources.tickets.stock import TOO_FEW
from chalicelib.resources.value_fields import Name


class TicketPool(SoftDeleted, Model):
    __tablename__ = "ticket_pools"
    name: Mapped[str] = attr(Name, required=True, validate=validate.Length(1))
    quantity: Mapped[int] = attr(required=True, minimum=0, maximum=10**6)
    event_id: Mapped[int] = owned_by("events.id")

    __table_args__ = (
        Index(
            "uq_ticket_pools_name",
            "event_id",
            "name",
            unique=True,
            postgresql_where=text("deleted_at IS NULL"),
        ),
    )


class TicketPoolSchema(Trashable):
    event = ToOne("event", inverse="ticket-pools", required=True)


def stay_while_in_use(context: Context, change: Change) -> None:
    """A pool with tickets is not deleted."""
    used = db.fetch(
        context.session,
        "SELECT FROM tickets WHERE pool_id = $1 AND deleted_at IS NULL LIMIT 1",
        [change.row.id],
    )
    if used:
        raise conflict("Tickets are sold from this pool: take them out of it first.", "/data")


TICKET_POOL = Resource(
    "ticket-pool",
    TicketPool,
    TicketPoolSchema,
    path="ticket-pools",
    methods=EVERYTHING - {"list"},
    policy=organizers_write(),
    before_delete=[stay_while_in_use],
    constraint_errors={
        "uq_ticket_pools_name": ("/data/attributes/name", "The event has a pool with this name."),
        TOO_FEW: ("/data/attributes/quantity", "More places than this are sold or held already."),
    },
)
