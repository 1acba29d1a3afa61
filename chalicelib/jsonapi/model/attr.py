"""Declares an attribute once: the database column, and how clients read and write it.

name: Mapped[str] = attr(fields.Line, required=True)
api_key: Mapped[str | None] = attr(plain=True, seen_by=staff, set_by=staff)

The API options are kept with the column, as `column.info["wire"]`; the schema's field is built from them when
the schema is first used. A column that is declared without `attr` is not in the API. An unknown option is
refused when the resource type is declared, so that a misspelled `seen_by` cannot publish a secret.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, TypedDict, Unpack, cast

from marshmallow import Schema, validate
from sqlalchemy import Column
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.types import TypeEngine

from chalicelib.jsonapi.model import kinds
from chalicelib.jsonapi.model.moment_field import moment
from chalicelib.jsonapi.model.rules import Rule

Field = kinds.Field[Any]
Kind = Callable[..., Field]


class ColumnOptions(TypedDict, total=False):
    """Column options, with the meaning that SQLAlchemy's mapped_column gives them."""

    column_type: type[TypeEngine[Any]]  # default: follows from the annotation
    default: Any
    server_default: Any
    onupdate: Any
    index: bool
    unique: bool
    deferred: bool
    sort_order: int


class FieldOptions(TypedDict, total=False):
    """Options that validate client input. Most are named as in OpenAPI."""

    required: bool  # in a POST
    read_only: bool
    write_only: bool
    allow_null: bool  # default: as the column
    max_length: int  # of a text, in characters
    choices: Iterable[Any]
    minimum: Any
    maximum: Any
    validate: Any  # further checks, as marshmallow takes them
    load_default: Any  # what a POST without it means
    wire_name: str  # default: the column's name with dashes
    # For some kinds only.
    plain: bool  # of a text: no HTML cleaning, markup is stored as typed
    mailto: bool  # of a link: see texts.Url
    local: bool
    empty: bool
    most_bytes: int  # of an object


class AttributeOptions(TypedDict, total=False):
    """Who may read and write it, and its part in the API description. A field's `metadata` take the same
    names.
    """

    seen_by: Rule  # default: whoever sees the row
    set_by: Rule  # default: whoever may write the row
    first_set_by: Rule  # on a new row, where that differs from set_by
    example: Any  # None: it is left out of examples of requests
    change_example: bool  # False: left out of examples of PATCH, as rules let few rows change it
    allow_blank: bool  # a required text may be empty
    json_schema: Mapping[str, Any]  # instead of what follows from its kind
    searched: str  # an index has its trigrams, with this column ("" for none): resources/search_index.py
    live: bool  # it counts places: an answer that tells it is never one of a shared cache


class Options(ColumnOptions, FieldOptions, AttributeOptions, total=False):
    """All keyword arguments of `attr`."""


_COLUMN: Final = frozenset(ColumnOptions.__annotations__)
_METADATA: Final = frozenset(AttributeOptions.__annotations__)
_KNOWN: Final = frozenset(FieldOptions.__annotations__) | _METADATA
_RULES: Final = ("seen_by", "set_by", "first_set_by")
# Options that marshmallow and the kinds name differently.
_NAMES: Final = {
    "read_only": "dump_only",
    "write_only": "load_only",
    "max_length": "longest",
    "wire_name": "data_key",
}
_MADE: Final = frozenset({"allow_null", "choices", "minimum", "maximum", "validate"})
# Other column types need an explicit kind: JSONB may be an object or a list, a number an amount of money.
_KIND_OF: Final[Mapping[type, Kind]] = {
    str: kinds.Str,
    bool: kinds.Bool,
    int: kinds.Int,
    float: kinds.Float,
    datetime: moment,
}


