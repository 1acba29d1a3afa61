"""Somebody who buys without an account, over HTTP, and the links that are mailed to them."""

import re
from dataclasses import dataclass, replace
from typing import Any

from tests.orders.baskets import ORDER, basket
from tests.support.documents import document
from tests.support.http_client import Client, Reply
from tests.support.pump import Pump

OPEN = "/v1/orders/open-link"
AGAIN = "/v1/orders/mail-links"


@dataclass(frozen=True, slots=True)
class Guest:
    """A buyer without an account. `client` carries the token of their order, once they have one."""

    client: Client
    pump: Pump
    email: str = "gale@example.org"
    name: str = "Gale Storm"

    def orders(self, *tickets: Any, **more: Any) -> Reply:
        """The answer to an order of these tickets."""
        buyer = {"name": self.name, "email": self.email}
        return self.client.post(ORDER, basket(*tickets, buyer=buyer, **more))

    def with_order(self, *tickets: Any) -> "tuple[Guest, Any]":
        """The guest with the token that the order was answered with, and its resource object."""
        made = self.orders(*tickets)
        assert made.status == 200, made.text
        return self.holding(made.json["meta"]["access_token"]), made.data

    def holding(self, token: str) -> "Guest":
        """The guest with this token."""
        return replace(self, client=replace(self.client, token=token))

    def names(self, order: Any) -> None:
        """Say who comes."""
        for attendee in self.client.get(f"/v1/orders/{order['id']}/attendees").data:
            named = {"firstname": "Ada", "lastname": "Lovelace", "email": "ada@example.org"}
            sent = document("attendee", named, attendee["id"])
            reply = self.client.patch(f"/v1/attendees/{attendee['id']}", sent)
            assert reply.status == 200, reply.text

    def moves(self, order: Any, **attributes: Any) -> Reply:
        """PATCH the order."""
        sent = {name.replace("_", "-"): value for name, value in attributes.items()}
        return self.client.patch(f"/v1/orders/{order['id']}", document("order", sent, order["id"]))

    def mailed_keys(self) -> list[str]:
        """The secrets of all links that were mailed to the address, in the order of the mails."""
        self.pump.everything()
        texts = [mail["text"] for mail in self.pump.mails() if self.email in mail["to"]]
        return [actual for text in texts for actual in re.findall(r"#key=(\S+)", text)]

    def unlocks(self, key: str) -> Reply:
        """The answer to the exchange of a link's secret."""
        return replace(self.client, token=None).post(OPEN, {"data": {"token": key}})

    def by_link(self) -> "Guest":
        """The guest with the token for which the newest link was exchanged."""
        reply = self.unlocks(self.mailed_keys()[-1])
        assert reply.status == 200, reply.text
        return self.holding(reply.json["access_token"])
