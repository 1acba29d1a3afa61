"""PDF document: pages with shaped text, rectangles and images, fonts embedded as subsets.

Lengths are in points (1/72 inch), places are counted from the top left corner. What is drawn is written when
the document is finished, since the numbers of glyphs in a subset are known only then. Equal content makes
equal bytes. Source of the format: ISO 32000-1 (PDF 1.7), 9.7 composite fonts; ISO 19005-3 for PDF/A-3.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Final

from chalicelib.papers.faces import Face
from chalicelib.papers.fonts import Fonts
from chalicelib.papers.shaping import Line
from chalicelib.pdf.objects import jpeg, utf_16

A4: Final = (595.28, 841.89)  # ISO 216
Color = tuple[float, float, float]  # red, green and blue, from 0 to 1
BLACK: Final[Color] = (0.0, 0.0, 0.0)
GRAY: Final[Color] = (0.42, 0.42, 0.42)


@dataclass(slots=True)
class Page:
    """One page. Drawing is deferred: each entry writes itself to a stream."""

    width: float
    height: float
    drawn: list[Callable[[Any, Fonts], None]] = field(default_factory=list)
    images: list[tuple[bytes, tuple[int, int]]] = field(default_factory=list)

    def text(self, line: Line, x: float, y: float, size: float, color: Color = BLACK) -> None:
        """Write a line with its baseline at y, from x to the right."""
        self.drawn.append(
            lambda stream, fonts: _write(stream, fonts, line, (x, self.height - y), size, color)
        )

    def text_to(self, line: Line, right: float, y: float, size: float, color: Color = BLACK) -> None:
        """Write a line that ends at `right`."""
        self.text(line, right - line.width * size / 1000, y, size, color)

    def rectangles(self, places: Sequence[tuple[float, float, float, float]], color: Color = BLACK) -> None:
        """Fill rectangles (x, y, width, height)."""

        def draw(stream: Any, _fonts: Fonts) -> None:
            stream.set_color_rgb(*color)
            for x, y, width, height in places:
                stream.rectangle(
                    round(x, 3), round(self.height - y - height, 3), round(width, 3), round(height, 3)
                )
            stream.fill()

        self.drawn.append(draw)

    def jpeg(self, content: bytes, size: tuple[int, int], place: tuple[float, float, float, float]) -> None:
        """Draw a JPEG of `size` pixels in RGB at (x, y, width, height)."""
        self.images.append((content, size))
        name, (x, y, width, height) = f"I{len(self.images)}", place

        def draw(stream: Any, _fonts: Fonts) -> None:
            stream.push_state()
            stream.set_matrix(width, 0, 0, height, x, self.height - y - height)
            stream.draw_x_object(name)
            stream.pop_state()

        self.drawn.append(draw)


@dataclass(frozen=True, slots=True)
class About:
    """Metadata of a document."""

    title: str
    producer: str = "Open Event Serverless"


class Document:
    """Pages, and what they share."""

    def __init__(self, about: About) -> None:
        import pydyf  # lazy: 70 ms, needed only where a document is drawn

        self.about = about
        self.library, self.pdf = pydyf, pydyf.PDF()
        self.pages: list[Page] = []
        self.fonts = Fonts()

    def page(self, size: tuple[float, float] = A4) -> Page:
        """A new page."""
        self.pages.append(Page(*size))
        return self.pages[-1]

    def text(self, page: Page, line: Line, x: float, y: float, size: float, color: Color = BLACK) -> None:
        """Write a line on the page, from x to the right, with its baseline at y."""
        self.fonts.use(line)
        page.text(line, x, y, size, color)

    def text_to(
        self, page: Page, line: Line, right: float, y: float, size: float, color: Color = BLACK
    ) -> None:
        """As text(), ending at `right`."""
        self.fonts.use(line)
        page.text_to(line, right, y, size, color)

    def content(self, attach: Callable[[Any, Any, About], None] | None = None) -> bytes:
        """The bytes of the document. `attach` adds to it before it is written (papers/archived.py)."""
        pdf, write = self.pdf, self.library.Dictionary
        fonts = self.fonts.embed(pdf, self.library)
        for page in self.pages:
            stream = self.library.Stream(compress=True)
            for draw in page.drawn:
                draw(stream, self.fonts)
            pdf.add_object(stream)
            images = write({f"I{n}": self._image(*image).reference for n, image in enumerate(page.images, 1)})
            box = self.library.Array([0, 0, round(page.width, 2), round(page.height, 2)])
            pdf.add_page(
                write(
                    {
                        "Type": "/Page", "Parent": pdf.pages.reference, "MediaBox": box,
                        "Contents": stream.reference, "Resources": write({"Font": fonts, "XObject": images}),
                    }
                )
            )  # fmt: skip
        pdf.info["Title"] = self.library.String(self.about.title)
        pdf.info["Producer"] = self.library.String(self.about.producer)
        if attach is not None:
            attach(pdf, self.library, self.about)
        target = BytesIO()
        pdf.write(target, identifier=True, compress=False)
        return target.getvalue()

    def _image(self, content: bytes, size: tuple[int, int]) -> Any:
        image = jpeg(self.library, content, size)
        self.pdf.add_object(image)
        return image


def _write(
    stream: Any, fonts: Fonts, line: Line, place: tuple[float, float], size: float, color: Color
) -> None:
    """Write the glyphs, and beside them what they mean, for readers that copy and search (14.9.4)."""
    stream.set_color_rgb(*color)
    stream.stream.append(f"/Span << /ActualText <FEFF{utf_16(line.text)}> >> BDC")
    stream.begin_text()
    stream.set_text_matrix(1, 0, 0, 1, round(place[0], 3), round(place[1], 3))
    last: Face | None = None
    rise, owed = 0.0, 0.0  # `owed` is how far the pen is from where it should be
    shown: list[str] = []

    def flush() -> None:
        if shown:
            stream.stream.append(f"[{''.join(shown)}] TJ")
            shown.clear()

    for glyph in line.glyphs:
        if glyph.face is not last or glyph.up != rise:
            flush()
            if glyph.face is not last:
                stream.set_font_size(fonts.name(glyph.face), size)
            stream.stream.append(f"{round(glyph.up * size / 1000, 3)} Ts")
            last, rise = glyph.face, glyph.up
        shift = owed + glyph.right
        if round(shift, 1):
            shown.append(f"{-round(shift, 1)}")
        shown.append(f"<{fonts.number(glyph):04X}>")
        owed = glyph.advance - glyph.face.advance(glyph.number) - glyph.right
    flush()
    stream.stream.append("0 Ts")
    stream.end_text()
    stream.stream.append("EMC")
