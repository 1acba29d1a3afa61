"""Every kind of content that somebody might send, and what it really is; made in code, each with its first bytes.

A drawable image is a whole one. What is named a polyglot is two things at once: a file that one
program takes for an image, a document or a film, and another for a page or a script.
"""

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from PIL import Image

from chalicelib.uploads.sniff import UNKNOWN
from tests.uploads import samples

SCRIPT: Final = b"<script>alert(document.domain)</script>"
PAGE: Final = b"<!DOCTYPE html><html><body>" + SCRIPT + b"</body></html>"
_OFFICE: Final = "application/vnd.openxmlformats-officedocument."
DOCX, PPTX = f"{_OFFICE}wordprocessingml.document", f"{_OFFICE}presentationml.presentation"
XLSX = f"{_OFFICE}spreadsheetml.sheet"
_OPEN: Final = "application/vnd.oasis.opendocument."
ODP, ODT, ODS = f"{_OPEN}presentation", f"{_OPEN}text", f"{_OPEN}spreadsheet"
_OLE: Final = bytes.fromhex("d0cf11e0a1b11ae1")  # what doc, ppt and xls files begin with


@dataclass(frozen=True, slots=True)
class Content:
    """Bytes, their true type, and whether an image of that type can be drawn to its end."""

    make: Callable[[], bytes]
    type: str
    is_drawable: bool = True


def chunk(kind: bytes, data: bytes) -> bytes:
    """A piece of a PNG file."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_with(text: bytes) -> bytes:
    """A PNG that carries a text in its first pieces, where whoever sniffs will look."""
    head, body = samples.image("PNG", (8, 8))[:33], samples.image("PNG", (8, 8))[33:]
    return head + chunk(b"tEXt", b"Comment\0" + text) + body


def jpeg_with(text: bytes) -> bytes:
    """A JPEG with a comment right after its first two bytes."""
    whole = samples.image("JPEG", (8, 8))
    return whole[:2] + b"\xff\xfe" + struct.pack(">H", len(text) + 2) + text + whole[2:]


def gif_that_is_a_script() -> bytes:
    """A GIF of 10,799 x 1 pixels, whose size is a comment's beginning for JavaScript."""
    target = io.BytesIO()
    Image.new("P", (0x2A2F, 1)).save(target, "GIF")
    whole = bytearray(target.getvalue())
    assert whole[6:8] == b"/*"
    return bytes(whole) + b"*/=1;alert(document.domain)"


def webp_with(text: bytes) -> bytes:
    """A WebP with one more chunk than programs know."""
    whole = samples.image("WEBP", (8, 8))
    text += b" " * (len(text) % 2)
    body = whole[8:] + b"EVIL" + struct.pack("<I", len(text)) + text
    return whole[:4] + struct.pack("<I", len(body)) + body


def moving(kind: str) -> bytes:
    """Three frames: red, green and blue."""
    frames = [Image.new("RGB", (64, 32), color) for color in ("red", "green", "blue")]
    target = io.BytesIO()
    exact = {"lossless": True} if kind == "WEBP" else {}
    frames[0].save(target, kind, save_all=True, append_images=frames[1:], duration=100, **exact)
    return target.getvalue()


def photo_of_a_phone() -> bytes:
    """A JPEG with a second picture behind it (MPO), as telephones with two lenses write them."""
    target = io.BytesIO()
    picture = Image.new("RGB", (64, 48), "orange")
    picture.save(target, "MPO", save_all=True, append_images=[picture.resize((16, 12))])
    return target.getvalue()


def other_image(kind: str) -> bytes:
    """An image of a kind that no browser or not every one shows."""
    target = io.BytesIO()
    Image.new("RGB", (32, 32), "orange").save(target, kind)
    return target.getvalue()


def open_document(kind: str) -> bytes:
    """An OpenDocument file says itself what it is."""
    return samples.archive(("mimetype", kind), ("content.xml", "<content/>"))


def office_with_macros() -> bytes:
    """A Word document that runs programs: its table of contents has the word for it."""
    kind = "application/vnd.ms-word.document.macroEnabled.main+xml"
    listing = f'<Types><Override PartName="/word/document.xml" ContentType="{kind}"/></Types>'
    return samples.archive(("[Content_Types].xml", listing), ("word/document.xml", "<content/>"))


