"""HTTP/1.1 connections of the AWS stand-in: kept alive, with a body that is read before it is answered.

Werkzeug's server ends the connection after each request, which takes a thread, two sockets and two log lines;
boto3 keeps its connections. Errors of the application are logged; requests are not.
"""

import sys
import traceback
from collections.abc import Iterable
from http import HTTPStatus
from io import BytesIO
from typing import Any, Final

from moto.moto_server.werkzeug_app import MotoRequestHandler

_IDLE_SECONDS: Final = 65
_NO_BODY: Final = frozenset({204, 304})


class Connection(MotoRequestHandler):  # type: ignore[misc]
    """One connection, which answers a request after the other by the WSGI application of its server."""

    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body in one packet

    def run_wsgi(self) -> None:
        """Answer one request; 500 where the application fails."""
        environ: dict[str, Any] = self.make_environ()
        if "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
            self.close_connection = True  # the end of the body is unknown here
        else:
            environ["wsgi.input"] = BytesIO(self.rfile.read(int(environ.get("CONTENT_LENGTH") or 0)))
        told: list[tuple[str, list[tuple[str, str]]]] = []
        try:
            answered: Iterable[bytes] = self.server.app(environ, lambda *answer: told.append(answer[:2]))
            body = b"".join(answered)
            status, headers = told[-1]
        except Exception:
            traceback.print_exc(file=sys.stderr)
            status, headers, body = "500 Internal Server Error", [], b""
        self._send(int(status.split()[0]), headers, body)

    def handle_expect_100(self) -> bool:
        """Let the client send its body, at once."""
        goes_on = super().handle_expect_100()
        self.wfile.flush()
        return bool(goes_on)

    def _send(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response(status, HTTPStatus(status).phrase)
        for name, value in headers:
            # A HEAD tells the length of what it does not send.
            if self.command == "HEAD" or name.lower() != "content-length":
                self.send_header(name, value)
        bodiless = self.command == "HEAD" or status in _NO_BODY
        if not bodiless:
            self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if not bodiless:
            self.wfile.write(body)
        self.wfile.flush()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing: there are thousands in a run of the tests."""
