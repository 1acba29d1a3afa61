"""A stand-in for X-Ray's daemon: a real UDP socket on this machine that keeps what it is sent."""

import json
import queue
import socket
import threading
import uuid
from typing import Any

_PATIENCE = 10.0  # seconds


class Daemon:
    """Listens until it is closed."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_000_000)
        self._socket.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self._datagrams: list[str] = []
        self._marks: queue.Queue[str] = queue.Queue()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    @property
    def datagrams(self) -> list[str]:
        """All that was sent up to now, as text."""
        self._reach(f"mark {uuid.uuid4()}")
        return list(self._datagrams)

    @property
    def documents(self) -> list[dict[str, Any]]:
        """The documents that were sent up to now, after the line that the daemon's protocol asks for."""
        found = []
        for datagram in self.datagrams:
            opening, _, document = datagram.partition("\n")
            assert json.loads(opening) == {"format": "json", "version": 1}
            found.append(json.loads(document))
        return found

    @property
    def parts(self) -> list[dict[str, Any]]:
        """Every part of every trace, whether it came by itself or within another one."""
        return [part for document in self.documents for part in _with_inner(document)]

    def named(self, name: str) -> list[dict[str, Any]]:
        """The parts of this name."""
        return [part for part in self.parts if part["name"] == name]

    def within(self, part: dict[str, Any]) -> list[dict[str, Any]]:
        """The parts in this one, at any depth, in the order of their beginnings."""
        inner = [item for item in self.parts if item.get("parent_id") == part["id"]]
        found = [*inner, *(item for each in inner for item in self.within(each))]
        return sorted(found, key=lambda item: float(item["start_time"]))

    def forget(self) -> None:
        """Drop what was sent."""
        assert self.datagrams is not None
        self._datagrams.clear()

    def close(self) -> None:
        """End it."""
        self._reach("end")
        self._thread.join(_PATIENCE)
        self._socket.close()

    def _reach(self, mark: str) -> None:
        # What one machine sends to itself comes in its order.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(mark.encode(), self._socket.getsockname())
        while self._marks.get(timeout=_PATIENCE) != mark:
            pass

    def _listen(self) -> None:
        while True:
            text = self._socket.recv(65_536).decode()
            if text.startswith("{"):
                self._datagrams.append(text)
                continue
            self._marks.put(text)
            if text == "end":
                return


def _with_inner(part: dict[str, Any]) -> list[dict[str, Any]]:
    return [part, *(item for inner in part.get("subsegments", ()) for item in _with_inner(inner))]
