"""Devices whose core (door-core.js) runs in Node.js, and an HTTP server before the system under test."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from tests.support.http_client import Client
from tests.support.node import NODE

_HERE = Path(__file__).resolve().parent
CORE = _HERE.parents[1] / "chalicelib" / "door_page" / "static" / "door-core.js"


class NodeDoor:
    """One device: its methods are those of the core, by name."""

    def __init__(self, api: str) -> None:
        command = [str(NODE), str(_HERE / "driver.mjs"), CORE.as_uri(), api]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self, call: str, *args: Any) -> Any:
        """The value of a call; a dictionary with `error` where it throws."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"call": call, "args": args}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"node has ended: {self._process.wait()}"
        said = json.loads(line)
        return said.get("value", said)

    def scan(self, code: str, **more: Any) -> dict[str, Any]:
        """The verdict on a code."""
        verdict: dict[str, Any] = self("scan", {"code": code, **more})
        return verdict

    def close(self) -> None:
        """End the device."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)


@contextmanager
def serving(client: Client) -> Iterator[str]:
    """The address of an HTTP server that passes requests on to the client's system, for the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            wanted = ("authorization", "accept")
            headers = {name: value for name, value in self.headers.items() if name.lower() in wanted}
            kind = self.headers.get("Content-Type")
            reply = client.request(
                self.command, self.path, headers=headers, body=body or None, content_type=kind
            )
            content = reply.text.encode()
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.headers.get("content-type", ""))
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_args: object) -> None:
            """Nothing is written."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
