"""The list of attendees: columns, answers, what was paid, and texts that do harm."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest

from chalicelib import db
from chalicelib.resources.orders.order.table import orders_tickets
from tests.exports.conftest import Fair
from tests.factories import stored
from tests.factories.access_code import make_access_code
from tests.factories.attendee import make_attendee
from tests.factories.custom_form import make_custom_form
from tests.factories.discount_code import make_discount_code
from tests.factories.order import make_order
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user

pytestmark = pytest.mark.one_database
FILE = "attendees.csv"
FORMER = [
    "Order#", "Order Date", "Status", "Payment Type", "Payment Mode", "Ticket ID", "Ticket Name",
    "Ticket Price", "Ticket Type", "Tax ID", "Address", "Company", "Country", "State", "City", "Zipcode", "Email",
]  # fmt: skip
ORDERED = datetime(2030, 1, 2, 9, 0, 5, tzinfo=UTC)


def sold(
    fair: Fair, price: str = "10", quantity: int = 1, amount: str = "", **values: Any
) -> tuple[Any, list[Any]]:
    """A completed order of so many tickets, and its attendees."""
    ticket = stored(make_ticket, event=fair.event, type="paid", price=Decimal(price))
    given = {
        "status": "completed",
        "created_at": ORDERED,
        "amount": Decimal(amount or price) * (1 if amount else quantity),
    }
    order = stored(make_order, event=fair.event, **{**given, **values})
    line = {"order_id": order.id, "ticket_id": ticket.id, "quantity": quantity, "name": ticket.name}
    with db.transaction() as session:
        session.execute(orders_tickets.insert().values(**line, price=Decimal(price)))
    people = [stored(make_attendee, event=fair.event, order=order, ticket=ticket) for _ in range(quantity)]
    return order, people


def test_columns_are_those_of_the_former_server_and_then_more(fair: Fair) -> None:
    order, (person,) = sold(
        fair, payment_mode="bank", company="Müller, Söhne & Co", tax_business_info="DE 1", city="Köln"
    )
    table = fair.asking.csv(fair.path(FILE))
    head, row = table
    assert head == [
        *FORMER, "virtual_event_checkin_times", "First Name", "Last Name", "Price Paid", "Currency",
        "Discount Code", "Access Code", "Checked In",
    ]  # fmt: skip
    record = dict(zip(head, row, strict=True))
    assert record["Order#"] == f"O{int(ORDERED.timestamp())}-{order.id}"
    assert record["Order Date"] == "January 2, 2030 10:00 +0100"
    assert record["Ticket ID"] == f"{order.identifier}-{person.identifier}"
    assert (record["Company"], record["Tax ID"], record["City"]) == ("Müller, Söhne & Co", "DE 1", "Köln")
    assert (record["Ticket Price"], record["Price Paid"], record["Currency"]) == ("10.00", "10.00", "EUR")
    assert (record["Email"], record["Checked In"]) == (person.email, "No")


def test_prices_are_those_that_were_paid(fair: Fair) -> None:
    code = stored(make_discount_code, event=fair.event, code="TENTH", value=10)
    access = stored(make_access_code, event=fair.event, code="=FRIENDS")
    order, people = sold(fair, "10", 3, amount="10", discount_code_id=code.id)
    fair.database.run("UPDATE tickets SET price = 99 WHERE event_id = :id", id=fair.event.id)
    fair.database.run("UPDATE discount_codes SET value = 90 WHERE id = :id", id=code.id)
    given = "discount_code_id = :code, access_code_id = :access, is_discount_applied = TRUE"
    fair.database.run(
        f"UPDATE attendees SET {given} WHERE id = :id", code=code.id, access=access.id, id=people[0].id
    )
    free, _ = sold(fair, "0")
    records = fair.asking.records(fair.path(FILE), sort="id")
    paid = [record["Price Paid"] for record in records]
    # 10 euros by the weights 1, 10 and 10: to the cent.
    assert paid == ["0.48", "4.76", "4.76", "0"]
    assert [record["Ticket Price"] for record in records] == ["10.00", "10.00", "10.00", "0"]
    assert [record["Discount Code"] for record in records] == ["TENTH", "", "", ""]
    assert [record["Access Code"] for record in records] == ["'=FRIENDS", "", "", ""]
    assert records[-1]["Order#"].endswith(f"-{free.id}")
    fewer = fair.asking.records(fair.path(FILE), **{"filter[id]": str(people[2].id), "columns": "price-paid"})
    assert fewer == [{"Price Paid": "4.76"}], "also where the order's other tickets are not listed"
    assert order.id


def test_answers_have_a_column_each(fair: Fair) -> None:
    fields = [
        ("zebra", "T-shirt", "text", 3, True), ("shirt", "T-shirt", "text", 2, True),
        ("vegan", "=Vegan?", "boolean", 1, True), ("count", "Count", "number", 4, True),
        ("jobTitle", "", "text", 5, True), ("acceptVideoRecording", "", "boolean", 6, True),
        ("email", "Email", "text", 0, True), ("hidden", "Hidden", "text", 7, False),
    ]  # fmt: skip
    for identifier, name, kind, position, included in fields:
        values = {
            "field_identifier": identifier,
            "name": name or identifier,
            "type": kind,
            "position": position,
        }
        stored(make_custom_form, event=fair.event, form="attendee", is_included=included, **values)
    _, (first, second) = sold(fair, quantity=2)
    fair.database.run(
        "UPDATE attendees SET complex_field_values = CAST(:given AS jsonb), job_title = '+Boss',"
        " accept_video_recording = FALSE WHERE id = :id",
        given='{"zebra": "L", "shirt": "a,\\"b\\"\\nc", "vegan": true, "count": 1.50, "hidden": "x"}',
        id=first.id,
    )
    head, row, other = fair.asking.csv(fair.path(FILE), sort="id")
    at = len(FORMER)
    assert head[:at] == FORMER
    assert head[at : at + 6] == [
        "'=Vegan?",
        "T-shirt",
        "T-shirt",
        "Count",
        "jobTitle",
        "acceptVideoRecording",
    ]
    assert row[at : at + 6] == ["Yes", 'a,"b"\nc', "L", "1.50", "'+Boss", "No"]
    assert other[at : at + 6] == [""] * 6
    assert head[at + 6] == "virtual_event_checkin_times"
    chosen = fair.asking.csv(fair.path(FILE), columns="email,answers", **{"filter[id]": str(second.id)})
    assert chosen[0] == ["Email", *head[at : at + 6]]


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@x",
        "\t=1",
        "a,b",
        'a"b',
        "a\nb",
        "שלום",
        "مرحبا",
        "👩‍💻",
        "'",
        "0",
        " = 1",
        "\ufeffx",
    ],
)
def test_texts_of_any_kind_are_cells(fair: Fair, text: str) -> None:
    _, (person,) = sold(fair)
    fair.database.run("UPDATE attendees SET firstname = :text WHERE id = :id", text=text, id=person.id)
    ((_, *_), (cell,)) = fair.asking.csv(
        fair.path(FILE), columns="first-name", **{"filter[id]": str(person.id)}
    )
    assert cell == (f"'{text}" if text[0] in "=+-@\t" else text)


def test_who_is_not_there_is_left_out(fair: Fair) -> None:
    _, (person,) = sold(fair)
    for status in ("initializing", "expired"):
        sold(fair, status=status)
    sold(fair, status="placed")
    _, (deleted,) = sold(fair)
    fair.database.run("UPDATE attendees SET deleted_at = now() WHERE id = :id", id=deleted.id)
    unordered = stored(make_attendee, event=fair.event)
    fair.database.run("UPDATE attendees SET order_id = NULL WHERE id = :id", id=unordered.id)
    elsewhere = stored(make_attendee)
    query = {"columns": "email,status"}
    records = fair.asking.records(fair.path(FILE), **query)
    assert sorted(record["Status"] for record in records) == ["completed", "placed"]
    assert elsewhere.email not in {record["Email"] for record in records}
    asked = '[{"name": "order__status", "op": "eq", "val": "initializing"}]'
    only = fair.asking.records(fair.path(FILE), filter=asked, **query)
    assert [record["Status"] for record in only] == ["initializing"]
    assert person.email in {record["Email"] for record in records}


def test_filters_and_sort_keys_are_those_of_lists(fair: Fair) -> None:
    for name in ("Bea", "Abel", "Cleo"):
        _, (person,) = sold(fair)
        fair.database.run("UPDATE attendees SET firstname = :name WHERE id = :id", name=name, id=person.id)
    names = fair.asking.csv(fair.path(FILE), columns="first-name", sort="-firstname")
    assert names == [["First Name"], ["Cleo"], ["Bea"], ["Abel"]]
    asked = '[{"name": "firstname", "op": "ilike", "val": "%e%"}, {"name": "firstname", "op": "ne", "val": "Cleo"}]'
    names = fair.asking.csv(fair.path(FILE), columns="first-name", sort="firstname", filter=asked)
    assert names == [["First Name"], ["Abel"], ["Bea"]]


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"columns": "email,nothing"}, "columns"),
        ({"columns": ""}, "columns"),
        ({"columns": "email,email"}, "columns"),
        ({"filter[nothing]": "1"}, "filter[nothing]"),
        ({"filter": "[{]"}, "filter"),
        ({"filter": f'[{{"name": "email", "op": "in_", "val": ["{"x" * 19_000}"]}}]'}, "filter"),
        ({"sort": "nothing"}, "sort"),
        ({"page[size]": "1"}, "page[size]"),
        ({"include": "order"}, "include"),
        ({"get_trashed": "true"}, "get_trashed"),
    ],
)
def test_what_is_not_understood_is_refused(fair: Fair, query: dict[str, str], parameter: str) -> None:
    count = "SELECT count(*) FROM task_results"
    before = fair.database.one(count)
    reply = fair.asking.client.post(f"/v1{fair.path(FILE)}?{urlencode(query)}", content_type=None)
    assert (reply.status, reply.json["errors"][0]["source"]) == (400, {"parameter": parameter})
    assert fair.database.one(count) == before


def test_a_guest_has_no_account_and_a_buyer_of_elsewhere_no_say(fair: Fair) -> None:
    stored(make_user)
    sold(fair, user_id=None, guest_name="Guest, G.", guest_email="g@example.org")
    (record,) = fair.asking.records(fair.path("orders.csv"))
    assert (record["First Name"], record["Last Name"], record["Email"]) == ("Guest, G.", "", "g@example.org")
