"""Credit notes: what an invoice says too much after a refund or a cancellation; numbered and immutable.

A series of their own for each seller and year, without gaps: several series are fine as long as each number
is unique (German UStG, section 14 (4) 4), and an invoice's number stays apart from a correction's (EN 16931,
BT-1, type code 381). The database numbers them, keeps them, and credits no more than was invoiced.
"""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from chalicelib import db
from chalicelib.db import Model
from chalicelib.jsonapi.ground.sql import ROW, sql
from chalicelib.jsonapi.model.fields import Computed, Schema, ToOne, attr
from chalicelib.jsonapi.model.policy import Policy, nobody
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.orders.payment import invoice
from chalicelib.resources.orders.payment.invoice import TEST, number_sql
from chalicelib.resources.orders.payment.payment import kept, money_of, seen_by_both_sides

# In front of the sequence: 2026-C000001, and the invoice 2026-000001.
SERIES: Final = "C"
_ISSUE: Final = """
INSERT INTO credit_notes (invoice_id, refund_id, order_id, event_id, seller, year, sequence, issued_at,
  currency, amount_minor, content)
SELECT invoice.id, $2, bought.id, bought.event_id, invoice.seller, $3, 0, $4, $5, $6, $7
FROM invoices invoice JOIN orders bought ON bought.id = invoice.order_id WHERE invoice.id = $1
RETURNING id
"""


class CreditNote(Model):
    __tablename__ = "credit_notes"
    currency: Mapped[str] = attr(read_only=True, example="EUR")
    issued_at: Mapped[datetime] = attr(read_only=True)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    seller: Mapped[str]
    year: Mapped[int]
    sequence: Mapped[int]
    content: Mapped[dict[str, Any]]
    invoice_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("invoices.id", ondelete="RESTRICT"), index=True
    )
    refund_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("refunds.id", ondelete="RESTRICT"))
    order_id: Mapped[int] = kept("orders.id")
    event_id: Mapped[int] = kept("events.id", index=False)

    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount"),
        UniqueConstraint("seller", "year", "sequence", name="uq_credit_notes_number"),
        UniqueConstraint("refund_id", name="uq_credit_notes_refund_id"),
        Index("ix_credit_notes_issued_at_id", text("issued_at DESC"), "id"),
        Index("ix_credit_notes_event_id_issued_at_id", "event_id", text("issued_at DESC"), "id"),
    )

    @property
    def number(self) -> str:
        """The number, which is unique for the seller."""
        number = number_of(self.year, self.sequence)
        return f"{TEST}{number}" if self.content.get("is_test") else number


class CreditNoteSchema(Schema):
    number = Computed(
        "text",
        sql(
            *("(CASE WHEN (", ROW["content"], f" ->> 'is_test')::boolean THEN '{TEST}' ELSE '' END || "),
            *(number_sql(ROW, SERIES), ")"),
        ),
        metadata={"example": "2031-C000001"},
    )
    amount = Computed("numeric", money_of("amount_minor"), metadata={"example": 94.5})

    order = ToOne("order", inverse="credit-notes", read_only=True)
    event = ToOne("event", read_only=True)
    refund = ToOne("refund", inverse="credit-note", inverse_many=False, read_only=True)


def number_of(year: int, sequence: int) -> str:
    """A credit note's number, such as 2026-C000001."""
    return invoice.number_of(year, sequence, SERIES)


def issue(
    session: Session,
    invoice_id: int,
    refund_id: int | None,
    moment: tuple[int, datetime],
    amount: tuple[str, int],
    content: str,
) -> int:
    """Issue a credit note of the invoice; returns its id. `moment` is the year and the time, `amount` the
    currency and minor units, `content` JSON. Others of the seller wait. The order is locked by the caller.
    """
    return int(db.fetch(session, _ISSUE, [invoice_id, refund_id, *moment, *amount, content])[0][0])


CREDIT_NOTE = Resource(
    "credit-note",
    CreditNote,
    CreditNoteSchema,
    path="credit-notes",
    # Issued by a task after a refund or a cancellation.
    methods=frozenset({"list", "read"}),
    policy=Policy(
        see=seen_by_both_sides("credit_notes"),
        create=nobody,
        change=nobody,
        remove=nobody,
        materialize_ids=True,
    ),
    order=["-issued_at"],
)