def empty_archive() -> bytes:
    """A ZIP file with nothing in it."""
    target = io.BytesIO()
    zipfile.ZipFile(target, "w").close()
    return target.getvalue()


def film(brand: bytes) -> bytes:
    """The first box of an MP4 or QuickTime file, with the brand that tells them apart."""
    return b"\x00\x00\x00\x18ftyp" + brand + b"\x00\x00\x00\x00" + brand + b"isom" + bytes(200)


def ogg(codec: bytes) -> bytes:
    """The first page of an Ogg file."""
    packet = codec + bytes(40)
    return b"OggS\x00\x02" + bytes(20) + bytes([1, len(packet)]) + packet + bytes(100)


def wav() -> bytes:
    """A tenth of a second of silence."""
    sound = bytes(800)
    head = b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8)
    body = head + b"data" + struct.pack("<I", len(sound)) + sound
    return b"RIFF" + struct.pack("<I", len(body)) + body


PNG, JPEG, GIF = (
    samples.image("PNG", (64, 48)),
    samples.image("JPEG", (64, 48)),
    samples.image("GIF", (64, 48)),
)

CONTENTS: Final[dict[str, Content]] = {
    # Images
    "png": Content(lambda: PNG, "image/png"),
    "jpeg": Content(lambda: JPEG, "image/jpeg"),
    "gif": Content(lambda: GIF, "image/gif"),
    "webp": Content(lambda: samples.image("WEBP", (64, 48)), "image/webp"),
    "moving gif": Content(lambda: moving("GIF"), "image/gif"),
    "moving webp": Content(lambda: moving("WEBP"), "image/webp"),
    "moving png": Content(lambda: moving("PNG"), "image/png"),
    "photo of a phone": Content(photo_of_a_phone, "image/jpeg"),
    "bmp": Content(lambda: other_image("BMP"), "image/bmp"),
    "tiff": Content(lambda: other_image("TIFF"), "image/tiff"),
    "ico": Content(lambda: other_image("ICO"), "image/vnd.microsoft.icon"),
    "heic": Content(lambda: film(b"heic"), "image/heic"),
    "avif": Content(lambda: film(b"avif"), "image/avif"),
    "svg": Content(lambda: samples.SVG, "image/svg+xml"),
    "svg without prolog": Content(lambda: samples.SVG.partition(b"\n")[2], "image/svg+xml"),
    "svg, compressed": Content(lambda: gzip.compress(samples.SVG), "application/gzip"),
    "svg after a mark": Content(lambda: b"\xef\xbb\xbf" + samples.SVG, "image/svg+xml"),
    "svg in utf-16": Content(lambda: samples.SVG.decode().encode("utf-16"), "image/svg+xml"),
    # Documents
    "pdf": Content(lambda: samples.PDF, "application/pdf"),
    "doc": Content(lambda: _OLE + bytes(2000), "application/x-ole-storage"),
    "docx": Content(
        lambda: samples.office("word", "document", "wordprocessingml.document"), DOCX
    ),
    "pptx": Content(
        lambda: samples.office("ppt", "presentation", "presentationml.presentation"), PPTX
    ),
    "xlsx": Content(lambda: samples.office("xl", "workbook", "spreadsheetml.sheet"), XLSX),
    "docx with macros": Content(office_with_macros, "application/vnd.ms-word.document.macroEnabled.12"),
    "odp": Content(lambda: open_document(ODP), ODP),
    "odt": Content(lambda: open_document(ODT), ODT),
    "ods": Content(lambda: open_document(ODS), ODS),
    "rtf": Content(lambda: rb"{\rtf1\ansi words}", "text/rtf"),
    "postscript": Content(lambda: b"%!PS-Adobe-3.0\nshowpage\n", "application/postscript"),
    # Films and sounds
    "mp4": Content(lambda: samples.MP4, "video/mp4"),
    "m4v": Content(lambda: film(b"M4V "), "video/x-m4v"),
    "mov": Content(lambda: film(b"qt  "), "video/quicktime"),
    "webm": Content(lambda: samples.WEBM, "video/webm"),
    "ogv": Content(lambda: ogg(b"\x80theora\x03\x02\x01"), "video/ogg"),
    "mp3": Content(lambda: samples.MP3, "audio/mpeg"),
    "m4a": Content(lambda: film(b"M4A "), "audio/x-m4a"),
    "ogg": Content(lambda: ogg(b"\x01vorbis"), "audio/ogg"),
    "flac": Content(lambda: b"fLaC\x00\x00\x00\x22" + bytes(100), "audio/flac"),
    "wav": Content(wav, "audio/x-wav"),
    # Archives, pages and programs
    "zip": Content(lambda: samples.archive(("readme.txt", "hello")), UNKNOWN),
    "empty zip": Content(empty_archive, "application/zip"),
    "jar": Content(lambda: samples.archive(("META-INF/MANIFEST.MF", "Main-Class: A")), UNKNOWN),
    "epub": Content(lambda: open_document("application/epub+zip"), "application/epub+zip"),
    "html": Content(lambda: PAGE, "text/html"),
    "html after white space": Content(lambda: b"\n" * 100 + PAGE, "text/html"),
    "html without head": Content(lambda: SCRIPT, "text/html"),
    "xhtml": Content(lambda: b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>', "text/xml"),
    "xml": Content(lambda: b'<?xml version="1.0"?><feed/>', "text/xml"),
    "javascript": Content(lambda: b"(function () { alert(1); })();\n", "application/javascript"),
    "words": Content(lambda: b"just words", "text/plain"),
    "exe": Content(lambda: b"MZ" + bytes(200), "application/x-dosexec"),
    "shell": Content(lambda: b"#!/bin/sh\nrm -rf /\n", "text/x-shellscript"),
    # Polyglots: accepted as what they begin as, and served as nothing else
    "gif and script": Content(gif_that_is_a_script, "image/gif"),
    "png with a page inside": Content(lambda: png_with(PAGE), "image/png"),
    "png and page": Content(lambda: PNG + PAGE, "image/png"),
    "png and zip": Content(lambda: PNG + samples.archive(("a.html", PAGE.decode())), "image/png"),
    "jpeg with a page inside": Content(lambda: jpeg_with(PAGE), "image/jpeg"),
    "webp with a page inside": Content(lambda: webp_with(PAGE), "image/webp"),
    "pdf and page": Content(lambda: b"%PDF-1.7\n" + PAGE, "application/pdf"),
    "page and pdf": Content(lambda: PAGE + b"\n%PDF-1.7\n", "text/html"),
    "mp4 and page": Content(lambda: samples.MP4 + PAGE, "video/mp4"),
    "mp3 and page": Content(lambda: samples.MP3 + PAGE, "audio/mpeg"),
    "head of an mp3 and page": Content(lambda: samples.MP3[:10] + PAGE, UNKNOWN),
    "zip with a page named word/": Content(lambda: samples.archive(("word/a.html", PAGE.decode())), DOCX),
    # Broken ones
    "nothing": Content(lambda: b"", "application/x-empty"),
    "one byte": Content(lambda: b"G", UNKNOWN),
    "zeros": Content(lambda: bytes(4096), UNKNOWN),
    "head of a png": Content(lambda: PNG[:33], "image/png", is_drawable=False),
    "png, cut": Content(lambda: PNG[: len(PNG) // 2], "image/png", is_drawable=False),
    "jpeg, cut": Content(lambda: JPEG[: len(JPEG) // 2], "image/jpeg", is_drawable=False),
    "head of a gif": Content(lambda: b"GIF89a", "image/gif", is_drawable=False),
    "head of a gif and a page": Content(lambda: b"GIF89a" + PAGE, "image/gif", is_drawable=False),
    "head of a png and a page": Content(lambda: PNG[:33] + PAGE, "image/png", is_drawable=False),
    "head of a webp": Content(lambda: b"RIFF\x24\x00\x00\x00WEBPVP8 ", "image/webp", is_drawable=False),
}  # fmt: skip
