"""An event whose tickets are sold out, with a waiting list, and what people do there over HTTP."""

import re
from typing import Any

from chalicelib.resources.orders.order.table import Order
from chalicelib.resources.tickets.ticket import Ticket
from tests.factories import stored
from tests.factories.attendee import make_attendee
from tests.factories.event import make_event
from tests.factories.order import make_order
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.orders.baskets import ORDER, basket
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply
from tests.support.pump import Pump


class WaitingRoom:
    """An event with a waiting list, and a kind of ticket of which so many are sold, each by an order of its own."""

    def __init__(
        self, client: Client, database: TestDatabase, pump: Pump, *, places: int = 2, **event: Any
    ) -> None:
        self.client, self.database, self.pump = client, database, pump
        self.owner = stored(make_user)
        defaults = {"is_waiting_list_enabled": True, "state": "published", "can_pay_by_bank": True}
        self.event = stored(make_event, owner=self.owner, **{**defaults, **event})
        self.orders: list[Order] = []
        self.ticket = self.sold_out(places)

    def sold_out(self, places: int, **values: Any) -> Ticket:
        """A kind of ticket, all of which are sold."""
        ticket = stored(make_ticket, event=self.event, quantity=places, max_order=places, **values)
        for _ in range(places):
            order = stored(make_order, event=self.event, status="completed", payment_mode="free", amount=0)
            stored(make_attendee, event=self.event, order=order, ticket=ticket)
            self.orders.append(order)
        return ticket

    @property
    def team(self) -> Client:
        return self.client.signed_in_as(self.owner)

    def person(self) -> Client:
        """Somebody with an account."""
        return self.client.signed_in_as(stored(make_user))

    def join(self, who: Client | None = None, *tickets: Ticket, **more: Any) -> Reply:
        sent = {"tickets": [ticket.id for ticket in tickets or (self.ticket,)], **more}
        return (who or self.client).post(
            f"/v1/events/{self.event.id}/waiting-list", sent, content_type="application/json"
        )

    def joins(self, who: Client, *tickets: Ticket, **more: Any) -> int:
        """The id of the entry."""
        reply = self.join(who, *tickets, **more)
        assert reply.status == 200, reply.text
        assert reply.json["state"] == "waiting"
        return int(reply.json["entry"])

    def guest_joins(self, email: str, *tickets: Ticket, **more: Any) -> str:
        """The secret of the link after it was opened."""
        reply = self.join(None, *tickets, name="Grace Hopper", email=email, **more)
        assert (reply.status, reply.json) == (200, {"state": "unverified", "entry": None}), reply.text
        key = self.key(email)
        assert self.answer("confirm", key).json["state"] == "waiting"
        return key

    def cancel(self, number: int = 1) -> None:
        """So many orders are cancelled, one after another."""
        for _ in range(number):
            order = self.orders.pop(0)
            sent = document("order", {"status": "cancelled"}, order.id)
            assert self.team.patch(f"/v1/orders/{order.id}", sent).status == 200

    def set(self, **attributes: Any) -> None:
        """The team sets attributes of the event."""
        sent = document("event", attributes, self.event.id)
        reply = self.team.patch(f"/v1/events/{self.event.id}", sent)
        assert reply.status == 200, reply.text

    def overdue(self) -> None:
        """The deadlines of all offers have passed."""
        self.database.run(
            "UPDATE waiting_list_entries SET expires_at = now() - interval '2 minutes' "
            "WHERE event_id = :id AND state = 'offered'",
            id=self.event.id,
        )

    def entry(self, id: int) -> dict[str, Any]:
        (row,) = self.database.rows("SELECT * FROM waiting_list_entries WHERE id = :id", id=id)
        return row

    def states(self) -> list[str]:
        """Of all entries of the event, in the order in which they have joined."""
        rows = self.database.rows(
            "SELECT state FROM waiting_list_entries WHERE event_id = :id ORDER BY joined_at, id",
            id=self.event.id,
        )
        return [row["state"] for row in rows]

    def stock(self, ticket: Ticket | None = None) -> dict[str, int]:
        (row,) = self.database.rows(
            "SELECT capacity, taken, waiting, reserved FROM stocks WHERE ticket_id = :id",
            id=(ticket or self.ticket).id,
        )
        return row

    def available(self, ticket: Ticket | None = None) -> int:
        """What the public is told is left."""
        listed = self.client.get(f"/v1/events/{self.event.id}/tickets/availability").json
        wanted_id = (ticket or self.ticket).id
        return int(next(kind["available"] for kind in listed if kind["id"] == wanted_id))

    def looks(self) -> None:
        """All tasks run, and what follows from them."""
        self.pump.everything()

    def mails_to(self, email: str) -> list[dict[str, Any]]:
        self.pump.everything()
        return [mail for mail in self.pump.mails() if email in mail["to"]]

    def key(self, email: str) -> str:
        """The secret in the newest mail to the address."""
        texts = "\n".join(mail["text"] for mail in self.mails_to(email))
        return str(re.findall(r"/waiting-list#key=(\S+)", texts)[-1])

    def answer(self, verb: str, key: str) -> Reply:
        path = f"/v1/waiting-list-entries/{verb}"
        return self.client.post(path, {"data": {"token": key}}, content_type="application/json")

    def order(
        self, who: Client, offer: str | None, quantity: int = 1, ticket: Ticket | None = None, **more: Any
    ) -> Reply:
        sent = basket((ticket or self.ticket, quantity), **more)
        if offer is not None:
            sent["waiting-list-offer"] = offer
        return who.post(ORDER, sent, content_type="application/json")
