"""Error messages for a text that is not a valid sentence: the wrong word, and the most similar valid one."""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import combinations
from typing import Final

from chalicelib.memorable.sentences import Part

_LIKE: Final = 0.6  # share of a word's letters that may differ for a suggestion
_LONGEST_WORD: Final = 16
_MOST_NAMED: Final = 3


def explanation(parts: Sequence[Part], words: Sequence[str]) -> str:
    """What is wrong with these words, which are not a sentence: one to a few sentences for people."""
    if len(words) > len(parts):
        return " ".join((*_strangers(parts, words), _shape(parts, len(words))))
    kept = _likeliest(parts, words)
    said = list(_mistakes([parts[place] for place in kept], words, parts))
    if len(words) == len(parts):
        if any(_names_of(parts, word) - {part.name} for part, word in zip(parts, words, strict=True)):
            said.append(_shape(parts))
        return " ".join(said)
    if not any(word in parts[place].words for place, word in zip(kept, words, strict=True)):
        return _shape(parts, len(words))
    missing = [part.name for place, part in enumerate(parts) if place not in kept]
    return " ".join((*said, f"Missing: {', '.join(missing)}.", _shape(parts, len(words))))


@lru_cache(maxsize=64)  # called twice: to find what is missing, and for the message
def nearest(word: str, words: tuple[str, ...]) -> str | None:
    """The most similar of the words, or None if none is similar."""
    if len(word) > _LONGEST_WORD:
        return None
    # A common beginning weighs more: "wolf" is nearer to "wolves" than to "owls".
    others = {candidate: candidate[0] != word[0] for candidate in words}
    nearest = min(
        words, key=lambda candidate: (edits(word, candidate) + others[candidate], others[candidate])
    )
    return nearest if edits(word, nearest) <= _LIKE * max(len(word), len(nearest)) else None


def edits(word: str, other: str) -> int:
    """Edit distance: insertions, deletions, substitutions and transpositions of adjacent letters.

    Source: optimal string alignment, the restricted Damerau-Levenshtein distance.
    """
    before, row = [0] * (len(other) + 1), list(range(len(other) + 1))
    for i, a in enumerate(word, 1):
        following = [i]
        for j, b in enumerate(other, 1):
            least = min(row[j] + 1, following[-1] + 1, row[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and b == word[i - 2]:
                least = min(least, before[j - 2] + 1)
            following.append(least)
        before, row = row, following
    return row[-1]


def _likeliest(parts: Sequence[Part], words: Sequence[str]) -> tuple[int, ...]:
    """The index of the part that each word is probably meant for: as many as possible fit, exactly or
    nearly.
    """
    kinds = set(parts)
    known = [{part: _fit(part, word, kinds) for part in kinds} for word in words]
    fits = [[fit[part] for part in parts] for fit in known]
    return max(
        combinations(range(len(parts)), len(words)),
        key=lambda places: sum(fits[at][place] for at, place in enumerate(places)),
    )


def _fit(part: Part, word: str, parts: Iterable[Part]) -> int:
    if word in part.words:
        return 2
    belongs_elsewhere = any(word in part.words for part in parts)
    return 0 if belongs_elsewhere or nearest(word, part.words) is None else 1


def _mistakes(given: Sequence[Part], words: Sequence[str], parts: Sequence[Part]) -> Iterator[str]:
    for part, word in zip(given, words, strict=True):
        if word in part.words:
            continue
        elsewhere = _names_of(parts, word)
        if len(part.words) == 1:
            yield f"'{part.words[0]}' belongs where '{word}' stands."
        elif elsewhere:
            yield f"'{word}' is in the wrong place: the {part.name} belongs there."
        elif part.is_number and not word.isdecimal():
            yield f"'{word}' is no number in digits, such as {part.words[0]}."
        else:
            near = nearest(word, part.words)
            yield f"There is no {part.name} '{word}' here" + (f"; did you mean '{near}'?" if near else ".")


def _strangers(parts: Sequence[Part], words: Sequence[str]) -> Iterator[str]:
    unknown = [word for word in words if not _names_of(parts, word)]
    for word in unknown[:_MOST_NAMED]:
        yield f"There is no word '{word}' here."


def _names_of(parts: Sequence[Part], word: str) -> set[str]:
    return {part.name for part in parts if word in part.words}


def _shape(parts: Sequence[Part], given: int | None = None) -> str:
    """The format of a sentence; with the number of words given, where that is wrong."""
    example = " ".join(part.words[len(part.words) // 3] for part in parts)
    order = ", ".join(part.name for part in parts)
    if given is None:
        return f"The order is {order}, as in '{example}'."
    counted = {0: "no words", 1: "1 word"}.get(given, f"{given} words")
    return f"This has {counted}, and a reference has {len(parts)}: {order}, as in '{example}'."
