"""Certificate of attendance: one page, with the code and address by which anybody verifies it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chalicelib.papers.document import A4, BLACK, GRAY, About, Color, Document, Page
from chalicelib.papers.shaping import wrapped
from chalicelib.papers.ticket import moments
from chalicelib.pdf.objects import dark_places

LAYOUT: Final = 1  # increase it when certificates look different, so that stored ones are made anew
_LEFT, _TOP = 70.0, 120.0
_WIDTH: Final = A4[0] - 2 * _LEFT
_TITLE, _NAME, _EVENT, _TEXT, _SMALL = 26.0, 22.0, 16.0, 12.0, 9.0
_LINE: Final = 1.4
_QR_SIDE: Final = 110.0
_QUIET: Final = 4  # modules around a QR code (ISO/IEC 18004)


@dataclass(frozen=True, slots=True)
class Certificate:
    """What is printed. `begin` and `end` are in the event's zone; `hours` may be empty."""

    name: str
    event: str
    begin: datetime
    end: datetime
    zone: str
    hours: str
    text: Sequence[str]
    code: str
    address: str


def drawn(certificate: Certificate) -> bytes:
    """The certificate as a PDF of one page. Raises LookupError where the fonts are not installed."""
    document = Document(About(" ".join(f"Certificate of attendance: {certificate.event}".split())))
    page = document.page()
    page.rectangles([(_LEFT, _TOP - 40, _WIDTH, 2)])
    y = _written(document, page, "Certificate of attendance", _TOP, _TITLE, bold=True) + 30
    y = _written(document, page, certificate.name, y, _NAME, bold=True) + 6
    y = _written(document, page, "has attended", y, _TEXT, color=GRAY) + 6
    y = _written(document, page, certificate.event, y, _EVENT, bold=True) + 6
    when = f"{moments(certificate.begin, certificate.end)} ({certificate.zone})"
    y = _written(document, page, when, y, _TEXT) + 4
    if certificate.hours:
        y = _written(document, page, f"{certificate.hours} hours of attendance", y, _TEXT)
    y += 20
    for paragraph in certificate.text:
        if y > page.height - _QR_SIDE - 140:
            break  # one page
        y = _written(document, page, paragraph, y, _TEXT, most=8) + 4
    bottom = page.height - _QR_SIDE - 70
    _qr(page, certificate.address, _LEFT, bottom)
    beside = bottom + 30
    for line in ("Whether this is true is said at", certificate.address, f"Code: {certificate.code}"):
        for part in wrapped(line, _WIDTH - _QR_SIDE - 16, _SMALL):
            document.text(page, part, _LEFT + _QR_SIDE + 16, beside, _SMALL, GRAY)
            beside += _SMALL * _LINE
    return document.content()


def _written(
    document: Document,
    page: Page,
    text: str,
    y: float,
    size: float,
    *,
    bold: bool = False,
    color: Color = BLACK,
    most: int = 3,
) -> float:
    """Write a text in lines; returns where they end."""
    for line in wrapped(text, _WIDTH, size, bold=bold, most=most):
        document.text(page, line, _LEFT, y + size * 0.8, size, color)
        y += size * _LINE
    return y


def _qr(page: Page, text: str, x: float, y: float) -> None:
    import segno  # lazy: needed only where a QR code is drawn

    code = segno.make_qr(text, error="m", boost_error=False)
    page.rectangles([*dark_places(code.matrix, x, y, _QR_SIDE, _QUIET)])
