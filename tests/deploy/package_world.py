"""What a packaged system stands in, and all attendees of an event that are asked of it at once."""

import base64
import gzip
import json
from dataclasses import dataclass
from typing import Any

import app
from devstack import database, gateway, pump
from devstack.aws_stand_in import Resources
from tests.deploy.packaged import Packaged

JSONAPI = "application/vnd.api+json"
LAMBDAS_LIMIT = 6_291_556  # bytes
ATTENDEES = 20_000
_OFF = ("is_checked_in", "is_checked_out", "is_registered", "is_consent_of_refund_policy")


@dataclass
class World:
    """The package on an empty database, with a stand-in for AWS."""

    packaged: Packaged
    resources: Resources
    database: str
    requests: str
    token: str | None = None

    def ask(self, method: str, path: str, content: Any = None, kind: str = JSONAPI) -> tuple[int, Any]:
        """Status and body of an answer of the API function."""
        headers = [("Accept", "*/*"), ("Content-Type", kind), ("Host", "api.example.org")]
        if self.token:
            headers.append(("Authorization", f"JWT {self.token}"))
        body = b"" if content is None else json.dumps(content).encode()
        event = gateway.event_from_http(app.app.routes, method, path, headers, body)
        answer = self.packaged.app(event)
        return answer["statusCode"], json.loads(answer["body"] or "null")

    def raw(self, method: str, path: str, more: dict[str, str]) -> Any:
        """What the API function returns to a client that sends no Accept, as some do."""
        headers = {"Host": "api.example.org", "Authorization": f"JWT {self.token}", **more}
        event = gateway.event_from_http(app.app.routes, method, path, headers.items())
        return self.packaged.app(event)

    def deliver(self) -> int:
        """Bring files and tasks to their functions until nothing is left."""
        return pump.deliver_everything(self.packaged, self.resources)

    def rows(self, sql: str) -> Any:
        """What the database says."""
        with database.connected(self.database) as connection:
            return connection.run(sql)


def all_attendees_arrive_in_one_answer(world: World) -> None:
    event, ticket = _sell(world)
    world.rows(
        "SET session_replication_role = replica; "  # the stock is not what this is about
        f"INSERT INTO attendees (event_id, ticket_id, firstname, lastname, email, identifier, {', '.join(_OFF)}) "
        f"SELECT {event}, {ticket}, 'Grace ' || chr(129418) || n, 'Hopper', n || '@example.org', "
        f"md5(n::text){', false' * len(_OFF)} FROM generate_series(1, {ATTENDEES}) n"
    )
    # As an application asks that takes gzip, cannot page, and sends no Accept.
    answer = world.raw("GET", f"/v1/events/{event}/attendees?page%5Bsize%5D=0", {"Accept-Encoding": "gzip"})
    assert (answer["statusCode"], answer["isBase64Encoded"]) == (200, True)
    assert answer["headers"]["Content-Encoding"] == "gzip"
    assert len(json.dumps(answer)) < LAMBDAS_LIMIT
    document = json.loads(gzip.decompress(base64.b64decode(answer["body"])))
    assert len(document["data"]) == document["meta"]["count"] == ATTENDEES
    assert "next" not in document["links"]
    plain = world.raw("GET", f"/v1/events/{event}/attendees?page%5Bsize%5D=0", {})
    assert not plain.get("isBase64Encoded")
    assert len(json.dumps(plain)) < LAMBDAS_LIMIT
    assert "next" in json.loads(plain["body"])["links"]


def _sell(world: World) -> tuple[str, str]:
    """The ids of an event and of a ticket of it."""
    event = world.ask("GET", "/v1/events")[1]["data"][0]["id"]
    ticket = {
        "type": "ticket",
        "attributes": {
            "name": "Free", "type": "free", "quantity": 10, "price": 0, "min-order": 1, "max-order": 5,
            "sales-starts-at": "2026-01-01T00:00:00Z", "sales-ends-at": "2099-04-01T00:00:00Z",
        },
        "relationships": {"event": {"data": {"type": "event", "id": event}}},
    }  # fmt: skip
    status, made = world.ask("POST", "/v1/tickets", {"data": ticket})
    assert status == 201, made
    return event, made["data"]["id"]