@dataclass(frozen=True, slots=True)
class Wire:
    """How clients read and write a column: the kind of field (None: by column type), and its options."""

    kind: Kind | None
    arguments: tuple[Any, ...]
    options: Mapping[str, Any]

    def check(self, column: Column[Any], where: str) -> None:
        """Raise TypeError, starting with `where`, for an unknown option, a wrong rule or a missing kind."""
        for name in self.options.keys() - _KNOWN:
            raise TypeError(f"{where}: there is no option {name!r}")
        _check_rules(self.options, where)
        if self.kind is None and column.type.python_type not in _KIND_OF:
            raise TypeError(f"{where}: a column of type {column.type} must say its kind: attr(fields.Dict)")

    def field(self, column: Column[Any]) -> Field:
        """A new field for this column. Raises TypeError for an option that its kind does not take."""
        said = self.options
        made = {_NAMES.get(name, name): said[name] for name in said.keys() - _METADATA - _MADE}
        metadata = {name: said[name] for name in said if name in _METADATA}
        if said.get("allow_null", column.nullable and not said.get("read_only")):
            made["allow_none"] = True
        checks = list(self._checks())
        if checks:
            made["validate"] = checks[0] if len(checks) == 1 else checks
        if metadata:
            made["metadata"] = metadata
        kind = self.kind or _KIND_OF[column.type.python_type]
        try:
            return kind(*self.arguments, **made)
        except TypeError as mistake:
            raise TypeError(f"{column}: {mistake}") from mistake

    def _checks(self) -> Iterable[Any]:
        said = self.options
        if "choices" in said:
            yield validate.OneOf(list(said["choices"]))
        if "minimum" in said or "maximum" in said:
            yield validate.Range(said.get("minimum"), said.get("maximum"))
        further = said.get("validate", ())
        yield from further if isinstance(further, list | tuple) else (further,)


def attr(kind: Kind | None = None, /, *arguments: Any, **options: Unpack[Options]) -> Any:
    """Column that is an attribute too: `name: Mapped[str] = attr(required=True)`.

    `kind` builds the field, such as fields.Line, web_address or RichText; optional for str, bool, int, float
    and datetime. `arguments` are positional arguments of the kind. Options are those of ColumnOptions,
    FieldOptions and AttributeOptions; whether null is allowed follows from the annotation. A wrong option
    raises TypeError when the Resource is declared.
    """
    wire = cast(dict[str, Any], options)
    column = {name: wire.pop(name) for name in _COLUMN & wire.keys()}
    column_type = column.pop("column_type", None)
    return mapped_column(column_type, **column, info={"wire": Wire(kind, arguments, MappingProxyType(wire))})


def check_noun(noun: str, model: type[DeclarativeBase] | None, schema: type[Schema]) -> None:
    """Raise TypeError for an attribute that is declared twice or wrongly: see Wire.check.

    `noun` is the JSON:API type, for the message; `model` is None for a report.
    """
    explicit: dict[str, Field] = schema._declared_fields
    wires = {} if model is None else _wires(model)
    for name, (wire, column) in wires.items():
        where = f"{noun}: {getattr(model, '__name__', None)}.{name}"
        wire.check(column, where)
        if name in explicit:
            raise TypeError(f"{where}: {schema.__name__} declares it too")
    for name, field in explicit.items():
        after = field.metadata.get("after")
        if after is not None and after not in explicit and after not in wires:
            raise TypeError(f"{noun}: {schema.__name__}.{name} stands after {after!r}, which there is not")


def check_metadata(where: str, field: Field) -> None:
    """Raise TypeError, prefixed with `where`, for an unknown key in a field's metadata."""
    for name in field.metadata.keys() - _METADATA - {"after"}:
        raise TypeError(f"{where}: there is no metadata {name!r}")
    _check_rules(field.metadata, where)
    inner = getattr(field, "inner", None)
    if inner is not None:
        check_metadata(where, inner)


def attribute_names(model: type[DeclarativeBase]) -> tuple[str, ...]:
    """The names of the columns declared with `attr`, in order of declaration."""
    return tuple(_wires(model))


def fields_of(schema: type[Schema], model: type[DeclarativeBase]) -> dict[str, Field]:
    """New fields for a model's attributes, merged with those that the schema declares, in order.

    Order: inherited ones, the model's, the schema's own; a field with `after` in its metadata follows the
    attribute of that name.
    """
    wires = _wires(model)
    explicit: dict[str, Field] = schema._declared_fields
    if not wires:
        return explicit
    declared = {**explicit, **{name: wire.field(column) for name, (wire, column) in wires.items()}}
    inherited = {name for base in schema.__mro__[1:] for name in getattr(base, "_declared_fields", ())}
    order = sorted(declared, key=lambda name: 0 if name in inherited else 1 if name in wires else 2)
    for name, field in explicit.items():
        if "after" in field.metadata:
            order.remove(name)
            order.insert(order.index(field.metadata["after"]) + 1, name)
    return {name: declared[name] for name in order}


def _wires(model: type[DeclarativeBase]) -> dict[str, tuple[Wire, Column[Any]]]:
    columns = cast(Iterable[Column[Any]], model.__table__.columns)
    return {column.key: (column.info["wire"], column) for column in columns if "wire" in column.info}


def _check_rules(options: Mapping[str, Any], where: str) -> None:
    for name in _RULES:
        if name in options and not isinstance(options[name], Rule):
            raise TypeError(f"{where}: {name} is not a rule")
