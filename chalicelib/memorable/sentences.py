"""Converts numbers to sentences and back, tolerant of case and spacing.

A sentence is the number in a mixed radix: each position has its list of words, the last one least
significant.
"""

import re
import unicodedata
from math import prod
from typing import Final, NamedTuple

# Longer than any sentence, whatever its spacing.
_LONGEST: Final = 250
# Words are separated by anything but letters and digits, and between letters and digits.
_WORD: Final = r"\d+|[^\W\d_]+"
_DIGITS: Final = r"[0-9]+"


class NotASentence(ValueError):
    """The text is not a valid sentence; str() says why, and what was probably meant."""


class Part(NamedTuple):
    """One position in a sentence: a name for its words, such as "animal", and all of them.

    They are either words of a to z, none a prefix of another, or all of them numbers in digits.
    """

    name: str
    words: tuple[str, ...]

    @property
    def is_number(self) -> bool:
        """Whether its words are numbers in digits."""
        return self.words[0].isdecimal()

    def at_the_start(self, text: str) -> tuple[int, str] | None:
        """(index of the word that the text begins with, rest of the text), or None."""
        if self.is_number:
            digits = re.match(_DIGITS, text)
            word = plain(digits[0]) if digits else ""
            return (self.words.index(word), text[digits.end() :]) if digits and word in self.words else None
        return next(
            ((place, text[len(word) :]) for place, word in enumerate(self.words) if text.startswith(word)),
            None,
        )


class Sentences:
    """A bijection between the numbers below `size` and sentences with one word per part."""

    def __init__(self, *parts: Part) -> None:
        self.parts = parts
        self.size = prod(len(part.words) for part in parts)

    def write(self, number: int) -> str:
        """The number's sentence, in lower case. Raises ValueError unless 0 <= number < size."""
        if not 0 <= number < self.size:
            raise ValueError(
                f"{number} has no sentence: there is one for each number from 0 to {self.size - 1}"
            )
        words = []
        for part in reversed(self.parts):
            number, place = divmod(number, len(part.words))
            words.append(part.words[place])
        return " ".join(reversed(words))

    def read(self, text: str) -> int:
        """The number of a sentence in any case and spacing, or without any. Raises NotASentence.

        Commas, dashes, underscores and the like count as spaces; leading zeros of a number are ignored.
        """
        words = _words(text)
        rest, number = "".join(words), 0
        for part in self.parts:
            match = part.at_the_start(rest)
            if match is None:
                break
            place, rest = match
            number = number * len(part.words) + place
        else:
            if not rest:
                return number
        from chalicelib.memorable.explanation import explanation  # lazy: only errors need it

        raise NotASentence(explanation(self.parts, [plain(word) for word in words]))


def plain(word: str) -> str:
    """The word; a number without leading zeros."""
    return (word.lstrip("0") or "0") if re.fullmatch(_DIGITS, word) else word


def _words(text: str) -> list[str]:
    # Compatibility normalization lengthens a text up to 18 times, so both lengths are checked.
    folded = unicodedata.normalize("NFKC", text[: _LONGEST + 1]).casefold()
    if max(len(text), len(folded)) > _LONGEST:
        raise NotASentence("This is too long to be a reference.")
    return re.findall(_WORD, folded)
