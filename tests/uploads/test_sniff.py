"""The true type of a file is told by its first 4 KiB, on any machine."""

import subprocess
import sys

import pytest

from chalicelib.uploads import sniff
from tests.uploads import samples

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
POWERPOINT = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
IMPRESS = "application/vnd.oasis.opendocument.presentation"


def _named(value: object) -> str:
    """A case's name without its bytes, which may differ from process to process."""
    return value if isinstance(value, str) else "content"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (samples.image("PNG"), "image/png"),
        (samples.image("JPEG"), "image/jpeg"),
        (samples.image("GIF"), "image/gif"),
        (samples.image("WEBP"), "image/webp"),
        (samples.PDF, "application/pdf"),
        (samples.MP3, "audio/mpeg"),
        (samples.MP4, "video/mp4"),
        (samples.WEBM, "video/webm"),
    ],
    ids=_named,
)
def test_a_kind_that_is_served_is_recognized(content: bytes, expected: str) -> None:
    assert sniff.true_type(content[: sniff.HEAD]) == expected


@pytest.mark.parametrize("listing_first", [True, False])
@pytest.mark.parametrize(
    ("folder", "part", "kind", "expected"),
    [
        ("word", "document", "wordprocessingml.document", WORD),
        ("ppt", "presentation", "presentationml.presentation", POWERPOINT),
        ("xl", "workbook", "spreadsheetml.sheet", EXCEL),
    ],
)
def test_an_office_file_is_told_from_a_mere_archive(
    folder: str, part: str, kind: str, expected: str, listing_first: bool
) -> None:
    assert sniff.true_type(samples.office(folder, part, kind, listing_first=listing_first)) == expected


def test_an_open_document_says_itself_what_it_is() -> None:
    content = samples.archive(("mimetype", IMPRESS), ("content.xml", "<content/>"))
    assert sniff.true_type(content) == IMPRESS


@pytest.mark.parametrize(
    "content",
    [
        samples.archive(("readme.txt", "hello")),
        samples.archive(("META-INF/MANIFEST.MF", "Main-Class: A"), ("A.class", "x")),
        samples.archive(("[Content_Types].xml", "<Types/>"), ("notes.txt", "x")),
        samples.archive(("[Content_Types].xml", "<Types/>"), ("notes.txt", "x"), stored=True),
        b"PK\x03\x04" + bytes(10),
        b"PK\x03\x04" + b"\xff" * 4000,
        samples.SVG,
        samples.SVG.partition(b"\n")[2],
        samples.HTML,
        b"\n\n  <html><body>",
        b"just words",
        b"",
        bytes(4096),
        b"MZ" + bytes(200),
        b"#!/bin/sh\nrm -rf /\n",
    ],
    ids=_named,
)
def test_everything_else_is_none_of_the_kinds_that_are_served(content: bytes) -> None:
    assert sniff.true_type(content) not in sniff.EXTENSIONS


@pytest.mark.parametrize("kind", ["image/svg+xml", "text/html", "application/xhtml+xml", "text/xml"])
def test_nothing_a_browser_would_run_has_an_extension_of_ours(kind: str) -> None:
    assert kind not in sniff.EXTENSIONS


def test_only_the_first_bytes_are_looked_at() -> None:
    head = samples.image("PNG")[: sniff.HEAD]
    assert sniff.true_type(head + samples.HTML * 1000) == sniff.true_type(head)


def test_libmagic_is_not_the_one_of_the_system() -> None:
    library, database = sniff._files()
    assert not str(library).startswith(("/usr/lib", "/lib", "/usr/local/lib"))
    assert database.exists()


def test_importing_the_uploads_loads_neither_libmagic_nor_boto3_nor_pillow() -> None:
    code = "import sys, chalicelib.uploads; print(*({'magic', 'boto3', 'PIL'} & set(sys.modules)))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.split() == []
