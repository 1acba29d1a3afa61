"""CSV files (RFC 4180), in UTF-8 with a byte order mark, by which spreadsheet programs know the encoding."""

import csv
from collections.abc import Callable, Mapping, Sequence
from io import StringIO
from typing import Any, Final

from chalicelib.exports.cells import converters, defused
from chalicelib.exports.columns import Column
from chalicelib.exports.export import Place
from chalicelib.values.zones import zone

MEDIA_TYPE: Final = "text/csv; charset=utf-8"
_MARK: Final = "\ufeff"


def rendered(rows: Sequence[Sequence[str]]) -> str:
    """The rows as lines; every cell is a text that is written as it is."""
    target = StringIO()
    csv.writer(target).writerows(rows)
    return target.getvalue()


class CsvFile:
    """Writes a file piece by piece. It has no state between them."""

    media_type = MEDIA_TYPE
    most_rows = 2_000_000

    def __init__(self, columns: Sequence[Column], place: Place, _state: Mapping[str, Any]) -> None:
        by_kind = converters(zone(place.zone))
        self._titles = [defused(column.title) for column in columns]
        self._convert: list[Callable[[Any], str]] = [by_kind[column.kind] for column in columns]

    def begin(self) -> bytes:
        """The heading."""
        return (_MARK + rendered([self._titles])).encode()

    def rows(self, rows: Sequence[Sequence[Any]]) -> bytes:
        """Lines for these rows."""
        convert = self._convert
        lines = [
            ["" if value is None else write(value) for write, value in zip(convert, row, strict=True)]
            for row in rows
        ]
        return rendered(lines).encode("utf-8", "replace")

    def suspend(self) -> tuple[bytes, dict[str, Any]]:
        """(what is not written yet, the state to go on with)."""
        return b"", {}

    def end(self) -> bytes:
        """What comes after the last row."""
        return b""
