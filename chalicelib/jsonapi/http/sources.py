"""Digests of the source code, by which a manifest that is older than the code is refused.

Names and sizes are compared at each start for what declares resource types, which takes two milliseconds, and
for all files before anything is imported that the manifest spared; contents once everything is imported.
"""

import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

# What declares resource types, below chalicelib.
DECLARING: Final = ("jsonapi/model", "resources")


def sizes(package: Path, within: Sequence[str] = ("",)) -> str:
    """A digest of the names and sizes of the files in these folders of the package."""
    folders = [str(package / below) for below in within]
    files = ((entry.path[len(folder) :], entry) for folder in folders for entry in _files(folder))
    listed = sorted(f"{name} {entry.stat().st_size}" for name, entry in files)
    return hashlib.sha256("\n".join(listed).encode()).hexdigest()


def digest(package: Path) -> str:
    """A digest of the contents of all files below the package."""
    whole = hashlib.sha256()
    for path in sorted(entry.path for entry in _files(str(package))):
        whole.update(hashlib.sha256(Path(path).read_bytes()).digest())
    return whole.hexdigest()


def _files(folder: str) -> Iterator["os.DirEntry[str]"]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".py"):
                yield entry
            elif entry.name != "__pycache__" and entry.is_dir():
                yield from _files(entry.path)
