"""Bounded readers of uploaded files: text in a known encoding, and zip archives that are what they claim."""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from chalicelib.imports.report import BadFile

_MARKS: Final = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_CHUNK: Final = 64 * 1024
# Decompressors of other methods return at once what a small piece unpacks to, which may be gigabytes.
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_DIRECTORY_ENTRY: Final = b"PK\x01\x02"
_WITHIN: Final = 50_000  # such entries in files that are archives themselves, and stored as they are
_SMALL: Final = 1_000_000  # bytes: the ratio of what is that small says nothing


def text_of(content: bytes) -> str:
    """The text of a file in UTF-8, or in UTF-16 with a byte order mark. Raises BadFile."""
    mark, encoding = next((known for known in _MARKS if content.startswith(known[0])), (b"", "utf-8"))
    body = content[len(mark) :]
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError as problem:
        row = body[: problem.start].count(b"\n") + 1
        detail = (
            f"The file is not in {encoding.upper()}: byte {problem.start + len(mark) + 1:,} cannot be read."
        )
        raise BadFile(f"{detail} Save it as UTF-8.", row=row) from None
    if "\x00" in text:
        raise BadFile("The file has NUL characters: it is no text, or in an encoding that is not taken.")
    return text


def is_storable(text: str) -> bool:
    """Whether PostgreSQL takes the text: without NUL, also as JSON writes it, and without lone surrogates."""
    return "\x00" not in text and "\\u0000" not in text and not _SURROGATE.search(text)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a zip archive may have: entries, bytes of one and of all when they are unpacked, and the ratio of
    bytes unpacked to bytes packed.
    """

    most_entries: int
    most_bytes_of_one: int
    most_bytes: int
    most_ratio: int = 200


class Archive:
    """A zip archive within its bounds. No name in it is ever the name of a file here."""

    def __init__(self, content: bytes, bounds: Bounds) -> None:
        """Raises BadFile for what is no zip, or is out of bounds by what it says of itself."""
        self.bounds, self._left = bounds, bounds.most_bytes
        if content.count(_DIRECTORY_ENTRY) > bounds.most_entries + _WITHIN:  # each is an object once read
            raise BadFile(f"The archive has too many files; {bounds.most_entries:,} are the most.")
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(content))
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as problem:
            raise BadFile(f"The file is no zip archive that can be read: {problem}.") from None
        entries = [entry for entry in self._zip.infolist() if not entry.filename.endswith("/")]
        if len(entries) > bounds.most_entries:
            raise BadFile(f"The archive has {len(entries):,} files; {bounds.most_entries:,} are the most.")
        self._entries = {_checked(entry): entry for entry in entries}
        if len(self._entries) < len(entries):
            raise BadFile("The archive has two files of one name.")
        claimed = sum(entry.file_size for entry in entries)
        if claimed > bounds.most_bytes:
            raise BadFile(f"The archive unpacks to {claimed:,} bytes; {bounds.most_bytes:,} are the most.")

    @property
    def names(self) -> list[str]:
        """The names of its files, in its order."""
        return list(self._entries)

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def read(self, name: str) -> bytes:
        """The content of a file. Raises BadFile where it is missing, damaged, or out of bounds."""
        return b"".join(self.chunks(name))

    def chunks(self, name: str) -> Iterator[bytes]:
        """The content of a file in pieces. Raises BadFile as read() does, before the bounds are exceeded."""
        entry = self._entries.get(name)
        if entry is None:
            raise BadFile(f"The file {name} is missing in the archive.", path=name)
        size, most = 0, min(self.bounds.most_bytes_of_one, self._left)
        try:
            with self._zip.open(entry) as file:
                while chunk := file.read(_CHUNK):
                    size += len(chunk)
                    self._left -= len(chunk)
                    if size > most:
                        raise BadFile(f"{name} unpacks to more than {most:,} bytes.", path=name)
                    if size > max(_SMALL, entry.compress_size * self.bounds.most_ratio):
                        raise BadFile(f"{name} unpacks to far more than it is packed in.", path=name)
                    yield chunk
        except (zipfile.BadZipFile, EOFError, OSError, RuntimeError, NotImplementedError, ValueError):
            raise BadFile(f"{name} cannot be read: it is damaged or encrypted.", path=name) from None
        except zlib.error:
            raise BadFile(f"{name} cannot be read: it is damaged.", path=name) from None


def _checked(entry: zipfile.ZipInfo) -> str:
    """The name of an entry. Raises BadFile for one that leads elsewhere, or is no plain file."""
    name = entry.filename
    parts = name.split("/")
    leads_away = name.startswith("/") or "\\" in name or ":" in parts[0] or ".." in parts or "" in parts
    if leads_away or "\x00" in name or not name.isprintable():
        raise BadFile(f"The archive has a file with a name that leads elsewhere: {name!r:.100}.")
    kind = (entry.external_attr >> 16) & 0o170000
    if kind not in {0, 0o100000}:
        raise BadFile(f"{name} in the archive is a link or a device, no file.", path=name)
    if entry.flag_bits & 0x1:
        raise BadFile(f"{name} in the archive is encrypted.", path=name)
    if entry.compress_type not in _METHODS:
        raise BadFile(f"{name} is packed by another method than Deflate, which is not taken.", path=name)
    return name
