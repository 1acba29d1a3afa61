"""Lookup keys, such as discount codes and names of tags: Unicode normalization and validation."""

import unicodedata
from typing import Final

from chalicelib.values.characters import is_blank, is_invisible, is_selector

# Zero-width joiners, needed by some scripts and by emoji sequences.
_JOINERS: Final = frozenset("\u200c\u200d")


def stripped(text: str) -> str:
    """The text without white space around it."""
    return text.strip()


def key_form(text: str) -> str:
    """The form in which a key is stored and compared: NFC, stripped.

    Idempotent. Whether case matters is up to the index of the table.
    """
    return unicodedata.normalize("NFC", text).strip()


def code_form(text: str) -> str:
    """The same for codes that are typed from print: NFKC, so full-width letters are plain ones."""
    return unicodedata.normalize("NFKC", text).strip()


def mistake_in_key(text: str) -> str | None:
    """What is wrong with a key in its normal form, or None."""
    if is_blank(text):
        return "Must have a character that can be seen."
    if any(is_invisible(character) for character in text):
        return "Has a character that cannot be seen."
    return None


def mistake_in_name(text: str) -> str | None:
    """What is wrong with a unique name in its normal form, or None."""
    return mistake_in_key(
        "".join(character for character in text if not (character in _JOINERS or is_selector(character)))
    )


def mistake_in_code(text: str) -> str | None:
    """What is wrong with a code in its normal form, or None."""
    if any(character.isspace() for character in text):
        return "A code has no white space in it."
    return mistake_in_key(text)
