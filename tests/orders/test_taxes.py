"""Taxes of a sale: the form of a buyer's tax id, and reverse charge for businesses of other EU countries."""

from typing import Any

import facturx
import pytest

from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.orders.baskets import CALCULATE, ORDER, basket
from tests.orders.test_invoices import broken_rules, fetched, text_of
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply
from tests.support.pump import Pump

pytestmark = pytest.mark.one_database

GERMAN, FRENCH, AUSTRIAN, GREEK = "DE136695976", "FR40303265045", "ATU13585627", "EL094259216"


class Sale:
    """A German event that sells tickets for 119 with 19 % VAT, and a buyer's order of two of them."""

    def __init__(self, client: Client, database: TestDatabase, *, included: bool = True, **tax: Any) -> None:
        self.owner, self.buyer = stored(make_user), stored(make_user, first_name="Grace")
        self.event = stored(
            make_event, owner=self.owner, is_tax_enabled=True, payment_currency="EUR", payment_country="DE",
            can_pay_by_bank=True, can_pay_by_stripe=True,
        )  # fmt: skip
        self.client, self.database = client, database
        attributes = {
            "name": "VAT", "rate": 19, "country": "DE", "tax-id": "DE 136.695.976",
            "registered-company": "Verein e.V.", "is-tax-included-in-price": included,
            "is-reverse-charge-enabled": True,
        }  # fmt: skip
        sent = document("tax", {**attributes, **tax}, event=("event", self.event))
        self.made = client.signed_in_as(self.owner).post("/v1/taxes", sent)
        self.ticket = stored(make_ticket, event=self.event, type="paid", price=119, is_fee_absorbed=True)

    @property
    def asking(self) -> Client:
        return self.client.signed_in_as(self.buyer)

    def order(self) -> Any:
        """An order whose attendees are named."""
        assert self.made.status == 201, self.made.text
        made = self.asking.post(ORDER, basket((self.ticket, 2)))
        assert made.status == 200, made.text
        for person in self.asking.get(f"/v1/orders/{made.data['id']}/attendees").data:
            sent = document("attendee", {"email": "ada@example.org"}, person["id"])
            assert self.asking.patch(f"/v1/attendees/{person['id']}", sent).status == 200
        return made.data

    def say(self, order: Any, **attributes: Any) -> Reply:
        """The buyer says who they are."""
        sent = {name.replace("_", "-"): value for name, value in attributes.items()}
        return self.asking.patch(f"/v1/orders/{order['id']}", document("order", sent, order["id"]))

    def amount(self, order: Any, **attributes: Any) -> tuple[float, bool]:
        """What the order costs once the buyer has said so, and whether the charge is reversed."""
        reply = self.say(order, **attributes)
        assert reply.status == 200, reply.text
        seen = reply.data["attributes"]
        return seen["amount"], seen["is-reverse-charge"]


@pytest.fixture
def sale(client: Client, database: TestDatabase) -> Sale:
    return Sale(client, database)


def test_a_business_of_another_eu_country_pays_without_tax(sale: Sale) -> None:
    order = sale.order()
    assert order["attributes"]["amount"] == 238
    assert sale.amount(order, country="FR") == (238, False)
    assert sale.amount(order, tax_id="FR 40 303 265 045", company="Acheteur SA") == (200, True)
    assert sale.amount(order, city="Paris") == (200, True)
    # Each of them alone puts the tax on again.
    assert sale.amount(order, tax_id=None) == (238, False)
    assert sale.amount(order, tax_id=FRENCH) == (200, True)
    assert sale.amount(order, country="AT") == (238, False)
    assert sale.amount(order, country="Greece", tax_id=GREEK) == (200, True)
    assert sale.amount(order, country="Germany", tax_id=GERMAN) == (238, False)  # at home
    assert sale.amount(order, country="CH", tax_id="CHE123456788") == (238, False)
    tax = sale.database.one("SELECT tax FROM orders WHERE id = :id", id=int(order["id"]))
    assert tax == {"included": True, "amount": 38.0, "percent": 19.0, "name": "VAT"}


