"""Keys: texts by which something is found again, such as a discount code or the name of a tag."""

import unicodedata
from typing import Final

from chalicelib.values.characters import is_blank, is_invisible, is_selector

# Without which some scripts, and pictures put together from several, cannot be written.
_JOINERS: Final = frozenset("\u200c\u200d")


def key_form(text: str) -> str:
    """The form in which a key is stored and compared: composed characters, no blanks at its ends.

    Total, and the same when it is applied again. Upper and lower case are told apart by the index of the
    table, or not.
    """
    return unicodedata.normalize("NFC", text).strip()


def code_form(text: str) -> str:
    """The same for what is printed and typed again: full-width letters are what they look like."""
    return unicodedata.normalize("NFKC", text).strip()


def mistake_in_key(text: str) -> str | None:
    """What is wrong with a key in its normal form, or None."""
    if is_blank(text):
        return "Must have a character that can be seen."
    if any(is_invisible(character) for character in text):
        return "Has a character that cannot be seen."
    return None


def mistake_in_name(text: str) -> str | None:
    """What is wrong with a name that is unique, in its normal form, or None."""
    return mistake_in_key("".join(one for one in text if not (one in _JOINERS or is_selector(one))))


def mistake_in_code(text: str) -> str | None:
    """What is wrong with a code in its normal form, or None."""
    if any(character.isspace() for character in text):
        return "A code has no white space in it."
    return mistake_in_key(text)
