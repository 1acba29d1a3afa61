"""HTTP client that calls app.py in process, with API Gateway events."""

import gzip
import json as json_format
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, urlencode

from chalicelib.auth import tokens
from chalicelib.jsonapi.ground.request import MEDIA_TYPE
from devstack import gateway
from tests.support.verbs import Verbs

Query = Mapping[str, object] | Iterable[tuple[str, object]]


@dataclass(frozen=True, slots=True)
class Reply:
    """A response. Header names are lower case; `text` is decoded, `size` is in bytes on the wire.

    `cookies` are all values of Set-Cookie, and `content` are the bytes of the body.
    """

    status: int
    headers: dict[str, str]
    text: str
    size: int = 0
    cookies: tuple[str, ...] = ()
    content: bytes = field(default=b"", repr=False)

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json_format.loads(self.text)

    @property
    def data(self) -> Any:
        """The document's primary data."""
        return self.json["data"]

    @property
    def errors(self) -> list[dict[str, Any]]:
        """The document's errors."""
        errors: list[dict[str, Any]] = self.json["errors"]
        return errors


@dataclass(frozen=True, slots=True)
class Client(Verbs):
    """Sends requests anonymously, or with a token. Bodies are JSON:API unless `content_type` says otherwise.

    Variants are chosen in one line: client.signed_in_as(user).from_address("203.0.113.7"),
    client.with_headers({"User-Agent": "Marmalade/7"}).
    """

    token: str | None = None
    source_ip: str = "127.0.0.1"
    headers: Mapping[str, str] = field(default_factory=dict)

    def signed_in_as(self, who: Any) -> "Client":
        """A client with a token: `who` is a token, a user's id, or an object with an `id`."""
        if not isinstance(who, str):
            who = tokens.access_token(int(getattr(who, "id", who)), fresh=True)
        return replace(self, token=who)

    def from_address(self, source_ip: str) -> "Client":
        """A client with another IP address, as API Gateway sees it."""
        return replace(self, source_ip=source_ip)

    def request(
        self,
        method: str,
        path: str,
        json: object = None,
        *,
        query: Query = (),
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        content_type: str | None = MEDIA_TYPE,
    ) -> Reply:
        """Any method. `json` or the raw `body` is sent; `path` may have a query string.

        `query` is encoded and appended. `headers` override the client's own.
        """
        import app  # imported late, so that importing test support does not build the application

        content = body if body is not None else b"" if json is None else json_format.dumps(json).encode()
        sent = {"Accept": MEDIA_TYPE, "Host": "api.example.org"}
        if content and content_type:
            sent["Content-Type"] = content_type
        if self.token:
            sent["Authorization"] = f"JWT {self.token}"
        sent.update({**self.headers, **(headers or {})})
        sent = {name: value for name, value in sent.items() if value}  # "" sends none, as some clients
        target = target_of(path, query)
        event = gateway.event_from_http(
            app.app.routes, method, target, sent.items(), content, source_ip=self.source_ip
        )
        if event is None:
            raise LookupError(f"app.py has no route for {path}")
        # A round trip through JSON, as to and from Lambda.
        event = json_format.loads(json_format.dumps(event))
        answer = gateway.answer_to_http(app.app(event, gateway.LambdaContext("api_handler")))
        headers_back = {name.lower(): value for name, value in answer.headers}
        coded = headers_back.get("content-encoding") == "gzip" and answer.body
        content_back = gzip.decompress(answer.body) if coded else answer.body
        text = content_back.decode(errors="replace")
        cookies = tuple(value for name, value in answer.headers if name.lower() == "set-cookie")
        return Reply(answer.status, headers_back, text, len(answer.body), cookies, content_back)


def target_of(path: str, query: Query) -> str:
    """The path with its query string, encoded."""
    pairs = list(query.items() if isinstance(query, Mapping) else query)
    target = quote(path, safe="/?&=%:,.-_~!$'()*+;@[]")
    if pairs:
        target += ("&" if "?" in target else "?") + urlencode([(name, str(value)) for name, value in pairs])
    return target
