"""Rich text attributes: a little HTML, sanitized."""

from typing import Any

from chalicelib.jsonapi.model.fields import fields
from chalicelib.jsonapi.model.texts import LONGEST_TEXT


class RichText(fields.Str):
    """Rich text, such as a code of conduct."""

    def __init__(self, *, longest: int = LONGEST_TEXT, **options: Any) -> None:
        super().__init__(longest=longest, **options)
