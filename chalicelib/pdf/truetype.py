"""TrueType font: glyphs and widths of a text, and a font file with the glyphs that a document uses.

Source: the OpenType specification, tables cmap (formats 4 and 12), glyf, head, hhea, hmtx, loca, maxp.
"""

import struct
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

_FILE: Final = Path(__file__).with_name("fonts") / "DejaVuSans.ttf"
_KEPT: Final = ("cvt ", "fpgm", "glyf", "head", "hhea", "hmtx", "loca", "maxp", "prep")
# Flags of a component of a composite glyph.
_WORDS, _SCALE, _MORE, _TWO_SCALES, _MATRIX = 1, 8, 32, 64, 128


class TrueType:
    """A font with outlines in glyf. Lengths are in thousandths of the font size."""

    def __init__(self, content: bytes) -> None:
        self._tables = dict(_tables(content))
        head, hhea = self._tables["head"], self._tables["hhea"]
        (self._per_em,) = struct.unpack_from(">H", head, 18)
        self.box = tuple(map(self._scaled, struct.unpack_from(">4h", head, 36)))
        self.ascent, self.descent = map(self._scaled, struct.unpack_from(">2h", hhea, 4))
        (self._widths,) = struct.unpack_from(">H", hhea, 34)
        (self._glyphs,) = struct.unpack_from(">H", self._tables["maxp"], 4)
        form = ">%dI" if struct.unpack_from(">h", head, 50)[0] else ">%dH"
        places = struct.unpack_from(form % (self._glyphs + 1), self._tables["loca"])
        self._places = places if form == ">%dI" else tuple(2 * place for place in places)
        self._known = _glyphs_by_character(self._tables["cmap"])

    def glyph(self, character: str) -> int:
        """The number of the character's glyph; 0, a box, where the font has none."""
        return self._known.get(ord(character), 0)

    def width(self, glyph: int) -> float:
        """How far the glyph advances."""
        place = 4 * min(glyph, self._widths - 1)
        (advance,) = struct.unpack_from(">H", self._tables["hmtx"], place)
        return self._scaled(advance)

    def subset(self, glyphs: Iterable[int]) -> bytes:
        """A font file with the outlines of these glyphs alone; their numbers stay the same."""
        used = self._with_components({0, *glyphs})
        outlines, places, end = [], [0], 0
        for glyph in range(self._glyphs):
            outline = self._outline(glyph) if glyph in used else b""
            outlines.append(outline + b"\0" * (-len(outline) % 4))
            end += len(outlines[-1])
            places.append(end)
        head = bytearray(self._tables["head"])
        struct.pack_into(">h", head, 50, 1)  # loca has long offsets
        changed = {
            "glyf": b"".join(outlines),
            "loca": struct.pack(f">{len(places)}I", *places),
            "head": bytes(head),
        }
        return _written({name: changed.get(name, self._tables.get(name, b"")) for name in _KEPT})

    def _outline(self, glyph: int) -> bytes:
        return self._tables["glyf"][self._places[glyph] : self._places[glyph + 1]]

    def _with_components(self, glyphs: set[int]) -> set[int]:
        found, open_ones = set(), list(glyphs)
        while open_ones:
            glyph = open_ones.pop()
            if glyph not in found:
                found.add(glyph)
                open_ones += _components(self._outline(glyph))
        return found

    def _scaled(self, length: int) -> float:
        return float(length * 1000 / self._per_em)


@cache
def font() -> TrueType:
    """DejaVu Sans: Latin, Greek, Cyrillic, Armenian, Georgian, Hebrew and Arabic letters, and symbols."""
    return TrueType(_FILE.read_bytes())


def _tables(content: bytes) -> Iterator[tuple[str, bytes]]:
    (number,) = struct.unpack_from(">H", content, 4)
    for place in range(12, 12 + 16 * number, 16):
        tag, _, start, length = struct.unpack_from(">4s3I", content, place)
        yield tag.decode("ascii"), content[start : start + length]


def _glyphs_by_character(cmap: bytes) -> dict[int, int]:
    (number,) = struct.unpack_from(">H", cmap, 2)
    found: dict[int, int] = {}
    for entry in range(4, 4 + 8 * number, 8):
        platform, encoding, start = struct.unpack_from(">2HI", cmap, entry)
        (form,) = struct.unpack_from(">H", cmap, start)
        if form == 12 and (platform, encoding) in {(3, 10), (0, 4)}:
            (groups,) = struct.unpack_from(">I", cmap, start + 12)
            for first, last, glyph in struct.iter_unpack(">3I", cmap[start + 16 : start + 16 + 12 * groups]):
                found |= {first + step: glyph + step for step in range(last - first + 1)}
        elif form == 4 and platform in {0, 3}:
            found = {**_format_4(cmap, start), **found}
    return found


def _format_4(cmap: bytes, start: int) -> dict[int, int]:
    (length, _, twice) = struct.unpack_from(">3H", cmap, start + 2)
    number, table = twice // 2, cmap[start : start + length]
    ends = struct.unpack_from(f">{number}H", table, 14)
    starts = struct.unpack_from(f">{number}H", table, 16 + twice)
    deltas = struct.unpack_from(f">{number}H", table, 16 + 2 * twice)
    offsets = 16 + 3 * twice
    found = {}
    for segment, (first, last, delta) in enumerate(zip(starts, ends, deltas, strict=True)):
        place = offsets + 2 * segment
        (offset,) = struct.unpack_from(">H", table, place)
        for code in range(first, min(last, 0xFFFE) + 1):
            glyph = code
            if offset:
                (glyph,) = struct.unpack_from(">H", table, place + offset + 2 * (code - first))
            if glyph or not offset:
                found[code] = (glyph + delta) & 0xFFFF
    return found


def _components(outline: bytes) -> list[int]:
    if len(outline) < 10 or struct.unpack_from(">h", outline)[0] >= 0:
        return []
    found, place, flags = [], 10, _MORE
    while flags & _MORE:
        flags, glyph = struct.unpack_from(">2H", outline, place)
        found.append(glyph)
        place += 8 if flags & _WORDS else 6
        place += 2 if flags & _SCALE else 4 if flags & _TWO_SCALES else 8 if flags & _MATRIX else 0
    return found


def _written(tables: dict[str, bytes]) -> bytes:
    power = len(tables).bit_length() - 1
    head = struct.pack(">I4H", 0x10000, len(tables), 16 << power, power, 16 * (len(tables) - (1 << power)))
    entries, contents, place = [], [], 12 + 16 * len(tables)
    for name, content in sorted(tables.items()):
        padded = content + b"\0" * (-len(content) % 4)
        total = sum(word for (word,) in struct.iter_unpack(">I", padded)) & 0xFFFFFFFF
        entries.append(struct.pack(">4s3I", name.encode(), total, place, len(content)))
        contents.append(padded)
        place += len(padded)
    return b"".join([head, *entries, *contents])
