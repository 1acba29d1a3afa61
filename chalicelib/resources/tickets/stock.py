"""Stock: the capacity of a ticket, pool, code or session, and how much of it is taken.

Maintained by database triggers: they count attendees that are not soft-deleted, whoever writes them, and
refuse one over capacity. Offers of the waiting list count as attendees do. Of a session they count confirmed
sign-ups. Counting locks rows of this table only, always in the same order. So buyers of different pools never
wait for each other, and nothing is oversold.
"""

from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, text
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib.db import Model

# Names of the check constraints.
TOO_MANY: Final = "ck_stocks_capacity"  # an attendee over capacity
TOO_FEW: Final = "ck_stocks_taken"  # a capacity below what is taken
FASTER: Final = "Somebody was faster: there are not so many left."


def _of(column: str) -> Mapped[int | None]:
    return mapped_column(BigInteger, ForeignKey(column, ondelete="CASCADE"), unique=True, nullable=True)


class Stock(Model):
    """The stock of one ticket, pool, code or session. `capacity` is null for unlimited; a session then has
    no sign-up.
    """

    __tablename__ = "stocks"
    ticket_id: Mapped[int | None] = _of("tickets.id")
    pool_id: Mapped[int | None] = _of("ticket_pools.id")
    discount_code_id: Mapped[int | None] = _of("discount_codes.id")
    access_code_id: Mapped[int | None] = _of("access_codes.id")
    session_id: Mapped[int | None] = _of("sessions.id")
    capacity: Mapped[int | None]
    taken: Mapped[int] = mapped_column(server_default=text("0"))
    # How many places those on the waiting list want, and how many free ones are kept for them, which nobody
    # else gets: see waiting_list_entry/offering.py.
    waiting: Mapped[int] = mapped_column(server_default=text("0"))
    reserved: Mapped[int] = mapped_column(server_default=text("0"))

    __table_args__ = (
        CheckConstraint(
            "num_nonnulls(ticket_id, pool_id, discount_code_id, access_code_id, session_id) = 1",
            name="of_one",
        ),
        CheckConstraint("taken >= 0", name="counted"),
    )


def left(t: str) -> str:
    """SQL: the remaining seats of the ticket with this alias, its pool's included; null if unlimited.

    Those that are kept for the waiting list are not among them. Negative only for seats that were sold before
    there was a limit.
    """
    return (
        "(SELECT min(stock.capacity - stock.taken - stock.reserved) FROM stocks stock "  # noqa: S608 - no user input
        f"WHERE stock.ticket_id = {t}.id OR stock.pool_id = {t}.pool_id)"
    )
