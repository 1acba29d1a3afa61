"""Kinds of attributes that the sizes of pictures are given in."""

from chalicelib.jsonapi.fields import fields, validate


def pixels() -> fields.Int:
    """A length in pixels, or null for "as it comes"."""
    return fields.Int(strict=True, allow_none=True, validate=validate.Range(min=0))


def quality() -> fields.Int:
    """How well a JPEG is kept, in percent, or null for what is usual."""
    return fields.Int(strict=True, allow_none=True, validate=validate.Range(0, 100))
