"""Credit notes: each refund of an invoiced order has one, numbered without gaps, valid, and never changed."""

from decimal import Decimal
from typing import Any

import facturx
import pikepdf
import pytest
from lxml import etree

from chalicelib import clock
from chalicelib.tasks.issue_credit_notes import issue_credit_notes
from devstack.stripe_stand_in import StripeStandIn
from tests.factories import stored
from tests.factories.tax import make_tax
from tests.factories.user import make_user
from tests.orders.test_invoices import broken_rules, fetched, text_of
from tests.payments.conftest import counter, localstripe, stripe
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.issuing import demand_no_gap, issue_at_once
from tests.support.payments import Counter

pytestmark = pytest.mark.one_database
__all__ = ["counter", "localstripe", "stripe"]
BILLED = {"company": "Käufer GmbH", "country": "DE", "address": "Weg 2", "city": "Köln", "zipcode": "50667"}
BILLED_TO = {**BILLED, "is-billing-enabled": True}


@pytest.fixture
def german(counter: Counter) -> Counter:
    """A ticket counter of a German seller with a tax of 19 %, included in the price."""
    counter.database.run(
        "UPDATE events SET payment_country = 'DE', is_tax_enabled = true, timezone = 'Europe/Berlin' "
        f"WHERE id = {counter.event.id}"
    )
    stored(
        make_tax, event=counter.event, registered_company="Verein e.V.", country="DE", address="Ring 1",
        rate=Decimal(19), is_tax_included_in_price=True,
    )  # fmt: skip
    return counter


def sold(counter: Counter, number: int) -> Any:
    """A paid order with an invoice."""
    order = counter.order(number)
    billed = counter.asking.patch(f"/v1/orders/{order['id']}", document("order", BILLED_TO, order["id"]))
    assert billed.status == 200, billed.text
    assert counter.charge(order).status == 200
    counter.stripe.pay(counter.intent(order))
    assert counter.verify(order) == "completed"
    counter.pump.everything()
    return order


def notes(counter: Counter, order: Any) -> list[Any]:
    """The credit notes of the order, oldest first."""
    found = counter.asking.get(f"/v1/orders/{order['id']}/credit-notes?sort=number").data
    return [*found]


def agreed(counter: Counter, order: Any) -> Decimal:
    """What invoice less credit notes says, which is what was paid and has not gone back."""
    papers = counter.database.one(
        "SELECT (content ->> 'total')::numeric - coalesce((SELECT sum((content ->> 'total')::numeric) "
        "FROM credit_notes WHERE order_id = :id), 0) FROM invoices WHERE order_id = :id", id=int(order["id"]),
    )  # fmt: skip
    money = sum(paid - back for state, paid, back in counter.ledger(order) if state == "succeeded")
    assert Decimal(str(papers)) == Decimal(money) / 100
    return Decimal(str(papers))


def test_each_refund_has_a_valid_credit_note(german: Counter) -> None:
    order = sold(german, 3)
    first, second, _ = german.attendees(order)
    assert german.refund(order, attendees=[first], note="The workshop was cancelled").status == 200
    german.pump.everything()
    (note,) = notes(german, order)
    year = clock.now().year
    assert note["attributes"]["amount"] == 50.0
    assert note["attributes"]["number"].startswith(f"{year}-C")
    address = f"/v1/orders/credit-notes/{note['id']}"
    content = fetched(german.asking, german.pump, address)
    text = text_of(content)
    invoice = german.database.one("SELECT sequence FROM invoices WHERE order_id = :id", id=int(order["id"]))
    for answer in (
        f"Credit note {note['attributes']['number']}", f"{year}-{invoice:06}", "Corrects invoice", "Verein e.V.",
        "Käufer GmbH", "The workshop was cancelled", "VAT", "7.98", "42.02", "Credited EUR", "50.00",
    ):  # fmt: skip
        assert answer in text, (answer, text)
    _, xml = facturx.get_facturx_xml_from_pdf(content, check_xsd=True)
    assert facturx.get_level(etree.fromstring(xml)) == "en16931"
    assert broken_rules(xml) == []
    said = xml.decode()
    assert ">381<" in said
    assert f":IssuerAssignedID>{year}-{invoice:06}<" in said
    assert broken_rules(xml.replace(b">42.02<", b">43.02<")), "the rules find what is wrong"
    # The mail of the refund has it.
    (mail,) = [mail for mail in german.pump.mails() if "refund" in mail["subject"].lower()]
    assert "credit-note.pdf" in str(mail), mail
    # A part for everybody, then the rest: the sums of amounts and taxes are those of the invoice.
    assert german.refund(order, amount=10).status == 200
    german.pump.everything()
    assert agreed(german, order) == 90
    assert german.refund(order).status == 200
    german.pump.everything()
    assert agreed(german, order) == 0
    texts = []
    for each in notes(german, order):
        content = fetched(german.asking, german.pump, f"/v1/orders/credit-notes/{each['id']}")
        _, xml = facturx.get_facturx_xml_from_pdf(content, check_xsd=True)
        assert broken_rules(xml) == [], each
        texts.append(text_of(content))
    assert "Reduction of the price" in texts[1]
    taxes = german.database.one(
        "SELECT (SELECT sum((content -> 'tax' ->> 'amount')::numeric) FROM credit_notes WHERE order_id = :id) "
        "= (SELECT (content -> 'tax' ->> 'amount')::numeric FROM invoices WHERE order_id = :id)",
        id=int(order["id"]),
    )  # fmt: skip
    assert taxes is True
    assert second


