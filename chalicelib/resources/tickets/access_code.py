"""Access codes, which make hidden tickets visible and available for purchase."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, ForeignKey, Table
from sqlalchemy.orm import Mapped

from chalicelib import db
from chalicelib.auth.roles import COORGANIZERS
from chalicelib.db import Model, SoftDeleted, linked_to, owned_by
from chalicelib.jsonapi.ground.errors import conflict
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import ToMany, ToOne, attr, validate
from chalicelib.jsonapi.model.policy import Policy, is_owner
from chalicelib.jsonapi.model.resource import EVERYTHING, Resource
from chalicelib.resources.attributes import Trashable, web_address
from chalicelib.resources.columns import FalseByDefault
from chalicelib.resources.events.event.dates import ACCESS_CODES, fits_the_event
from chalicelib.resources.policies import ACCOUNT_HOLDER, has_role
from chalicelib.resources.tickets import code_rules
from chalicelib.resources.tickets.stock import TOO_FEW
from chalicelib.resources.value_fields import Code

access_codes_tickets = Table(
    "access_codes_tickets",
    Model.metadata,
    Column("access_code_id", BigInteger, ForeignKey("access_codes.id", ondelete="CASCADE"), primary_key=True),
    Column(
        "ticket_id", BigInteger, ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True, index=True
    ),
)


class AccessCode(SoftDeleted, Model):
    __tablename__ = "access_codes"
    code: Mapped[str] = attr(Code, required=True, validate=validate.Length(1))
    access_url: Mapped[str | None] = attr(web_address)
    is_active: Mapped[FalseByDefault] = attr()
    tickets_number: Mapped[int | None] = attr(minimum=0)
    min_quantity: Mapped[int | None] = attr(minimum=0)
    max_quantity: Mapped[int | None] = attr(minimum=0)
    valid_from: Mapped[datetime] = attr(required=True)
    valid_till: Mapped[datetime | None] = attr()
    # Since when the code has its text; null: since it was made.
    text_since: Mapped[datetime | None]
    event_id: Mapped[int] = owned_by("events.id")
    marketer_id: Mapped[int | None] = linked_to("users.id")


_TEAM = has_role(COORGANIZERS)


class AccessCodeSchema(Trashable):
    event = ToOne("event", inverse="access-codes", required=True, inverse_scope=has_role(COORGANIZERS, "id"))
    marketer = ToOne(
        "user", inverse="access-codes", required=True, inverse_scope=ACCOUNT_HOLDER, all_methods=True
    )
    tickets = ToMany(
        "ticket",
        inverse="access-codes",
        through="access_codes_tickets",
        left="access_code_id",
        right="ticket_id",
        same_parent="event",
        inverse_scope=has_role(COORGANIZERS),
    )


def open_hidden_tickets(context: Context, change: Change) -> None:
    """Only hidden tickets have access codes."""
    if "tickets" not in change.linked:
        return
    visible = db.fetch(
        context.session,
        "SELECT 1 FROM access_codes_tickets link JOIN tickets ON tickets.id = link.ticket_id "
        "WHERE link.access_code_id = $1 AND NOT tickets.is_hidden AND tickets.deleted_at IS NULL LIMIT 1",
        [change.row.id],
    )
    if visible:
        raise conflict("An access code opens hidden tickets only.", "/data/relationships/tickets")


ACCESS_CODE = Resource(
    "access-code",
    AccessCode,
    AccessCodeSchema,
    path="access-codes",
    methods=EVERYTHING - {"list"},
    policy=Policy(
        see=_TEAM | is_owner("marketer_id") | code_rules.KNOWN,
        read=_TEAM | code_rules.KNOWN,
        create=_TEAM,
        change=_TEAM,
        remove=_TEAM,
    ),
    before_write=[
        code_rules.note_another_text,
        code_rules.serve_sensible_numbers,
        code_rules.begin_before_ending,
        fits_the_event(ACCESS_CODES),
    ],
    locked_with="event",
    after_write=[open_hidden_tickets],
    constraint_errors={
        TOO_FEW: ("/data/attributes/tickets-number", "The code has been used more often already.")
    },
)
