"""Writers of the drill: they sign up, take tickets, write and upload, and note what was acknowledged."""

import base64
import json
import struct
import threading
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from urllib.request import Request

from tests.support.running_system import MEDIA_TYPE, WireReply, send

PASSWORD: Final = "correct horse battery"  # noqa: S105 - of nobody
_PAUSE: Final = 0.15  # seconds between two writes of one writer
_PLAIN: Final = "application/json"


@dataclass(frozen=True, slots=True)
class Write:
    """An acknowledged write: when it was sent and answered, and how to see it."""

    kind: str
    sent_at: datetime
    answered_at: datetime
    name: str


@dataclass
class Place:
    """Where the writers write: the system's address, the admin's token, an event and its free ticket."""

    address: str
    token: str = ""
    event: str = ""
    ticket: str = ""

    def ask(
        self, method: str, path: str, body: object = None, *, media_type: str = MEDIA_TYPE, token: str = ""
    ) -> WireReply:
        """One request as the admin."""
        headers = {"Accept": "*/*", "Content-Type": media_type}
        if token or self.token:
            headers["Authorization"] = f"JWT {token or self.token}"
        content = None if body is None else json.dumps(body).encode()
        return send(Request(self.address + path, content, headers, method=method))  # noqa: S310 - our own

    def create(self, type_: str, attributes: dict[str, Any], **links: tuple[str, str]) -> str:
        """A resource; its id."""
        related = {name: {"data": {"type": kind, "id": id}} for name, (kind, id) in links.items()}
        data = {"type": type_, "attributes": attributes, "relationships": related}
        reply = self.ask("POST", f"/v1/{type_}s", {"data": data})
        assert reply.status == 201, reply.body
        return str(reply.json["data"]["id"])

    def change(self, type_: str, id: str, attributes: dict[str, Any]) -> None:
        """PATCH a resource."""
        data = {"type": type_, "id": id, "attributes": attributes}
        reply = self.ask("PATCH", f"/v1/{type_}s/{id}", {"data": data})
        assert reply.status == 200, reply.body

    def sign_in(self, email: str, password: str) -> None:
        """Get a token."""
        sent = {"email": email, "password": password}
        reply = self.ask("POST", "/v1/auth/login", sent, media_type=_PLAIN)
        assert reply.status == 200, reply.body
        self.token = reply.json["access_token"]

    def open_event(self) -> None:
        """An event that gives tickets away."""
        self.event = self.create(
            "event",
            {
                "name": "Drill Days", "state": "published", "timezone": "Europe/Berlin",
                "starts-at": "2099-05-01T09:00:00+02:00", "ends-at": "2099-05-02T18:00:00+02:00",
            },
        )  # fmt: skip
        times = {"sales-starts-at": "2020-01-01T00:00:00Z", "sales-ends-at": "2099-04-01T00:00:00Z"}
        kind = {"name": "Garden", "type": "free", "quantity": 100_000, "max-order": 10}
        self.ticket = self.create("ticket", {**kind, **times}, event=("event", self.event))


@dataclass
class Writers:
    """One thread for each kind of write, until they are ended or the system is gone."""

    place: Place
    done: list[Write] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._ended = threading.Event()
        kinds: dict[str, Callable[[int], str]] = {
            "account": self._account,
            "faq": self._faq,
            "order": self._order,
            "file": self._file,
        }
        self._threads = [
            threading.Thread(target=self._write, args=(kind, write), daemon=True)
            for kind, write in kinds.items()
        ]

    def start(self) -> None:
        """Write from now on."""
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Write no more."""
        self._ended.set()
        for thread in self._threads:
            thread.join(40)

    def _write(self, kind: str, write: Callable[[int], str]) -> None:
        number = 0
        while not self._ended.wait(_PAUSE):
            number += 1
            sent_at = datetime.now(UTC)
            try:
                name = write(number)
            except (OSError, AssertionError) as problem:
                if not self._ended.is_set():
                    self.failures.append(f"{kind}: {problem}"[:300])
                time.sleep(1)
                continue
            self.done.append(Write(kind, sent_at, datetime.now(UTC), name))

    def _account(self, number: int) -> str:
        email = f"drill{number}@example.org"
        self.place.create("user", {"email": email, "password": PASSWORD})
        return email

    def _faq(self, number: int) -> str:
        question = f"Question {number}?"
        self.place.create("faq", {"question": question, "answer": "Yes"}, event=("event", self.place.event))
        return question

    def _order(self, number: int) -> str:
        body = {"tickets": [{"id": self.place.ticket, "quantity": 1}]}
        held = self.place.ask("POST", "/v1/orders/create-order", body, media_type=_PLAIN)
        assert held.status == 200, held.body
        order, identifier = held.json["data"]["id"], held.json["data"]["attributes"]["identifier"]
        people = self.place.ask("GET", f"/v1/orders/{identifier}/attendees").json["data"]
        named = {"firstname": "Guest", "lastname": str(number), "email": f"guest{number}@example.org"}
        self.place.change("attendee", people[0]["id"], named)
        self.place.change("order", order, {"status": "completed"})
        return str(identifier)

    def _file(self, number: int) -> str:
        picture = _picture(number)
        data = f"data:image/png;base64,{base64.b64encode(picture).decode()}"
        reply = self.place.ask("POST", "/v1/upload/image", {"data": data}, media_type=_PLAIN)
        assert reply.status == 200, reply.body
        self.place.change("event", self.place.event, {"logo-url": reply.json["url"]})
        self.files[reply.json["url"]] = picture
        return str(reply.json["url"])


def _picture(number: int) -> bytes:
    """A PNG of one pixel, another one for each number."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack("!I", len(content)) + kind + content + struct.pack("!I", zlib.crc32(kind + content))
        )

    head = struct.pack("!IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    pixel = b"\0" + struct.pack("!I", number)[1:]
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(pixel)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body
