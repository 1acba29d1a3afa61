"""A list as PDF: a table on pages in landscape, with the heading on each of them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import tzinfo
from typing import Any, Final

from chalicelib.exports.cells import moment, plain
from chalicelib.exports.columns import MOMENTS, Column, Kind
from chalicelib.exports.export import Place
from chalicelib.exports.wording import amount_shown, moment_shown
from chalicelib.papers.document import A4, GRAY, About, Document, Page
from chalicelib.papers.shaping import Line, shaped, wrapped
from chalicelib.values.messages import translated
from chalicelib.values.zones import zone

_WIDTH, _HEIGHT = A4[1], A4[0]
_MARGIN, _BOTTOM = 36.0, 40.0
_SIZE, _SMALL, _TITLE = 8.0, 7.0, 14.0
_LINE: Final = 1.35
_GAP: Final = 6.0  # between columns
_MOST_LINES: Final = 3  # of a cell
_LONGEST: Final = 240  # characters of a cell: more is not on the page
_SHARES: Final = {Kind.MARKUP: 2.0, Kind.NUMBER: 0.6, Kind.MONEY: 0.8}


class PdfFile:
    """Draws a whole list at once."""

    media_type = "application/pdf"
    most_rows = 1_000

    def __init__(self, columns: Sequence[Column], place: Place, state: Mapping[str, Any]) -> None:
        self._columns = columns
        self._zone, self._language = zone(place.zone), place.language
        name = place.name if place.key else translated(place.name, place.language)
        self._title: str = f"{translated(state.get('title', ''), place.language)}: {name}"
        self._note = place.zone
        self._rows: list[list[str]] = []

    def begin(self) -> bytes:
        """Nothing: it is drawn at the end."""
        return b""

    def rows(self, rows: Sequence[Sequence[Any]]) -> bytes:
        """Keep these rows."""
        kinds = [column.kind for column in self._columns]
        for row in rows:
            self._rows.append(
                [
                    _cell(kind, value, self._zone, self._language)
                    for kind, value in zip(kinds, row, strict=True)
                ]
            )
        return b""

    def suspend(self) -> tuple[bytes, dict[str, Any]]:
        """It is never interrupted: few rows are taken."""
        raise RuntimeError("a list as PDF is drawn at once")

    def end(self) -> bytes:
        """The document. Raises LookupError where the fonts are not installed."""
        writing = _Writing(self._title, self._note, self._columns)
        for row in self._rows:
            writing.row(row)
        return writing.document.content()


class _Writing:
    """Writes from top to bottom, and goes on on a new page."""

    def __init__(self, title: str, note: str, columns: Sequence[Column]) -> None:
        self.document = Document(About(title))
        self.titles = [column.title for column in columns]
        shares = [_SHARES.get(column.kind, 1.0) for column in columns]
        unit = (_WIDTH - 2 * _MARGIN + _GAP) / (sum(shares) or 1.0)
        self.widths = [share * unit - _GAP for share in shares]
        self.page = self.document.page((_WIDTH, _HEIGHT))
        self.y = _MARGIN
        for line in wrapped(title, _WIDTH - 2 * _MARGIN, _TITLE, bold=True, most=2):
            self.document.text(self.page, line, _MARGIN, self.y + _TITLE, _TITLE)
            self.y += _TITLE * _LINE
        self.document.text(self.page, shaped(note), _MARGIN, self.y + _SMALL, _SMALL, GRAY)
        self.y += _SMALL * _LINE + 6
        self.heads()

    def heads(self) -> None:
        """The headings of the columns."""
        lines = [
            wrapped(title, width, _SMALL, bold=True, most=2)
            for title, width in zip(self.titles, self.widths, strict=True)
        ]
        self.draw(self.page, lines, _SMALL)
        self.page.rectangles([(_MARGIN, self.y, _WIDTH - 2 * _MARGIN, 0.6)], GRAY)
        self.y += 4

    def row(self, cells: Sequence[str]) -> None:
        """One row; it is never split between pages."""
        lines = [
            wrapped(cell, width, _SIZE, most=_MOST_LINES) if cell else []
            for cell, width in zip(cells, self.widths, strict=True)
        ]
        height = max(map(len, lines), default=1) * _SIZE * _LINE
        if self.y + height > _HEIGHT - _BOTTOM:
            self.page, self.y = self.document.page((_WIDTH, _HEIGHT)), _MARGIN
            self.heads()
        self.draw(self.page, lines, _SIZE)
        self.y += 2

    def draw(self, page: Page, lines: Sequence[Sequence[Line]], size: float) -> None:
        """Write cells beside each other, and go below the highest."""
        for place, cell in zip(self._places(), lines, strict=True):
            for number, line in enumerate(cell):
                self.document.text(page, line, place, self.y + size + number * size * _LINE, size)
        self.y += max((*map(len, lines), 1)) * size * _LINE

    def _places(self) -> Iterator[float]:
        place = _MARGIN
        for width in self.widths:
            yield place
            place += width + _GAP


def _cell(kind: Kind, value: Any, where: tzinfo, language: str) -> str:
    if value is None:
        return ""
    if kind is Kind.MONEY:
        return amount_shown(value, language)
    if kind in MOMENTS:
        return moment_shown(moment(value, where), language)
    return (plain(value) if kind is Kind.MARKUP else str(value))[:_LONGEST]
