"""What attendees are searched by: hashes of parts of their names and addresses, and of spellings of names.

Triggers of the migrations keep them (`search_keys`), wherever names change. They are a table of their own, so
that a check-in writes none of them.
"""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table
from sqlalchemy.dialects.postgresql import ARRAY

from chalicelib.db import Model

attendee_search_keys = Table(
    "attendee_search_keys",
    Model.metadata,
    Column(
        "attendee_id",
        BigInteger,
        ForeignKey("attendees.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("keys", ARRAY(Integer), nullable=False),
    Index("ix_attendee_search_keys_keys", "keys", postgresql_using="gin"),
)
