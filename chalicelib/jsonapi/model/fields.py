"""What a schema may say about a noun: relationships, and attributes that are no columns.

An attribute that is a column is declared with it (attr.py). Attributes are marshmallow fields, of those kinds
that kinds.py names: each text among them has a maximum, and is cleaned of dangerous markup unless it is
declared `plain`. Names in Python have underscores, on the wire dashes.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from marshmallow import EXCLUDE, validate
from marshmallow import Schema as MarshmallowSchema
from marshmallow.schema import SchemaMeta

from chalicelib.jsonapi.model import kinds as fields
from chalicelib.jsonapi.model.attr import attr, check_metadata, fields_of
from chalicelib.jsonapi.model.rules import Rule
from chalicelib.jsonapi.model.visible import must_be_visible

if TYPE_CHECKING:
    from sqlalchemy.orm import DeclarativeBase

SMALLEST_INTEGER, LARGEST_INTEGER = -(2**31), 2**31 - 1


class _Checked(SchemaMeta):
    """The type of schemas: what the metadata of their fields say means something, else TypeError."""

    def __init__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> None:
        super().__init__(name, bases, namespace)  # type: ignore[no-untyped-call]
        for attribute, field in cls._declared_fields.items():
            check_metadata(f"{name}.{attribute}", field)


class Schema(MarshmallowSchema, metaclass=_Checked):
    """The shape of a noun on the wire. Unknown and read-only members are ignored on input.

    With a `model` its attributes are those that the model declares with `attr`, and those of the schema.
    """

    class Meta:
        unknown = EXCLUDE

    def __init__(self, *, model: "type[DeclarativeBase] | None" = None, **options: Any) -> None:
        if model is not None:
            self._declared_fields = fields_of(type(self), model)  # which marshmallow copies
        super().__init__(**options)

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        """Give fields their dashed names, names a check for blanks, integers the range of the database."""
        if field_obj.data_key is None:
            field_obj.data_key = field_name.replace("_", "-")
        visible = must_be_visible(field_name, field_obj)
        if visible is not None:
            field_obj.validators = [*field_obj.validators, visible]
        if isinstance(field_obj, fields.Integer):
            field_obj.validators = [
                *field_obj.validators,
                validate.Range(SMALLEST_INTEGER, LARGEST_INTEGER),
            ]


@dataclass(frozen=True, slots=True)
class ToOne:
    """A reference to one row, kept in a column of this noun's table.

    `inverse` names the relationship that the target gets in return (None: none), which is
    to-many unless `inverse_many` is False. `within` names a to-one that both rows must share:
    a FAQ's type belongs to the FAQ's event. `column` defaults to the name plus "_id".
    `read_only` relationships are ignored on input. `paths` and `inverse_paths` are further last
    segments of the related address, `inverse_creates` lets POST at the inverse's address create,
    and `scope` and `inverse_scope` say who sees the relationship at all (None: everybody). With
    `all_methods` POST and DELETE are answered at a required one's address too, as old clients expect.
    `or_404` and `inverse_or_404` say that the related address of a to-one which leads nowhere is 404, as
    old clients expect; else it answers null.
    `brings` are columns of the target that rules will ask for: they come along when it is looked up.
    """

    target: str
    inverse: str | None = None
    required: bool = False
    within: str | None = None
    column: str | None = None
    inverse_many: bool = True
    read_only: bool = False
    paths: tuple[str, ...] = ()
    inverse_paths: tuple[str, ...] = ()
    inverse_creates: bool = False
    all_methods: bool = False
    or_404: bool = False
    inverse_or_404: bool = False
    brings: tuple[str, ...] = ()
    scope: Rule | None = None
    inverse_scope: Rule | None = None


@dataclass(frozen=True, slots=True)
class ToMany:
    """References to many rows through an association table `through(left, right)`.

    `left` is the column that holds this noun's id and `right` the target's. `where` narrows the
    association rows; `{l}` in it stands for their alias, `{viewer}` for the id of whoever asks.
    `single` says that it leaves one row at most, which is then shown as a to-one is. `through` may
    be a SELECT in parentheses where the relationship is read-only. The rest is as for ToOne.
    """

    target: str
    through: str
    left: str
    right: str
    inverse: str | None = None
    within: str | None = None
    read_only: bool = False
    where: str | None = None
    single: bool = False
    inverse_many: bool = True
    paths: tuple[str, ...] = ()
    inverse_paths: tuple[str, ...] = ()
    creates: bool = False
    inverse_creates: bool = False
    inverse_or_404: bool = False
    scope: Rule | None = None
    inverse_scope: Rule | None = None


class Computed(fields.Field[Any]):
    """A read-only attribute that the database computes; `{t}` in `sql` is the row's alias.

    `kind` is the SQL type of the result, for filters: "boolean", "integer", "text" ...
    `shared` is a SELECT of exactly one row, which `sql` calls `{shared}`: attributes with the same
    one are computed together.
    """

    def __init__(self, kind: str, sql: str, shared: str | None = None, **options: Any) -> None:
        super().__init__(dump_only=True, **options)
        self.kind = kind
        self.sql = sql
        self.shared = shared


__all__ = ["Computed", "Schema", "ToMany", "ToOne", "attr", "fields", "validate"]