def test_an_added_tax_is_not_added(client: Client, database: TestDatabase) -> None:
    sale = Sale(client, database, included=False)
    order = sale.order()
    assert order["attributes"]["amount"] == 283.22
    assert sale.amount(order, country="AT", tax_id=AUSTRIAN) == (238, True)
    assert sale.amount(order, country="AT", tax_id="") == (283.22, False)


def test_the_team_says_whether_there_is_reverse_charge_at_all(client: Client, database: TestDatabase) -> None:
    sale = Sale(client, database, **{"is-reverse-charge-enabled": False})
    assert sale.amount(sale.order(), country="FR", tax_id=FRENCH) == (238, False)


@pytest.mark.parametrize(
    ("tax", "pointer"),
    [
        ({"tax-id": "12/345/67890"}, "/data/attributes/tax-id"),
        ({"tax-id": "DE123456780"}, "/data/attributes/tax-id"),
        ({"tax-id": FRENCH}, "/data/attributes/tax-id"),
        ({"tax-id": None}, "/data/attributes/tax-id"),
        ({"country": "CH", "tax-id": "CHE123456788"}, "/data/attributes/country"),
    ],
)
def test_reverse_charge_needs_a_seller_with_a_vat_id(
    client: Client, database: TestDatabase, tax: dict[str, Any], pointer: str
) -> None:
    refused = Sale(client, database, **tax).made
    assert (refused.status, refused.errors[0]["source"]["pointer"]) == (422, pointer)


@pytest.mark.parametrize(
    ("told", "stored_id"),
    [
        ({"tax-id": "de 136 695 976"}, GERMAN),
        ({"tax-id": "12/345/67890", "country": "DE"}, "1234567890"),
        ({"tax-id": "ESX850101ABC", "country": "MX"}, "ESX850101ABC"),
        ({"tax-id": "US 12-3456789", "country": "US"}, "US123456789"),
        ({"tax-id": ""}, None),
    ],
)
def test_a_tax_id_has_one_form(sale: Sale, told: dict[str, Any], stored_id: str | None) -> None:
    order = sale.order()
    assert sale.say(order, **told).data["attributes"].get("tax-id") == stored_id


@pytest.mark.parametrize(
    "told",
    [
        {"tax-id": "DE136695977"},
        {"tax-id": "FR123", "country": "FR"},
        {"tax-id": "FR40303265045X"},
        {"tax-id": "<b>FR</b>"},
        {"tax-id": "x" * 31},
        {"tax-id": "ä" * 9},
        {"tax-id": 7},
        {"tax-id": ["FR40303265045"]},
    ],
)
def test_what_is_no_tax_id_is_refused(sale: Sale, told: dict[str, Any]) -> None:
    order = sale.order()
    refused = sale.say(order, **told)
    assert (refused.status, refused.errors[0]["source"]["pointer"]) == (422, "/data/attributes/tax-id")
    seen = sale.asking.get(f"/v1/orders/{order['id']}").data["attributes"]
    assert (seen["amount"], seen.get("tax-id")) == (238, None)


def test_a_country_is_checked_with_the_tax_id_that_is_there(sale: Sale) -> None:
    order = sale.order()
    assert sale.say(order, tax_id="ESX850101ABC", country="MX").status == 200
    refused = sale.say(order, country="ES")
    assert (refused.status, refused.errors[0]["source"]["pointer"]) == (422, "/data/attributes/tax-id")


def test_what_the_team_has_priced_and_what_is_placed_stays(sale: Sale) -> None:
    order = sale.order()
    assert sale.amount(order, country="FR", status="placed", payment_mode="bank") == (238, False)
    assert sale.say(order, tax_id=FRENCH).status == 403
    team = sale.client.signed_in_as(sale.owner)
    priced = team.post(ORDER, {**basket((sale.ticket, 2)), "amount": 50})
    assert priced.status == 200, priced.text
    sent = document("order", {"country": "FR", "tax-id": FRENCH}, priced.data["id"])
    assert team.patch(f"/v1/orders/{priced.data['id']}", sent).data["attributes"]["amount"] == 50


