"""Trigram search: an index of the parts of three characters that a text has leads to the rows of an ILIKE.

Each character in a row of a pattern, lower case as ILIKE compares it, is in a text that matches, so its
trigrams are among the text's; ILIKE itself still decides. The functions trigrams() and trigrams_of_pattern()
are stored in the database, and need no extension (docs/adr/0019-texts-are-found-by-trigrams.md).
"""

import re
from typing import Final

from chalicelib.jsonapi.ground.sql import Param, Sql, sql

LENGTH: Final = 3
# Each trigram of a pattern is looked up in the index; a longer pattern is compared row by row.
_LONGEST: Final = 255
# From the left, so that a backslash is never taken for the one that makes it literal.
_LITERAL: Final = re.compile(r"(?:\\.|[^%_\\])+", re.DOTALL)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)


def has_trigram(pattern: str) -> bool:
    """Whether an index can lead to what matches the pattern: it has three characters in a row."""
    if len(pattern) > _LONGEST:
        return False
    return any(len(_ESCAPED.sub(".", part)) >= LENGTH for part in _LITERAL.findall(pattern))


def matches_trigrams(text: Sql, pattern: Param) -> Sql:
    """SQL: the text has the pattern's trigrams, which are worked out once."""
    return sql("trigrams(", text, ") @> (SELECT trigrams_of_pattern(", pattern, "))")
