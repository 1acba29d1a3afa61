"""Certificate of attendance: one page, with the code and address by which anybody verifies it.

It is in its reader's language, and laid out in the direction of its script.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from chalicelib.papers.document import A4, BLACK, GRAY, About, Color, Document, Page
from chalicelib.papers.shaping import wrapped
from chalicelib.papers.ticket import moments
from chalicelib.pdf.objects import dark_places
from chalicelib.values import localized
from chalicelib.values.messages import ORIGINAL, PAPERS, translated

LAYOUT: Final = 2  # increase it when certificates look different, so that stored ones are made anew
_LEFT, _TOP = 70.0, 120.0
_WIDTH: Final = A4[0] - 2 * _LEFT
_RIGHT: Final = _LEFT + _WIDTH
_TITLE, _NAME, _EVENT, _TEXT, _SMALL = 26.0, 22.0, 16.0, 12.0, 9.0
_LINE: Final = 1.4
_QR_SIDE: Final = 110.0
_QUIET: Final = 4  # modules around a QR code (ISO/IEC 18004)


@dataclass(frozen=True, slots=True)
class Certificate:
    """What is printed. `begin` and `end` are in the event's zone; `hours` may be empty. `language` is one of
    messages.languages(PAPERS).
    """

    name: str
    event: str
    begin: datetime
    end: datetime
    zone: str
    hours: str
    text: Sequence[str]
    code: str
    address: str
    language: str = ORIGINAL

    @property
    def is_right_to_left(self) -> bool:
        """Whether lines begin at the right margin."""
        return localized.direction(self.language) == "rtl"

    def says(self, text: str, **values: str) -> str:
        """One of TEXTS in its language, with these values."""
        return translated(text, self.language, PAPERS).format(**values)


_HEADING: Final = "Certificate of attendance"
_ATTENDED: Final = "has attended"
_WHEN: Final = "{begin} to {end}"
_HOURS: Final = "{hours} hours of attendance"
_VERIFIED: Final = "Whether this is true is said at"
_CODE: Final = "Code: {code}"
TEXTS: Final = (_HEADING, _ATTENDED, _WHEN, _HOURS, _VERIFIED, _CODE)


def drawn(certificate: Certificate) -> bytes:
    """The certificate as a PDF of one page. Raises LookupError where the fonts are not installed."""
    title = f"{certificate.says(_HEADING)}: {certificate.event}"
    document = Document(About(" ".join(title.split())))
    page = document.page()
    sheet = _Sheet(document, page, certificate.is_right_to_left)
    page.rectangles([(_LEFT, _TOP - 40, _WIDTH, 2)])
    y = sheet.written(certificate.says(_HEADING), _TOP, _TITLE, bold=True) + 30
    y = sheet.written(certificate.name, y, _NAME, bold=True) + 6
    y = sheet.written(certificate.says(_ATTENDED), y, _TEXT, color=GRAY) + 6
    y = sheet.written(certificate.event, y, _EVENT, bold=True) + 6
    y = sheet.written(_when(certificate), y, _TEXT) + 4
    if certificate.hours:
        hours = localized.number(Decimal(certificate.hours), certificate.language)
        y = sheet.written(certificate.says(_HOURS, hours=hours), y, _TEXT)
    y += 20
    for paragraph in certificate.text:
        if y > page.height - _QR_SIDE - 140:
            break  # one page
        y = sheet.written(paragraph, y, _TEXT, most=8) + 4
    bottom = page.height - _QR_SIDE - 70
    _qr(page, certificate.address, _RIGHT - _QR_SIDE if sheet.is_right_to_left else _LEFT, bottom)
    beside = bottom + 30
    code = certificate.says(_CODE, code=certificate.code)
    for line in (certificate.says(_VERIFIED), certificate.address, code):
        beside = sheet.written(line, beside, _SMALL, color=GRAY, indent=_QR_SIDE + 16)
    return document.content()


def _when(certificate: Certificate) -> str:
    begin, end, language = certificate.begin, certificate.end, certificate.language
    if language == ORIGINAL:
        return f"{moments(begin, end)} ({certificate.zone})"
    is_one_day = begin.date() == end.date()
    last = localized.clock(end, language) if is_one_day else localized.moment(end, language)
    when = certificate.says(_WHEN, begin=localized.moment(begin, language), end=last)
    return f"{when} ({localized.zone_name(begin, certificate.zone, language)})"


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A page that is written from one of its margins."""

    document: Document
    page: Page
    is_right_to_left: bool

    def written(
        self,
        text: str,
        y: float,
        size: float,
        *,
        bold: bool = False,
        color: Color = BLACK,
        most: int = 3,
        indent: float = 0.0,
    ) -> float:
        """Write a text in lines, `indent` from where they begin; returns where they end."""
        for line in wrapped(text, _WIDTH - indent, size, bold=bold, most=most):
            baseline = y + size * 0.8
            if self.is_right_to_left:
                self.document.text_to(self.page, line, _RIGHT - indent, baseline, size, color)
            else:
                self.document.text(self.page, line, _LEFT + indent, baseline, size, color)
            y += size * _LINE
        return y


def _qr(page: Page, text: str, x: float, y: float) -> None:
    import segno  # lazy: needed only where a QR code is drawn

    code = segno.make_qr(text, error="m", boost_error=False)
    page.rectangles([*dark_places(code.matrix, x, y, _QR_SIDE, _QUIET)])
