"""HTTP content coding: Accept-Encoding, gzip, and the size limit of answers.

Lambda limits the JSON text that a function returns, in bytes: of a text after JSON escaping, of a compressed
body as base64. Source: RFC 9110 (12.5.3 and 15.5.16), RFC 1952, the AWS Lambda quotas.
"""

import zlib
from collections.abc import Mapping
from functools import lru_cache
from json.encoder import encode_basestring_ascii
from types import MappingProxyType

from chalicelib.jsonapi.ground.errors import Problem
from chalicelib.jsonapi.ground.request import Answer, Request

# Bytes. A smaller body fits into one TCP packet anyway.
SMALLEST = 1_000
# Level 6 makes an answer of 34 kB a tenth smaller than level 1 for 0.15 ms more; 9 gains little on it.
_LEVEL = 6
_GZIP = 31  # zlib's number for the largest window with gzip's header, in which it writes no time
_PIECE = 1_000_000
_LONGEST_ESCAPE = 12  # bytes: a code point above U+FFFF becomes two escapes of six


class TooLarge(Problem):
    """400: the answer exceeds the size limit. `share` is its size divided by the limit, approximately.

    `total` is the number of rows on all pages, where known.
    """

    total = 0

    def __init__(self, share: float, detail: str, parameter: str) -> None:
        super().__init__(400, detail, parameter=parameter)
        self.share = share


def demand_plain(request: Request) -> None:
    """Raise Problem 415 for a body with a Content-Encoding: none is decoded, which rules out zip bombs."""
    coding = request.headers.get("content-encoding", "").strip().lower()
    if coding not in {"", "identity"}:
        raise Problem(
            415, "Send the body as it is, without a content coding.", header="Content-Encoding",
            headers={"Accept-Encoding": "identity"},
        )  # fmt: skip


def takes_gzip(request: Request) -> bool:
    """Whether Accept-Encoding allows gzip."""
    return _qualities(request.headers.get("accept-encoding", "")).get("gzip", 0.0) > 0


def most_bytes(request: Request) -> int:
    """The largest document in bytes, before compression. The whole document is held in memory."""
    options = request.options
    return options.max_document_bytes if takes_gzip(request) else options.max_answer_bytes


def demand_room(request: Request, answer: Answer) -> None:
    """Check the size of the answer as it would be sent. Raises TooLarge."""
    most, body = request.options.max_answer_bytes, answer.body
    if len(body) * _LONGEST_ESCAPE <= most:
        return
    if len(body) > most_bytes(request):
        raise too_large(request, len(body) / most_bytes(request))
    if takes_gzip(request):
        answer.gzipped, share = _gzipped(_as_bytes(body), most // 4 * 3)
        if answer.gzipped is None:
            raise too_large(request, share)
    else:
        counted = len(encode_basestring_ascii(answer.text))
        if counted > most:
            raise too_large(request, counted / most)


def apply(request: Request, answer: Answer) -> None:
    """Gzip the answer in place, where the client accepts it and the body is large enough to gain by it."""
    if len(answer.body) < SMALLEST or "Content-Encoding" in answer.headers or answer.binary:
        return
    qualities = _qualities(request.headers.get("accept-encoding", ""))
    quality = qualities.get("gzip", 0.0)
    if answer.gzipped is None and not (quality > 0 and quality >= qualities.get("identity", 0.0)):
        return
    answer.headers["Content-Encoding"] = "gzip"
    if request.method != "HEAD" and answer.gzipped is None:
        answer.gzipped, _ = _gzipped(_as_bytes(answer.body), None)


def too_large(request: Request, share: float, parameter: str = "page[size]") -> TooLarge:
    """The error for an answer that is `share` times the limit, blaming the query parameter `parameter`."""
    return TooLarge(
        share,
        f"The answer would be larger than {request.options.max_answer_bytes} bytes: "
        "ask for smaller pages, fewer fields or fewer includes, or take gzip.",
        parameter,
    )


def _gzipped(body: bytes, most: int | None) -> tuple[bytes | None, float]:
    """(compressed body, 0.0), or (None, size divided by `most`) where that exceeds `most` bytes."""
    compress = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    if most is None or len(body) < most:  # gzip adds a few bytes at the most
        return compress.compress(body) + compress.flush(), 0.0
    pieces, size, whole = [], 0, memoryview(body)
    for begin in range(0, len(body), _PIECE):
        pieces.append(compress.compress(whole[begin : begin + _PIECE]))
        size += len(pieces[-1])
        if size > most:
            return None, len(body) / (begin + _PIECE) + 0.1
    pieces.append(compress.flush())
    size += len(pieces[-1])
    return (b"".join(pieces), 0.0) if size <= most else (None, 1.1)


def _as_bytes(body: str | bytes) -> bytes:
    return body if isinstance(body, bytes) else body.encode()


@lru_cache(maxsize=256)
def _qualities(accepted: str) -> Mapping[str, float]:
    """The qvalues of gzip and, where given, identity. Unreadable entries are ignored."""
    said: dict[str, float] = {}
    for offer in accepted.lower().split(","):
        name, *parameters = (part.strip() for part in offer.split(";"))
        quality = 1.0
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            quality = _quality(value.strip()) if key.strip() == "q" else -1.0
        if name and quality >= 0:
            said["gzip" if name == "x-gzip" else name] = quality
    anything = said.get("*")
    return MappingProxyType(said if anything is None else {"gzip": anything, **said})


def _quality(text: str) -> float:
    """A qvalue of RFC 9110, or a negative number if it is invalid."""
    try:
        quality = float(text) if text[:1].isdigit() else -1.0
    except ValueError:
        return -1.0
    return quality if quality <= 1 else -1.0
