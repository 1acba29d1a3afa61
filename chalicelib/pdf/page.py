"""One PDF page: what is drawn on it, and its bytes.

Lengths are in points (1/72 inch), and places are counted from the top left corner.
"""

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import accumulate, groupby
from typing import Any, Final

from chalicelib.pdf.objects import Outlines, composite_font, jpeg
from chalicelib.pdf.truetype import font

_SLANT: Final = math.tan(math.radians(12))  # of an italic text
_BOLD: Final = 0.035  # line width of a bold text, of its size
_FONT, _RIGHT_TO_LEFT = "F1", frozenset({"R", "AL", "AN"})

Color = tuple[float, float, float]  # red, green and blue, from 0 to 1
BLACK: Final[Color] = (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Style:
    """How a text looks; `size` is the height of a line of it without spacing."""

    size: float
    color: Color = BLACK
    bold: bool = False
    italic: bool = False
    underlined: bool = False


def width_of(text: str, size: float) -> float:
    """How wide the text is in this size."""
    known = font()
    return sum(known.width(known.glyph(letter)) for letter in text) * size / 1000


class Page:
    """A page of this width and height. Nothing is seen of what lies outside of it."""

    def __init__(self, width: float, height: float) -> None:
        import pydyf  # lazy: needed only where a page is drawn

        self.width, self.height = width, height
        self._pdf = pydyf
        self._stream = pydyf.Stream(compress=True)
        self._images: dict[str, Any] = {}
        self._used: dict[int, str] = {}

    def rectangle(self, x: float, y: float, width: float, height: float, color: Color = BLACK) -> None:
        """Fill a rectangle."""
        self.rectangles([(x, y, width, height)], color)

    def rectangles(self, places: Sequence[tuple[float, float, float, float]], color: Color = BLACK) -> None:
        """Fill several rectangles (x, y, width, height) at once."""
        self._stream.set_color_rgb(*color)
        for x, y, width, height in places:
            self._stream.rectangle(x, self.height - y - height, width, height)
        self._stream.fill()

    def jpeg(self, content: bytes, size: tuple[int, int], place: tuple[float, float, float, float]) -> None:
        """Draw a JPEG of `size` pixels in RGB at (x, y, width, height)."""
        name = f"I{len(self._images) + 1}"
        self._images[name] = jpeg(self._pdf, content, size)
        x, y, width, height = place
        self._stream.push_state()
        self._stream.set_matrix(width, 0, 0, height, x, self.height - y - height)
        self._stream.draw_x_object(name)
        self._stream.pop_state()

    def text(self, text: str, x: float, y: float, style: Style, turned: float = 0.0) -> None:
        """Write one line with its top left corner at (x, y), turned clockwise by degrees about its center.

        Characters that the font lacks are boxes. Hebrew and Arabic run from right to left; Arabic letters
        are not joined.
        """
        shown = _visual(unicodedata.normalize("NFC", text))
        glyphs = [font().glyph(letter) for letter in shown]
        self._used |= dict(zip(glyphs, shown, strict=True))
        width, stream = width_of(shown, style.size), self._stream
        stream.push_state()
        angle = math.radians(-turned)
        cosine, sine = math.cos(angle), math.sin(angle)
        stream.set_matrix(cosine, sine, -sine, cosine, x + width / 2, self.height - y - style.size / 2)
        baseline = -style.size / 2 - font().descent * style.size / 1000
        stream.set_color_rgb(*style.color)
        if style.bold:
            stream.set_color_rgb(*style.color, stroke=True)
            stream.set_line_width(_BOLD * style.size)
        stream.begin_text()
        stream.set_font_size(_FONT, style.size)
        stream.set_text_rendering(2 if style.bold else 0)
        stream.set_text_matrix(1, 0, _SLANT if style.italic else 0, 1, -width / 2, baseline)
        stream.stream.append("<" + "".join(f"{glyph:04X}" for glyph in glyphs) + "> Tj")
        stream.end_text()
        if style.underlined:
            stream.rectangle(-width / 2, baseline - 0.12 * style.size, width, 0.06 * style.size)
            stream.fill()
        stream.pop_state()

    def content(self) -> bytes:
        """The document with this page alone."""
        pdf, write = self._pdf.PDF(), self._pdf.Dictionary
        for added in (self._stream, *self._images.values()):
            pdf.add_object(added)
        resources: dict[str, Any] = {
            "XObject": write({name: image.reference for name, image in self._images.items()})
        }
        if self._used:
            resources["Font"] = write({_FONT: self._font(pdf).reference})
        pdf.add_page(
            write(
                {
                    "Type": "/Page",
                    "Parent": pdf.pages.reference,
                    "MediaBox": self._pdf.Array([0, 0, round(self.width, 2), round(self.height, 2)]),
                    "Contents": self._stream.reference,
                    "Resources": write(resources),
                }
            )
        )
        target = BytesIO()
        pdf.write(target)
        return target.getvalue()

    def _font(self, pdf: Any) -> Any:
        """The composite font, of the glyphs that are used, addressed by their numbers (Identity-H)."""
        known = font()
        outlines = Outlines(
            "ABCDEF+DejaVuSans",
            known.subset(self._used),
            box=known.box,
            ascent=known.ascent,
            descent=known.descent,
            cap_height=729,
        )
        glyphs = {glyph: (known.width(glyph), letter) for glyph, letter in self._used.items()}
        return composite_font(pdf, self._pdf, outlines, glyphs)


def _visual(text: str) -> str:
    """The characters from left to right, by a simple form of UAX #9 (bidirectional algorithm).

    The line runs as its first letter does. What has no direction, such as a space, runs as its neighbors do
    if they agree, else as the line.
    """
    kinds = [unicodedata.bidirectional(letter) for letter in text]
    strong = [kind for kind in kinds if kind in {"L", "R", "AL"}]
    if not _RIGHT_TO_LEFT & set(strong):
        return text
    line = strong[0] in _RIGHT_TO_LEFT
    known = [True if kind in _RIGHT_TO_LEFT else False if kind in {"L", "EN"} else None for kind in kinds]
    before = list(
        accumulate(known, lambda last, direction: last if direction is None else direction, initial=line)
    )[1:]
    after = list(
        accumulate(
            reversed(known), lambda last, direction: last if direction is None else direction, initial=line
        )
    )
    after = after[1:][::-1]
    leftward = [level if level == other else line for level, other in zip(before, after, strict=True)]
    parts = []
    for turned, run in groupby(zip(leftward, text, strict=True), key=lambda pair: pair[0]):
        part = "".join(letter for _, letter in run)
        parts.append(part[::-1] if turned else part)
    return "".join(reversed(parts) if line else parts)
