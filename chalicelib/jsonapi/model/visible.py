"""Texts that must say something: names, titles and whatever is required are not made of blanks alone."""

from typing import Any, Final

from marshmallow import ValidationError, fields, validate

from chalicelib.values.characters import is_blank

_NAMES: Final = frozenset({"name", "title", "firstname", "lastname"})
_BLANK: Final = "Must have a character that can be seen."


class Visible(validate.Validator):
    """There is something in the text that can be seen; nothing at all is fine where `or_empty`."""

    def __init__(self, *, or_empty: bool = False) -> None:
        self._or_empty = or_empty

    def __call__(self, value: str) -> str:
        if is_blank(value) and not (self._or_empty and value == ""):
            raise ValidationError(_BLANK)
        return value


def must_be_visible(name: str, field: fields.Field[Any]) -> Visible | None:
    """The check for an attribute with this name, or None where blanks may be all there is.

    What is required says something, unless its metadata says `allow_blank`; what is called a name says
    something or nothing.
    """
    if not isinstance(field, fields.String) or isinstance(field, fields.Url | fields.Email):
        return None
    is_name = name in _NAMES or name.endswith("_name")
    if not field.required and not is_name:
        return None
    return Visible(or_empty=not field.required or bool(field.metadata.get("allow_blank")))
