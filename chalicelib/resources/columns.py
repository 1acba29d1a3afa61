"""Kinds of columns that several tables share."""

from datetime import datetime
from typing import Annotated, Any

from sqlalchemy import BigInteger, DateTime, ForeignKey, false, true
from sqlalchemy.orm import mapped_column

from chalicelib import clock
from chalicelib.db import Model

# Booleans that default to false, or to true.
FalseByDefault = Annotated[bool, mapped_column(default=False)]
TrueByDefault = Annotated[bool, mapped_column(default=True)]
# Those that default so in the database as well, for rows inserted by plain SQL.
FalseInDatabase = Annotated[bool, mapped_column(default=False, server_default=false())]
TrueInDatabase = Annotated[bool, mapped_column(default=True, server_default=true())]

# Creation time of the row.
CreatedAt = Annotated[datetime, mapped_column(DateTime(timezone=True), default=clock.now)]


def perhaps_owned_by(column: str) -> Any:
    """An optional foreign key with ON DELETE CASCADE, e.g. to "events.id"."""
    return mapped_column(BigInteger, ForeignKey(column, ondelete="CASCADE"), index=True, nullable=True)


def fill_in_defaults(row: Model) -> None:
    """Set the constant defaults of a new row now, for hooks that run before the insert."""
    for column in row.__table__.columns:
        default: Any = column.default
        if default is not None and default.is_scalar and getattr(row, column.key) is None:
            setattr(row, column.key, default.arg)
