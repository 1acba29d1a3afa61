"""Virtual check-ins: when somebody with a ticket came to an online event or a room of it, and left."""

from datetime import datetime
from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib.db import Model, owned_by

EVENT: Final = "event"
VIRTUAL_ROOM: Final = "virtual-room"
ROOM: Final = "room"
KINDS: Final = (EVENT, VIRTUAL_ROOM, ROOM)


class VirtualCheckIn(Model):
    """One stay of one attendee; `check_out_at` is null while it lasts, `microlocation_id` is of a room."""

    __tablename__ = "virtual_check_ins"
    check_in_type: Mapped[str] = mapped_column()
    check_in_at: Mapped[datetime]
    check_out_at: Mapped[datetime | None]
    ticket_holder_id: Mapped[int] = owned_by("attendees.id")
    microlocation_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("microlocations.id", ondelete="CASCADE"), index=True, nullable=True
    )

    __table_args__ = (
        CheckConstraint(check_in_type.in_(KINDS), name="check_in_type"),
        Index(
            "uq_virtual_check_ins_open",
            "ticket_holder_id",
            "check_in_type",
            text("coalesce(microlocation_id, 0)"),
            unique=True,
            postgresql_where=text("check_out_at IS NULL"),
        ),
    )
