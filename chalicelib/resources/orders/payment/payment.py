"""Payments: what was, or is to be, paid for an order, by whichever provider; an append-only ledger.

The database refuses to delete one, to change its amount, and to refund more of it than was paid. Amounts are
stored in minor units and shown in units of their currency. The order's own attributes of its payment follow.
"""

from datetime import datetime
from typing import Final
from uuid import uuid4

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib import clock
from chalicelib.auth.roles import COORGANIZERS, ORGANIZERS
from chalicelib.db import Model
from chalicelib.jsonapi.ground.sql import ROW, Sql, sql
from chalicelib.jsonapi.model.fields import Computed, Schema, ToOne, attr
from chalicelib.jsonapi.model.policy import Policy, among, nobody
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.model.rules import Described, Rule
from chalicelib.jsonapi.rights.viewer_parameters import of_viewer
from chalicelib.resources.orders.order.link_loader import holds_link
from chalicelib.resources.orders.payment import modes
from chalicelib.resources.policies import has_role
from chalicelib.values.money import SMALLEST_UNIT

OFFLINE: Final = "offline"  # paid to the organizer directly, who says so
STRIPE: Final = "stripe"
PAYPAL: Final = "paypal"
# What was paid for a ticket that was exchanged, in the order that has replaced it: the money has not moved.
EXCHANGE: Final = "exchange"
PROVIDERS: Final = (OFFLINE, STRIPE, PAYPAL, EXCHANGE)
# Its row is there; the provider knows it, and the buyer may pay; the provider waits for the bank.
CREATED, OPEN, PROCESSING = "created", "open", "processing"
SUCCEEDED, CANCELED = "succeeded", "canceled"
STATES: Final = (CREATED, OPEN, PROCESSING, SUCCEEDED, CANCELED)
UNFINISHED: Final = (CREATED, OPEN, PROCESSING)
_FINISHED_NOT: Final = text("state IN ('created', 'open', 'processing')")


def money_of(column: str) -> Sql:
    """SQL: the amount in this column of minor units, in units of the row's currency."""
    return sql("(", ROW[column], " * CASE ", ROW["currency"], f" {SMALLEST_UNIT})")


def kept(column: str, *, index: bool = True) -> Mapped[int]:
    """A required foreign key with ON DELETE RESTRICT: what money is about is kept with it.

    `index` False is for tables with a longer index that begins with this column.
    """
    return mapped_column(BigInteger, ForeignKey(column, ondelete="RESTRICT"), index=index)


def seen_by_both_sides(table: str) -> Rule:
    """The buyer of the row's order, and whoever sees the event's orders; not all who come with an order."""
    mine = sql(
        f"SELECT paid.id FROM {table} paid JOIN orders mine ON mine.id = paid.order_id WHERE ",  # noqa: S608
        of_viewer("mine"),
    )
    return has_role(COORGANIZERS) | Described(among(mine, "the buyer") | holds_link(), "the buyer")


class Payment(Model):
    __tablename__ = "payments"
    identifier: Mapped[str] = mapped_column(unique=True, default=lambda: str(uuid4()))
    provider: Mapped[str] = attr(read_only=True, choices=PROVIDERS)
    mode: Mapped[str] = attr(read_only=True, choices=modes.NAMES)
    currency: Mapped[str] = attr(read_only=True, example="EUR")
    state: Mapped[str] = attr(read_only=True, choices=STATES, default=CREATED)
    transaction_id: Mapped[str | None] = attr(read_only=True)
    method: Mapped[str | None] = attr(read_only=True, example="card")
    brand: Mapped[str | None] = attr(read_only=True)
    last4: Mapped[str | None] = attr(read_only=True)
    exp_month: Mapped[str | None] = attr(read_only=True)
    exp_year: Mapped[str | None] = attr(read_only=True)
    # The provider's code for why the last attempt failed, and the state of a dispute.
    failure: Mapped[str | None] = attr(read_only=True)
    dispute: Mapped[str | None] = attr(read_only=True)
    created_at: Mapped[datetime] = attr(read_only=True, default=clock.now)
    paid_at: Mapped[datetime | None] = attr(read_only=True)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    fee_minor: Mapped[int] = mapped_column(BigInteger, server_default="0", default=0)
    refunded_minor: Mapped[int] = mapped_column(BigInteger, server_default="0", default=0)
    # The organizer's account at the provider, and the payment's id there.
    account: Mapped[str | None]
    provider_id: Mapped[str | None]
    # How often its capture was begun: the key of the call, so that one that was declined is not repeated.
    attempts: Mapped[int] = mapped_column(server_default="0", default=0)
    # When the provider was last asked about it.
    checked_at: Mapped[datetime | None]
    order_id: Mapped[int] = kept("orders.id")
    event_id: Mapped[int] = kept("events.id", index=False)
    # Of an exchanged ticket: the payment by which the money came, and by which it would go back; and whether
    # the organizer was billed for it by then.
    source_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("payments.id", ondelete="RESTRICT"), index=True, nullable=True
    )
    was_billed: Mapped[bool] = mapped_column(server_default=false(), default=False)

    __table_args__ = (
        CheckConstraint("state IN ('created', 'open', 'processing', 'succeeded', 'canceled')", name="state"),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("fee_minor BETWEEN 0 AND amount_minor", name="fee"),
        CheckConstraint(
            "refunded_minor BETWEEN 0 AND CASE state WHEN 'succeeded' THEN amount_minor ELSE 0 END",
            name="refunded",
        ),
        UniqueConstraint("provider", "provider_id", name="uq_payments_provider_id"),
        Index("ix_payments_created_at_id", text("created_at DESC"), "id"),
        Index("ix_payments_event_id_created_at_id", "event_id", text("created_at DESC"), "id"),
        Index("ix_payments_transaction_id", "transaction_id"),
        Index("uq_payments_open", "order_id", unique=True, postgresql_where=_FINISHED_NOT),
    )


class PaymentSchema(Schema):
    amount = Computed("numeric", money_of("amount_minor"), metadata={"after": "mode", "example": 94.5})
    refunded_amount = Computed("numeric", money_of("refunded_minor"), metadata={"after": "currency"})
    # The platform's part of the amount.
    fee = Computed(
        "numeric",
        money_of("fee_minor"),
        metadata={"after": "refunded_amount", "seen_by": has_role(ORGANIZERS)},
    )

    # Whether it was paid with keys for tests: no money has moved.
    is_test = Computed(
        "boolean",
        sql("(SELECT tried.is_test FROM orders tried WHERE tried.id = ", ROW["order_id"], ")"),
        metadata={"after": "state"},
    )

    order = ToOne("order", inverse="payments", read_only=True)
    event = ToOne("event", read_only=True)


PAYMENT = Resource(
    "payment",
    Payment,
    PaymentSchema,
    path="payments",
    # Written by the verbs of orders, and by what their providers tell; never deleted.
    methods=frozenset({"list", "read"}),
    policy=Policy(
        see=seen_by_both_sides("payments"),
        create=nobody,
        change=nobody,
        remove=nobody,
        materialize_ids=True,
    ),
    order=["-created_at"],
)
