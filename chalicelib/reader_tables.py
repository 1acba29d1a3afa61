"""Tables that a reader is compared by: marks of accounts that have written, and a heartbeat (ADR 18).

Its health check is here, too.
"""

import time
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

_BEAT: Final = "UPDATE reader_beats SET beaten_at = clock_timestamp() RETURNING beaten_at"
_BEATEN: Final = "SELECT beaten_at FROM reader_beats"
_PAUSE: Final = 0.1  # seconds between two looks at the reader


@check("reader", seconds=60)
def _reader() -> str:
    """Fails while the reader does not answer, or does not show a new heartbeat in time.

    It waits for its own: requests renew the heartbeat, too, so that the latest one is always young.
    """
    if not db_reader.is_set():
        return "There is no reader: everything is read from the writer."
    with db.transaction() as session:
        ((beaten_at,),) = db.fetch(session, _BEAT)
    began, most = time.monotonic(), settings().reader_most_lag
    while True:
        with db_reader.reading() as session:
            ((known,),) = db.fetch(session, _BEATEN)
        if known >= beaten_at:
            return "The reader answers, and is not behind."
        waited = time.monotonic() - began
        if waited >= min(most, db_reader.PATIENCE):
            break
        time.sleep(_PAUSE)
    # At the most: nobody may have renewed the heartbeat for long.
    lag = (beaten_at - known).total_seconds() + waited
    if lag > most:
        raise Unwell(f"The reader is up to {lag:.0f} seconds behind: the writer is read from.")
    return f"The reader answers, and is at most {lag:.0f} seconds behind."
