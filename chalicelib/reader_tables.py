"""Tables that a reader is compared by: marks of accounts that have written, and a heartbeat (ADR 18).

Its health check is here, too.
"""

from typing import Final

from sqlalchemy import BigInteger, Column, DateTime, Integer, Table

from chalicelib import db, db_reader
from chalicelib.db import Model
from chalicelib.health import Unwell, check
from chalicelib.settings import settings

# The latest transaction in which each account has written.
write_marks = Table(
    "write_marks",
    Model.metadata,
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("mark", BigInteger, nullable=False),
)
# One row.
reader_beats = Table(
    "reader_beats",
    Model.metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("beaten_at", DateTime(timezone=True), nullable=False),
)

_BEATEN: Final = "SELECT beaten_at, clock_timestamp() FROM reader_beats"
_BEAT: Final = "UPDATE reader_beats SET beaten_at = clock_timestamp()"


@check("reader", seconds=60)
def _reader() -> str:
    """Fails while the reader does not answer, or lacks a heartbeat that is older than it may lag."""
    if not db_reader.is_set():
        return "There is no reader: everything is read from the writer."
    with db.transaction() as session:
        ((beaten_at, now),) = db.fetch(session, _BEATEN)
        db.enqueue_for_commit(session, _BEAT)
    with db_reader.reading() as session:
        ((known, _),) = db.fetch(session, _BEATEN)
    lag = (now - known).total_seconds()
    if known < beaten_at and (now - beaten_at).total_seconds() > settings().reader_most_lag:
        raise Unwell(f"The reader is {lag:.0f} seconds behind: the writer is read from.")
    return "The reader answers, and is not behind."
