"""Characters that nobody sees: a text of them alone says nothing, and in a key they make two of one."""

import unicodedata
from typing import Final

# Shown as nothing or as a blank, though Unicode counts them among letters, marks and symbols.
_BLANK: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_SELECTORS: Final = (range(0x180B, 0x1810), range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))
# Control, format, surrogate, private use, unassigned; separators of words, lines and paragraphs.
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Cn", "Zs", "Zl", "Zp"})


def is_unseen(character: str) -> bool:
    """Whether this is white space, or takes no place on the page at all."""
    return unicodedata.category(character) in _UNSEEN or character in _BLANK or is_selector(character)


def is_selector(character: str) -> bool:
    """Whether this chooses how the character before it looks."""
    return any(ord(character) in selectors for selectors in _SELECTORS)


def is_blank(text: str) -> bool:
    """Whether there is nothing in it to see."""
    return all(is_unseen(character) for character in text)


def is_invisible(character: str) -> bool:
    """Whether somebody who reads the text cannot tell that this is in it; a blank can be told."""
    return is_unseen(character) and unicodedata.category(character) != "Zs"
