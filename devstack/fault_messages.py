"""HTTP messages as bytes, whole: what the proxy of faults reads, passes on, or answers instead.

Source: RFC 9112, "HTTP/1.1", sections 6 and 7.
"""

import asyncio
import json
import re
from dataclasses import dataclass, replace
from typing import Final

_SCOPE: Final = re.compile(rb"Credential=[^/]+/[^/]+/[^/]+/(\w+)/aws4_request", re.IGNORECASE)
_ACTION: Final = re.compile(rb"(?:^|&)Action=(\w+)")
_TARGET: Final = re.compile(rb"\r\nx-amz-target:\s*\w+\.(\w+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class HttpMessage:
    """A request: the method, the head with its blank line, and the body as it was sent."""

    method: str
    path: str
    head: bytes
    body: bytes

    @property
    def content(self) -> bytes:
        """All of it."""
        return self.head + self.body

    def with_body(self, body: bytes) -> "HttpMessage":
        """The same with another body, and its length."""
        head = re.sub(rb"(?i)(\r\ncontent-length:)[^\r]*", rb"\1 %d" % len(body), self.head)
        return replace(self, head=head, body=body)


async def read_request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> HttpMessage:
    """A request. Who waits to be told to send the body is told. Raises EOFError and OSError."""
    head = await reader.readuntil(b"\r\n\r\n")
    if b"100-continue" in head.lower():
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        head = re.sub(rb"(?i)\r\nexpect:[^\r]*", b"", head)
    method, path = head.split(b" ", 2)[:2]
    body = await reader.readexactly(_length(head)) if not _is_chunked(head) else await _chunks(reader)
    return HttpMessage(method.decode(), path.decode(), head, body)


async def read_response(reader: asyncio.StreamReader, method: str) -> tuple[bytes, bool]:
    """An answer, and whether its connection goes on. Raises EOFError and OSError."""
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1])
    goes_on = head.startswith(b"HTTP/1.1") and b"connection: close" not in head.lower()
    if method == "HEAD" or status in {204, 304}:
        return head, goes_on
    if _is_chunked(head):
        return head + await _chunks(reader), goes_on
    if b"\r\ncontent-length:" in head.lower():
        return head + await reader.readexactly(_length(head)), goes_on
    return head + await reader.read(), False


def aws_kind(message: HttpMessage) -> str:
    """Service and operation of AWS: "sqs SendMessageBatch", "s3 PUT", or "s3 form" for a browser's."""
    scope = _SCOPE.search(message.head)
    if scope is None:
        return "s3 form" if message.method == "POST" else "s3 GET"
    named = _TARGET.search(message.head) or _ACTION.search(message.body)
    return f"{scope[1].decode()} {named[1].decode() if named else message.method}"


def refusal(status: int, kind: str, code: str = "") -> bytes:
    """What a service of AWS, or another one, answers when it cannot, in its protocol."""
    service = kind.partition(" ")[0]
    named = code or {429: "ThrottlingException", 503: "ServiceUnavailable"}.get(status, "InternalFailure")
    if service == "sqs":
        media, text = "application/x-amz-json-1.0", json.dumps({"__type": named, "message": "chaos"})
    elif service in {"ses", "s3"}:
        media = "text/xml"
        error = f"<Error><Type>Sender</Type><Code>{named}</Code><Message>chaos</Message></Error>"
        text = error if service == "s3" else f"<ErrorResponse>{error}<RequestId>0</RequestId></ErrorResponse>"
    else:
        error_type = "rate_limit_error" if status == 429 else "api_error"
        media, text = "application/json", json.dumps({"error": {"type": error_type, "message": "chaos"}})
    head = f"HTTP/1.1 {status} Chaos\r\nContent-Type: {media}\r\nContent-Length: {len(text)}\r\n\r\n"
    return (head + text).encode()


def _length(head: bytes) -> int:
    found = re.search(rb"(?i)\r\ncontent-length:\s*(\d+)", head)
    return int(found[1]) if found else 0


def _is_chunked(head: bytes) -> bool:
    return re.search(rb"(?i)\r\ntransfer-encoding:[^\r]*chunked", head) is not None


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    content = b""
    while True:
        line = await reader.readuntil(b"\r\n")
        content += line
        size = int(line.partition(b";")[0], 16)
        if not size:
            break
        content += await reader.readexactly(size + 2)
    while line != b"\r\n":  # trailers, and the blank line
        line = await reader.readuntil(b"\r\n")
        content += line
    return content
