"""SQL expressions for names and titles: pseudorandom words of syllables, alike in each run."""

from typing import Final

_ONSETS: Final = (
    *(
        "b",
        "br",
        "c",
        "cl",
        "d",
        "dr",
        "f",
        "fl",
        "g",
        "gr",
        "h",
        "j",
        "k",
        "l",
        "m",
        "n",
        "p",
        "pr",
        "r",
        "s",
    ),
    *("sh", "st", "t", "th", "tr", "v", "w", "y", "z", "ch", "pl", "sp"),
)
_VOWELS: Final = ("a", "e", "i", "o", "u", "ai", "ea", "oo")
_BITS: Final = 8  # of a syllable: five for how it begins, three for its vowel


def word(number: str, salt: int, syllables: int = 3) -> str:
    """SQL: a word that depends on a number and the salt; two syllables make 65,536 different ones."""
    hashed = f"hashint8extended({number}, {salt})"
    parts = (
        f"{_array(_ONSETS)}[1 + (({hashed} >> {place * _BITS}) & 31)::integer] || "
        f"{_array(_VOWELS)}[1 + (({hashed} >> {place * _BITS + 5}) & 7)::integer]"
        for place in range(syllables)
    )
    return f"initcap({' || '.join(parts)})"


def words(number: str, salt: int, many: int) -> str:
    """SQL: that many words with blanks between."""
    return " || ' ' || ".join(word(number, salt + place) for place in range(many))


def digits(number: str, salt: int, most: int) -> str:
    """SQL: a pseudorandom whole number below `most`."""
    return f"((hashint8extended({number}, {salt}) & 2147483647) % {most})::integer"


def _array(values: tuple[str, ...]) -> str:
    return "(ARRAY[" + ", ".join(f"'{value}'" for value in values) + "])"
