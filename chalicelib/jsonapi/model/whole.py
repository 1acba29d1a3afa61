"""Integers as clients write them: texts ("10") and floats without a fraction (10.0)."""

import re
from typing import Final

_WHOLE: Final = re.compile(r"-?[0-9]{1,30}(\.0{1,10})?")


def whole(value: object) -> int:
    """The integer in a number or a text. Raises ValueError."""
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        return int(value.partition(".")[0])
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    raise ValueError("not a whole number")
