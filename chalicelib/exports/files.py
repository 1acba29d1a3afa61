"""Kinds of files, by the ending of their names, and how they are written piece by piece."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, Protocol

from chalicelib.exports.columns import Column
from chalicelib.exports.csv_file import CsvFile
from chalicelib.exports.export import Place
from chalicelib.exports.pdf_list import PdfFile
from chalicelib.exports.xlsx_file import XlsxFile

CSV: Final = "csv"
XLSX: Final = "xlsx"
PDF: Final = "pdf"


class ListFile(Protocol):
    """A file under way: begin(), rows() for each batch, and end(); or suspend(), and another goes on."""

    media_type: str
    most_rows: int

    def begin(self) -> bytes: ...
    def rows(self, rows: Sequence[Sequence[Any]]) -> bytes: ...
    def suspend(self) -> tuple[bytes, dict[str, Any]]: ...
    def end(self) -> bytes: ...


FILES: Final[Mapping[str, Callable[[Sequence[Column], Place, Mapping[str, Any]], ListFile]]] = (
    MappingProxyType({CSV: CsvFile, XLSX: XlsxFile, PDF: PdfFile})
)
