"""Layout of a badge: its fields below each other, each with its margins, as the badge designer shows them.

A field is a text or a QR code. Sizes of fonts are in pixels of 1/96 inch and margins in millimeters.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from chalicelib.pdf.objects import dark_places
from chalicelib.pdf.page import BLACK, Color, Page, Style, width_of

_MM: Final = 72 / 25.4  # points
_PX: Final = 72 / 96
_INCH: Final = 25.4
_USUAL: Final = (3 * _INCH, 4 * _INCH)  # millimeters
_SMALLEST, _LARGEST = 20.0, 600.0
_A3: Final = (297.0, 420.0)  # ISO 216
_TWO_LENGTHS: Final = re.compile(
    r"\s*(\d{1,4}(?:\.\d{1,3})?)\s*(mm|cm|in|\"|\u2033)?\s*[x\u00d7*]\s*(\d{1,4}(?:\.\d{1,3})?)\s*(mm|cm|in|\"|\u2033)?.*",
    re.IGNORECASE | re.DOTALL,
)
_LINE: Final = 1.2  # height of a line, of the font size
_MOST_LINES: Final = 20
_QR_SIDE: Final = 400 * _PX
_QR_BORDER: Final = 2  # modules


class TooMuchText(Exception):
    """A QR code cannot hold the text (2,953 bytes)."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field: `text` is drawn, or `qr` as a QR code. `margins`: top, right, bottom, left."""

    text: str = ""
    qr: str | None = None
    font_size: float = 14.0
    color: Color = BLACK
    alignment: str = "center"
    transform: str = ""
    bold: bool = False
    italic: bool = False
    underlined: bool = False
    margins: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    rotation: float = 0.0


@dataclass(frozen=True, slots=True)
class Image:
    """A background image: JPEG in RGB, and its size in pixels."""

    content: bytes
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Badge:
    """A badge: `size` such as A6 or 4x3 (inches), `orientation` Portrait or Landscape, or as it is."""

    size: str = ""
    orientation: str = ""
    color: Color | None = None
    image: Image | None = None
    fields: Sequence[Field] = ()


def drawn(badge: Badge) -> bytes:
    """The badge as a PDF of one page. Raises TooMuchText."""
    width, height = (side * _MM for side in page_size(badge.size, badge.orientation))
    page = Page(width, height)
    if badge.color is not None:
        page.rectangle(0, 0, width, height, badge.color)
    if badge.image is not None:
        scale = max(width / badge.image.width, height / badge.image.height)
        across, down = badge.image.width * scale, badge.image.height * scale
        place = ((width - across) / 2, (height - down) / 2, across, down)
        page.jpeg(badge.image.content, (badge.image.width, badge.image.height), place)
    y = 0.0
    for field in badge.fields:
        top, right, bottom, left = (margin * _MM for margin in field.margins)
        y = _field(page, field, left, max(width - left - right, 1.0), y + top) + bottom
    return page.content()


def page_size(text: str, orientation: str = "") -> tuple[float, float]:
    """(width, height) in millimeters. Lengths without a unit are inches, large ones millimeters."""
    iso = re.fullmatch(r"\s*A([3-8])\s*", text, re.IGNORECASE)
    lengths = _TWO_LENGTHS.fullmatch(text)
    if iso:
        width, height = _A3
        for _ in range(int(iso[1]) - 3):
            width, height = height // 2, width
    elif lengths:
        unit = lengths[2] or lengths[4] or ("in" if max(float(lengths[1]), float(lengths[3])) < 20 else "mm")
        factor = {"mm": 1.0, "cm": 10.0}.get(unit.lower(), _INCH)
        width, height = (
            min(max(float(side) * factor, _SMALLEST), _LARGEST) for side in (lengths[1], lengths[3])
        )
    else:
        width, height = _USUAL
    turned = orientation.strip().lower()
    if (turned == "landscape" and width < height) or (turned == "portrait" and width > height):
        width, height = height, width
    return width, height


def _field(page: Page, field: Field, left: float, width: float, y: float) -> float:
    """Draw the field; returns where it ends."""
    if field.qr is not None:
        side = min(_QR_SIDE, width, page.height / 2)
        _qr(page, field.qr, left + (width - side) / 2, y, side)
        return y + side
    style = Style(field.font_size * _PX, field.color, field.bold, field.italic, field.underlined)
    for line in _wrapped(_transformed(field.text, field.transform), width, style.size):
        room = width - width_of(line, style.size)
        shift = {"left": 0.0, "right": room}.get(field.alignment, room / 2)
        page.text(line, left + shift, y + (_LINE - 1) / 2 * style.size, style, field.rotation)
        y += _LINE * style.size
    return y


def _qr(page: Page, text: str, x: float, y: float, side: float) -> None:
    import segno  # lazy: needed only where a QR code is drawn

    try:
        code = segno.make_qr(text, error="l", encoding="utf-8", boost_error=False)
    except segno.DataOverflowError:
        raise TooMuchText("The QR code would have more text than there is room for.") from None
    page.rectangle(x, y, side, side, (1.0, 1.0, 1.0))
    page.rectangles([*dark_places(code.matrix, x, y, side, _QR_BORDER)])


def _transformed(text: str, how: str) -> str:
    text = " ".join(text.split())
    changes = {"uppercase": str.upper, "lowercase": str.lower, "capitalize": str.title}
    return changes.get(how.strip().lower(), str)(text)


def _wrapped(text: str, width: float, size: float) -> list[str]:
    """The lines of the text, broken at spaces, or within a word that is wider than a line."""
    lines: list[str] = []
    line = ""
    for piece in _pieces(text, width, size):
        longer = f"{line} {piece}" if line else piece
        if line and width_of(longer, size) > width:
            lines.append(line)
            line = piece
        else:
            line = longer
    lines.append(line)
    return lines[:_MOST_LINES]


def _pieces(text: str, width: float, size: float) -> Iterator[str]:
    for word in text.split(" "):
        piece, wide = "", 0.0
        for letter in word:
            step = width_of(letter, size)
            if piece and wide + step > width:
                yield piece
                piece, wide = "", 0.0
            piece, wide = piece + letter, wide + step
        yield piece
