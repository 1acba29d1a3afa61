"""Fast INSERT: one cached statement per table, instead of the ORM's unit of work.

The ORM determines anew each time which columns were set and how; that takes several times as long as
PostgreSQL needs for the row.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.orm import Session, configure_mappers, make_transient_to_detached
from sqlalchemy.orm.attributes import instance_dict

from chalicelib import db
from chalicelib.db import Model


@dataclass(frozen=True, slots=True)
class _Insertion:
    """The INSERT of a table, and how its parameters are made of a row's attributes.

    `blank` has every attribute, None; `values_of` takes the attributes of the row in the order of the
    parameters, and `written` has bind processors by their position.
    """

    sql: str
    blank: dict[str, Any]
    defaults: tuple[tuple[str, Callable[[Any], Any]], ...]
    values_of: Callable[[dict[str, Any]], tuple[Any, ...]]
    written: tuple[tuple[int, Callable[[Any], Any]], ...]


def next_id(model: type[Model]) -> str:
    """SQL that reserves an id for a new row. Queried along with something else, it costs no round trip."""
    return f"nextval(pg_get_serial_sequence('\"{model.__tablename__}\"', 'id'))"


def new_row(model: type[Model], values: Mapping[str, Any]) -> Model:
    """A new row, not yet inserted. Values are set without change tracking, which takes time.

    Validators and derived columns of the class work; it must have no __init__ of its own.
    """
    listened = _listened_to(model)
    row: Model = inspect(model).class_manager.new_instance()
    state = instance_dict(row)
    for name, value in values.items():
        if name in listened:
            setattr(row, name, value)
        else:
            state[name] = value
    return row


def insert(session: Session, row: Model, reserved: int | None = None) -> None:
    """Insert a new row; afterwards it has its id and defaults, and belongs to the session.

    Pending changes are flushed first. The row is sent with the next statement, which raises its errors
    (DBAPIError). `reserved` is an id from next_id().
    """
    insertion, state = _insertion(type(row)), instance_dict(row)
    held = insertion.blank | state
    for name, default in insertion.defaults:
        if held[name] is None:
            held[name] = default(None)
    if reserved is None:
        reserved = db.fetch(session, f"SELECT {next_id(type(row))}")[0][0]
    held["id"] = reserved
    values = list(insertion.values_of(held))
    for position, written in insertion.written:
        values[position] = written(values[position])
    state.update(held)
    db.enqueue(session, insertion.sql, values)
    make_transient_to_detached(row)
    session.add(row)


@cache
def _listened_to(model: type[Model]) -> frozenset[str]:
    """The attributes with a validator or a listener, which must be set by setattr."""
    configure_mappers()  # done by a constructor otherwise, and this may be the first row of the process
    mapper = inspect(model)
    heard = {attribute.key for attribute in mapper.column_attrs if getattr(model, attribute.key).dispatch.set}
    return frozenset(heard | mapper.validators.keys())


@cache
def _insertion(model: type[Model]) -> _Insertion:
    dialect = db.engine().dialect
    columns = {attribute.key: attribute.columns[0] for attribute in inspect(model).column_attrs}
    kinds = [column.type.dialect_impl(dialect).bind_processor(dialect) for column in columns.values()]
    defaults = {
        key: default
        for key, column in columns.items()
        if not column.primary_key and (default := _default(column.default)) is not None
    }
    names = ", ".join(f'"{column.name}"' for column in columns.values())
    numbers = ", ".join(f"${number}" for number in range(1, len(columns) + 1))
    return _Insertion(
        f'INSERT INTO "{model.__tablename__}" ({names}) VALUES ({numbers})',
        dict.fromkeys(columns),
        tuple(defaults.items()),
        itemgetter(*columns),
        tuple((position, written) for position, written in enumerate(kinds) if written is not None),
    )


def _default(default: Any) -> Callable[[Any], Any] | None:
    if default is None:
        return None
    if default.is_callable:
        made: Callable[[Any], Any] = default.arg  # SQLAlchemy lets it take its context
        return made
    return lambda _context: default.arg
