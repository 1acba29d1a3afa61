"""Tables: CSV (RFC 4180) and spreadsheets as headings and rows of texts, as exports write them."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from chalicelib.exports.cells import defused
from chalicelib.imports.files import text_of
from chalicelib.imports.report import BadFile
from chalicelib.imports.sheets import rows_of_sheet

MOST_ROWS: Final = 5_000  # below the heading: what one task can write within its time
MOST_COLUMNS: Final = 200
MOST_CHARACTERS: Final = 20_000_000  # of all cells: they are in memory together
LONGEST_CELL: Final = 100_000  # characters
_ZIP: Final = b"PK"
_OLD_SPREADSHEET: Final = b"\xd0\xcf\x11\xe0"
_SEPARATORS: Final = ",;\t"
_HEAD: Final = 10_000  # characters that are looked at to find the separator
_MANY: Final = f"The file has more than {MOST_ROWS:,} rows, which is the most: split it."
Rows = Iterator[tuple[int, list[str]]]


@dataclass(frozen=True, slots=True)
class Table:
    """Headings, and rows of as many cells with their numbers, counted from 1 as a spreadsheet does."""

    headings: list[str]
    rows: Sequence[tuple[int, list[str]]]


def table_of(content: bytes) -> Table:
    """The table in a CSV or XLSX, whichever it is. Raises BadFile.

    The first row has the headings. Rows without any text are left out.
    """
    if content.startswith(_OLD_SPREADSHEET):
        raise BadFile("This is a spreadsheet of the old kind: save it as XLSX or as CSV.")
    rows = rows_of_sheet(content) if content.startswith(_ZIP) else _rows_of_csv(text_of(content))
    first = next(rows, None)
    headings = [" ".join(cell.split()) for cell in first[1]] if first else []
    while headings and not headings[-1]:
        headings.pop()
    if not headings:
        raise BadFile("The file is empty: its first row has the headings of the columns.", row=1)
    if len(headings) > MOST_COLUMNS:
        raise BadFile(f"The file has {len(headings):,} columns; {MOST_COLUMNS} are the most.", row=1)
    return Table(headings, list(_bounded(rows, headings)))


def _bounded(rows: Rows, headings: list[str]) -> Rows:
    width, seen, length = len(headings), 0, 0
    for number, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        seen += 1
        if seen > MOST_ROWS:
            raise BadFile(_MANY, row=number)
        for place, cell in enumerate(cells):
            if cell.strip() and (place >= width or not headings[place]):
                detail = f"Column {place + 1} has a text and no heading: is there a separator too many?"
                raise BadFile(detail, row=number)
            if len(cell) > LONGEST_CELL:
                detail = f"A cell has {len(cell):,} characters; {LONGEST_CELL:,} are the most."
                raise BadFile(detail, row=number, column=headings[place])
        length += sum(map(len, cells))
        if length > MOST_CHARACTERS:
            detail = f"The file has more than {MOST_CHARACTERS:,} characters, which is the most: split it."
            raise BadFile(detail, row=number)
        yield number, [*cells[:width], *[""] * (width - len(cells))]


def _rows_of_csv(text: str) -> Rows:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text), strict=True)
    number = 0
    while True:
        number += 1
        try:
            cells = next(reader, None)
        except csv.Error as problem:
            raise BadFile(f"This is no CSV: {problem}.", row=number) from None
        if cells is None:
            return
        yield number, [whole(cell) for cell in cells]


def _separator(text: str) -> str:
    """What divides the headings: a comma, or what spreadsheet programs of other countries write."""

    def columns(separator: str) -> int:
        try:
            first = next(csv.reader(io.StringIO(text[:_HEAD], newline=""), delimiter=separator), [])
        except csv.Error:
            return 0
        return len(first)

    return max(_SEPARATORS, key=columns)


def whole(cell: str) -> str:
    """The text without the apostrophe that exports put in front of what looks like a formula."""
    return cell[1:] if cell.startswith("'") and defused(cell[1:]) == cell else cell
