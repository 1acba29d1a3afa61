"""Whole numbers, however clients write them: some send texts ("10") and fractions that are none (10.0)."""

import re
from typing import Any, Final

from marshmallow import fields

_WHOLE: Final = re.compile(r"-?[0-9]{1,30}(\.0{1,10})?")


def whole(value: object) -> int:
    """The whole number that is written here, as a number or as a text. Raises ValueError."""
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        return int(value.partition(".")[0])
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    raise ValueError("not a whole number")


class Integer(fields.Integer):
    """A whole number, however it is written; 5.5, true and "" are none."""

    def _validated(self, value: Any) -> int:
        try:
            return whole(value)
        except ValueError:
            raise self.make_error("invalid", input=value) from None
