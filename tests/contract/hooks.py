"""What Dredd asks before and after every transaction: a fresh database, and tokens in their places.

Source of the protocol: dredd.org, "Writing a hooks handler": one JSON message a line, over TCP.
"""

import json
import random
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Transaction = dict[str, Any]


class Handler(socketserver.StreamRequestHandler):
    """One run of Dredd."""

    server: "Hooks"

    def handle(self) -> None:
        """Answer each message until Dredd has done."""
        while line := self._line():
            message = json.loads(line)
            answer = self.server.answer(message["event"], message["data"])
            reply = {"uuid": message["uuid"], "event": message["event"], "data": answer}
            self.wfile.write(json.dumps(reply).encode() + b"\n")

    def _line(self) -> bytes:
        # Dredd writes a message and its end apart, and its kernel keeps the end back for 40 ms unless
        # ours tells at once that it has the message.
        if hasattr(socket, "TCP_QUICKACK"):
            self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        return self.rfile.readline()


class Hooks(socketserver.TCPServer):
    """`renew` is called before every transaction; what was done is in `done`, in order.

    `tokens` stand for their names in the examples. With a seed the order is random.
    """

    def __init__(self, renew: Callable[[], None], tokens: dict[str, str], seed: int | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self._renew = renew
        self._tokens = tokens
        self._seed = seed
        self.done: list[Transaction] = []

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])

    def answer(self, event: str, data: Any) -> Any:
        """What Dredd is to change: nothing, the order of all, or the request of one."""
        if event == "beforeAll" and self._seed is not None:
            return random.Random(self._seed).sample(data, len(data))  # noqa: S311 - an order is no secret
        if event == "beforeEach":
            self._renew()
            return {"request": self._filled_in(data["request"])}
        if event == "afterEach":
            self.done.append(data)
        return [] if event.endswith("All") else {}

    def _filled_in(self, request: Any) -> Any:
        text = json.dumps(request)
        for name, token in self._tokens.items():
            text = text.replace(name, token)
        return json.loads(text)


@contextmanager
def listening(hooks: Hooks) -> Iterator[Hooks]:
    """It answers for the length of the block."""
    threading.Thread(target=hooks.serve_forever, daemon=True).start()
    try:
        yield hooks
    finally:
        hooks.shutdown()
        hooks.server_close()
