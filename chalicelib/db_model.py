"""Declarative base of all models: naming of constraints, column types, soft deletion, references."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, MetaData, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Model(DeclarativeBase):
    """A table. Every row has a number as its id."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {
        str: Text,
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB(none_as_null=True),
        list[Any]: JSONB(none_as_null=True),
    }
    # Columns that follow from others when those are set, with the names of what they follow.
    __derived__: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True, sort_order=-1)


class SoftDeleted:
    """Rows that are stamped instead of removed: `deleted_at` is the only truth."""

    deleted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), sort_order=99)


def owned_by(column: str, *, index: bool = True) -> Any:
    """A required reference to the row this one lives and dies with, e.g. "events.id".

    `index` False is for tables with a longer index of their own that begins with it.
    """
    return mapped_column(BigInteger, ForeignKey(column, ondelete="CASCADE"), index=index, nullable=False)


def linked_to(column: str, *, index: bool = True) -> Any:
    """An optional reference; when the other row is removed for good, it becomes null."""
    return mapped_column(BigInteger, ForeignKey(column, ondelete="SET NULL"), index=index, nullable=True)
