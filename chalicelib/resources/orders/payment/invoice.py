"""Invoices of orders: numbered without gaps by seller and year when they are issued, immutable from then on.

Triggers see to both, whoever writes (docs/papers.md). What is printed is kept with the number: it is what was
sold, whatever events, tickets and taxes say later. An order that is deleted leaves its invoice.
"""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, Session, mapped_column

from chalicelib import db
from chalicelib.db import Model
from chalicelib.jsonapi.ground.sql import Row, Sql, sql

TEST: Final = "TEST-"  # in front of the numbers of an event in test mode
_ISSUE: Final = """
    INSERT INTO invoices (order_id, seller, year, sequence, issued_at, content) VALUES ($1, $2, $3, 0, $4, $5)
    ON CONFLICT (order_id) DO NOTHING RETURNING id
"""
_OF_ORDER: Final = "SELECT 1 FROM invoices WHERE order_id = $1"


class Invoice(Model):
    """The invoice of one order. `order_id` refers to no row, as the order may be deleted."""

    __tablename__ = "invoices"
    order_id: Mapped[int] = mapped_column(BigInteger, unique=True)
    seller: Mapped[str]
    year: Mapped[int]
    sequence: Mapped[int]
    issued_at: Mapped[datetime]
    content: Mapped[dict[str, Any]]

    __table_args__ = (UniqueConstraint("seller", "year", "sequence", name="uq_invoices_number"),)

    @property
    def number(self) -> str:
        """The number, which is unique for the seller."""
        number = number_of(self.year, self.sequence)
        return f"{TEST}{number}" if self.content.get("is_test") else number


def number_of(year: int, sequence: int, series: str = "") -> str:
    """The number of an invoice, or of a paper of another series: 2026-000001, 2026-C000001."""
    return f"{year}-{series}{sequence:06}"


def number_sql(row: Row, series: str = "") -> Sql:
    """The same of a row that has `year` and `sequence`, in SQL, whose lpad() would cut longer numbers."""
    sequence = row["sequence"]
    digits = sql("lpad(", sequence, "::text, greatest(6, length(", sequence, "::text)), '0')")
    return sql(row["year"], f" || '-{series}' || ", digits)


def has_invoice(session: Session, order_id: int) -> bool:
    """Whether the order has an invoice."""
    return bool(db.fetch(session, _OF_ORDER, [order_id], flush=False))


def issue(session: Session, order_id: int, seller: str, issued_at: datetime, year: int, content: str) -> bool:
    """Issue the invoice with this content (JSON); False if the order has one. Others of the seller wait."""
    return bool(db.fetch(session, _ISSUE, [order_id, seller, year, issued_at, content]))
