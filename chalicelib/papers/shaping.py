"""Text shaping: a line of text in any script as positioned glyphs (HarfBuzz).

The line is split into runs of one direction (UAX #9), these into grapheme clusters, and neighbors that one
face has are shaped together, so that letters join, marks are placed and emoji sequences become one glyph.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from chalicelib.papers.faces import BOLD, EMOJI, REGULAR, Face, face, faces
from chalicelib.papers.runs import clean, runs_of

_LONGEST: Final = 2000  # characters that are looked at: more are never on a page
_JOINER: Final = "\u200d"
_AS_EMOJI: Final = "\ufe0f"
_SKIN: Final = range(0x1F3FB, 0x1F400)
_FLAGS: Final = range(0x1F1E6, 0x1F200)
_MARKS: Final = frozenset({"Mn", "Mc", "Me"})
_FOLLOWS: Final = frozenset({_JOINER, "\u200c", "\ufe0e", _AS_EMOJI})


@dataclass(frozen=True, slots=True)
class Glyph:
    """A glyph of a face. Lengths are in thousandths of the font size; `text` is what it stands for, or ""."""

    face: Face
    number: int
    text: str
    advance: float
    right: float
    up: float


@dataclass(frozen=True, slots=True)
class Line:
    """Glyphs from left to right."""

    text: str
    glyphs: tuple[Glyph, ...]

    @property
    def width(self) -> float:
        """In thousandths of the font size."""
        return sum(glyph.advance for glyph in self.glyphs)


def shaped(text: str, *, bold: bool = False) -> Line:
    """The text in one line. Raises LookupError where the fonts are not installed."""
    return _shaped(clean(text), BOLD if bold else REGULAR)


def wrapped(text: str, width: float, size: float, *, bold: bool = False, most: int = 3) -> list[Line]:
    """Lines no wider than `width` (in the unit of `size`), broken at spaces, or anywhere in a longer word.

    Of more than `most` lines the rest is left out, and the last ends with an ellipsis.
    """
    words = clean(text[:_LONGEST]).split(" ")
    lines: list[str] = []
    for word in words:
        longer = f"{lines[-1]} {word}" if lines else word
        if not lines or _fits(longer, width, size, bold):
            lines[-1:] = [longer]
        else:
            lines.append(word)
        while len(lines) <= most and not _fits(lines[-1], width, size, bold):
            lines[-1], rest = _broken(lines[-1], width, size, bold)
            if not rest:
                break
            lines.append(rest)
        if len(lines) > most:
            lines[most - 1 :] = [_shortened(lines[most - 1], width, size, bold)]
            break
    return [shaped(line, bold=bold) for line in lines]


def _fits(text: str, width: float, size: float, bold: bool) -> bool:
    return shaped(text, bold=bold).width * size / 1000 <= width


def _broken(text: str, width: float, size: float, bold: bool) -> tuple[str, str]:
    """As much as fits, one cluster at the least, and the rest, which may be empty."""
    clusters = list(_clusters(text))
    kept = 1
    while kept < len(clusters) and _fits("".join(clusters[: kept + 1]), width, size, bold):
        kept += 1
    return "".join(clusters[:kept]), "".join(clusters[kept:])


def _shortened(text: str, width: float, size: float, bold: bool) -> str:
    clusters = list(_clusters(text))
    while clusters and not _fits("".join(clusters) + "\u2026", width, size, bold):
        clusters.pop()
    return "".join(clusters).rstrip() + "\u2026"


@lru_cache(maxsize=512)
def _shaped(text: str, weight: int) -> Line:
    found: list[Glyph] = []
    for run, leftward in runs_of(text):
        parts = list(_parts(run, weight))
        for part, chosen in reversed(parts) if leftward else parts:
            found += _glyphs(part, chosen, leftward)
    return Line(text, tuple(found))


def _parts(run: str, weight: int) -> Iterator[tuple[str, Face]]:
    """Neighboring clusters that one face has. Spaces and the like stay with what is before them."""
    known, part, last = faces(run, weight), "", None
    for cluster in _clusters(run):
        chosen = _face_for(cluster, known, last, weight)
        if part and chosen is not last and last is not None:
            yield part, last
            part = ""
        part, last = part + cluster, chosen
    if part and last is not None:
        yield part, last


def _face_for(cluster: str, known: list[Face], last: Face | None, weight: int) -> Face:
    if _AS_EMOJI in cluster or ord(cluster[0]) in _FLAGS:
        emoji = face(EMOJI, weight)
        if emoji.has(cluster[0]):
            return emoji
    letters = [letter for letter in cluster if letter not in _FOLLOWS]
    if (
        last is not None
        and last.source is not EMOJI
        and not cluster.isalnum()
        and all(map(last.has, letters))
    ):
        return last
    for candidate in known:
        if all(map(candidate.has, letters)):
            return candidate
    return next((candidate for candidate in known if candidate.has(cluster[0])), known[0])


def _clusters(text: str) -> Iterator[str]:
    """Grapheme clusters, by a simple form of UAX #29: a base with its marks, joined emoji, and flags."""
    cluster = ""
    for letter in text:
        if cluster and _continues(cluster, letter):
            cluster += letter
        else:
            if cluster:
                yield cluster
            cluster = letter
    if cluster:
        yield cluster


def _continues(cluster: str, letter: str) -> bool:
    if letter in _FOLLOWS or ord(letter) in _SKIN or ord(letter) >= 0xE0020:
        return True
    if unicodedata.category(letter) in _MARKS:
        return True
    if ord(letter) in _FLAGS:
        return len(cluster) == 1 and ord(cluster) in _FLAGS
    return cluster[-1] == _JOINER and unicodedata.category(letter) == "So"


def _glyphs(text: str, chosen: Face, leftward: bool) -> Iterator[Glyph]:
    import uharfbuzz  # lazy: 100 ms, and in the layer of papers alone

    buffer = uharfbuzz.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    buffer.direction = "rtl" if leftward else "ltr"
    uharfbuzz.shape(chosen.font, buffer)
    infos = buffer.glyph_infos
    starts = sorted({info.cluster for info in infos})
    ends = dict(zip(starts, [*starts[1:], len(text)], strict=True))
    told: set[int] = set()
    for info, position in zip(infos, buffer.glyph_positions, strict=True):
        meaning = "" if info.cluster in told else text[info.cluster : ends[info.cluster]]
        told.add(info.cluster)
        yield Glyph(
            chosen,
            info.codepoint,
            meaning,
            chosen.scaled(position.x_advance),
            chosen.scaled(position.x_offset),
            chosen.scaled(position.y_offset),
        )
