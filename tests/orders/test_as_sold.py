"""An order stays as it was sold: its currency, the names and prices of its tickets, and its tax."""

from decimal import Decimal
from typing import Any

import pytest

from chalicelib import db
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.people.user.user import User
from chalicelib.resources.tickets.ticket import Ticket
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.order import make_order
from tests.factories.tax import make_tax
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.orders.baskets import ORDER, basket
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply
from tests.support.pump import Pump


class Sale:
    """An event that takes bank transfers in euros, and a ticket of it."""

    def __init__(self, client: Client) -> None:
        self.owner, self.buyer = stored(make_user), stored(make_user)
        self.event: Event = stored(
            make_event, owner=self.owner, payment_currency="EUR", can_pay_by_bank=True, is_tax_enabled=True
        )
        stored(make_tax, event=self.event, rate=19, name="VAT", is_tax_included_in_price=True)
        price: dict[str, Any] = {"type": "paid", "price": Decimal("11.90")}
        self.ticket: Ticket = stored(make_ticket, event=self.event, name="Seat", **price)
        self.team, self.buying = client.signed_in_as(self.owner), client.signed_in_as(self.buyer)

    def sold(self) -> int:
        """The id of an order for one, which is paid by now."""
        made = self.buying.post(ORDER, basket({"id": self.ticket.id, "quantity": 1})).data
        for asking, sent in (
            (self.buying, {"status": "placed", "payment-mode": "bank"}),
            (self.team, {"status": "completed"}),
        ):
            moved = asking.patch(f"/v1/orders/{made['id']}", document("order", sent, made["id"]))
            assert moved.status == 200, moved.text
        return int(made["id"])

    def priced_in(self, currency: str | None) -> Reply:
        sent = document("event", {"payment-currency": currency}, self.event.id)
        return self.team.patch(f"/v1/events/{self.event.id}", sent)


@pytest.fixture
def sale(client: Client) -> Sale:
    return Sale(client)


def test_the_currency_stays_while_somebody_owes_or_has_paid_in_it(sale: Sale, database: TestDatabase) -> None:
    assert sale.priced_in("USD").status == 200
    assert sale.priced_in("EUR").status == 200
    order = sale.sold()
    for status in ("initializing", "pending", "placed", "completed"):
        database.run("UPDATE orders SET status = :status", status=status)
        for currency in ("JPY", None):
            refused = sale.priced_in(currency)
            assert refused.status == 409
            assert refused.errors[0]["source"]["pointer"] == "/data/attributes/payment-currency"
    assert sale.priced_in("EUR").status == 200  # which clients send along with everything else
    database.run("UPDATE orders SET status = 'cancelled'")
    assert sale.priced_in("USD").status == 200
    assert database.one("SELECT currency FROM orders WHERE id = :id", id=order) == "EUR"


def test_what_costs_nothing_binds_no_currency(sale: Sale) -> None:
    stored(make_order, event=sale.event, status="completed")
    assert sale.priced_in("USD").status == 200


def test_mails_say_what_was_sold_whatever_it_is_called_and_costs_by_now(
    sale: Sale, database: TestDatabase, pump: Pump
) -> None:
    order = sale.sold()
    changed = document("ticket", {"name": "Stool", "price": 99}, sale.ticket.id)
    assert sale.team.patch(f"/v1/tickets/{sale.ticket.id}", changed).status == 200
    database.run("UPDATE events SET payment_currency = 'JPY'")
    database.run("UPDATE taxes SET rate = 7, name = 'Duty'")
    pump.everything()
    asked = sale.buying.post("/v1/attendees/send-receipt", {"order-identifier": _identifier(database)})
    assert asked.status == 200, asked.text
    pump.everything()
    texts = [mail["text"] for mail in pump.mails() if sale.buyer.email in mail["to"]]
    assert len(texts) >= 2
    for text in texts:
        assert "1 x Seat, 11.90 EUR" in text
        assert "Total: 11.90 EUR" in text
        assert not any(word in text for word in ("Stool", "JPY", "99.00", "Duty"))
    assert any("VAT (19 %), included: 1.90 EUR" in text for text in texts)
    assert database.rows("SELECT name, price FROM orders_tickets WHERE order_id = :id", id=order) == [
        {"name": "Seat", "price": Decimal("11.90")}
    ]


def test_older_orders_keep_the_name_that_a_ticket_had_until_it_is_renamed(
    sale: Sale, database: TestDatabase
) -> None:
    with db.transaction() as session:
        make_order(session, event=sale.event, user=session.get(User, sale.buyer.id), tickets={sale.ticket: 2})
    for name in ("Stool", "Bench"):
        sent = document("ticket", {"name": name}, sale.ticket.id)
        assert sale.team.patch(f"/v1/tickets/{sale.ticket.id}", sent).status == 200
    assert database.one("SELECT name FROM orders_tickets") == "Seat"


def test_a_price_that_the_team_has_said_has_no_tax_of_the_basket(sale: Sale, database: TestDatabase) -> None:
    body = {**basket({"id": sale.ticket.id, "quantity": 1}), "amount": 5}
    assert sale.team.post(ORDER, body).status == 200
    assert database.rows("SELECT currency, tax FROM orders") == [{"currency": "EUR", "tax": None}]


def _identifier(database: TestDatabase) -> Any:
    return database.one("SELECT identifier FROM orders")
