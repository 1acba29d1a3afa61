"""Tables that a reader is compared by: marks of accounts that have written, and a heartbeat (ADR 18)."""

from sqlalchemy import BigInteger, Column, DateTime, Integer, Table

from chalicelib.db import Model

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
