"""An event with its organizer, who sends files to be imported."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from tests.exports.asking import Asking
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.support.databases import TestDatabase
from tests.support.http_client import Client, Reply
from tests.support.pump import Pump

BEGINS = datetime(2031, 7, 1, 8, tzinfo=UTC)
ENDS = datetime(2031, 7, 3, 16, tzinfo=UTC)
LINE = "----WebKitFormBoundary7MA4YWxk"


@dataclass
class Place:
    """An event in Berlin's time zone, with its owner, who imports and exports there."""

    client: Client
    pump: Pump
    database: TestDatabase

    def __post_init__(self) -> None:
        dates = {"starts_at": BEGINS, "ends_at": ENDS, "timezone": "Europe/Berlin"}
        self.owner = stored(make_user)
        self.event = stored(make_event, owner=self.owner, payment_currency="EUR", **dates)
        self.asking = self.client.signed_in_as(self.owner)

    @property
    def exports(self) -> Asking:
        """Exports for the owner."""
        return Asking(self.asking, self.pump)

    def helper(self, role: str = "coorganizer") -> Any:
        """An account with this role at the event."""
        user = stored(make_user)
        stored(make_users_events_roles, user=user, event=self.event, role=role)
        return user

    def send(
        self, kind: str, name: str, content: bytes | str, *, asking: Client | None = None, **options: Any
    ) -> Reply:
        """POST of a file, as a browser does."""
        address = f"/v1/events/{self.event.id}/import/{kind}"
        return send_file(asking or self.asking, address, name, content, **options)

    def report(
        self, kind: str, name: str, content: bytes | str, *, asking: Client | None = None, **options: Any
    ) -> Any:
        """What is polled once the import is over: {state, result}."""
        asking = asking or self.asking
        reply = self.send(kind, name, content, asking=asking, **options)
        assert reply.status == 200, reply.text
        return self.ended(reply, asking)

    def ended(self, reply: Reply, asking: Client | None = None) -> Any:
        """What is polled once the task of this answer is over."""
        return ended(asking or self.asking, self.pump, reply)

    def imported(self, kind: str, name: str, content: bytes | str, **options: Any) -> dict[str, Any]:
        """The counts of an import that succeeds."""
        told = self.report(kind, name, content, **options)
        assert told["state"] == "SUCCESS", json.dumps(told, indent=1)
        counts: dict[str, Any] = told["result"]["counts"]
        return {type: {action: n for action, n in of.items() if n} for type, of in counts.items()}


def send_file(asking: Client, address: str, name: str, content: bytes | str, **options: Any) -> Reply:
    """POST of a file in a part named file, as a browser does."""
    body = content.encode() if isinstance(content, str) else content
    head = f'--{LINE}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
    whole = head.encode() + b"Content-Type: application/octet-stream\r\n\r\n" + body
    whole += f"\r\n--{LINE}--\r\n".encode()
    query = f"?{urlencode(options)}" if options else ""
    content_type = f"multipart/form-data; boundary={LINE}"
    return asking.post(address + query, body=whole, content_type=content_type)


def ended(asking: Client, pump: Pump, reply: Reply) -> Any:
    """What is polled once the task of this answer is over."""
    assert reply.status == 200, reply.text
    task = reply.json["task_url"]
    assert reply.json == {"task_url": f"/v1/tasks/{task.split('/')[3]}"}
    pump.everything()
    return asking.get(task).json


def whole_report(told: Mapping[str, Any]) -> Any:
    """The stored report of a task's result."""
    with urlopen(told["result"]["download_url"]) as answer:
        return json.loads(answer.read())


@pytest.fixture
def place(client: Client, pump: Pump, database: TestDatabase) -> Place:
    return Place(client, pump, database)
