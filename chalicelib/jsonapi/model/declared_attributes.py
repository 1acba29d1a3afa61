"""Attributes and columns of a resource type, as its schema and its model declare them."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from marshmallow import Schema, fields
from sqlalchemy import Column
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import DeclarativeBase

from chalicelib.jsonapi.model.attribute import Attribute
from chalicelib.jsonapi.model.fields import Computed
from chalicelib.jsonapi.model.moment_field import Moment
from chalicelib.jsonapi.model.texts import Str
from chalicelib.jsonapi.model.whole_numbers import Integer

# SQL types of the columns of reports, which have no model.
_REPORTED: Final[tuple[tuple[type, str], ...]] = (
    (fields.Boolean, "boolean"),
    (fields.Integer, "bigint"),
    (fields.Number, "numeric"),
    (fields.DateTime, "timestamptz"),
    (fields.Mapping, "JSONB"),
    (fields.List, "JSONB"),
)
_DIALECT: Final = postgresql.dialect()  # type: ignore[no-untyped-call]
_Model = type[DeclarativeBase]


def attributes_in(schema: Schema, model: _Model | None) -> Iterator[Attribute]:
    """The attributes in schema order. `model` is None for a report."""
    columns = {} if model is None else _columns(model)
    for name, field in schema.fields.items():
        yield _attribute(name, field, None if model is None else columns)


def column_type(model: _Model, column: str) -> str:
    """The SQL type of a column, for casts. Raises KeyError."""
    return str(_columns(model)[column].type.compile(_DIALECT))


def columns_of(model: _Model) -> dict[str, bool]:
    """The columns by name, and whether each may be null."""
    return {name: bool(column.nullable) for name, column in _columns(model).items()}


def _columns(model: _Model) -> Mapping[str, Column[Any]]:
    columns: Mapping[str, Column[Any]] = model.__table__.columns  # type: ignore[assignment]
    return columns


def _attribute(name: str, field: fields.Field[Any], columns: Mapping[str, Column[Any]] | None) -> Attribute:
    wire, column = field.data_key or name, field.attribute or name
    computed = lateral = None
    if isinstance(field, Computed):
        column, kind, computed, lateral = name, field.kind, field.sql, field.lateral
    elif columns is None:
        kind = next((sql for reported, sql in _REPORTED if isinstance(field, reported)), "text")
    else:
        kind = str(columns[column].type.compile(_DIALECT)) if column in columns else "text"
    scope, compared = field.metadata.get("seen_by"), _compared_as(field)
    hidden = bool(field.load_only)
    return Attribute(name, wire, field, column, kind, computed, lateral, scope, compared, hidden)


def _compared_as(field: fields.Field[Any]) -> str:
    """The conversion in query/values.py that reads what this field would read; "" if only the field can."""
    kind: Any = type(field)
    if isinstance(field, Str):
        if (form := _normal_form(kind)) is not None:
            return f"{form.__module__}.{form.__qualname__}"
        as_typed = kind._deserialize is Str._deserialize and kind.stored_form is Str.stored_form
        return "" if not as_typed else "plain" if field.plain else "text"
    if isinstance(field, fields.String):
        return "plain" if kind._deserialize is fields.String._deserialize else ""
    if kind is Moment:
        return "moment"
    if kind is Integer:
        return "whole"
    if kind is fields.Float:
        return "number"
    return "boolean" if kind is fields.Boolean else ""


def _normal_form(kind: Any) -> Any:
    """The function that makes the stored form of a plain text, where the kind of field names it."""
    declares = next(base for base in kind.__mro__ if "stored_form" in vars(base))
    if kind._deserialize is not Str._deserialize or "normal_form" not in vars(declares):
        return None
    return kind.normal_form
