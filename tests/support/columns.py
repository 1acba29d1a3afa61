"""Compares rows column by column; of random and generated values only their presence."""

from collections.abc import Collection
from typing import Any

from chalicelib.jsonapi.model.resource import Resource
from tests.support.databases import TestDatabase

Row = dict[str, Any]


def row_of(database: TestDatabase, resource: Resource, id: object) -> Row:
    """All columns of one row of the type's table."""
    (found,) = database.rows(f'SELECT * FROM "{resource.table}" WHERE id = :id', id=int(str(id)))
    return found


def differences(resource: Resource, one: Row, other: Row, *, free: Collection[str] = ()) -> Row:
    """The columns in which two rows differ, with both values.

    Of keys, generated defaults (identifiers, tokens, timestamps) and the columns named in `free`, only
    presence counts.
    """
    found = {}
    for column in resource.model_or_raise.__table__.columns:
        mine, theirs = one[column.name], other[column.name]
        if column.name in free or _is_generated(column):
            mine, theirs = mine is not None, theirs is not None
        if mine != theirs:
            found[column.name] = (mine, theirs)
    return found


def _is_generated(column: Any) -> bool:
    if column.primary_key or column.foreign_keys or column.onupdate is not None:
        return True
    return column.default is not None and column.default.is_callable
