"""The maps of all tables, in the order in which rows come: what is referred to comes first."""

from typing import Final

from chalicelib.moving_in.maps import access, events, left, onsite, people, programme, sales, staff
from chalicelib.moving_in.tables import Left, Linked, Moved

TABLES: Final[tuple[Moved | Linked, ...]] = (
    *access.TABLES,
    *staff.TABLES,
    *people.TABLES,
    *events.TABLES,
    *programme.TABLES,
    *sales.TABLES,
    *onsite.TABLES,
    *people.LATER,
)
LEFT: Final[tuple[Left, ...]] = left.TABLES
# Our table: the old one whose rows are its rows.
SOURCES: Final = {table.target: table.source for table in TABLES if isinstance(table, Moved)}
