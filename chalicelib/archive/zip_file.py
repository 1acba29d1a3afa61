"""The zip of an archive, written as a stream in one message or several: each file is written in one go."""

import hashlib
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import astuple
from typing import Any, Protocol

from chalicelib.exports.zip_parts import (
    DEFLATED,
    DESCRIPTOR,
    LARGEST,
    MOST_ENTRIES,
    STORED,
    UTF_8,
    Entry,
    descriptor,
    directory,
    local,
    packer,
)


class Sink(Protocol):
    """What takes the bytes of a file, in order."""

    def add(self, content: bytes) -> None: ...


class TooLarge(Exception):
    """More than a zip without Zip64 can hold."""


class ZipFile:
    """Files one after the other. `files` has {sha256, size} of each so far, by name."""

    def __init__(self, sink: Sink, state: Mapping[str, Any]) -> None:
        self._sink = sink
        self._entries = [Entry(name.encode(), *numbers) for name, *numbers in state.get("entries", ())]
        self._offset: int = state.get("offset", 0)
        self.files: dict[str, dict[str, Any]] = dict(state.get("files", {}))

    def write(self, name: str, content: Iterable[bytes], *, pack: bool = True) -> None:
        """Write one file, compressed unless it is so already. Raises TooLarge, and boto3's errors."""
        method = DEFLATED if pack else STORED
        entry = Entry(name.encode(), 0, 0, 0, self._offset, UTF_8 | DESCRIPTOR, method)
        packing, digest = packer(), hashlib.sha256()
        self._add(local(entry))
        for piece in content:
            digest.update(piece)
            entry.crc, entry.size = zlib.crc32(piece, entry.crc), entry.size + len(piece)
            self._packed(entry, packing.compress(piece) if pack else piece)
        if pack:
            self._packed(entry, packing.flush())
        self._add(descriptor(entry))
        self._entries.append(entry)
        self.files[name] = {"sha256": digest.hexdigest(), "size": entry.size}
        if entry.size > LARGEST or self._offset > LARGEST or len(self._entries) > MOST_ENTRIES:
            raise TooLarge

    def state(self) -> dict[str, Any]:
        """What another message needs to go on."""
        entries = [[name.decode(), *numbers] for name, *numbers in map(astuple, self._entries)]
        return {"entries": entries, "offset": self._offset, "files": self.files}

    def end(self) -> None:
        """Write the directory."""
        self._add(directory(self._entries, self._offset))

    def _packed(self, entry: Entry, content: bytes) -> None:
        entry.packed += len(content)
        self._add(content)

    def _add(self, content: bytes) -> None:
        self._offset += len(content)
        self._sink.add(content)
