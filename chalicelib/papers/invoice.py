"""Invoice: pages with seller, buyer, what was sold, and what is due."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from chalicelib.papers.document import A4, GRAY, About, Document, Page
from chalicelib.papers.shaping import shaped, wrapped

_LEFT, _TOP, _BOTTOM = 50.0, 60.0, 70.0
_RIGHT: Final = A4[0] - _LEFT
_WIDTH: Final = _RIGHT - _LEFT
_SIZE, _SMALL, _TITLE = 10.0, 8.5, 20.0
_LINE: Final = 1.4
_COLUMNS: Final = (_LEFT + 300, _LEFT + 395, _RIGHT)  # right edges of quantity, price and amount


# What is told of the seller and of the buyer, a line each.
_PARTY: Final = ("company", "name", "address", "town", "state", "country", "phone", "email", "tax_id")


def party(told: Mapping[str, str | None]) -> list[str]:
    """The lines about a seller or buyer; what is not known is an empty one."""
    return [told.get(name) or "" for name in _PARTY]


@dataclass(frozen=True, slots=True)
class Line:
    """One line: amounts are texts with the decimals of the currency."""

    name: str
    quantity: str
    price: str
    amount: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is printed. `facts` are labels and values, `sums` the lines below; the last one is bold."""

    title: str
    number: str
    seller: Sequence[str]
    buyer: Sequence[str]
    facts: Sequence[tuple[str, str]]
    lines: Sequence[Line]
    sums: Sequence[tuple[str, str]]
    notes: Sequence[str] = ()


def drawn(sheet: Sheet) -> Document:
    """The document; its content() is the PDF. Raises LookupError where the fonts are not installed."""
    document = Document(About(f"{sheet.title} {sheet.number}"))
    writing = _Writing(document)
    writing.page.rectangles([(_LEFT, _TOP - 28, _WIDTH, 2)])
    writing.line(f"{sheet.title} {sheet.number}", _TITLE, bold=True)
    writing.down(10)
    top = writing.y
    ends = []
    for place, label, said in ((_LEFT, "From", sheet.seller), (_LEFT + _WIDTH / 2, "To", sheet.buyer)):
        writing.y = top
        writing.line(label, _SMALL, x=place, gray=True)
        for text in filter(None, said):
            writing.line(text, _SIZE, x=place, width=_WIDTH / 2 - 16)
        ends.append(writing.y)
    writing.y = max(ends) + 12
    for label, value in sheet.facts:
        if value:
            document.text(writing.page, shaped(label), _LEFT, writing.y + _SIZE, _SMALL, GRAY)
            writing.line(value, _SIZE, x=_LEFT + 110, width=_WIDTH - 110)
    writing.down(14)
    writing.heads()
    for line in sheet.lines:
        writing.row(line)
    writing.rule()
    for number, (label, amount) in enumerate(sheet.sums, 1):
        writing.sum(label, amount, bold=number == len(sheet.sums))
    writing.down(16)
    for note in sheet.notes:
        writing.line(note, _SMALL, most=12)
        writing.down(4)
    return document


class _Writing:
    """Writes from top to bottom, and goes on on a new page."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.page: Page = document.page()
        self.y = _TOP

    def down(self, by: float) -> None:
        self.y += by

    def line(
        self, text: str, size: float, *, x: float = _LEFT, width: float = _WIDTH, bold: bool = False,
        gray: bool = False, most: int = 3,
    ) -> None:  # fmt: skip
        for line in wrapped(text, width, size, bold=bold, most=most):
            self._room(size * _LINE)
            self.document.text(self.page, line, x, self.y + size, size, *([GRAY] if gray else []))
            self.y += size * _LINE

    def heads(self) -> None:
        """The heads of the columns."""
        self.document.text(self.page, shaped("Item"), _LEFT, self.y + _SMALL, _SMALL, GRAY)
        for text, right in zip(("Quantity", "Price", "Amount"), _COLUMNS, strict=True):
            self.document.text_to(self.page, shaped(text), right, self.y + _SMALL, _SMALL, GRAY)
        self.y += _SMALL * _LINE
        self.rule()

    def row(self, line: Line) -> None:
        """One line of the table."""
        self._room(_SIZE * _LINE * 2, heads=True)
        for text, right in zip((line.quantity, line.price, line.amount), _COLUMNS, strict=True):
            self.document.text_to(self.page, shaped(text), right, self.y + _SIZE, _SIZE)
        self.line(line.name, _SIZE, width=240)

    def sum(self, label: str, amount: str, *, bold: bool) -> None:
        """One of the sums."""
        self._room(_SIZE * _LINE)
        self.document.text_to(self.page, shaped(label, bold=bold), _COLUMNS[1], self.y + _SIZE, _SIZE)
        self.document.text_to(self.page, shaped(amount, bold=bold), _RIGHT, self.y + _SIZE, _SIZE)
        self.y += _SIZE * _LINE

    def rule(self) -> None:
        """A line across the page."""
        self.page.rectangles([(_LEFT, self.y + 3, _WIDTH, 0.6)], GRAY)
        self.y += 8

    def _room(self, height: float, *, heads: bool = False) -> None:
        if self.y + height > self.page.height - _BOTTOM:
            self.page, self.y = self.document.page(), _TOP
            if heads:
                self.heads()
