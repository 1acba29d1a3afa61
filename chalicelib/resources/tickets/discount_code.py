"""Discount codes: for tickets of an event, or issued by staff against the platform's own fees."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table, text
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib import clock
from chalicelib.auth.roles import COORGANIZERS
from chalicelib.db import Model, SoftDeleted, linked_to
from chalicelib.jsonapi.model.fields import ToMany, ToOne, attr, fields, validate
from chalicelib.jsonapi.model.policy import holds
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.attributes import MOST_MONEY, Trashable, web_address
from chalicelib.resources.columns import On
from chalicelib.resources.events.event.dates import DISCOUNT_CODES, fits_the_event
from chalicelib.resources.policies import ACCOUNT_HOLDER
from chalicelib.resources.tickets import code_rules, discount_code_rules
from chalicelib.resources.tickets.stock import TOO_FEW
from chalicelib.resources.value_fields import Code

discount_codes_tickets = Table(
    "discount_codes_tickets",
    Model.metadata,
    Column(
        "discount_code_id", BigInteger, ForeignKey("discount_codes.id", ondelete="CASCADE"), primary_key=True
    ),
    Column(
        "ticket_id", BigInteger, ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True, index=True
    ),
)

discount_codes_events = Table(
    "discount_codes_events",
    Model.metadata,
    Column(
        "discount_code_id", BigInteger, ForeignKey("discount_codes.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("event_id", BigInteger, ForeignKey("events.id", ondelete="CASCADE"), primary_key=True, index=True),
)


class DiscountCode(SoftDeleted, Model):
    __tablename__ = "discount_codes"
    code: Mapped[str] = attr(Code, required=True, validate=validate.Length(1))
    discount_url: Mapped[str | None] = attr(web_address)
    value: Mapped[Decimal] = attr(fields.Decimal, required=True, minimum=0, maximum=MOST_MONEY)
    type: Mapped[str] = attr(required=True, choices=["amount", "percent"])
    is_active: Mapped[On] = attr()
    tickets_number: Mapped[int | None] = attr(minimum=0)
    min_quantity: Mapped[int | None] = attr(minimum=0, default=1)
    max_quantity: Mapped[int | None] = attr(minimum=-1, default=100)
    valid_from: Mapped[datetime | None] = attr()
    valid_till: Mapped[datetime | None] = attr()
    used_for: Mapped[str] = attr(validate=discount_code_rules.Purpose(), example="ticket")
    created_at: Mapped[datetime | None] = attr(default=clock.now)
    # Only codes for tickets belong to an event; the others are given to events.
    event_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("events.id", ondelete="CASCADE"), index=True, nullable=True
    )
    marketer_id: Mapped[int | None] = linked_to("users.id")

    __table_args__ = (
        Index(
            "uq_discount_codes_code",
            text("coalesce(event_id, 0)"),
            text("lower(code)"),
            unique=True,
            postgresql_where=text("deleted_at IS NULL"),
        ),
    )


class DiscountCodeSchema(Trashable):
    # A new one needs one of several links; this is the one in the example.
    example_links = ("event",)

    event = ToOne("event", inverse="discount-codes", inverse_scope=holds(COORGANIZERS, "id"))
    marketer = ToOne("user", inverse="discount-codes", read_only=True, inverse_scope=ACCOUNT_HOLDER)
    tickets = ToMany(
        "ticket",
        inverse="discount-codes",
        through="discount_codes_tickets",
        left="discount_code_id",
        right="ticket_id",
        within="event",
    )
    events = ToMany(
        "event",
        inverse="discount-code",
        inverse_many=False,
        inverse_or_404=True,
        through="discount_codes_events",
        left="discount_code_id",
        right="event_id",
        creates=True,
        inverse_scope=holds(COORGANIZERS, "id"),
    )


DISCOUNT_CODE = Resource(
    "discount-code",
    DiscountCode,
    DiscountCodeSchema,
    path="discount-codes",
    policy=discount_code_rules.POLICY,
    before_write=[
        discount_code_rules.serve_one_purpose,
        discount_code_rules.belong_to_whoever_makes_it,
        discount_code_rules.take_a_part_at_most,
        code_rules.serve_sensible_numbers,
        code_rules.begin_before_ending,
        fits_the_event(DISCOUNT_CODES),
    ],
    locked_with="event",
    after_write=[discount_code_rules.fit_tickets, discount_code_rules.fit_events],
    conflicts={
        "uq_discount_codes_code": ("/data/attributes/code", "There is a discount code like this."),
        TOO_FEW: ("/data/attributes/tickets-number", "The code has been used more often already."),
    },
)
