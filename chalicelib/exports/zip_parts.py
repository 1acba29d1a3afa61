"""Structures of a zip (APPNOTE.TXT 6.3.3), for files that are written as a stream: headers, directory, end.

Nothing in them depends on when they are written, so equal content makes equal bytes. There is no Zip64.
"""

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

LARGEST: Final = 2**32 - 2**24  # bytes: more needs Zip64
MOST_ENTRIES: Final = 65_000
STORED, DEFLATED = 0, 8  # 4.4.5
DESCRIPTOR: Final = 1 << 3  # 4.4.4: sizes follow the content
UTF_8: Final = 1 << 11
_ONE_DAY: Final = 0x21  # 1 January 1980: no date


@dataclass(slots=True)
class Entry:
    """A file in the zip. Sizes and CRC are those so far while it is written."""

    name: bytes
    crc: int
    packed: int
    size: int
    offset: int
    flags: int = UTF_8
    method: int = DEFLATED


def packer() -> "zlib._Compress":
    """A compressor of raw deflate (RFC 1951)."""
    return zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)


def local(entry: Entry) -> bytes:
    """The header in front of a file. What is not known yet comes after it: see descriptor()."""
    late = entry.flags & DESCRIPTOR
    numbers = (0, 0, 0) if late else (entry.crc, entry.packed, entry.size)
    fixed = (b"PK\x03\x04", 20, entry.flags, entry.method, 0, _ONE_DAY, *numbers, len(entry.name), 0)
    return struct.pack("<4sHHHHHIIIHH", *fixed) + entry.name


def descriptor(entry: Entry) -> bytes:
    """What follows a file whose sizes were not known before."""
    return struct.pack("<4sIII", b"PK\x07\x08", entry.crc, entry.packed, entry.size)


def directory(entries: Sequence[Entry], begin: int) -> bytes:
    """The end of the zip: the central directory, which stands at `begin`, and its record."""
    content = b"".join(map(_central, entries))
    numbers = (0, 0, len(entries), len(entries), len(content), begin, 0)
    return content + struct.pack("<4sHHHHIIH", b"PK\x05\x06", *numbers)


def _central(entry: Entry) -> bytes:
    sizes = (entry.crc, entry.packed, entry.size, len(entry.name))
    fixed = (
        b"PK\x01\x02",
        20,
        20,
        entry.flags,
        entry.method,
        0,
        _ONE_DAY,
        *sizes,
        0,
        0,
        0,
        0,
        0,
        entry.offset,
    )
    return struct.pack("<4sHHHHHHIIIHHHHHII", *fixed) + entry.name
