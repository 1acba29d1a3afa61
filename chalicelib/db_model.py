"""Declarative base of all models: naming of constraints, column types, soft deletion, references."""

from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, MetaData, Text, event
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, Mapper, mapped_column


class Model(DeclarativeBase):
    """Base class of tables. Every row has a bigint id."""

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


@event.listens_for(Model, "after_mapper_constructed", propagate=True)
def _has_one_table(mapper: Mapper[Any], _model: type[Model]) -> None:
    """Spare a flush to look at the tables that this one refers to, as they may not be imported.

    SQLAlchemy sorts the tables of a model by its foreign keys; each of ours has one.
    """
    mapper.__dict__["_sorted_tables"] = OrderedDict({mapper.local_table: mapper})


class SoftDeleted:
    """Mixin for soft delete: `deleted_at` is the only marker."""

    deleted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), sort_order=99)


def owned_by(column: str, *, index: bool = True) -> Any:
    """A required foreign key with ON DELETE CASCADE, e.g. to "events.id".

    `index` False is for tables with a longer index that begins with this column.
    """
    return mapped_column(BigInteger, ForeignKey(column, ondelete="CASCADE"), index=index, nullable=False)


def linked_to(column: str, *, index: bool = True) -> Any:
    """An optional foreign key with ON DELETE SET NULL."""
    return mapped_column(BigInteger, ForeignKey(column, ondelete="SET NULL"), index=index, nullable=True)
