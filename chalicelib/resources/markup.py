"""Text with a little markup, as people write it into descriptions; everything dangerous is taken out."""

from typing import Any

from chalicelib.jsonapi.model.fields import fields
from chalicelib.jsonapi.model.texts import LONGEST_TEXT


class RichText(fields.Str):
    """A long text, such as a code of conduct."""

    def __init__(self, *, longest: int = LONGEST_TEXT, **options: Any) -> None:
        super().__init__(longest=longest, **options)
