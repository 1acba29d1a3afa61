"""HTTP request and answer as plain values, independent of any web framework."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import quote

from chalicelib import clock
from chalicelib.jsonapi.ground.errors import Problem, bad_parameter
from chalicelib.jsonapi.ground.options import DEFAULTS, Options

MEDIA_TYPE = "application/vnd.api+json"
_LARGEST_DEPTH = 60
_HOST = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. Header names are lower case; path segments and query are percent-decoded once.

    `seconds_left()` is the time left to this process; `options` is the configuration of the engine.
    """

    method: str
    path: tuple[str, ...]
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    source_ip: str = ""
    id: str = ""
    seconds_left: Callable[[], float] = field(default=clock.endless, compare=False, repr=False)
    options: Options = field(default=DEFAULTS, compare=False, repr=False)

    def at(self, path: tuple[str, ...]) -> "Request":
        """A copy with another path, as dataclasses.replace() makes one, in a third of its time."""
        return Request(
            self.method,
            path,
            self.query,
            self.headers,
            self.body,
            self.source_ip,
            self.id,
            self.seconds_left,
            self.options,
        )

    @property
    def api_address(self) -> str:
        """What stands before /v1 in addresses that are told to others, such as https://api.example.org/api.

        API Gateway passes on a request only to the API whose Host it names, and says by which scheme it came.
        """
        headers = self.headers
        return _address(
            self.options.api_prefix, headers.get("host", ""), headers.get("x-forwarded-proto", "")
        )

    def parameter(self, name: str) -> str | None:
        """The value of a query parameter, or None. Raises Problem 400 where it has two that differ."""
        known = None
        for key, value in self.query:
            if key == name:
                if known is not None and known != value:
                    raise bad_parameter(name, f"The parameter {name} is given twice, with different values.")
                known = value
        return known

    def flag(self, *names: str) -> bool:
        """Whether one of the parameters is set to true, 1 or yes."""
        return any((self.parameter(name) or "").lower() in {"true", "1", "yes"} for name in names)


@lru_cache(maxsize=64)
def _address(prefix: str, host: str, protocol: str) -> str:
    if "://" in prefix:
        return prefix.rstrip("/")
    scheme = "https" if protocol.partition(",")[0].strip().lower() == "https" else "http"
    return f"{scheme}://{host if _HOST.fullmatch(host) else 'localhost'}{prefix}"


@dataclass(slots=True)
class Answer:
    """One HTTP answer; `body` is complete text and `cookies` are values of Set-Cookie headers.

    A body of many megabytes is UTF-8 bytes: as str it could take four times the memory. `gzipped` is the
    compressed body, once there is one. `problems` are the errors it was rendered from, if any. `compared`
    says that preconditions such as If-Match were evaluated against the state that was changed. `binary` says
    that the body is bytes of another kind than text. `secret` says that a token is in it, and that it is not
    to be stored for an Idempotency-Key. `shared` says that it is the same for everybody who asks without
    credentials, and may be told by shared caches; None: whoever made it does not know.
    """

    status: int
    body: str | bytes = ""
    headers: dict[str, str] = field(default_factory=dict)
    cookies: list[str] = field(default_factory=list)
    problems: Sequence[Problem] = ()
    gzipped: bytes | None = None
    compared: bool = False
    binary: bool = False
    secret: bool = False
    shared: bool | None = None

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body if isinstance(self.body, str) else self.body.decode()


def json_text(text: str) -> Answer:
    """An answer of ordinary JSON that PostgreSQL has written."""
    return Answer(200, text, {"Content-Type": "application/json"})


def content_disposition(how: str, file_name: str) -> str:
    """Content-Disposition (RFC 6266), with the file name encoded by RFC 8187. `how`: inline or attachment."""
    return f"{how}; filename*=UTF-8''{quote(file_name, safe='')}"


def of_bytes(content: bytes, media_type: str, file_name: str) -> Answer:
    """An answer of bytes that are no text, such as a zip: sent as they are, to be saved under that name."""
    headers = {"Content-Type": media_type, "Content-Disposition": f'attachment; filename="{file_name}"'}
    return Answer(200, content, headers, binary=True)


def plain(content: object, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    """An answer of plain JSON, for endpoints that are not JSON:API."""
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=str)
    return Answer(status, body, {"Content-Type": "application/json", **(headers or {})})
