"""Schema declarations: relationships, and attributes that are not columns.

An attribute that is a column is declared with it (attr.py). Attributes are marshmallow fields of the kinds in
kinds.py: texts have a maximum length and are cleaned of dangerous HTML unless declared `plain`. Names have
underscores in Python and dashes on the wire.
"""

from typing import TYPE_CHECKING, Any

from marshmallow import EXCLUDE, validate
from marshmallow import Schema as MarshmallowSchema
from marshmallow.schema import SchemaMeta

from chalicelib.jsonapi.ground.sql import Sql
from chalicelib.jsonapi.model import kinds as fields
from chalicelib.jsonapi.model.attr import attr, check_metadata, fields_of
from chalicelib.jsonapi.model.relationship import ToMany, ToOne
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