def test_only_both_sides_see_the_tax_id(sale: Sale) -> None:
    order = sale.order()
    assert sale.amount(order, country="FR", tax_id=FRENCH) == (200, True)
    guest = sale.client.signed_in_as(stored(make_user, email="ada@example.org"))
    seen = guest.get(f"/v1/orders/{order['id']}").data["attributes"]
    assert not {"tax-id", "is-reverse-charge"} & seen.keys()


@pytest.mark.parametrize("included", [True, False])
def test_the_invoice_says_who_accounts_for_the_tax(
    client: Client, database: TestDatabase, pump: Pump, included: bool
) -> None:
    sale = Sale(client, database, included=included)
    order = sale.order()
    bill = {"company": "Acheteur SA", "address": "1 Rue", "city": "Paris", "zipcode": "75001"}
    net = 200 if included else 238
    assert sale.amount(order, country="FR", tax_id=FRENCH, **bill) == (net, True)
    assert sale.say(order, status="placed", payment_mode="bank").status == 200
    pump.everything()
    content = fetched(sale.asking, pump, f"/v1/orders/invoices/{order['attributes']['identifier']}")
    text = text_of(content)
    assert "Reverse charge: the recipient accounts for the VAT" in text
    assert FRENCH in text
    assert f"Total EUR {net}.00" in text
    assert ("VAT 19 %, not charged -38.00" in text) is included
    _, xml = facturx.get_facturx_xml_from_pdf(content, check_xsd=True)
    assert broken_rules(xml) == []
    assert b"<ram:CategoryCode>AE</ram:CategoryCode>" in xml
    assert f"<ram:DuePayableAmount>{net}.00</ram:DuePayableAmount>".encode() in xml
    assert b">0.00</ram:TaxTotalAmount>" in xml


RATES = [
    # prices and rates of one ticket each, included; net and tax by rate, the tax, the total
    (True, [(107, 7), (119, None)], [(7, 100, 7), (19, 100, 19)], 26, 226),
    (False, [(100, 7), (100, None)], [(7, 100, 7), (19, 100, 19)], 26, 226),
    (True, [(10, 0), (119, None)], [(0, 10, 0), (19, 100, 19)], 19, 129),
    # Each rate is rounded by itself, and the parts add up: 0.05 at 7 % is 0.0035, at 19 % is 0.0095.
    (False, [(0.05, 7), (0.05, 19)], [(7, 0.05, 0), (19, 0.05, 0.01)], 0.01, 0.11),
    (True, [(0.33, 7), (0.34, 19)], [(7, 0.31, 0.02), (19, 0.29, 0.05)], 0.07, 0.67),
]


def priced(sale: Sale, *prices: tuple[float, float | None]) -> list[Any]:
    """Tickets of these prices with these rates, made by the team."""
    team = sale.client.signed_in_as(sale.owner)
    tickets = []
    for price, rate in prices:
        ticket = stored(make_ticket, event=sale.event, type="paid", price=price, is_fee_absorbed=True)
        if rate is not None:
            sent = document("ticket", {"tax-rate": rate}, ticket.id)
            changed = team.patch(f"/v1/tickets/{ticket.id}", sent)
            assert (changed.status, changed.data["attributes"]["tax-rate"]) == (200, rate)
        tickets.append(ticket)
    return tickets


