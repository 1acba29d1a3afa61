"""Baskets as clients ask about them, at both addresses that judge them."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import clock
from chalicelib.resources.events.event.event import Event
from tests.factories import stored
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.http_client import Client, Reply

CALCULATE, ORDER = "/v1/orders/calculate-amount", "/v1/orders/create-order"
# Everything that an order changes.
_WRITTEN = """
SELECT (SELECT count(*) FROM orders) AS orders, (SELECT count(*) FROM orders_tickets) AS lines,
  (SELECT count(*) FROM attendees) AS attendees, (SELECT sum(taken) FROM stocks) AS taken,
  (SELECT count(*) FROM outbox) AS tasks
"""


# What makes a code one that is not valid now.
_NOW, _HOUR = clock.now(), timedelta(hours=1)
INVALID: list[dict[str, Any]] = [
    {"is_active": False},
    {"valid_from": _NOW + _HOUR},
    {"valid_from": _NOW - 2 * _HOUR, "valid_till": _NOW - _HOUR},
]


def hidden(event: Event, **values: Any) -> Any:
    """A hidden ticket."""
    return stored(make_ticket, event=event, is_hidden=True, **values)


def paid(event: Event, price: float = 100, **values: Any) -> Any:
    """A ticket for 100, unless it is said."""
    return stored(make_ticket, event=event, type="paid", price=price, **values)


def basket(*tickets: Any, **more: Any) -> dict[str, Any]:
    """The body for one of each ticket, for (ticket, quantity) or for what a dict says."""
    return {
        "tickets": [_line(ticket) for ticket in tickets],
        **{_wire(name): value for name, value in more.items()},
    }


def _line(one: Any) -> dict[str, Any]:
    if isinstance(one, dict):
        return one
    ticket, quantity = one if isinstance(one, tuple) else (one, 1)
    return {"id": str(ticket.id), "quantity": quantity}


def _wire(name: str) -> str:
    return name.replace("_", "-")


@dataclass(frozen=True, slots=True)
class Asking:
    """Somebody who asks both addresses about the same basket."""

    client: Client
    database: TestDatabase

    def signed_in_as(self, who: Any) -> "Asking":
        """Somebody else."""
        return Asking(self.client.signed_in_as(who), self.database)

    def accepted(self, body: Any) -> Any:
        """What calculate-amount says of a basket that can be ordered, and then is, for as much."""
        told = self.client.post(CALCULATE, body)
        assert told.status == 200, told.text
        made = self.client.post(ORDER, body)
        assert made.status == 200, made.text
        assert made.data["attributes"]["amount"] == told.json["total"]
        return told.json

    def refused(self, body: Any) -> tuple[Any, ...]:
        """Status and pointers with which both addresses refuse a basket, having changed nothing."""
        before = self.database.rows(_WRITTEN)
        outcomes: list[tuple[Any, ...]] = [self._refused_at(at, body) for at in (CALCULATE, ORDER)]
        assert outcomes[0] == outcomes[1]
        assert self.database.rows(_WRITTEN) == before
        return outcomes[0]

    def _refused_at(self, address: str, body: Any) -> tuple[Any, ...]:
        reply: Reply = self.client.post(address, body)
        assert reply.status >= 400, reply.text
        pointers = [error["source"]["pointer"] for error in reply.errors]
        for pointer, error in zip(pointers, reply.errors, strict=True):
            assert error["detail"]
            assert error["status"] == str(reply.status)
            assert _leads_somewhere(body, pointer), (pointer, body)
        return (reply.status, *pointers)


def _leads_somewhere(body: Any, pointer: str) -> bool:
    """Whether the pointer leads to something that was sent, or to a member that is missing in it."""
    parts = pointer.split("/")[1:]
    for depth, part in enumerate(parts):
        if isinstance(body, list):
            body = body[int(part)]
        elif part in body:
            body = body[part]
        else:
            return depth == len(parts) - 1
    return True


@pytest.fixture
def buyer(client: Client, database: TestDatabase) -> Asking:
    """Somebody with a verified account, of no team."""
    return Asking(client.signed_in_as(stored(make_user)), database)
