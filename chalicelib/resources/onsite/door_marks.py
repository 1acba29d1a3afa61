"""Change data capture for the doors: which transaction changed an attendee last, as the door sees them.

Triggers of the migrations write it, for whatever changes an attendee, its order's state, its codes and its
check-ins at stations, at events that have had a device. A row outlives its attendee, so that a removal is
told too.
"""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table

from chalicelib.db import Model

door_marks = Table(
    "door_marks",
    Model.metadata,
    Column("attendee_id", BigInteger, primary_key=True, autoincrement=False),
    Column("event_id", BigInteger, ForeignKey("events.id", ondelete="CASCADE"), nullable=False),
    Column("changed_in", BigInteger, nullable=False),
    Index("ix_door_marks_event_id_changed_in", "event_id", "changed_in"),
)
# Events whose changes are marked: since a device was made. `known_from` is set when one is paired, which is
# later: transactions from this one on have all seen that the event is here. A list that was answered while an
# older one was going on cannot be followed, and is fetched anew.
followed_doors = Table(
    "followed_doors",
    Model.metadata,
    Column(
        "event_id",
        BigInteger,
        ForeignKey("events.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("known_from", BigInteger, nullable=True),
)
