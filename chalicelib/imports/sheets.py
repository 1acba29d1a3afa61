"""Spreadsheets (XLSX, ISO/IEC 29500), read as a stream: the first sheet's rows as texts.

A number is a text without an exponent, a moment is YYYY-MM-DD HH:MM:SS as in an exported CSV. Formulas are
never computed: their stored values count.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final

from chalicelib.imports.files import Archive, Bounds, is_storable
from chalicelib.imports.report import BadFile
from chalicelib.imports.xml_files import Parser, feed_all, tree_of

_BOUNDS: Final = Bounds(most_entries=500, most_bytes_of_one=50_000_000, most_bytes=80_000_000)
_MOST_ELEMENTS: Final = 3_000_000
_WIDEST: Final = 1_000  # columns
_MOST_STRINGS: Final = 300_000
_WORKBOOK: Final = "xl/workbook.xml"
_RELATIONS: Final = "xl/_rels/workbook.xml.rels"
_STRINGS: Final = "xl/sharedStrings.xml"
_STYLES: Final = "xl/styles.xml"
_MOMENTS: Final = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
_NO_MOMENT: Final = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.')
_ESCAPED: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")
_PLACE: Final = re.compile(r"([A-Z]{1,3})[0-9]{1,7}")
Rows = Iterator[tuple[int, list[str]]]


def rows_of_sheet(content: bytes) -> Rows:
    """The rows of the first sheet, with their numbers. Raises BadFile, also while they are read."""
    archive = Archive(content, _BOUNDS)
    if _WORKBOOK not in archive:
        raise BadFile("The file is a zip archive, and no spreadsheet (XLSX).")
    path, is_1904 = _first_sheet(archive)
    target = _Sheet(_strings(archive), _moment_styles(archive), is_1904)
    parser = Parser(target, most_elements=_MOST_ELEMENTS, what="The sheet")
    for _ in feed_all(parser, archive.chunks(path)):
        yield from target.take()


def _first_sheet(archive: Archive) -> tuple[str, bool]:
    """(the name of its file in the archive, whether days are counted from 1904)."""
    book = tree_of(archive.read(_WORKBOOK))
    sheets = [node for node in book.iter() if _local(node.tag) == "sheet"]
    if not sheets:
        raise BadFile("The spreadsheet has no sheet.")
    wanted = next((value for name, value in sheets[0].attrib.items() if _local(name) == "id"), "")
    is_1904 = any(
        _local(node.tag) == "workbookPr" and node.get("date1904", "0") in {"1", "true"} for node in book
    )
    for relation in tree_of(archive.read(_RELATIONS)):
        if relation.get("Id") == wanted:
            target = relation.get("Target", "")
            return (target[1:] if target.startswith("/") else f"xl/{target}"), is_1904
    raise BadFile("The spreadsheet does not say where its first sheet is.")


def _strings(archive: Archive) -> list[str]:
    if _STRINGS not in archive:
        return []
    target = _Strings()
    for _ in feed_all(Parser(target, most_elements=_MOST_ELEMENTS), archive.chunks(_STRINGS)):
        if len(target.strings) > _MOST_STRINGS:
            raise BadFile(f"The spreadsheet has more than {_MOST_STRINGS:,} texts.")
    return target.strings


def _moment_styles(archive: Archive) -> frozenset[int]:
    """The numbers of the styles by which a number is shown as a date or a time."""
    if _STYLES not in archive:
        return frozenset()
    styles = tree_of(archive.read(_STYLES))
    own = {
        node.get("numFmtId"): node.get("formatCode", "")
        for node in styles.iter()
        if _local(node.tag) == "numFmt"
    }
    formats = next((node for node in styles if _local(node.tag) == "cellXfs"), ())
    return frozenset(
        number for number, style in enumerate(formats) if _is_moment(style.get("numFmtId", "0"), own)
    )


def _is_moment(id: str, own: dict[str | None, str]) -> bool:
    if id in own:
        return any(letter in "ymdhs" for letter in _NO_MOMENT.sub("", own[id]).lower().replace("general", ""))
    return id.isdecimal() and len(id) < 9 and int(id) in _MOMENTS


class _Strings:
    """The shared texts, without their phonetic readings."""

    def __init__(self) -> None:
        self.strings: list[str] = []
        self._pieces: list[str] = []
        self._reads = self._skips = False

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        kind = _local(name)
        if kind == "si":
            self._pieces = []
        elif kind == "rPh":
            self._skips = True
        elif kind == "t":
            self._reads = not self._skips

    def data(self, text: str) -> None:
        if self._reads:
            self._pieces.append(text)

    def end(self, name: str) -> None:
        kind = _local(name)
        if kind == "si":
            self.strings.append(_unescaped("".join(self._pieces)))
        elif kind == "rPh":
            self._skips = False
        elif kind == "t":
            self._reads = False


class _Sheet:
    """The rows that are complete so far."""

    def __init__(self, strings: list[str], moments: frozenset[int], is_1904: bool) -> None:
        self._strings, self._moments = strings, moments
        self._day_0 = datetime(1904, 1, 1) if is_1904 else datetime(1899, 12, 30)  # noqa: DTZ001 - as shown
        self._rows: list[tuple[int, list[str]]] = []
        self._number, self._cells = 0, [""]
        self._place, self._kind, self._style = 0, "n", 0
        self._pieces: list[str] = []
        self._reads = self._skips = False

    def take(self) -> list[tuple[int, list[str]]]:
        """The rows that have become complete since the last time."""
        rows, self._rows = self._rows, []
        return rows

    def start(self, name: str, attributes: dict[str, str]) -> None:
        kind = _local(name)
        if kind == "row":
            given = attributes.get("r", "")
            self._number = int(given) if given.isdecimal() and len(given) < 9 else self._number + 1
            self._cells = []
        elif kind == "c":
            self._place = _column(attributes.get("r", ""), len(self._cells))
            self._kind, style = attributes.get("t", "n"), attributes.get("s", "0")
            self._style = int(style) if style.isdecimal() and len(style) < 9 else 0
            self._pieces = []
        elif kind == "rPh":
            self._skips = True
        elif kind == "v" or (kind == "t" and not self._skips):
            self._reads = True

    def data(self, text: str) -> None:
        if self._reads:
            self._pieces.append(text)

    def end(self, name: str) -> None:
        kind = _local(name)
        if kind in {"v", "t"}:
            self._reads = False
        elif kind == "rPh":
            self._skips = False
        elif kind == "c":
            text = self._text("".join(self._pieces))
            if text:
                if self._place >= _WIDEST:
                    raise BadFile(f"The sheet has more than {_WIDEST:,} columns.", row=self._number)
                self._cells += [""] * (self._place + 1 - len(self._cells))
                self._cells[self._place] = text
        elif kind == "row":
            self._rows.append((self._number, self._cells))

    def _text(self, value: str) -> str:
        if self._kind == "s":
            if not (value.isdecimal() and len(value) < 9 and int(value) < len(self._strings)):
                raise BadFile("The sheet refers to a text that is not there.", row=self._number)
            return self._strings[int(value)]
        if self._kind in {"inlineStr", "str"}:
            return _unescaped(value)
        if self._kind == "b":
            return "Yes" if value == "1" else "No"
        if self._kind == "n" and value:
            return self._number_as_text(value)
        return value.replace("T", " ", 1) if self._kind == "d" else value

    def _number_as_text(self, value: str) -> str:
        try:
            number = Decimal(value)
            if self._style in self._moments:
                moment = self._day_0 + timedelta(seconds=round(float(number) * 86_400))
                return f"{moment:%Y-%m-%d %H:%M:%S}"
            return f"{number:f}" if number.is_finite() and abs(number.adjusted()) < 50 else value
        except (InvalidOperation, OverflowError, ValueError):
            raise BadFile(f"{value!r:.50} is no number.", row=self._number) from None


def _column(place: str, following: int) -> int:
    match = _PLACE.fullmatch(place)
    if match is None:
        return following
    number = 0
    for letter in match[1]:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _unescaped(text: str) -> str:
    if "_x" not in text:
        return text
    whole = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    return "".join(filter(is_storable, whole))


def _local(name: str) -> str:
    return name.rpartition("}")[2]
