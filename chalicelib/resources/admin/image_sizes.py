"""Kinds of attributes for image sizes."""

from typing import Any

from chalicelib.jsonapi.model.fields import fields, validate


def pixels(**options: Any) -> fields.Int:
    """A length in pixels, or null for the original size."""
    return fields.Int(validate=validate.Range(min=0), **options)


def quality(**options: Any) -> fields.Int:
    """JPEG quality in percent, or null for the default."""
    return fields.Int(validate=validate.Range(0, 100), **options)
