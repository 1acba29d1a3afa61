"""Calls a WSGI or ASGI application in this process, as a server would, without the network."""

import asyncio
import io
from collections.abc import Callable
from typing import Any

MEDIA_TYPE = "application/vnd.api+json"
Ready = Callable[[], tuple[bytes, float, float]]


def wsgi(
    application: Any, method: str, path: str, query: str, body: bytes = b"", expected: int = 200
) -> Ready:
    """One request to a WSGI application, ready to be made. Source: PEP 3333."""
    environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "api.example.org",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "api.example.org",
        "HTTP_ACCEPT": MEDIA_TYPE,
        "CONTENT_TYPE": MEDIA_TYPE if body else "",
        "CONTENT_LENGTH": str(len(body)) if body else "",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }

    def answer() -> tuple[bytes, float, float]:
        told: list[str] = []
        parts = application(environ, lambda status, _headers, _problem=None: told.append(status))
        content = b"".join(parts)
        if hasattr(parts, "close"):
            parts.close()
        if not told[0].startswith(str(expected)):
            raise AssertionError(f"{method} {path}: {told[0]} {content[:500]!r}")
        return content, 0.0, 0.0

    return answer


def asgi(
    loop: asyncio.AbstractEventLoop,
    application: Any,
    method: str,
    path: str,
    query: str,
    body: bytes = b"",
    expected: int = 200,
) -> Ready:
    """One request to an ASGI application, ready to be made. Source: asgi.readthedocs.io."""
    headers = [(b"host", b"api.example.org"), (b"accept", MEDIA_TYPE.encode())]
    if body:
        headers += [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode())]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": headers,
        "server": ("api.example.org", 80),
        "client": ("127.0.0.1", 50000),
    }

    async def exchange() -> bytes:
        parts: list[bytes] = []
        status = [0]

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                status[0] = message["status"]
            else:
                parts.append(message.get("body", b""))

        await application(dict(scope), receive, send)
        content = b"".join(parts)
        if status[0] != expected:
            raise AssertionError(f"{method} {path}: {status[0]} {content[:500]!r}")
        return content

    return lambda: (loop.run_until_complete(exchange()), 0.0, 0.0)
