"""Memorable identifiers: a bijection between numbers and sentences, "20 exultant leopards strode intensely".

They are easy to remember and to read aloud. A sentence is a name, not a secret: knowing it gives no access.
"""

from typing import Final

from chalicelib.memorable.sentences import NotASentence, Part, Sentences
from chalicelib.memorable.words import ADJECTIVES, ANIMALS, DEEDS, FEW, MANNERS, MANY

_ANIMAL: Final = Part("animal", ANIMALS)
_DEED: Final = Part("verb", DEEDS)
_CLAUSE: Final = (
    Part("number", MANY),
    Part("adjective", ADJECTIVES),
    _ANIMAL,
    _DEED,
    Part("adverb", MANNERS),
)

# For numbers below 2**16, such as "7 leopards strode".
OF_16_BITS: Final = Sentences(Part("number", FEW), _ANIMAL, _DEED)
# For numbers below 2**32, such as "20 exultant leopards strode intensely".
OF_32_BITS: Final = Sentences(*_CLAUSE)
# For numbers below 2**64: two of those with "and" between them.
OF_64_BITS: Final = Sentences(*_CLAUSE, Part("and", ("and",)), *_CLAUSE)

__all__ = ["OF_16_BITS", "OF_32_BITS", "OF_64_BITS", "NotASentence", "Part", "Sentences"]
