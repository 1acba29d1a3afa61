"""A small HTTP server in a thread, for stand-ins of services by other parties."""

import contextlib
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from chalicelib.http_client import BadAnswer, Deadline, NoAnswer, send


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: path and query as sent, headers by lower-case name."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Told:
    """An answer."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def in_json(status: int, content: Mapping[str, Any]) -> Told:
    """An answer in JSON."""
    return Told(status, json.dumps(content).encode(), {"Content-Type": "application/json"})


class StandInServer:
    """Answers each request by `answer`, one at a time, until it is closed. What a test sets as `before` and
    `after` is called with each request before it is answered, and before its answer is sent: others are
    answered meanwhile.
    """

    def __init__(self, answer: Callable[[Asked], Told], port: int = 0) -> None:
        self.before: Callable[[Asked], object] | None = None
        self.after: Callable[[Asked], object] | None = None
        lock, server = threading.Lock(), self

        class Handler(BaseHTTPRequestHandler):
            timeout = 30

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                length = int(self.headers.get("Content-Length") or 0)
                headers = {name.lower(): value for name, value in self.headers.items()}
                asked = Asked(self.command, parts.path, parts.query, headers, self.rfile.read(length))
                if server.before is not None:
                    server.before(asked)
                with lock:
                    told = answer(asked)
                if server.after is not None:
                    server.after(asked)
                self.send_response(told.status)
                for name, value in {**told.headers, "Content-Length": str(len(told.body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(told.body)

            do_POST = do_GET

            def log_message(self, format: str, *args: Any) -> None:
                """Log nothing: addresses hold checksums."""

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """Its address, without a slash at the end."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        """Stop answering and release the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def deliver(url: str, body: bytes, headers: Mapping[str, str]) -> None:
    """Send an event to a webhook, once, in a thread of its own.

    A provider would repeat it; here the reconciling task finds what was lost.
    """

    def send_once() -> None:
        with contextlib.suppress(NoAnswer, BadAnswer):
            send("POST", url, Deadline(), headers={"Content-Type": "application/json", **headers}, body=body)

    threading.Thread(target=send_once, daemon=True).start()
