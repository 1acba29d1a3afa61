"""Bidirectional text: the runs of a line, in the order in which they are seen (UAX #9).

A run has one direction. Explicit embeddings, overrides and isolates are removed: what is shown is data that
somebody typed, and a name must not turn around the text beside it. What is left is one level run.
"""

import unicodedata
from collections.abc import Iterator
from itertools import groupby
from typing import Final

_RIGHT_TO_LEFT: Final = frozenset({"R", "AL", "AN"})
_EXPLICIT: Final = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
_NEVER: Final = frozenset({"Cc", "Cs", "Cn"})  # controls, surrogates, unassigned
_TAGS: Final = range(0xE0020, 0xE0080)  # of flags such as Scotland's, which are format characters
_NUMBERS: Final = frozenset({"EN", "AN"})
_NEUTRAL: Final = frozenset({"B", "S", "WS", "ON"})
_SIGNS: Final = frozenset({"ES", "ET", "CS"})
_PAIRS: Final = (
    "()[]{}\u2329\u232a\u27e6\u27e7\u27e8\u27e9\u3008\u3009\u300a\u300b\u300c\u300d\u300e\u300f\u3010\u3011"
    "\uff08\uff09\uff3b\uff3d\uff5b\uff5d"
)
_CLOSED_BY: Final = dict(zip(_PAIRS[::2], _PAIRS[1::2], strict=True))

Run = tuple[str, bool]  # (text in logical order, whether it runs from right to left)


def clean(text: str) -> str:
    """The text in one line, composed (NFC), without controls of direction."""
    line = " ".join(text.split())
    if line.isascii() and line.isprintable():  # most texts: nothing to look at one by one
        return line
    kept = (
        letter
        for letter in unicodedata.normalize("NFC", line)
        if unicodedata.bidirectional(letter) not in _EXPLICIT
        and (unicodedata.category(letter) not in _NEVER or ord(letter) in _TAGS)
    )
    return "".join(kept)


def runs_of(text: str) -> list[Run]:
    """The runs of a clean line from left to right; each is in logical order, as it is shaped."""
    kinds = [unicodedata.bidirectional(letter) for letter in text]
    if not _RIGHT_TO_LEFT.intersection(kinds):
        return [(text, False)] if text else []
    runs = [
        (level, "".join(letter for _, letter in run))
        for level, run in groupby(zip(levels(text), text, strict=True), key=lambda pair: pair[0])
    ]
    return [(run, bool(level % 2)) for level, run in _reordered(runs)]


def levels(text: str) -> list[int]:
    """The embedding level of each character. The line runs as its first strong character does (P2, P3)."""
    kinds = [unicodedata.bidirectional(letter) for letter in text]
    strong = next((kind for kind in kinds if kind in {"L", "R", "AL"}), "L")
    base = 0 if strong == "L" else 1
    direction = "LR"[base]
    places = [place for place, kind in enumerate(kinds) if kind != "BN"]  # X9
    resolved = _weak([kinds[place] for place in places], direction)
    _brackets([text[place] for place in places], resolved, direction)
    resolved = _neutral(resolved, direction)
    found = {place: _level(kind, base) for place, kind in zip(places, resolved, strict=True)}
    before = base
    return [before := found.get(place, before) for place in range(len(text))]


def _weak(kinds: list[str], direction: str) -> list[str]:
    """W1 to W7: marks, numbers and what belongs to them."""
    found: list[str] = []
    for kind in kinds:  # W1
        found.append((found[-1] if found else direction) if kind == "NSM" else kind)
    strong = direction
    for place, kind in enumerate(found):  # W2, W3
        strong = kind if kind in {"L", "R", "AL"} else strong
        found[place] = "AN" if kind == "EN" and strong == "AL" else kind
    found = ["R" if kind == "AL" else kind for kind in found]
    for place in range(1, len(found) - 1):  # W4
        before, kind, after = found[place - 1 : place + 2]
        if before == after and (before, kind) in {("EN", "ES"), ("EN", "CS"), ("AN", "CS")}:
            found[place] = before
    place = 0
    for kind, group in groupby(list(found)):  # W5
        end = place + len(list(group))
        if kind == "ET" and "EN" in (*found[place - 1 : place], *found[end : end + 1]):
            found[place:end] = ["EN"] * (end - place)
        place = end
    strong = direction
    for place, kind in enumerate(found):  # W6, W7
        strong = kind if kind in {"L", "R"} else strong
        if kind in _SIGNS:
            found[place] = "ON"
        elif kind == "EN" and strong == "L":
            found[place] = "L"
    return found


def _brackets(letters: list[str], kinds: list[str], direction: str) -> None:
    """N0: both brackets of a pair run as the line, or as what is in them and before them."""
    for start, end in sorted(_pairs(letters, kinds)):
        inside = {"R" if kind in _NUMBERS else kind for kind in kinds[start + 1 : end]} & {"L", "R"}
        if not inside:
            continue
        chosen = direction
        if direction not in inside:
            before = next(
                (
                    "R" if kind in _NUMBERS else kind
                    for kind in reversed(kinds[:start])
                    if kind not in _NEUTRAL
                ),
                direction,
            )
            (other,) = inside
            chosen = other if before == other else direction
        kinds[start] = kinds[end] = chosen


def _pairs(letters: list[str], kinds: list[str]) -> Iterator[tuple[int, int]]:
    expected: list[tuple[str, int]] = []
    for place, letter in enumerate(letters):
        if kinds[place] != "ON":
            continue
        if letter in _CLOSED_BY:
            expected.append((_CLOSED_BY[letter], place))
        elif any(closing == letter for closing, _ in expected):
            while expected:
                closing, start = expected.pop()
                if closing == letter:
                    yield start, place
                    break


def _neutral(kinds: list[str], direction: str) -> list[str]:
    """N1, N2: what has no direction runs as its neighbors if they agree, else as the line."""
    found: list[str] = []
    groups = [(kind in _NEUTRAL, list(group)) for kind, group in groupby(kinds, key=lambda kind: kind)]
    merged = [
        (neutral, [kind for _, group in part for kind in group])
        for neutral, part in groupby(groups, key=lambda group: group[0])
    ]
    for place, (neutral, group) in enumerate(merged):
        if not neutral:
            found += group
            continue
        before = _side(merged[place - 1][1][-1]) if place else direction
        after = _side(merged[place + 1][1][0]) if place + 1 < len(merged) else direction
        found += [before if before == after else direction] * len(group)
    return found


def _side(kind: str) -> str:
    return "R" if kind in _NUMBERS else kind


def _level(kind: str, base: int) -> int:
    """I1, I2."""
    if base % 2:
        return base if kind == "R" else base + 1
    return base + {"R": 1, "AN": 2, "EN": 2}.get(kind, 0)


def _reordered(runs: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """L2: from the highest level down, whatever is at it or above is reversed."""
    shown = list(runs)
    for least in range(max((level for level, _ in shown), default=0), 0, -1):
        parts = [list(part) for _, part in groupby(shown, key=lambda run: run[0] >= least)]
        shown = [run for part in parts for run in (reversed(part) if part[0][0] >= least else part)]
    return shown
