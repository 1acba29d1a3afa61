"""Shared libraries (ELF, 64 bits, little-endian) without their debug information, which no process loads.

The sections that are not loaded (no SHF_ALLOC) are overwritten with zeros, which take next to nothing in a
zip; nothing is moved, so everything else stays where it is. Source of the format: elf(5).
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

_MAGIC: Final = b"\x7fELF\x02\x01"  # 64 bits, little-endian
_NO_CONTENT: Final = frozenset({0, 8})  # SHT_NULL, SHT_NOBITS
_ALLOCATED: Final = 2  # SHF_ALLOC


class _Section(NamedTuple):
    flags: int
    offset: int
    size: int


def drop_debug_information(directory: Path) -> int:
    """Overwrite it in each shared library below the directory; returns how many bytes."""
    return sum(_overwrite(path) for path in directory.rglob("*.so*") if path.is_file())


def _overwrite(path: Path) -> int:
    content = bytearray(path.read_bytes())
    if not content.startswith(_MAGIC):
        return 0
    unused = [section for section in _sections(content) if not section.flags & _ALLOCATED]
    for section in unused:
        content[section.offset : section.offset + section.size] = bytes(section.size)
    path.write_bytes(content)
    return sum(section.size for section in unused)


def _sections(content: bytearray) -> Iterator[_Section]:
    """The sections that have content, but for the one with their names."""
    (table,) = struct.unpack_from("<Q", content, 0x28)
    size, number, of_names = struct.unpack_from("<HHH", content, 0x3A)
    for index in range(number):
        _, kind, flags, _, offset, length = struct.unpack_from("<IIQQQQ", content, table + index * size)
        if kind not in _NO_CONTENT and index != of_names:
            yield _Section(flags, offset, length)
