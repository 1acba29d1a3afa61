"""Spreadsheets (XLSX, ISO/IEC 29500), written as a stream that can be interrupted and continued.

XlsxWriter makes the workbook with its styles, widths and the frozen heading; the rows are added to its sheet
here, as it would need a temporary file for them. The sheet is the last entry of the zip, and its deflate
stream is flushed wherever writing stops (RFC 1951), so that another process goes on with another compressor.
"""

import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from io import BytesIO
from typing import Any, Final
from xml.sax.saxutils import escape
from zipfile import ZipFile

from chalicelib.exports.cells import converters, moment, plain
from chalicelib.exports.columns import MOMENTS, Column, Kind
from chalicelib.exports.export import Place
from chalicelib.exports.zip_parts import (
    DESCRIPTOR,
    LARGEST,
    UTF_8,
    Entry,
    descriptor,
    directory,
    local,
    packer,
)
from chalicelib.values.currencies import digits_of
from chalicelib.values.xml_writing import sayable
from chalicelib.values.zones import zone

_SHEET: Final = "xl/worksheets/sheet1.xml"
_KEPT: Final = 1024  # values of a column, as many rows have the same
_LONGEST: Final = 32_767  # characters of a cell
_BASE: Final = datetime(1899, 12, 30, tzinfo=UTC)  # day 0 of spreadsheets
_FIRST_DAY: Final = datetime(1900, 3, 1, tzinfo=UTC)  # before it they count a day that never was
_STYLE: Final = re.compile(r'<col min="(\d+)" max="(\d+)" [^>]*?style="(\d+)"')
_SPECIAL: Final = re.compile("[&<>\x00-\x1f\ud800-\udfff\ufffe\uffff]|_x")
_ESCAPED: Final = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_WIDTHS: Final = {Kind.TEXT: 22, Kind.MARKUP: 40, Kind.NUMBER: 10, Kind.MONEY: 12}
_MOMENT_WIDTH: Final = 18
Write = Callable[[Any, str], str]


class TooLong(Exception):
    """More than a spreadsheet can hold."""


