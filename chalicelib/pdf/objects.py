"""PDF objects that drawings share: composite fonts, images in JPEG, and the places of a QR code's modules.

Source: ISO 32000-1 (PDF 1.7), 9.7 composite fonts, 9.10.3 ToUnicode; ISO/IEC 18004 for QR codes.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any


@dataclass(frozen=True, slots=True)
class Outlines:
    """An embedded font: a TrueType file, or the table CFF. Lengths are in thousandths of the font size."""

    name: str
    content: bytes
    box: Sequence[float]
    ascent: float
    descent: float
    cap_height: int
    is_cff: bool = False


def composite_font(
    pdf: Any, library: Any, outlines: Outlines, glyphs: Mapping[int, tuple[float, str]]
) -> Any:
    """Add the font to the document; its glyphs are addressed by their numbers (Identity-H).

    `glyphs` are those that are used: by number, how wide each is and what it stands for.
    """
    write, array, name = library.Dictionary, library.Array, f"/{outlines.name}"
    extra = {"Subtype": "/CIDFontType0C"} if outlines.is_cff else {"Length1": len(outlines.content)}
    file = library.Stream([outlines.content], extra=extra, compress=True)
    unicode = library.Stream([_to_unicode(glyphs)], compress=True)
    descriptor = write(
        {
            "Type": "/FontDescriptor", "FontName": name, "Flags": 4, "FontBBox": array(outlines.box),
            "ItalicAngle": 0, "Ascent": outlines.ascent, "Descent": outlines.descent,
            "CapHeight": outlines.cap_height, "StemV": 80,
        }
    )  # fmt: skip
    for added in (file, unicode, descriptor):
        pdf.add_object(added)
    descriptor["FontFile3" if outlines.is_cff else "FontFile2"] = file.reference
    widths: list[Any] = []
    for number, (width, _) in sorted(glyphs.items()):
        widths += [number, array([round(width, 2)])]
    system = write({"Registry": "(Adobe)", "Ordering": "(Identity)", "Supplement": 0})
    descendant = write(
        {
            "Type": "/Font", "Subtype": "/CIDFontType0" if outlines.is_cff else "/CIDFontType2",
            "BaseFont": name, "CIDSystemInfo": system, "FontDescriptor": descriptor.reference,
            "W": array(widths),
        }
    )  # fmt: skip
    if not outlines.is_cff:
        descendant["CIDToGIDMap"] = "/Identity"
    pdf.add_object(descendant)
    composite = write(
        {
            "Type": "/Font", "Subtype": "/Type0", "BaseFont": name, "Encoding": "/Identity-H",
            "DescendantFonts": array([descendant.reference]), "ToUnicode": unicode.reference,
        }
    )  # fmt: skip
    pdf.add_object(composite)
    return composite


def jpeg(library: Any, content: bytes, size: tuple[int, int]) -> Any:
    """The stream of a JPEG of `size` pixels in RGB, to be added to the document."""
    kind = {"Type": "/XObject", "Subtype": "/Image", "Filter": "/DCTDecode", "ColorSpace": "/DeviceRGB"}
    shape = {"Width": size[0], "Height": size[1], "BitsPerComponent": 8}
    return library.Stream([content], extra={**kind, **shape})


def utf_16(text: str) -> str:
    """The text as the hexadecimal digits of UTF-16, as PDF has texts."""
    return text.encode("utf-16-be", "surrogatepass").hex().upper()


def dark_places(
    matrix: Iterable[Iterable[int]], x: float, y: float, side: float, quiet: int
) -> Iterator[tuple[float, float, float, float]]:
    """Rectangles (x, y, width, height) of a QR code, one for each run of dark modules. Its side includes the
    quiet zone, of so many modules.
    """
    rows = [list(row) for row in matrix]
    module = side / (len(rows) + 2 * quiet)
    for number, row in enumerate(rows):
        column = 0
        for is_dark, run in groupby(row):
            width = len(list(run))
            if is_dark:
                left, top = x + (quiet + column) * module, y + (quiet + number) * module
                yield left, top, width * module, module
            column += width


def _to_unicode(glyphs: Mapping[int, tuple[float, str]]) -> str:
    """The CMap of what glyphs stand for, by which readers copy and search the text; the further glyphs of a
    cluster stand for a zero width space.
    """
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
