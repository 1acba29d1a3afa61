"""Who takes part in a chaos test: accounts made over HTTP, and the event that they meet at."""

import random
import re
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote

from benchmarks.chaos.client import PLAIN, Client, Diary, Reply
from benchmarks.chaos.promises import Promises
from devstack import aws_stand_in, database, stripe_connect
from devstack.stripe_stand_in import DEMO_ACCOUNT

PASSWORD: Final = "correct horse battery"  # noqa: S105 - of accounts that last for a run
TIMES: Final = {"sales-starts-at": "2020-01-01T00:00:00Z", "sales-ends-at": "2031-05-01T00:00:00Z"}
_STRIPE: Final = (
    (
        "UPDATE settings SET stripe_test_client_id = :client, stripe_test_secret_key = :secret",
        {"client": stripe_connect.CLIENT_ID, "secret": stripe_connect.SECRET_KEY},
    ),
    (
        """INSERT INTO stripe_authorizations (event_id, account, stripe_publishable_key)
            VALUES (:event, :account, 'pk')""",
        {"account": DEMO_ACCOUNT},
    ),
)
_PATIENCE: Final = 60.0  # seconds until a mail is missed
_LOOKS: Final = 0.3


class Refused(Exception):
    """An answer that a journey cannot go on with."""


@dataclass(slots=True)
class World:
    """What all of them share."""

    port: int
    mails_at: str  # the stand-in for AWS itself
    stripe: str
    diary: Diary = field(default_factory=Diary)
    promises: Promises = field(default_factory=Promises)
    jumps: list[float] = field(default_factory=list)  # when the clock was moved
    is_over: Callable[[], bool] = lambda: False


class Person:
    """Somebody who has signed up, verified their address by the mailed link, and is signed in."""

    def __init__(self, world: World, name: str, chance: random.Random) -> None:
        self.world, self.chance = world, chance
        self.email = f"{name}.{uuid.UUID(int=chance.getrandbits(128)).hex[:8]}@example.org"
        self.client = Client(world.port, world.diary, chance)
        made = self.create("user", {"email": self.email, "password": PASSWORD})
        world.promises.row(
            f"account {self.email}", "SELECT count(*) FROM users WHERE email = :email", 1, email=self.email
        )
        self._verify()
        world.promises.row(
            f"verified {self.email}", "SELECT is_verified FROM users WHERE id = :id", True, id=int(made["id"])
        )
        self.sign_in()

    def _verify(self) -> None:
        """By the newest mail: the token of one whose task was undone is none, and another mail follows."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            body = {"data": {"token": unquote(self.mailed(r"token=(\S+)"))}}
            reply = self.client.ask("POST", "/v1/auth/verify-email", body, PLAIN)
            if reply.status != 400 or time.monotonic() > deadline:
                self.said(reply)
                return
            time.sleep(_LOOKS)

    def sign_in(self) -> None:
        """Get a token."""
        sent = {"email": self.email, "password": PASSWORD}
        self.client.token = ""
        self.client.token = self.said(self.client.ask("POST", "/v1/auth/login", sent, PLAIN))["access_token"]

    def ask(self, method: str, path: str, body: object = None, media: str = "") -> Reply:
        """The answer; a token that has run out is replaced."""
        more = (media,) if media else ()
        reply = self.client.ask(method, path, body, *more)
        if reply.status == 401 and self.client.token:
            self.sign_in()
            reply = self.client.ask(method, path, body, *more)
        return reply

    @staticmethod
    def said(reply: Reply, *also: int) -> Any:
        """The JSON of an answer. Raises Refused for one that is not 200, 201 or one of `also`."""
        if reply.status not in {200, 201, *also}:
            raise Refused(f"{reply.status} {reply.body[:300].decode(errors='replace')}")
        return reply.json

    def create(self, type_: str, attributes: dict[str, Any], **links: str) -> Any:
        """A resource, as answered."""
        relationships = {name: {"data": {"type": name, "id": id}} for name, id in links.items()}
        data = {"type": type_, "attributes": attributes, "relationships": relationships}
        return self.said(self.ask("POST", f"/v1/{type_}s", {"data": data}))["data"]

    def change(self, type_: str, id: str, **attributes: Any) -> Any:
        """PATCH a resource."""
        sent = {name.replace("_", "-"): value for name, value in attributes.items()}
        document = {"data": {"type": type_, "id": id, "attributes": sent}}
        return self.said(self.ask("PATCH", f"/v1/{type_}s/{id}", document))["data"]

    def read(self, path: str) -> Any:
        """A document's data."""
        return self.said(self.ask("GET", path))["data"]

    def mailed(self, pattern: str, email: str = "") -> str:
        """What the pattern finds in the newest mail to this address that has it. Raises Refused."""
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            for mail in reversed(aws_stand_in.mails(self.world.mails_at, email or self.email)):
                if match := re.search(pattern, mail["text"]):
                    return match[1]
            time.sleep(_LOOKS)
        raise Refused(f"no mail to {email or self.email} with {pattern}")

    def order(self, ticket: str, quantity: int) -> tuple[str, list[str]]:
        """Hold tickets and name who comes: the order's id and those of its attendees."""
        body = {"tickets": [{"id": ticket, "quantity": quantity}]}
        held = self.said(self.ask("POST", "/v1/orders/create-order", body, PLAIN))["data"]
        id = str(held["id"])
        sql = "SELECT count(*) FROM orders WHERE id = :id"
        self.world.promises.row(f"order {id}", sql, 1, id=int(id))
        people = sorted((person["id"] for person in self.read(f"/v1/orders/{id}/attendees")), key=int)
        for number, person in enumerate(people):
            self.change("attendee", person, firstname="Guest", lastname=str(number), email=self.email)
        return id, people


class Market:
    """The event that everybody goes to, made over HTTP while all is calm."""

    def __init__(self, world: World, chance: random.Random) -> None:
        self.owner = Person(world, "olga", chance)
        self.event = str(
            self.owner.create(
                "event",
                {
                    "name": "Chaos Fair",
                    "state": "published",
                    "timezone": "Europe/Berlin",
                    "starts-at": "2031-05-02T09:00:00+00:00",
                    "ends-at": "2031-05-03T18:00:00+00:00",
                    "can-pay-by-stripe": True,
                    "payment-currency": "EUR",
                    "is-ticket-transfer-enabled": True,
                    "is-waiting-list-enabled": True,
                    "waiting-list-offer-hours": 48,
                },
            )["id"]
        )
        self.free = self._ticket(name="Garden", type="free", quantity=1000)
        self.paid = self._ticket(
            name="Hall", type="paid", price=25, quantity=1000, **{"is-fee-absorbed": True}
        )
        self.rare = self._ticket(name="Balcony", type="free", quantity=3)

        order, _ = self.owner.order(self.free, 1)  # so that there is somebody to write to
        self.owner.change("order", order, status="completed")

    def connect(self, url: str) -> None:
        """The event's account at Stripe, as its owner would have connected it."""
        with database.connected(url) as connection:
            for sql, values in _STRIPE:
                connection.run(sql, **values, **({"event": int(self.event)} if ":event" in sql else {}))

    def _ticket(self, **attributes: Any) -> str:
        return str(self.owner.create("ticket", {**attributes, **TIMES}, event=self.event)["id"])
