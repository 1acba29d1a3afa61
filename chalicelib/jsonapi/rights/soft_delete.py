"""Soft delete: the condition that a row is not in the trash."""

from typing import Final

from chalicelib.jsonapi.ground.sql import ROW, TRUE, Row, Sql, sql
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.model.rules import SqlFragment

# For types with soft delete.
NOT_DELETED: Final = SqlFragment(sql(ROW["deleted_at"], " IS NULL"), "it is not in the trash", of_row=True)


def not_deleted(resource: Resource, row: Row) -> Sql:
    """Condition: the row is not soft-deleted."""
    return NOT_DELETED.condition.about(row) if resource.soft_delete else TRUE
