"""Emulates API Gateway: HTTP request to Lambda event, and Lambda result to HTTP response.

Used by the local HTTP server and by the tests' client, so that handlers get the same events as in production.
Source: Amazon API Gateway, "Lambda proxy integration".
"""

import base64
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

Event = dict[str, Any]
Routes = Mapping[str, Mapping[str, Any]]

STAGE = "api"
LARGEST_BODY = 10 * 1024 * 1024


@dataclass(slots=True)
class LambdaContext:
    """Lambda's context object of an invocation. Attribute names are Lambda's."""

    function_name: str = "local"
    memory_limit_in_mb: int = 512
    function_version: str = "$LATEST"
    seconds: float = 29.0
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    _started: float = field(default_factory=time.monotonic)

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the invocation times out."""
        return max(0, int((self._started + self.seconds - time.monotonic()) * 1000))


@dataclass(slots=True)
class HttpAnswer:
    """An HTTP response."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


def event_from_http(
    routes: Routes,
    method: str,
    target: str,
    headers: Iterable[tuple[str, str]],
    body: bytes = b"",
    source_ip: str = "127.0.0.1",
) -> Event | None:
    """The event that API Gateway makes of this request; None when no route matches.

    `routes` is Chalice's table (app.routes), `target` the request line's path and query, percent-encoded. A
    route without the method still matches: the application answers that.
    """
    path, _, query = target.partition("?")
    found = match(routes, path)
    if found is None:
        return None
    resource, parameters = found
    by_name: dict[str, list[str]] = {}
    for name, value in headers:
        by_name.setdefault(name, []).append(value)
    asked: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        asked.setdefault(name, []).append(value)
    text, encoded = _body_as_text(body)
    return {
        "resource": resource,
        "path": path,
        "httpMethod": method,
        "headers": {name: values[-1] for name, values in by_name.items()},
        "multiValueHeaders": by_name,
        "queryStringParameters": {name: values[-1] for name, values in asked.items()} or None,
        "multiValueQueryStringParameters": asked or None,
        "pathParameters": parameters or None,
        "stageVariables": None,
        "requestContext": _request_context(resource, path, method, source_ip, by_name),
        "body": text,
        "isBase64Encoded": encoded,
    }


def match(routes: Routes, path: str) -> tuple[str, dict[str, str]] | None:
    """(route, path parameters, still encoded). A literal takes precedence over a name."""
    given = _segments(path)
    best: tuple[list[bool], str, dict[str, str]] | None = None
    for resource in routes:
        pattern = _segments(resource)
        parameters = _parameters(pattern, given)
        if parameters is None:
            continue
        named = [part.startswith("{") for part in pattern]
        if best is None or named < best[0]:
            best = (named, resource, parameters)
    return (best[1], best[2]) if best else None


def preflight(routes: Routes, target: str) -> HttpAnswer | None:
    """The response to OPTIONS, which API Gateway gives itself; None when no route matches."""
    found = match(routes, target.partition("?")[0])
    if found is None:
        return None
    by_method = routes[found[0]]
    cors = next((entry.cors for entry in by_method.values() if entry.cors), None)
    headers = dict(cors.get_access_control_headers()) if cors else {}
    headers["Access-Control-Allow-Methods"] = ",".join([*by_method, "OPTIONS"])
    return HttpAnswer(200, list(headers.items()), b"")


def answer_to_http(result: Mapping[str, Any]) -> HttpAnswer:
    """A handler's result as an HTTP response."""
    headers = [(name, str(value)) for name, value in (result.get("headers") or {}).items()]
    for name, values in (result.get("multiValueHeaders") or {}).items():
        headers += [(name, str(value)) for value in values]
    body = result.get("body") or ""
    if result.get("isBase64Encoded"):
        content = base64.b64decode(body)
    else:
        content = body if isinstance(body, bytes) else body.encode()
    return HttpAnswer(int(result["statusCode"]), headers, content)


def _segments(path: str) -> list[str]:
    return path.strip("/").split("/") if path.strip("/") else []


def _parameters(pattern: list[str], given: list[str]) -> dict[str, str] | None:
    if len(pattern) != len(given):
        return None
    parameters: dict[str, str] = {}
    for expected, actual in zip(pattern, given, strict=True):
        if expected.startswith("{"):
            if not actual:
                return None
            parameters[expected[1:-1]] = actual
        elif expected != actual:
            return None
    return parameters


def _body_as_text(body: bytes) -> tuple[str | None, bool]:
    # In the template every media type is binary (BinaryMediaTypes is */*), so every body is base64.
    return (base64.b64encode(body).decode(), True) if body else (None, False)


def _request_context(
    resource: str, path: str, method: str, source_ip: str, headers: Mapping[str, list[str]]
) -> dict[str, Any]:
    agent = next((values[-1] for name, values in headers.items() if name.lower() == "user-agent"), None)
    now = time.time()
    return {
        "accountId": "123456789012",
        "apiId": "local",
        "resourceId": "local",
        "stage": STAGE,
        "requestId": str(uuid.uuid4()),
        "extendedRequestId": uuid.uuid4().hex[:16],
        "identity": {"sourceIp": source_ip, "userAgent": agent},
        "resourcePath": resource,
        "httpMethod": method,
        "path": f"/{STAGE}{path}",
        "protocol": "HTTP/1.1",
        "requestTime": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
        "requestTimeEpoch": int(now * 1000),
    }
