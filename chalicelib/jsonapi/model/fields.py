"""Schema declarations: relationships, and attributes that are not columns.

An attribute that is a column is declared with it (attr.py). Attributes are marshmallow fields of the kinds in
kinds.py: texts have a maximum length and are cleaned of dangerous HTML unless declared `plain`. Names have
underscores in Python and dashes on the wire.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from marshmallow import EXCLUDE, validate
from marshmallow import Schema as MarshmallowSchema
from marshmallow.schema import SchemaMeta

from chalicelib.jsonapi.ground.sql import Sql
from chalicelib.jsonapi.model import kinds as fields
from chalicelib.jsonapi.model.attr import attr, check_metadata, fields_of
from chalicelib.jsonapi.model.rules import Rule
from chalicelib.jsonapi.model.visible import must_be_visible

if TYPE_CHECKING:
    from sqlalchemy.orm import DeclarativeBase

SMALLEST_INTEGER, LARGEST_INTEGER = -(2**31), 2**31 - 1


class _Checked(SchemaMeta):
    """Metaclass of schemas: raises TypeError for unknown metadata of a field."""

    def __init__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> None:
        super().__init__(name, bases, namespace)  # type: ignore[no-untyped-call]
        for attribute, field in cls._declared_fields.items():
            check_metadata(f"{name}.{attribute}", field)


class Schema(MarshmallowSchema, metaclass=_Checked):
    """The schema of a resource type. Unknown and read-only members are ignored on input.

    With a `model`, its fields are those that the model declares with `attr`, and its own.
    """

    class Meta:
        unknown = EXCLUDE

    def __init__(self, *, model: "type[DeclarativeBase] | None" = None, **options: Any) -> None:
        if model is not None:
            self._declared_fields = fields_of(type(self), model)  # which marshmallow copies
        super().__init__(**options)

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        """Set the dashed name; add the check for blank names and the range of integers."""
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
    """To-one relationship, stored in a column of this type's table.

    `inverse` names the relationship in the opposite direction (None: none), to-many unless `inverse_many` is
    False. `within` names a to-one that both rows must share: a FAQ's type belongs to the FAQ's event.
    `column` defaults to the name plus "_id". `read_only` relationships are ignored on input. `paths` and
    `inverse_paths` are aliases of the last segment of the related URL, `inverse_creates` allows POST at the
    inverse's URL, and `scope` and `inverse_scope` are the rules for seeing the relationship at all (None:
    everybody). With `all_methods` a required one answers POST and DELETE too, as old clients expect. With
    `or_404` and `inverse_or_404` the related URL of an empty to-one is 404, as old clients expect, instead of
    null. `prefetch` are columns of the target that hooks need: they are prefetched when the target is looked
    up. `known_by` names a to-one whose target shares this parent: who sees that one may link, or leave this
    link out, without seeing the parent.
    """

    target: str
    inverse: str | None = None
    required: bool = False
    same_parent: str | None = None
    column: str | None = None
    inverse_many: bool = True
    read_only: bool = False
    paths: tuple[str, ...] = ()
    inverse_paths: tuple[str, ...] = ()
    inverse_creates: bool = False
    all_methods: bool = False
    or_404: bool = False
    inverse_or_404: bool = False
    prefetch: tuple[str, ...] = ()
    known_by: str | None = None
    scope: Rule | None = None
    inverse_scope: Rule | None = None


@dataclass(frozen=True, slots=True)
class ToMany:
    """To-many relationship through an association table `through(left, right)`.

    `left` is the column with this row's id and `right` that with the target's. `where` is a
    condition on association rows, with columns of LINK. `single` says that at most one row passes, which is
    then shown as a to-one. `through` may be a SELECT in parentheses if the relationship
    is read-only. The rest is as for ToOne.
    """

    target: str
    through: str
    left: str
    right: str
    inverse: str | None = None
    same_parent: str | None = None
    read_only: bool = False
    where: Sql | None = None
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
    """Read-only attribute computed in SQL, from columns of ROW.

    `kind` is the SQL type of the result, for filters: "boolean", "integer", "text" ... `lateral` is a SELECT
    of exactly one row, whose columns are those of LATERAL in `sql`: attributes with the same one are computed
    together.
    """

    def __init__(self, kind: str, sql: Sql, lateral: Sql | None = None, **options: Any) -> None:
        super().__init__(dump_only=True, **options)
        self.kind = kind
        self.sql = sql
        self.lateral = lateral


__all__ = ["Computed", "Schema", "ToMany", "ToOne", "attr", "fields", "validate"]
