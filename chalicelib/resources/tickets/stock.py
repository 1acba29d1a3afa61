"""Stock: how many places a ticket, a pool or a code has, and how many of them are taken.

The database keeps it. Triggers count the attendees that are not in the trash, whoever writes them, and
refuse the one that would be too many; whoever counts locks rows of this table alone, always in the same
order. So buyers of different pools never wait for each other, and nothing can be sold twice.
"""

from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, text
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib.db import Model

# What the database calls its refusals.
TOO_MANY: Final = "ck_stocks_capacity"  # an attendee more than there are places
TOO_FEW: Final = "ck_stocks_taken"  # fewer places than are taken
FASTER: Final = "Somebody was faster: there are not so many left."


def _of(column: str) -> Mapped[int | None]:
    return mapped_column(BigInteger, ForeignKey(column, ondelete="CASCADE"), unique=True, nullable=True)


class Stock(Model):
    """The places of one thing. `capacity` is null where there is no limit."""

    __tablename__ = "stocks"
    ticket_id: Mapped[int | None] = _of("tickets.id")
    pool_id: Mapped[int | None] = _of("ticket_pools.id")
    discount_code_id: Mapped[int | None] = _of("discount_codes.id")
    access_code_id: Mapped[int | None] = _of("access_codes.id")
    capacity: Mapped[int | None]
    taken: Mapped[int] = mapped_column(server_default=text("0"))

    __table_args__ = (
        CheckConstraint(
            "num_nonnulls(ticket_id, pool_id, discount_code_id, access_code_id) = 1", name="of_one"
        ),
        CheckConstraint("taken >= 0", name="counted"),
    )


def left(t: str) -> str:
    """SQL: how many places of the ticket with this alias are left, its pool's included; null without a limit.

    It may be less than nothing only where places were counted that were sold before there was a limit.
    """
    return (
        "(SELECT min(stock.capacity - stock.taken) FROM stocks stock "  # noqa: S608 - no user input
        f"WHERE stock.ticket_id = {t}.id OR stock.pool_id = {t}.pool_id)"
    )
