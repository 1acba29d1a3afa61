"""Validator for names, titles and required texts: they must contain a visible character."""

from typing import Any, Final

from marshmallow import ValidationError, fields, validate

from chalicelib.values.characters import is_blank

_NAMES: Final = frozenset({"name", "title", "firstname", "lastname"})
_BLANK: Final = "Must have a character that can be seen."


class Visible(validate.Validator):
    """The text contains a visible character; the empty text passes if `or_empty`."""

    def __init__(self, *, or_empty: bool = False) -> None:
        self._or_empty = or_empty

    def __call__(self, value: str) -> str:
        if is_blank(value) and not (self._or_empty and value == ""):
            raise ValidationError(_BLANK)
        return value


def must_be_visible(name: str, field: fields.Field[Any]) -> Visible | None:
    """The validator for an attribute with this name, or None where blank texts are allowed.

    A required text must be visible, unless its metadata has `allow_blank`; a name must be visible or empty.
    """
    if not isinstance(field, fields.String) or isinstance(field, fields.Url | fields.Email):
        return None
    is_name = name in _NAMES or name.endswith("_name")
    if not field.required and not is_name:
        return None
    return Visible(or_empty=not field.required or bool(field.metadata.get("allow_blank")))
