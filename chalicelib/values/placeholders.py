"""Placeholders in braces: plain substitution from a declared list, in texts that people write.

There is nothing to evaluate: a value is put in once, and braces in it stay braces.
"""

import re
from collections.abc import Collection, Mapping
from typing import Final

_BRACES: Final = re.compile(r"\{([^{}]*)\}")


def unknown_placeholder(text: str, known: Collection[str]) -> str | None:
    """The first placeholder in the text that is not known, with its braces; a stray brace is none."""
    for placeholder in _BRACES.finditer(text):
        if placeholder[1].strip() not in known:
            return placeholder[0]
    return None


def names_in(text: str) -> set[str]:
    """The names of all placeholders in the text."""
    return {placeholder[1].strip() for placeholder in _BRACES.finditer(text)}


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with the values of its placeholders; unknown ones stay."""
    return _BRACES.sub(lambda placeholder: values.get(placeholder[1].strip(), placeholder[0]), text)


def stray_brace(text: str) -> str | None:
    """A brace in the text that belongs to no placeholder, if there is one."""
    left = _BRACES.sub("", text)
    return next((brace for brace in "{}" if brace in left), None)
