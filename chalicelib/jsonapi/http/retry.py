"""Retries a transaction: after a collision of a random unique value, a stale prepared statement, or a
deadlock.

All are rare, and the client could do nothing about them. A random value, such as a new row's identifier, is
drawn again; a cached plan that is older than a migration is prepared again; a transaction that PostgreSQL has
ended to resolve a deadlock runs again.
"""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeVar

from chalicelib.db_errors import constraint, dbapi_errors, sqlstate
from chalicelib.jsonapi.model.resource import Registry

if TYPE_CHECKING:
    from sqlalchemy import Column, Table
    from sqlalchemy.exc import DBAPIError

_ATTEMPTS: Final = 5
_AFTER_DEADLOCK: Final = 2  # retries; each has waited a second for the deadlock timeout
_DEADLOCK, _SERIALIZATION = "40P01", "40001"
_STALE_PLAN: Final = (
    "0A000"  # "cached plan must not change result type"; the driver has dropped the plan by then
)

Done = TypeVar("Done")


def retrying(registry: Registry, attempt: Callable[[], Done]) -> Done:
    """Run `attempt`, a whole transaction, and retry it on retryable errors. Raises the last DBAPIError."""
    races = 0
    for _ in range(_ATTEMPTS - 1):
        try:
            return attempt()
        except dbapi_errors() as failure:
            races += is_serialization_failure(failure)
            if races > _AFTER_DEADLOCK or not (
                is_retryable(failure, registry) or is_serialization_failure(failure)
            ):
                raise
    return attempt()


def is_serialization_failure(failure: "DBAPIError") -> bool:
    """Whether PostgreSQL ended the transaction for a deadlock or a serialization failure."""
    return sqlstate(failure) in {_DEADLOCK, _SERIALIZATION}


def is_retryable(failure: "DBAPIError", registry: Registry) -> bool:
    """Whether a random value of ours collided, or a cached plan is older than its table."""
    name = constraint(failure)
    collided = name is not None and name in constraints_of_random_values(registry)
    return collided or sqlstate(failure) == _STALE_PLAN


@cache
def constraints_of_random_values(registry: Registry) -> frozenset[str]:
    """The names of the unique constraints whose columns a Python function fills."""
    if registry.random_keys is not None:
        return registry.random_keys
    from sqlalchemy import Table  # lazy: errors alone need it

    tables = (noun.model_or_raise.__table__ for noun in registry if noun.model is not None)
    return frozenset(name for table in tables if isinstance(table, Table) for name in random_keys(table))


def random_keys(table: "Table") -> "dict[str, Column[Any]]":
    """The columns that a Python function fills and that are unique by themselves, by their constraints."""
    from sqlalchemy import UniqueConstraint  # lazy: errors alone need it

    unique = (
        constraint
        for constraint in table.constraints
        if isinstance(constraint, UniqueConstraint) and len(constraint.columns) == 1
    )
    keys = ((str(constraint.name), next(iter(constraint.columns))) for constraint in unique)
    return {name: column for name, column in keys if getattr(column.default, "is_callable", False)}
