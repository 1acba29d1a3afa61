"""Attributes in words, for the page at /docs: kind, limits, and who may read and write them."""

import inspect
from typing import Any, Final

from marshmallow import fields, validate

from chalicelib.docs.page_rights import in_words
from chalicelib.jsonapi.model.attribute import Attribute
from chalicelib.jsonapi.model.fields import LARGEST_INTEGER, SMALLEST_INTEGER, Computed
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.markup import RichText

# The first matching kind counts.
_KINDS: Final[tuple[tuple[type[fields.Field[Any]], str], ...]] = (
    (fields.Boolean, "true or false"),
    (fields.Integer, "whole number"),
    (fields.Number, "number"),
    (fields.DateTime, "moment"),
    (fields.Email, "e-mail address"),
    (fields.Url, "web address"),
    (RichText, "text with markup"),
    (fields.String, "text"),
    (fields.Mapping, "object"),
    (fields.Nested, "object"),
)
_COMPUTED: Final = {
    "boolean": "true or false",
    "integer": "whole number",
    "bigint": "whole number",
    "numeric": "number",
    "double precision": "number",
    "timestamptz": "moment",
    "jsonb": "object",
}


def described(resource: Resource, attribute: Attribute) -> dict[str, Any]:
    """One attribute as shown on the page; defaults are left out."""
    field = attribute.field
    description: dict[str, Any] = {"name": attribute.wire, "kind": kind(field)}
    if field.required:
        description["required"] = True
    if field.allow_none:
        description["nullable"] = True
    if field.dump_only:
        description["readOnly"] = True
    if field.load_only:
        description["writeOnly"] = True
    unit = "entries" if isinstance(field, fields.List) else "characters"
    phrases = [text for rule in field.validators for text in limits(rule, unit)]
    if phrases:
        description["limits"] = list(dict.fromkeys(phrases))
    choices = [rule.choices for rule in field.validators if isinstance(rule, validate.OneOf)]
    if choices:
        description["choices"] = list(choices[0])
    otherwise = _otherwise(resource, attribute)
    if otherwise is not None:
        description["otherwise"] = otherwise
    if attribute.scope is not None:
        description["seenBy"] = in_words(attribute.scope)
    if attribute.writers is not None:
        description["setBy"] = in_words(attribute.writers)
    return description


def kind(field: fields.Field[Any]) -> str:
    """The kind of value in words."""
    if isinstance(field, Computed) and field.dump_only:
        return _COMPUTED.get(field.kind.lower(), "text")
    if isinstance(field, fields.List):
        return f"list of {kind(field.inner)}s"
    return next((words for kind, words in _KINDS if isinstance(field, kind)), "JSON")


def limits(rule: Any, unit: str = "characters") -> list[str]:
    """A validator in words; choices, addresses and the integer range are left out."""
    if isinstance(rule, validate.OneOf | validate.Email | validate.URL):
        return []
    if isinstance(rule, validate.Range):
        if (rule.min, rule.max) == (SMALLEST_INTEGER, LARGEST_INTEGER):
            return []
        return [_between(rule.min, rule.max)]
    if isinstance(rule, validate.Length):
        if (rule.min, rule.max) == (1, None):
            return ["not empty"]
        length = _between(rule.min, rule.max) if rule.equal is None else str(rule.equal)
        return [f"{length} {unit}"]
    if isinstance(rule, validate.Regexp):
        return [rule.error.rstrip(".")]
    # A validator function, by its docstring: "Raise ValidationError unless this is ..."
    _, unless, said = (inspect.getdoc(rule) or "").partition("\n")[0].partition(" unless ")
    return [said.rstrip(".")] if unless else []


def _between(least: Any, most: Any) -> str:
    if least is None:
        return f"at most {_number(most)}"
    if most is None:
        return f"at least {_number(least)}"
    return f"{_number(least)} to {_number(most)}"


def _number(value: Any) -> str:
    return f"{value:,}" if abs(value) >= 10_000 else str(value)  # a year has no comma


def _otherwise(resource: Resource, attribute: Attribute) -> Any:
    """The default of a new row."""
    if resource.model is None or attribute.field.dump_only or attribute.field.required:
        return None
    column = resource.model.__table__.columns.get(attribute.column)
    default: Any = column.default if column is not None else None
    plain = default is not None and default.is_scalar and isinstance(default.arg, bool | int | float | str)
    return default.arg if plain else None
