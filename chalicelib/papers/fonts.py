"""Fonts of a PDF document: which glyphs are used, and their subsets embedded as composite fonts.

Source of the format: ISO 32000-1 (PDF 1.7), 9.7 composite fonts, 9.10.3 ToUnicode.
"""

from typing import Any

from chalicelib.papers.faces import Face
from chalicelib.papers.shaping import Glyph, Line


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
            found[self.name(used)] = _font(pdf, library, used, content, self._meanings(used)).reference
        return found

    def _meanings(self, used: Face) -> dict[int, tuple[float, str]]:
        """By number in the subset: how wide the glyph is, and what it stands for."""
        numbers = self._numbers[used]
        return {
            numbers[glyph]: (used.advance(glyph), meaning)
            for glyph, meaning in sorted(self._used[used].items())
        }


def _font(pdf: Any, library: Any, used: Face, content: bytes, glyphs: dict[int, tuple[float, str]]) -> Any:
    """The composite font, whose glyphs are addressed by their numbers (Identity-H)."""
    write, array, name = library.Dictionary, library.Array, f"/{used.name}"
    extra = {"Subtype": "/CIDFontType0C"} if used.is_cff else {"Length1": len(content)}
    file = library.Stream([content], extra=extra, compress=True)
    unicode = library.Stream([_to_unicode(glyphs)], compress=True)
    box = array([-1000, round(used.descent), 3000, round(used.ascent)])
    descriptor = write(
        {
            "Type": "/FontDescriptor", "FontName": name, "Flags": 4, "FontBBox": box, "ItalicAngle": 0,
            "Ascent": round(used.ascent), "Descent": round(used.descent), "CapHeight": 714, "StemV": 80,
        }
    )  # fmt: skip
    for added in (file, unicode, descriptor):
        pdf.add_object(added)
    descriptor["FontFile3" if used.is_cff else "FontFile2"] = file.reference
    widths: list[Any] = []
    for number, (width, _) in sorted(glyphs.items()):
        widths += [number, array([round(width, 2)])]
    system = write({"Registry": "(Adobe)", "Ordering": "(Identity)", "Supplement": 0})
    outlines = write(
        {
            "Type": "/Font", "Subtype": "/CIDFontType0" if used.is_cff else "/CIDFontType2", "BaseFont": name,
            "CIDSystemInfo": system, "FontDescriptor": descriptor.reference, "W": array(widths),
        }
    )  # fmt: skip
    if not used.is_cff:
        outlines["CIDToGIDMap"] = "/Identity"
    pdf.add_object(outlines)
    composite = write(
        {
            "Type": "/Font", "Subtype": "/Type0", "BaseFont": name, "Encoding": "/Identity-H",
            "DescendantFonts": array([outlines.reference]), "ToUnicode": unicode.reference,
        }
    )  # fmt: skip
    pdf.add_object(composite)
    return composite


def _to_unicode(glyphs: dict[int, tuple[float, str]]) -> str:
    """The CMap of what glyphs stand for; the further glyphs of a cluster stand for a zero width space."""
    lines = [
        f"<{number:04X}> <{utf_16(meaning or chr(0x200B))}>"
        for number, (_, meaning) in sorted(glyphs.items())
    ]
    blocks = [lines[start : start + 100] for start in range(0, len(lines), 100)]
    pairs = "\n".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks)
    return (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
        "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
        f"1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n{pairs}\nendcmap\n"
        "CMapName currentdict /CMap defineresource pop\nend\nend"
    )


def utf_16(text: str) -> str:
    return text.encode("utf-16-be", "surrogatepass").hex().upper()