def test_a_credit_note_is_a_pdf_a_3(german: Counter, tmp_path: Any) -> None:
    order = sold(german, 1)
    assert german.refund(order).status == 200
    german.pump.everything()
    (note,) = notes(german, order)
    content = fetched(german.asking, german.pump, f"/v1/orders/credit-notes/{note['id']}")
    file = tmp_path / "note.pdf"
    file.write_bytes(content)
    with pikepdf.open(file) as opened, opened.open_metadata() as metadata:
        assert opened.check_pdf_syntax() == []
        assert metadata.pdfa_status == "3B"
        assert list(opened.attachments) == ["factur-x.xml"]


def test_it_is_for_the_two_sides(german: Counter) -> None:
    order = sold(german, 1)
    assert german.refund(order).status == 200
    german.pump.everything()
    (note,) = notes(german, order)
    stranger = german.client.signed_in_as(stored(make_user))
    for address in (f"/v1/orders/credit-notes/{note['id']}", f"/v1/credit-notes/{note['id']}"):
        assert stranger.get(address).status == 404
        assert german.organizer.get(address).status in {200, 302}
    assert german.client.get(f"/v1/orders/credit-notes/{note['id']}").status == 401
    for wrong in ("x", "999999", "1.5"):
        assert german.asking.get(f"/v1/orders/credit-notes/{wrong}").status == 404


def test_an_order_that_ends_unpaid_is_credited(german: Counter) -> None:
    order = german.order(2)
    placed = document("order", {**BILLED_TO, "status": "placed", "payment-mode": "bank"}, order["id"])
    assert german.asking.patch(f"/v1/orders/{order['id']}", placed).status == 200
    german.pump.everything()
    # What is billed stays.
    staff = german.client.signed_in_as(stored(make_user, is_admin=True, is_super_admin=True))
    changed = staff.patch(f"/v1/orders/{order['id']}", document("order", {"amount": 1}, order["id"]))
    assert (changed.status, changed.errors[0]["source"]["pointer"]) == (409, "/data/attributes/amount")
    cancelled = document("order", {"status": "cancelled"}, order["id"])
    assert german.asking.patch(f"/v1/orders/{order['id']}", cancelled).status == 200
    german.pump.everything()
    (note,) = notes(german, order)
    assert note["attributes"]["amount"] == 100.0
    assert agreed(german, order) == 0
    text = text_of(fetched(german.asking, german.pump, f"/v1/orders/credit-notes/{note['id']}"))
    assert "Cancelled before it was paid" in text


def test_what_is_refunded_before_the_invoice_is_issued_is_credited_after(german: Counter) -> None:
    order = german.order(2)
    assert german.charge(order).status == 200
    german.stripe.pay(german.intent(order))
    assert german.verify(order) == "completed"
    assert german.refund(order, amount=30).status == 200
    cancelled = document("order", {"status": "cancelled"}, order["id"])
    assert german.asking.patch(f"/v1/orders/{order['id']}", cancelled).status == 200
    german.pump.everything()
    assert agreed(german, order) == 70


def test_a_refund_that_failed_and_is_made_again_is_credited_once(
    german: Counter, stripe: StripeStandIn
) -> None:
    order = sold(german, 1)
    assert german.refund(order, amount=20).status == 200
    german.pump.everything()
    german.database.run("UPDATE refunds SET state = 'failed' WHERE order_id = :id", id=int(order["id"]))
    assert german.refund(order, amount=30).status == 200
    german.pump.everything()
    assert [note["attributes"]["amount"] for note in notes(german, order)] == [20.0, 10.0]
    assert agreed(german, order) == 20


def test_an_issued_credit_note_is_kept(german: Counter) -> None:
    order = sold(german, 2)
    assert german.refund(order, amount=99).status == 200
    german.pump.everything()
    for statement in (
        "UPDATE credit_notes SET content = '{}'", "UPDATE credit_notes SET sequence = 7", "DELETE FROM credit_notes",
    ):  # fmt: skip
        with pytest.raises(Exception, match="neither changed nor deleted"):
            german.database.run(statement)
    more = (
        "INSERT INTO credit_notes (invoice_id, order_id, event_id, seller, year, sequence, issued_at, currency, "
        "amount_minor, content) SELECT invoice_id, order_id, event_id, seller, year, 7, now(), currency, 200, "
        '\'{"total": "2.00"}\' FROM credit_notes ORDER BY id DESC LIMIT 1'
    )
    with pytest.raises(Exception, match="no more is credited"):
        german.database.run(more)


def test_many_at_once_leave_no_gap_and_no_twin(german: Counter, database: TestDatabase) -> None:
    """Eight threads issue the credit notes of 40 orders, each asked for three times; some are rolled back."""
    orders = [int(german.order(1)["id"]) for _ in range(40)]
    database.run(
        "INSERT INTO invoices (order_id, seller, year, sequence, issued_at, content) SELECT id, 'seller ' || id % 3, "
        "2026, 0, now(), jsonb_build_object('total', '50.00', 'tax', null, 'currency', 'EUR', 'timezone', 'UTC', "
        "'lines', '[]'::jsonb) FROM orders WHERE id = ANY (:ids)", ids=orders,
    )  # fmt: skip
    database.run("UPDATE orders SET status = 'cancelled' WHERE id = ANY (:ids)", ids=orders)
    issue_at_once(orders * 3, issue_credit_notes, lost=7)
    rows: list[dict[str, Any]] = database.rows(
        "SELECT seller, sequence, order_id FROM credit_notes WHERE order_id = ANY (:ids)", ids=orders
    )
    assert {row["order_id"] for row in rows} == {*orders}
    assert len(rows) == len(orders)
    demand_no_gap(rows)
