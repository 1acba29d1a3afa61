"""Invisible Unicode characters, which would make blank texts and indistinguishable keys."""

import unicodedata
from typing import Final

# Rendered as nothing or a blank, although Unicode classes them as letters, marks or symbols.
_BLANK: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_SELECTORS: Final = (range(0x180B, 0x1810), range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))
# Control, format, surrogate, private use, unassigned; separators of words, lines and paragraphs.
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Cn", "Zs", "Zl", "Zp"})


def is_unseen(character: str) -> bool:
    """Whether this is white space or has no width."""
    return unicodedata.category(character) in _UNSEEN or character in _BLANK or is_selector(character)


def is_selector(character: str) -> bool:
    """Whether this is a variation selector."""
    return any(ord(character) in selectors for selectors in _SELECTORS)


def is_blank(text: str) -> bool:
    """Whether the text has no visible character."""
    return all(is_unseen(character) for character in text)


def is_invisible(character: str) -> bool:
    """Whether a reader cannot notice this character in a text; a blank can be noticed."""
    return is_unseen(character) and unicodedata.category(character) != "Zs"
