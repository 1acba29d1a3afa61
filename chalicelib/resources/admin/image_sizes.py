"""Kinds of attributes that the sizes of pictures are given in."""

from typing import Any

from chalicelib.jsonapi.model.fields import fields, validate


def pixels(**options: Any) -> fields.Int:
    """A length in pixels, or null for "as it comes"."""
    return fields.Int(validate=validate.Range(min=0), **options)


def quality(**options: Any) -> fields.Int:
    """How well a JPEG is kept, in percent, or null for what is usual."""
    return fields.Int(validate=validate.Range(0, 100), **options)
