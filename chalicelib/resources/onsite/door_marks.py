"""Change data capture for the doors: which transaction changed an attendee last, as the door sees them.

Triggers of the migrations write it, for whatever changes an attendee, its order's state, its codes and its
check-ins at stations, at events that have had a device. A row outlives its attendee, so that a removal is
told too.
"""

from typing import Final

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

# SQL: another text for each run of the server, database, table and restoration. Whoever restores a backup,
# fails over to a replica, or loads a dump starts a server or makes a table; numbers of transactions alone
# would soon have caught up with a cursor from before.
EPOCH: Final = f"""concat_ws(' ', extract(epoch FROM pg_postmaster_start_time()),
  (SELECT oid FROM pg_database WHERE datname = current_database()), '{door_marks.name}'::regclass::oid,
  pg_relation_filenode('{door_marks.name}'), (SELECT max(id) FROM restorations))"""  # noqa: S608 - no user input
# SQL about the row "event": from which transaction on all changes are marked; null: they are not.
KNOWN_FROM: Final = f"(SELECT door.known_from FROM {followed_doors.name} door WHERE door.event_id = event.id)"  # noqa: S608
OLDEST: Final = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
