"""HTTP client over the network, with one kept connection, that also is as strict as a browser about CORS.

It has the methods of tests/support/http_client.py, so that what is written for one runs with the other.
"""

import gzip
import json as json_format
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from http.client import HTTPConnection
from typing import Final
from urllib.parse import urlsplit

from chalicelib.jsonapi.ground.request import MEDIA_TYPE
from tests.support.http_client import Query, Reply, target_of
from tests.support.verbs import Verbs

# What pages may not set themselves, and what needs no permission: the Fetch standard, "forbidden request-header" and
# "CORS-safelisted request-header".
_SET_BY_BROWSERS: Final = {"accept-encoding", "connection", "host", "origin", "referer", "user-agent"}
_SAFE: Final = {"accept", "accept-language", "content-language"}
_SAFE_TYPES: Final = {"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"}
_SIMPLE: Final = {"GET", "HEAD", "POST"}
# Bytes from which an answer is compressed for a client that accepts it.
_WORTH_COMPRESSING: Final = 1_024


@dataclass(frozen=True, slots=True)
class NetworkClient(Verbs):
    """Sends requests to a running system.

    `faults` collects, for all variants of this client, what a browser would not have let through and what has
    traveled larger than it should have, each with the request.
    """

    address: str
    token: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    _connections: list[HTTPConnection] = field(default_factory=list, repr=False)
    _allowed: set[tuple[str, str]] = field(default_factory=set, repr=False)

    def signed_in_as(self, token: str) -> "NetworkClient":
        """A client with a token."""
        return replace(self, token=token)

    def request(
        self,
        method: str,
        path: str,
        json: object = None,
        *,
        query: Query = (),
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        content_type: str = MEDIA_TYPE,
    ) -> Reply:
        """Any method, preceded by a preflight request where a browser would send one."""
        content = body if body is not None else b"" if json is None else json_format.dumps(json).encode()
        sent = {"Accept": MEDIA_TYPE, **({"Content-Type": content_type} if content else {})}
        if self.token:
            sent["Authorization"] = f"JWT {self.token}"
        sent = {name: value for name, value in {**sent, **self.headers, **(headers or {})}.items() if value}
        target = target_of(path, query)
        origin = sent.get("Origin")
        if origin:
            self._ask_first(method, target, sent)
        reply, coding = self._exchange(method, target, content, sent)
        if origin and reply.headers.get("access-control-allow-origin") not in {origin, "*"}:
            self.faults.append(f"{method} {target}: the answer is not for pages of {origin}")
        worth = len(reply.content) >= _WORTH_COMPRESSING and "json" in reply.headers.get("content-type", "")
        if worth and "gzip" in sent.get("Accept-Encoding", "") and coding != "gzip":
            self.faults.append(f"{method} {target}: {len(reply.content)} bytes are not compressed")
        return reply

    def _ask_first(self, method: str, target: str, sent: Mapping[str, str]) -> None:
        """The preflight request. Source: the Fetch standard, "CORS-preflight fetch"."""
        names = sorted(_needing_permission(sent))
        if (method in _SIMPLE and not names) or (method, target) in self._allowed:
            return
        asked = {"Origin": sent["Origin"], "Accept": "*/*", "Access-Control-Request-Method": method}
        if names:
            asked["Access-Control-Request-Headers"] = ",".join(names)
        reply, _ = self._exchange("OPTIONS", target, b"", asked)
        given = {
            kind: {
                word.strip().lower() for word in reply.headers.get(f"access-control-{kind}", "").split(",")
            }
            for kind in ("allow-origin", "allow-methods", "allow-headers")
        }
        refused = [
            *([] if 200 <= reply.status < 300 else [f"is {reply.status}"]),
            *([] if given["allow-origin"] & {sent["Origin"], "*"} else ["lacks the origin"]),
            *([] if method in _SIMPLE or method.lower() in given["allow-methods"] else ["lacks the method"]),
            *(f"lacks the header {name}" for name in names if name not in given["allow-headers"]),
        ]
        self.faults.extend(f"{method} {target}: its preflight {fault}" for fault in refused)
        self._allowed.add((method, target))

    def _exchange(
        self, method: str, target: str, content: bytes, sent: Mapping[str, str]
    ) -> tuple[Reply, str]:
        """One request and its answer, decoded, with the answer's content coding."""
        if not self._connections:
            self._connections.append(HTTPConnection(urlsplit(self.address).netloc, timeout=30))
        connection = self._connections[0]
        connection.putrequest(method, target, skip_accept_encoding=True)
        for name, value in sent.items():
            connection.putheader(name, value)
        if content or method in {"POST", "PATCH", "PUT"}:
            connection.putheader("Content-Length", str(len(content)))
        connection.endheaders(content or None)
        answer = connection.getresponse()
        received = answer.read()
        back = {name.lower(): value for name, value in answer.getheaders()}
        coding = back.get("content-encoding", "")
        plain = gzip.decompress(received) if coding == "gzip" and received else received
        cookies = tuple(answer.headers.get_all("set-cookie") or ())
        text = plain.decode(errors="replace")
        return Reply(answer.status, back, text, len(received), cookies, plain), coding


def _needing_permission(sent: Mapping[str, str]) -> Iterator[str]:
    """Names of the headers that a page may send only after a preflight request, in lower case."""
    for name, value in sent.items():
        lower = name.lower()
        is_safe_type = lower == "content-type" and value.partition(";")[0].strip() in _SAFE_TYPES
        if lower not in _SET_BY_BROWSERS | _SAFE and not is_safe_type:
            yield lower
