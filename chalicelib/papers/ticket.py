"""Ticket: one page for each attendee, with the QR code that is read at the entrance."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chalicelib.papers.document import A4, BLACK, GRAY, About, Document, Page
from chalicelib.papers.shaping import shaped, wrapped
from chalicelib.pdf.objects import dark_places

LAYOUT: Final = 2  # increase it when tickets look different, so that stored ones are made anew
_LEFT, _TOP = 50.0, 64.0
_QR_SIDE: Final = 150.0
_QUIET: Final = 4  # modules around a QR code (ISO/IEC 18004)
_WIDTH: Final = A4[0] - 2 * _LEFT
_TEXTS: Final = _WIDTH - _QR_SIDE - 24
_LABEL, _VALUE, _TITLE, _SMALL = 8.5, 13.0, 22.0, 9.0
_LINE: Final = 1.4
_TEST: Final = "TEST, not a valid ticket"


@dataclass(frozen=True, slots=True)
class Ticket:
    """What is printed on one ticket. Empty texts are left out. `code` is the text of the QR code.

    `begin` and `end` are in the event's zone, `zone` is its name. `is_test`: it is marked as a
    test.
    """

    event: str
    kind: str
    holder: str
    address: str
    begin: datetime
    end: datetime
    zone: str
    place: str
    order: str
    reference: str
    code: str
    note: str = ""
    after_order: Sequence[str] = ()
    is_test: bool = False


def drawn(tickets: Sequence[Ticket]) -> bytes:
    """The tickets as a PDF of as many pages. Raises LookupError where the fonts are not installed."""
    title = f"{tickets[0].event}: {'tickets' if len(tickets) > 1 else 'ticket'}" if tickets else ""
    document = Document(About(" ".join(title.split())))
    for ticket in tickets:
        _draw(document, ticket)
    return document.content()


def moments(begin: datetime, end: datetime) -> str:
    """From when until when, such as "Saturday, 5 December 2026, 10:00 to 18:00"."""
    form = "%A, %-d %B %Y, %H:%M"
    last = end.strftime("%H:%M" if begin.date() == end.date() else form)
    return f"{begin.strftime(form)} to {last}"


def _draw(document: Document, ticket: Ticket) -> None:
    page = document.page()
    page.rectangles([(_LEFT, _TOP - 30, _WIDTH, 2)])
    y = _TOP
    if ticket.is_test:
        for line in wrapped(_TEST, _WIDTH, _TITLE, bold=True):
            document.text(page, line, _LEFT, page.height - 60, _TITLE)
    for line in wrapped(ticket.event, _TEXTS, _TITLE, bold=True):
        document.text(page, line, _LEFT, y + _TITLE * 0.8, _TITLE)
        y += _TITLE * _LINE
    y += 8
    for label, value in (
        ("Ticket", f"{_TEST}: {ticket.kind}" if ticket.is_test else ticket.kind),
        ("Name", ticket.holder),
        ("E-mail", ticket.address),
        ("When", f"{moments(ticket.begin, ticket.end)} ({ticket.zone})"),
        ("Where", ticket.place),
        ("Order", ticket.order),
        ("Reference", ticket.reference),
    ):
        y = _field(document, page, label, value, y)
    _qr(page, ticket.code, _LEFT + _WIDTH - _QR_SIDE, _TOP - 6)
    code = shaped(ticket.code[-6:])
    document.text_to(page, code, _LEFT + _WIDTH, _TOP + _QR_SIDE + 6, _SMALL, GRAY)
    y = max(y + 14, _TOP + _QR_SIDE + 20)
    for paragraph in filter(None, (ticket.note, *ticket.after_order)):
        if y > page.height - 40 - 12 * _SMALL * _LINE:
            break  # one page is one ticket
        for line in wrapped(paragraph, _WIDTH, _SMALL, most=12):
            document.text(page, line, _LEFT, y, _SMALL)
            y += _SMALL * _LINE
        y += 4
    page.rectangles([(_LEFT, y + 4, _WIDTH, 0.6)], GRAY)


def _field(document: Document, page: Page, label: str, value: str, y: float) -> float:
    """Write a label and its value; returns where they end."""
    if not value:
        return y
    document.text(page, shaped(label), _LEFT, y + _LABEL, _LABEL, GRAY)
    y += _LABEL * 1.35
    for line in wrapped(value, _TEXTS, _VALUE):
        document.text(page, line, _LEFT, y + _VALUE, _VALUE, BLACK)
        y += _VALUE * _LINE
    return y + 6


def _qr(page: Page, text: str, x: float, y: float) -> None:
    import segno  # lazy: needed only where a QR code is drawn

    code = segno.make_qr(text, error="m", boost_error=False)
    page.rectangles([*dark_places(code.matrix, x, y, _QR_SIDE, _QUIET)])