class XlsxFile:
    """Writes a file piece by piece. The state is how far the sheet is, and the end of the zip so far."""

    media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    most_rows = 1_048_575  # and the heading

    def __init__(self, columns: Sequence[Column], place: Place, state: Mapping[str, Any]) -> None:
        self._titles = [column.title for column in columns]
        self._kinds = [column.kind for column in columns]
        self._digits = digits_of(place.currency)
        self._zone: tzinfo = zone(place.zone)
        self._row: int = state.get("row", 1)
        crc, packed, size, offset = state.get("sheet", (0, 0, 0, 0))
        self._sheet = Entry(_SHEET.encode(), crc, packed, size, offset, UTF_8 | DESCRIPTOR)
        self._others, self._head, self._rest = self._workbook()
        self._writers = self._by_column(self._head)
        self._packer = packer()

    def begin(self) -> bytes:
        """The workbook, and the sheet up to its heading."""
        others = b"".join(local(entry) + content for entry, content in self._others)
        self._sheet.offset = len(others)
        return others + local(self._sheet) + self._packed(self._head)

    def rows(self, rows: Sequence[Sequence[Any]]) -> bytes:
        """These rows of the sheet. Raises TooLong."""
        lines, number, writers = [], self._row, self._writers
        for row in rows:
            number += 1
            place = f'{number}"'
            cells = [
                write(value, place) for write, value in zip(writers, row, strict=True) if value is not None
            ]
            lines.append(f'<row r="{number}">{"".join(cells)}</row>')
        self._row = number
        packed = self._packed("".join(lines).encode())
        if self._sheet.size > LARGEST or self._sheet.packed > LARGEST - self._sheet.offset:
            raise TooLong
        return packed

    def suspend(self) -> tuple[bytes, dict[str, Any]]:
        """(what is not written yet, the state to go on with)."""
        rest = self._packer.flush(zlib.Z_FULL_FLUSH)
        self._sheet.packed += len(rest)
        sheet = self._sheet
        return rest, {"row": self._row, "sheet": [sheet.crc, sheet.packed, sheet.size, sheet.offset]}

    def end(self) -> bytes:
        """The end of the sheet and of the zip."""
        last = self._packed(self._rest)
        flushed = self._packer.flush(zlib.Z_FINISH)
        self._sheet.packed += len(flushed)
        sheet = self._sheet
        after = descriptor(sheet)
        begin = sheet.offset + len(local(sheet)) + sheet.packed + len(after)
        entries = [*(entry for entry, _ in self._others), sheet]
        return last + flushed + after + directory(entries, begin)

    def _packed(self, content: bytes) -> bytes:
        sheet, packed = self._sheet, self._packer.compress(content)
        sheet.crc, sheet.size = zlib.crc32(content, sheet.crc), sheet.size + len(content)
        sheet.packed += len(packed)
        return packed

    def _workbook(self) -> tuple[list[tuple[Entry, bytes]], bytes, bytes]:
        """(the other files of the workbook, the sheet up to its heading, the rest of the sheet)."""
        import xlsxwriter  # lazy: 60 ms, and in the layer of papers alone

        target = BytesIO()
        book = xlsxwriter.Workbook(target, {"in_memory": True})
        book.set_properties({"created": datetime(2000, 1, 1)})  # noqa: DTZ001 - equal content makes equal bytes
        sheet = book.add_worksheet("Export")
        places = f".{'0' * self._digits}" if self._digits else ""
        formats = {
            Kind.MONEY: book.add_format({"num_format": f"0{places}"}),
            **dict.fromkeys(MOMENTS, book.add_format({"num_format": "yyyy-mm-dd hh:mm"})),
        }
        for number, kind in enumerate(self._kinds):
            sheet.set_column(number, number, _WIDTHS.get(kind, _MOMENT_WIDTH), formats.get(kind))
        bold = book.add_format({"bold": True})
        for number, title in enumerate(self._titles):
            sheet.write_string(0, number, sayable(title)[:_LONGEST], bold)
        sheet.freeze_panes(1, 0)
        book.close()
        members, text, offset = [], "", 0
        with ZipFile(target) as archive:
            for name in archive.namelist():
                content = archive.read(name)
                if name == _SHEET:
                    text = content.decode()
                    continue
                packing = packer()
                packed = packing.compress(content) + packing.flush()
                entry = Entry(name.encode(), zlib.crc32(content), len(packed), len(content), offset)
                members.append((entry, packed))
                offset += len(local(entry)) + len(packed)
        head, end, rest = re.sub(r"<dimension [^>]*/>", "", text).partition("</sheetData>")
        return members, head.encode(), (end + rest).encode()

    def _by_column(self, head: bytes) -> list[Write]:
        """How the cells of each column are written; the second parameter is the rest of their place."""
        from xlsxwriter.utility import xl_col_to_name  # lazy: as above

        # Neighbors of one style are written as one range.
        styles = {
            column: style
            for first, last, style in _STYLE.findall(head.decode())
            for column in range(int(first), int(last) + 1)
        }
        writers: list[Write] = []
        for number, kind in enumerate(self._kinds):
            start = f'<c r="{xl_col_to_name(number)}'
            style = styles.get(number + 1)
            styled = f' s="{style}"' if style else ""
            writers.append(self._writer(kind, start, styled))
        return writers

    def _writer(self, kind: Kind, start: str, styled: str) -> Write:
        where = self._zone
        if kind is Kind.NUMBER:
            return lambda value, place: f"{start}{place}><v>{value}</v></c>"
        if kind is Kind.MONEY:
            sums = converters(where)[kind]  # as in CSV
            return lambda value, place: f"{start}{place}{styled}><v>{sums(value)}</v></c>"
        if kind in MOMENTS:
            number = lru_cache(_KEPT)(lambda seconds: _day_number(moment(seconds, where)))
            return lambda value, place: f"{start}{place}{styled}{number(value)}"
        if kind is Kind.MARKUP:
            return lambda value, place: _text(plain(value), f"{start}{place}")
        return lambda value, place: _text(value, f"{start}{place}")


def _text(value: str, start: str) -> str:
    """A text in its cell, which is never a formula."""
    if len(value) > _LONGEST:
        value = value[: _LONGEST - 1] + "\u2026"
    clean = value
    if _SPECIAL.search(value):
        clean = escape(_ESCAPED.sub("_x005F_", sayable(value)))
    return f'{start} t="inlineStr"><is><t xml:space="preserve">{clean}</t></is></c>'


def _day_number(value: datetime) -> str:
    """The end of a cell with this moment: days since 1899, or a text before they count right."""
    shown = value.replace(tzinfo=UTC)
    if shown < _FIRST_DAY:
        return f' t="inlineStr"><is><t>{shown:%Y-%m-%d %H:%M}</t></is></c>'
    return f"><v>{(shown - _BASE).total_seconds() / 86_400:.10f}</v></c>"
