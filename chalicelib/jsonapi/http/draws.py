"""What fails by bad luck and is done again: it is rare, and nobody who asks can do anything about it.

What we draw at random for a new row, such as its identifier, may be taken: then another is drawn. And the
plan that a connection keeps of a statement may be older than a migration: then it is planned anew. And of two
transactions that wait for each other PostgreSQL ends one: then the other is done soon, and it goes again.
"""

from collections.abc import Callable
from functools import cache
from typing import Final, TypeVar

from sqlalchemy import Table, UniqueConstraint
from sqlalchemy.exc import DBAPIError

from chalicelib.db_errors import constraint, sqlstate
from chalicelib.jsonapi.model.resource import Registry

_DRAWS: Final = 5
_AFTER_DEADLOCK: Final = 2  # each has cost a second of waiting
_DEADLOCK, _SERIALIZATION = "40P01", "40001"
_STALE: Final = "0A000"  # "cached plan must not change result type"; the driver has forgotten it by then

Done = TypeVar("Done")


def until_lucky(registry: Registry, attempt: Callable[[], Done]) -> Done:
    """What `attempt` returns, which is made again while it has bad luck. It is a transaction."""
    races = 0
    for _ in range(_DRAWS - 1):
        try:
            return attempt()
        except DBAPIError as failure:
            races += lost_a_race(failure)
            if races > _AFTER_DEADLOCK or not (was_unlucky(failure, registry) or lost_a_race(failure)):
                raise
    return attempt()


def lost_a_race(failure: DBAPIError) -> bool:
    """Whether another transaction came in between, and this one would have succeeded without it."""
    return sqlstate(failure) in {_DEADLOCK, _SERIALIZATION}


def was_unlucky(failure: DBAPIError, registry: Registry) -> bool:
    """Whether a value is taken that nobody but we had chosen, or a kept plan is older than its table."""
    return constraint(failure) in _drawn(registry) or sqlstate(failure) == _STALE


@cache
def _drawn(registry: Registry) -> frozenset[str]:
    """The constraints of columns that must be unique, and that a function of ours fills."""
    tables = (noun.written.__table__ for noun in registry if noun.model is not None)
    return frozenset(
        str(one.name)
        for table in tables
        if isinstance(table, Table)
        for one in table.constraints
        if isinstance(one, UniqueConstraint)
        and len(one.columns) == 1
        and all(column.default is not None and column.default.is_callable for column in one.columns)
    )
