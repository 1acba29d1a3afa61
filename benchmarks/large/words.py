"""SQL expressions for names and titles: pseudorandom words of syllables, alike in each run."""

from typing import Final

_SYLLABLES: Final = (
    *("an", "ba", "car", "da", "el", "fi", "gor", "ha", "in", "jo", "ka", "la", "mar", "no", "ol", "pe"),
    *("qui", "ri", "sa", "ta", "ul", "vi", "wen", "xi", "ya", "zo", "ber", "ler", "mann", "son", "ek", "um"),
)
_ARRAY: Final = "(ARRAY[" + ", ".join(f"'{part}'" for part in _SYLLABLES) + "])"
_BITS: Final = 5


def word(number: str, salt: int, syllables: int = 3) -> str:
    """SQL: a word that depends on a number and the salt; three syllables make 32,768 different ones."""
    hashed = f"hashint8extended({number}, {salt})"
    return (
        "initcap(" + " || ".join(f"{_ARRAY}[1 + {_digit(hashed, place)}]" for place in range(syllables)) + ")"
    )


def words(number: str, salt: int, many: int) -> str:
    """SQL: that many words with blanks between."""
    return " || ' ' || ".join(word(number, salt + place) for place in range(many))


def digits(number: str, salt: int, most: int) -> str:
    """SQL: a pseudorandom whole number below `most`."""
    return f"((hashint8extended({number}, {salt}) & 2147483647) % {most})::integer"


def _digit(hashed: str, place: int) -> str:
    return f"(({hashed} >> {place * _BITS}) & {len(_SYLLABLES) - 1})::integer"
