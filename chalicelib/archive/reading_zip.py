"""Reads a zip that somebody has sent: an archive of ours, or one of the former server."""

from collections.abc import Iterator

from chalicelib.archive.content import Content, read_documents
from chalicelib.archive.former_zip import read_former
from chalicelib.archive.package import Package
from chalicelib.imports.report import BadFile
from chalicelib.uploads import temporary
from chalicelib.uploads.temporary import Sent, Unfit

MOST_BYTES = 100_000_000  # of a zip, which is in memory while it is read


def content_in(content: bytes) -> Content:
    """What the zip contains. Raises BadFile."""
    package = Package(content)
    manifest = package.manifest()
    return read_former(package) if manifest is None else read_documents(package, manifest)


def files_in(content: Content) -> Iterator[tuple[str, Sent]]:
    """The files that resources refer to, with their true types, by path. Raises BadFile for one that no slot
    takes.
    """
    kinds = temporary.all_kinds()
    for path in content.paths:
        yield path, file_at(content, path, kinds)


def file_at(content: Content, path: str, kinds: frozenset[str]) -> Sent:
    """One file. Raises BadFile."""
    name = path.lstrip("/")
    if content.package is None:
        raise BadFile("There is no such file.", path=name)
    try:
        return temporary.inspected(name.rpartition("/")[2], content.package.content(name), kinds)
    except Unfit as problem:
        raise BadFile(f"{name}: {problem}", path=name) from None
