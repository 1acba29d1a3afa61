"""Fast INSERT: one cached statement per table, instead of the ORM's unit of work.

The ORM determines anew each time which columns were set and how; that takes several times as long as
PostgreSQL needs for the row.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.orm import Session, configure_mappers, make_transient_to_detached
from sqlalchemy.orm.attributes import instance_dict

from chalicelib import db
from chalicelib.db import Model


@dataclass(frozen=True, slots=True)
class _Column:
    """A column: the attribute that holds it, its bind processor, and its default."""

    attribute: str
    written: Callable[[Any], Any] | None
    default: Callable[[Any], Any] | None


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
    sql, columns = _statement(type(row))
    state = instance_dict(row)
    values = []
    for column in columns:
        value = state.get(column.attribute)
        if value is None and column.default is not None:
            value = column.default(None)
        state[column.attribute] = value
        values.append(value if column.written is None else column.written(value))
    if reserved is None:
        reserved = db.fetch(session, f"SELECT {next_id(type(row))}")[0][0]
    state["id"] = reserved
    db.enqueue(session, sql, [*values, state["id"]])
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
def _statement(model: type[Model]) -> tuple[str, tuple[_Column, ...]]:
    names, columns = [], []
    dialect = db.engine().dialect
    for attribute in inspect(model).column_attrs:
        column = attribute.columns[0]
        if column.primary_key:
            continue
        names.append(f'"{column.name}"')
        kind = column.type.dialect_impl(dialect)
        columns.append(_Column(attribute.key, kind.bind_processor(dialect), _default(column.default)))
    names.append("id")
    values = ", ".join(f"${number}" for number in range(1, len(names) + 1))
    return f'INSERT INTO "{model.__tablename__}" ({", ".join(names)}) VALUES ({values})', tuple(columns)


def _default(default: Any) -> Callable[[Any], Any] | None:
    if default is None:
        return None
    if default.is_callable:
        made: Callable[[Any], Any] = default.arg  # SQLAlchemy lets it take its context
        return made
    return lambda _context: default.arg
