"""MIME type detection from a file's first bytes (magic numbers), never from its name.

libmagic decides. It comes from the Lambda layer or from the wheel python-magic-standalone, so no system
package is needed. Office files are ZIP archives and get a second look.
"""

import ctypes
import re
import sys
import zlib
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from chalicelib.settings import NotConfigured, settings

HEAD: Final = 4096  # bytes needed for detection
UNKNOWN: Final = "application/octet-stream"

# The types that are served, by file extension. None can run scripts in a browser.
EXTENSIONS: Final = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/gif": "gif",
    "image/webp": "webp",
    "application/pdf": "pdf",
    "application/vnd.oasis.opendocument.presentation": "odp",
    "application/vnd.oasis.opendocument.text": "odt",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "video/mp4": "mp4",
    "video/webm": "webm",
    "video/quicktime": "mov",
    "video/x-m4v": "m4v",
    "video/ogg": "ogv",
    "audio/mpeg": "mp3",
    "audio/mp4": "m4a",
    "audio/x-m4a": "m4a",
    "audio/ogg": "ogg",
    "audio/flac": "flac",
    "audio/x-wav": "wav",
}

_LAYER: Final = (Path("lib"), Path("share/misc/magic.mgc"))  # relative to where Lambda unpacks layers
_ZIP_MEMBER: Final = re.compile(rb"PK\x03\x04.{22}(..)(..)", re.DOTALL)
# Documents with macros, which must not be served as ones without.
_MACROS: Final = re.compile(rb"application/vnd\.ms-\w+\.\w+\.macroEnabled")
_OFFICE: Final = {"word": "docx", "ppt": "pptx", "xl": "xlsx"}
_OFFICE_MARKS: Final = {
    b"wordprocessingml.document.main+xml": "docx",
    b"presentationml.presentation.main+xml": "pptx",
    b"spreadsheetml.sheet.main+xml": "xlsx",
}


def true_type(head: bytes) -> str:
    """The MIME type of a file with these first bytes; UNKNOWN if it cannot be determined.

    At most HEAD bytes are looked at. Raises NotConfigured when there is no libmagic.
    """
    head = head[:HEAD]
    if head.startswith(b"PK\x03\x04"):
        office = _office_type(head)
        if office:
            return office
    return str(_magic().from_buffer(head)) or UNKNOWN


def _office_type(head: bytes) -> str | None:
    """The type of a Microsoft Office archive, by its content types or its members' names."""
    for member in _ZIP_MEMBER.finditer(head):
        name_length, extra_length = (int.from_bytes(size, "little") for size in member.groups())
        name = head[member.end() : member.end() + name_length]
        if name == b"[Content_Types].xml":
            listing = _inflated(head[member.end() + name_length + extra_length :])
            if macros := _MACROS.search(listing):
                return f"{macros[0].decode()}.12"
            for mark, extension in _OFFICE_MARKS.items():
                if mark in listing:
                    return _type_of(extension)
        folder = name.partition(b"/")[0].decode("ascii", "replace")
        if b"/" in name and folder in _OFFICE:
            return _type_of(_OFFICE[folder])
    return None


def _inflated(data: bytes) -> bytes:
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, 64 * 1024)
    except zlib.error:
        return data  # stored without compression


def _type_of(extension: str) -> str:
    return next(kind for kind, known in EXTENSIONS.items() if known == extension)


@cache
def _magic() -> Any:
    """python-magic with the libmagic that we ship.

    By default it would prefer the system's libmagic, whose results differ between machines. A library that is
    loaded already is found by its name first.
    """
    library, database = _files()
    ctypes.CDLL(str(library))
    import magic  # lazy: it loads the library

    return magic.Magic(mime=True, magic_file=str(database))


def _files() -> tuple[Path, Path]:
    name = "libmagic.dylib" if sys.platform == "darwin" else "libmagic.so.1"
    folder, database = (Path(settings().layers) / path for path in _LAYER)
    if (folder / name).exists() and database.exists():
        return folder / name, database
    wheel = find_spec("magic")
    for place in (wheel.submodule_search_locations or ()) if wheel else ():
        if (Path(place) / name).exists():
            return Path(place) / name, Path(place) / "magic.mgc"
    raise NotConfigured("there is no libmagic: neither the layer nor python-magic-standalone is installed")
