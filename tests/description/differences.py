"""What is promised otherwise than before, and whether the CHANGELOG says so.

Each entry under "Unreleased" that begins with `API:` names promises in backticks. What is new has to be
named in any of them, by a word of its own; what is gone or changed under "Removed" or "Changed", in full,
with what it was and is where a name with stars would say too much.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from tests.description.promises import REQUIRED, Promises

_APART = (r"(?<![\w-])", r"(?![\w-])")  # a word of its own


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """`name` is a line, or a line and a word of it; `breaks` says whether clients can rely on it no more."""

    name: str
    how: str
    breaks: bool

    def __str__(self) -> str:
        return f"{self.name}: {self.how}"


def differences(before: Promises, now: Promises) -> list[Difference]:
    """What has come, gone and changed."""
    return sorted(_differences(before, now))


def _differences(before: Promises, now: Promises) -> Iterator[Difference]:
    for line in before.keys() | now.keys():
        if line not in now:
            yield Difference(line, "is gone", breaks=True)
        elif line not in before:
            yield Difference(line, "is new", breaks=False)
        else:
            yield from _words(line, before[line], now[line])


def _words(line: str, before: dict[str, str], now: dict[str, str]) -> Iterator[Difference]:
    for name in before.keys() | now.keys():
        named, was, is_now = f"{line} {name}", before.get(name), now.get(name)
        if is_now is None:
            yield Difference(named, "is gone", breaks=True)
        elif was is None:
            must = is_now.rpartition(",")[2] == REQUIRED
            yield Difference(named, "is new, and must be sent" if must else "is new", breaks=must)
        elif was != is_now:
            yield Difference(named, f"was {was or 'anything'}, is {is_now or 'anything'}", breaks=True)


def unsaid(found: list[Difference], changelog: str) -> list[Difference]:
    """The differences that no entry of the CHANGELOG names."""
    entries = list(_entries(changelog))
    anywhere = [name for _, names in entries for name in names]
    breaking = [name for heading, names in entries if heading in {"Removed", "Changed"} for name in names]
    return [
        item
        for item in found
        if not (
            any(
                _pattern(name).fullmatch(item.name) or _pattern(name).fullmatch(str(item))
                for name in breaking
            )
            if item.breaks
            else any(_pattern(name, *_APART).search(item.name) for name in anywhere)
        )
    ]


def remedy(unsaid_ones: list[Difference]) -> str:
    """What to write where, so that these are named; "" where nothing is to be."""
    parts = []
    if any(not item.breaks for item in unsaid_ones):
        parts.append(
            "What is new is named under ## [Unreleased], ### Added in CHANGELOG.md, by a name or its beginning "
            "with a star, such as:\n- API: benefits of events: `benefit*`."
        )
    if any(item.breaks for item in unsaid_ones):
        first = next(item for item in unsaid_ones if item.breaks)
        parts.append(
            "Clients rely on what is gone or changed. Put the code right; or, where that is meant, name it in "
            f"full under ### Removed or ### Changed:\n- API: `{first.name}`, and why."
        )
    return "\n".join(parts)


def _entries(changelog: str) -> Iterator[tuple[str, list[str]]]:
    """The headings under "Unreleased", and what each of their entries about the API has in backticks."""
    _, _, unreleased = changelog.partition("\n## [Unreleased]\n")
    for part in unreleased.partition("\n## ")[0].split("\n### ")[1:]:
        heading, _, text = part.partition("\n")
        for entry in f"\n{text}".split("\n- ")[1:]:
            if entry.startswith("API:"):
                yield heading.strip(), re.findall(r"`([^`]+)`", " ".join(entry.split()))


@cache
def _pattern(name: str, before: str = "", after: str = "") -> re.Pattern[str]:
    """What a name in the CHANGELOG means: a star stands for anything."""
    return re.compile(before + ".*".join(re.escape(part) for part in name.split("*")) + after)
