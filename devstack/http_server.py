"""Local HTTP server: API Gateway and the public side of the bucket in one.

Several of these processes share one listening socket. Each accepts many connections and, as Lambda does,
handles one request at a time.
"""

import json
import signal
import socket
import string
import sys
import threading
from collections.abc import Iterable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase
from types import ModuleType
from typing import Any
from urllib.parse import quote

from chalicelib.jsonapi.ground.request import MEDIA_TYPE
from devstack import cross_origin, gateway, local_clock, mail_page, media
from devstack.gateway import LARGEST_BODY, HttpAnswer

_IDLE_SECONDS = 65
_LARGEST_DRAINED = 8 * LARGEST_BODY
_one_at_a_time = threading.Lock()


class Refused(Exception):
    """The request cannot be passed on; `detail` says why."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


class Server(ThreadingHTTPServer):
    """Accepts connections from a shared socket."""

    daemon_threads = True

    def __init__(self, listening: socket.socket, app: ModuleType) -> None:
        super().__init__(("127.0.0.1", 0), Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listening
        # Another process may have accepted the connection first.
        self.socket.setblocking(False)
        self.app = app

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept one connection; socketserver skips the OSError when there is none left."""
        connection, address = self.socket.accept()
        connection.setblocking(True)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection, address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that disconnect."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """One keep-alive connection."""

    protocol_version = "HTTP/1.1"
    server_version = "devstack"
    sys_version = ""
    timeout = _IDLE_SECONDS
    wbufsize = -1  # header and body in one packet
    server: Server

    def answer_any(self) -> None:
        """Answer a request of whatever method."""
        try:
            body = self._body()
            answer = self._local(body) or self._from_lambda(body)
        except Refused as refusal:
            answer = _error(refusal.status, refusal.detail)
        self._send(answer)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer_any

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Errors of the base class: an unknown method, a malformed request line."""
        self.close_connection = True
        self.request_version = self.request_version or self.protocol_version
        self._send(_error(code, message or HTTPStatus(code).phrase))

    def log_message(self, format: str, *args: Any) -> None:
        """One line per request in this process's log."""
        sys.stderr.write(f"{self.log_date_time_string()} {format % args}\n")

    def _local(self, body: bytes) -> HttpAnswer | None:
        path = self.path.partition("?")[0]
        if path == local_clock.PATH:
            return local_clock.answer(self.command, body)
        if path == mail_page.PATH:
            return mail_page.answer(self.command, self.path, self.headers.get("Accept", ""))
        if path.startswith("/media/") and self.command in {"GET", "HEAD"}:
            return media.serve(path[1:], self.command, {k.lower(): v for k, v in self.headers.items()})
        return None

    def _from_lambda(self, body: bytes) -> HttpAnswer:
        app = self.server.app
        target = quote(self.path.encode("latin-1"), safe=string.punctuation)  # only non-ASCII characters
        if self.command == "OPTIONS":
            answer = gateway.preflight(app.app.routes, target)
            return answer or _error(404, "There is nothing at this address.")
        event = gateway.event_from_http(
            app.app.routes, self.command, target, self.headers.items(), body, self.client_address[0]
        )
        if event is None:
            return _error(404, "There is nothing at this address.")
        with _one_at_a_time, local_clock.followed():
            return gateway.answer_to_http(app.app(event, gateway.LambdaContext("api_handler")))

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._chunked_body()
        text = self.headers.get("Content-Length", "0")
        if not text.isdigit():
            self.close_connection = True
            raise Refused(400, "The Content-Length is no number.")
        if int(text) > LARGEST_BODY:
            self.close_connection = True
            _drain(self.rfile, min(int(text), _LARGEST_DRAINED))
            raise Refused(413, f"The body exceeds {LARGEST_BODY} bytes.")
        return self.rfile.read(int(text))

    def _chunked_body(self) -> bytes:
        parts: list[bytes] = []
        while True:
            try:
                size = int(self.rfile.readline(1024).partition(b";")[0], 16)
            except ValueError:
                self.close_connection = True
                raise Refused(400, "The chunked body is broken.") from None
            if sum(map(len, parts)) + size > LARGEST_BODY:
                self.close_connection = True
                raise Refused(413, f"The body exceeds {LARGEST_BODY} bytes.")
            parts.append(self.rfile.read(size))
            if not size:
                break
            self.rfile.readline()
        while self.rfile.readline(65_537) not in (b"\r\n", b"\n", b""):
            pass  # trailers
        return b"".join(parts)

    def _origin(self) -> str | None:
        # The base class answers a malformed request line before there are headers.
        headers = getattr(self, "headers", None)
        return None if headers is None else headers.get("Origin")

    def _send(self, answer: HttpAnswer) -> None:
        bodiless = answer.status in (204, 304) or answer.status < 200
        self.send_response(answer.status)
        for name, value in cross_origin.with_credentials(answer.headers, self._origin()):
            if name.lower() not in {"content-length", "connection", "transfer-encoding"}:
                self.send_header(name, value)
        if not bodiless and (answer.body or self.command != "HEAD"):
            self.send_header("Content-Length", str(len(answer.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if not bodiless and self.command != "HEAD":
            self.wfile.write(answer.body)
        self.wfile.flush()


def _error(status: int, detail: str) -> HttpAnswer:
    error = {
        "status": str(status),
        "title": HTTPStatus(status).phrase,
        "detail": detail,
        "source": {"pointer": ""},
    }
    return _json(status, {"errors": [error], "jsonapi": {"version": "1.1"}}, MEDIA_TYPE)


def _json(status: int, content: object, media_type: str) -> HttpAnswer:
    headers: Iterable[tuple[str, str]] = (("Content-Type", media_type), ("Access-Control-Allow-Origin", "*"))
    return HttpAnswer(status, list(headers), json.dumps(content, ensure_ascii=False).encode())


def _drain(stream: BufferedIOBase, size: int) -> None:
    # A client that is still sending would not read an answer.
    while size > 0 and (piece := stream.read(min(size, 1 << 16))):
        size -= len(piece)


def main() -> None:
    """Serve the socket with the file descriptor in the only argument, until stopped."""
    import app

    server = Server(socket.socket(fileno=int(sys.argv[1])), app)

    def stop(*_: object) -> None:
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    server.serve_forever(poll_interval=0.2)
    _one_at_a_time.acquire(timeout=5)  # finish the current request


if __name__ == "__main__":
    main()
