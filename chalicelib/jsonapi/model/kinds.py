"""The kinds of attributes (marshmallow fields) for declarations: `fields.Str(plain=True)` and the like."""

from marshmallow.fields import (
    AwareDateTime,
    Bool,
    Boolean,
    DateTime,
    Decimal,
    Field,
    Float,
    Mapping,
    Number,
)

from chalicelib.jsonapi.model.objects_sent import Dict
from chalicelib.jsonapi.model.texts import Email, Line, List, Nested, Str, Url
from chalicelib.jsonapi.model.whole_numbers import Integer

Int = Integer
String = Str

__all__ = [
    "AwareDateTime", "Bool", "Boolean", "DateTime", "Decimal", "Dict", "Email", "Field", "Float", "Int",
    "Integer", "Line", "List", "Mapping", "Nested", "Number", "Str", "String", "Url",
]  # fmt: skip
