"""Taxes of a sale: the form of a buyer's tax id, and reverse charge for businesses of other EU countries."""

from typing import Any

import facturx
import pytest

from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.orders.baskets import ORDER, basket
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
