"""Change data capture for the doors: which transaction changed an attendee last, as the door sees them.

Triggers of the migrations write it, for whatever changes an attendee, its order's state, its codes and its
check-ins at stations. A row outlives its attendee, so that a removal is told too.
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
