"""Parses multipart/form-data bodies (RFC 7578), by the library multipart."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

MOST_PARTS: Final = 20
_MEDIA_TYPE: Final = "multipart/form-data"


class BadForm(Exception):
    """The body is no multipart/form-data, or has too many parts; the text says what is wrong."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part: `file_name` is None for a part that is no file."""

    name: str
    file_name: str | None
    content: bytes


def parts_of(content_type: str, body: bytes) -> list[Part]:
    """The parts of a body that is in memory and of a bounded size. Raises BadForm."""
    import multipart  # lazy: slow to import, and needed by one address only

    media_type, options = multipart.parse_options_header(content_type)
    boundary = options.get("boundary", "")
    if media_type.strip().lower() != _MEDIA_TYPE or not boundary:
        raise BadForm(f"The Content-Type must be {_MEDIA_TYPE} with a boundary.")
    found: list[Part] = []
    try:
        with multipart.PushMultipartParser(boundary, max_segment_count=MOST_PARTS) as parser:
            for segment, content in _segments(parser.parse(body) if body else ()):
                found.append(Part(segment.name or "", segment.filename, content))
    except multipart.ParserLimitReached:
        raise BadForm(f"A body may have {MOST_PARTS} parts at most.") from None
    except (multipart.MultipartError, UnicodeDecodeError) as problem:
        raise BadForm(f"The body is no {_MEDIA_TYPE}: {problem}.") from None
    return found


def _segments(events: Iterable[Any]) -> Iterator[tuple[Any, bytes]]:
    """(segment, its content): the parser gives a segment, pieces of its content, and None at its end."""
    segment: Any = None
    pieces: list[bytes] = []
    for event in events:
        if event is None:
            yield segment, b"".join(pieces)
        elif isinstance(event, bytes | bytearray):
            pieces.append(bytes(event))
        else:
            segment, pieces = event, []
