"""Reproducible zip files: the same content gives the same bytes."""

from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo


def write(directory: Path, target: Path) -> None:
    """Zip all files below a directory, sorted by name and without timestamps."""
    with ZipFile(target, "w") as archive:
        for path in sorted(path for path in directory.rglob("*") if path.is_file()):
            entry = ZipInfo(path.relative_to(directory).as_posix(), date_time=(1980, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16  # Lambda's user is not the owner
            archive.writestr(
                entry, path.read_bytes(), ZIP_DEFLATED, compresslevel=6
            )  # level 9 takes four times as long for 1 %


def unpack(archive: Path, directory: Path) -> None:
    """Extract a zip below a directory."""
    with ZipFile(archive) as opened:
        opened.extractall(directory)
