"""Fonts of a PDF document: which glyphs are used, and their subsets embedded as composite fonts."""

from typing import Any

from chalicelib.papers.faces import Face
from chalicelib.papers.shaping import Glyph, Line
from chalicelib.pdf.objects import Outlines, composite_font


class Fonts:
    """The faces of a document, each with the glyphs that are used and what they stand for."""

    def __init__(self) -> None:
        self._used: dict[Face, dict[int, str]] = {}
        self._numbers: dict[Face, dict[int, int]] = {}

    def use(self, line: Line) -> None:
        """The line will be written."""
        for glyph in line.glyphs:
            meanings = self._used.setdefault(glyph.face, {})
            meanings[glyph.number] = meanings.get(glyph.number) or glyph.text

    def name(self, used: Face) -> str:
        """The name of the font in the resources of pages."""
        return f"F{list(self._used).index(used) + 1}"

    def number(self, glyph: Glyph) -> int:
        """The number of the glyph in the embedded subset."""
        return self._numbers[glyph.face][glyph.number]

    def embed(self, pdf: Any, library: Any) -> Any:
        """Add the fonts to the document; returns the resources of pages."""
        found = library.Dictionary({})
        for used, meanings in self._used.items():
            content, self._numbers[used] = used.subset(set(meanings))
            outlines = Outlines(
                used.name,
                content,
                box=(-1000, round(used.descent), 3000, round(used.ascent)),
                ascent=round(used.ascent),
                descent=round(used.descent),
                cap_height=714,
                is_cff=used.is_cff,
            )
            found[self.name(used)] = composite_font(pdf, library, outlines, self._meanings(used)).reference
        return found

    def _meanings(self, used: Face) -> dict[int, tuple[float, str]]:
        """By number in the subset: how wide the glyph is, and what it stands for."""
        numbers = self._numbers[used]
        return {
            numbers[glyph]: (used.advance(glyph), meaning)
            for glyph, meaning in sorted(self._used[used].items())
        }