@pytest.mark.parametrize(("included", "prices", "rates", "tax", "total"), RATES)
def test_tickets_have_tax_rates_of_their_own(
    client: Client, database: TestDatabase, included: bool, prices: Any, rates: Any, tax: float, total: float
) -> None:
    sale = Sale(client, database, included=included)
    tickets = priced(sale, *prices)
    told = sale.asking.post(CALCULATE, basket(*tickets)).json
    found = [(at["percent"], at["net"], at["amount"]) for at in told["tax"]["rates"]]
    assert (found, told["tax"]["amount"], told["total"]) == (rates, tax, total)
    made = sale.asking.post(ORDER, basket(*tickets))
    assert made.data["attributes"]["amount"] == total
    kept = database.rows(
        "SELECT tax_rate::float AS rate FROM orders_tickets WHERE order_id = :id ORDER BY ticket_id",
        id=int(made.data["id"]),
    )
    assert [row["rate"] for row in kept] == [rate for _, rate in prices]


def test_one_rate_of_its_own_is_told_as_before(sale: Sale) -> None:
    (ticket,) = priced(sale, (107, 7))
    told = sale.asking.post(CALCULATE, basket((ticket, 2))).json
    assert told["tax"] == {"included": True, "amount": 14.0, "percent": 7.0, "name": "VAT"}
    assert told["tickets"][0]["ticket_tax"] == 7


@pytest.mark.parametrize("rate", [-1, 100.5, "much", [7]])
def test_a_rate_is_a_percentage(sale: Sale, rate: Any) -> None:
    sent = document("ticket", {"tax-rate": rate}, sale.ticket.id)
    refused = sale.client.signed_in_as(sale.owner).patch(f"/v1/tickets/{sale.ticket.id}", sent)
    assert (refused.status, refused.errors[0]["source"]["pointer"]) == (422, "/data/attributes/tax-rate")


@pytest.mark.parametrize("reverse", [True, False])
@pytest.mark.parametrize("included", [True, False])
def test_the_invoice_shows_each_rate(
    client: Client, database: TestDatabase, pump: Pump, included: bool, reverse: bool
) -> None:
    sale = Sale(client, database, included=included)
    tickets = priced(sale, (107, 7), (119, None), (10, 0))
    made = sale.asking.post(ORDER, basket(*tickets, (sale.ticket, 3)))
    order = made.data
    for person in sale.asking.get(f"/v1/orders/{order['id']}/attendees").data:
        sent = document("attendee", {"email": "ada@example.org"}, person["id"])
        assert sale.asking.patch(f"/v1/attendees/{person['id']}", sent).status == 200
    bill = {"company": "Acheteur SA", "address": "1 Rue", "city": "Paris", "zipcode": "75001"}
    amount, reversed_ = sale.amount(order, country="FR", tax_id=FRENCH if reverse else None, **bill)
    assert (amount, reversed_) == (
        {
            (True, True): 510, (True, False): 593, (False, True): 593, (False, False): 690.93,
        }[included, reverse],
        reverse,
    )  # fmt: skip
    assert sale.say(order, status="placed", payment_mode="bank").status == 200
    team = sale.client.signed_in_as(sale.owner)
    sent = document("order", {"status": "completed"}, order["id"])
    assert team.patch(f"/v1/orders/{order['id']}", sent).status == 200
    receipt = {"order-identifier": order["attributes"]["identifier"]}
    assert sale.asking.post("/v1/attendees/send-receipt", receipt).status == 200
    pump.everything()
    content = fetched(sale.asking, pump, f"/v1/orders/invoices/{order['attributes']['identifier']}")
    text = text_of(content)
    receipts = [mail["text"] for mail in pump.mails() if "receipt" in mail["text"] and "VAT" in mail["text"]]
    assert ("Reverse charge" in text) is ("Reverse charge" in receipts[-1]) is reverse
    for answer in ("VAT (7 %)", "VAT (19 %)"):
        assert (answer in receipts[-1]) is not reverse
    for answer in ("VAT 7 % on", "VAT 19 % on", "VAT 0 % on"):
        assert (answer in text) is not reverse
    assert "(7 %)" in text
    _, xml = facturx.get_facturx_xml_from_pdf(content, check_xsd=True)
    assert broken_rules(xml) == []
    assert xml.count(b"<ram:BasisAmount>") == (1 if reverse else 3)
