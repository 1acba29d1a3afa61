"""Names of query parameters: the families include, fields, sort, filter and page, and what resembles them.

JSON:API reserves names of lower-case letters alone, with or without brackets. One that is unknown must not be
ignored where it would change the answer: filter[name][eq] would list everything. Other parameters that
clients send, such as _=123 or public=true, are theirs. Source: jsonapi.org/format/#query-parameters.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from chalicelib.jsonapi.ground.errors import bad_parameter
from chalicelib.jsonapi.ground.request import Request

FAMILIES: Final = ("fields", "filter", "include", "page", "sort")
_PAGES: Final = {"number", "size", "offset", "limit", "after", "before"}
_NAME: Final = re.compile(r"([a-z]+)(?:\[([^\[\]]+)\])?")
_BRACKET: Final = re.compile(r"[\[\]]")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: page[size]=5 has the family "page" and the member "size"."""

    name: str
    family: str
    member: str | None
    value: str


def parameters(request: Request) -> Iterator[Parameter]:
    """The parameters of the families, each once. Raises Problem 400 for an unknown or repeated one."""
    seen = set()
    for name, value in request.query:
        base = _BRACKET.split(name, maxsplit=1)[0]
        whole = _NAME.fullmatch(name)
        if whole and base in FAMILIES:
            if name in seen:
                raise bad_parameter(name, f"{name} is taken once.")
            if base == "page" and whole[2] not in _PAGES:
                raise bad_parameter(
                    name,
                    "Pages are asked for by page[number] and page[size], page[offset] and page[limit], or "
                    "page[after] and page[before].",
                )
            seen.add(name)
            yield Parameter(name, base, whole[2], value)
        elif _is_meant_for_us(base, bracketed=base != name):
            raise bad_parameter(name, f"{name} is not a parameter that this server knows.")


def check(request: Request) -> None:
    """Raise Problem 400 for a parameter that resembles a family's but is not one."""
    for _ in parameters(request):
        pass


def refuse(request: Request, but: Collection[str] = ()) -> None:
    """Raise Problem 400 for a parameter of a family that has no meaning at this URL. `but` are those that
    have one.
    """
    for parameter in parameters(request):
        if parameter.family in but:
            continue
        raise bad_parameter(parameter.name, f"{parameter.family} has no meaning at this address.")


def demand_known(request: Request, names: Collection[str] = (), families: Collection[str] = ()) -> None:
    """Raise Problem 400 for a parameter that is none of these names, and of none of these families.

    For what acts: a misspelt dry_run must not be a real run, nor a misspelt filter the whole list.
    """
    for unknown, _ in request.query:
        if unknown in names or _BRACKET.split(unknown, maxsplit=1)[0] in families:
            continue
        listed = ", ".join((*families, *names))
        known = f"there are {listed}" if listed else "there are none at this address"
        raise bad_parameter(unknown, f"The parameter {unknown:.50} is not understood: {known}.")


def _is_meant_for_us(base: str, *, bracketed: bool) -> bool:
    word = base.strip().lower()
    if word in FAMILIES:
        return True
    if bracketed:
        return not base or (base.isascii() and base.isalpha() and base.islower())
    return any(_is_nearly(word, family) for family in FAMILIES)


def _is_nearly(word: str, right: str) -> bool:
    """Whether the words differ by one typo: a letter missing, wrong or added, or two transposed."""
    if word[:1] != right[0] or abs(len(word) - len(right)) > 1:
        return False
    if len(word) != len(right):
        longer, shorter = sorted((word, right), key=len, reverse=True)
        return any(longer[:at] + longer[at + 1 :] == shorter for at in range(len(longer)))
    differing = [at for at in range(len(word)) if word[at] != right[at]]
    if len(differing) == 2:
        first, second = differing
        return word[first] == right[second] and word[second] == right[first]
    return len(differing) == 1
