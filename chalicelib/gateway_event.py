"""Reads events of API Gateway (REST, proxy integration) as requests."""

from base64 import b64decode
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from chalicelib import clock
from chalicelib.jsonapi.ground.request import Request
from chalicelib.limits.source import is_from_edge, named_by_edge, source_of
from chalicelib.settings import settings


def request_of(event: dict[str, Any], seconds_left: Callable[[], float] = clock.endless) -> Request:
    """The Request in an API Gateway event (REST, proxy integration).

    The client's IP address is the one that API Gateway saw, or our own edge, never a header that a client can
    set.
    """
    context = event.get("requestContext") or {}
    parameters = event.get("pathParameters") or {}
    path = []
    for segment in (context.get("resourcePath") or "/").strip("/").split("/"):
        name = segment[1:-1]
        path.append(unquote(parameters[name]) if segment.startswith("{") else segment)
    several = event.get("multiValueQueryStringParameters") or {
        name: [value] for name, value in (event.get("queryStringParameters") or {}).items()
    }
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    for name, values in (event.get("multiValueHeaders") or {}).items():
        if len(values) > 1:
            # Cookies may be split into several lines (RFC 9113, section 8.2.3), joined by semicolons.
            headers[name.lower()] = ("; " if name.lower() == "cookie" else ", ").join(values)
        elif values:
            headers[name.lower()] = values[0]
    source, options = (context.get("identity") or {}).get("sourceIp") or "", settings()
    if options.edge_secret and is_from_edge(headers, options.edge_secret):
        source = source_of(headers, source)
        named_by_edge(headers)
    return Request(
        method=context.get("httpMethod") or event.get("httpMethod") or "GET",
        path=tuple(part for part in path if part),
        query=tuple((name, value) for name, values in several.items() for value in values),
        headers=headers,
        body=_body(event),
        source_ip=source,
        id=context.get("requestId") or "",
        seconds_left=seconds_left,
        options=options,
    )


def _body(event: dict[str, Any]) -> bytes:
    body = event.get("body") or b""
    if event.get("isBase64Encoded"):  # as is every body from API Gateway
        return b64decode(body)
    return body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")
