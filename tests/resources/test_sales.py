"""What was sold: counted by the state of orders, shown to the event's team and to staff."""

from dataclasses import dataclass
from typing import Any

import pytest

from chalicelib.jsonapi.ground.profiles import CURSOR_PAGINATION
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.people.user.user import User
from tests.factories import stored
from tests.factories.attendee import make_attendee
from tests.factories.discount_code import make_discount_code
from tests.factories.event import make_event
from tests.factories.event_invoice import make_event_invoice
from tests.factories.order import make_order
from tests.factories.ticket import make_ticket
from tests.factories.ticket_fee import make_ticket_fee
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.http_client import Client
from tests.support.plans import explained, readings, statements_heard

REPORTS = (
    "by-events",
    "by-location",
    "by-marketer",
    "by-organizers",
    "discounted",
    "fees",
    "invoices",
)
PLACE = 'Hall "A" \\ Süd'


@dataclass
class Sold:
    """An event with a ticket at 20, of which 3 are paid for, 2 ordered, 1 cancelled."""

    owner: User
    event: Event
    ticket: Any
    code: Any
    marketer: User


@pytest.fixture
def sold(database: object) -> Sold:
    owner, marketer = stored(make_user), stored(make_user)
    event = stored(make_event, owner=owner, location_name=PLACE, payment_currency="EUR", payment_country="DE")
    ticket = stored(make_ticket, event=event, type="paid", price=20, quantity=50)
    code = stored(make_discount_code, event=event, marketer=marketer)
    for status, number, values in (
        ("completed", 2, {"discount_code_id": code.id, "marketer_id": marketer.id}),
        ("completed", 1, {}),
        ("placed", 2, {}),
        ("cancelled", 1, {}),
    ):
        order = stored(
            make_order, event=event, status=status, amount=20.5 * number, tickets={ticket: number}, **values
        )
        for _ in range(number):
            stored(make_attendee, event=event, order=order, ticket=ticket)
            if status == "placed":  # and one who does not come after all
                stored(make_attendee, event=event, order=order, ticket=ticket, deleted_at=event.created_at)
    stored(make_order)  # of another event
    return Sold(owner, event, ticket, code, marketer)


def staff(client: Client) -> Client:
    return client.signed_in_as(stored(make_user, is_admin=True))


def report(client: Client, name: str) -> list[dict[str, Any]]:
    reply = staff(client).get(f"/v1/admin/sales/{name}")
    assert reply.status == 200, reply.text
    found: list[dict[str, Any]] = reply.data
    return found


def test_the_team_sees_what_its_event_has_sold(client: Client, sold: Sold) -> None:
    shown = client.signed_in_as(sold.owner).get(f"/v1/events/{sold.event.identifier}").data["attributes"]
    assert [shown[f"{state}-order-sales"] for state in ("completed", "placed", "pending")] == [61.5, 41, 0]
    assert [shown[f"{state}-order-tickets"] for state in ("completed", "placed", "pending")] == [3, 2, 0]
    assert "completed-order-sales" not in client.get(f"/v1/events/{sold.event.id}").data["attributes"]


def test_statistics_of_an_event_and_of_a_ticket(client: Client, sold: Sold) -> None:
    team = client.signed_in_as(sold.owner)
    whole = team.get(f"/v1/events/{sold.event.identifier}/order-statistics").data
    assert (whole["type"], whole["id"]) == ("order-statistics-event", str(sold.event.id))
    states = ("total", "draft", "cancelled", "pending", "expired", "placed", "completed")
    counted = whole["attributes"]
    assert [counted["tickets"][state] for state in states] == [6, 0, 1, 0, 0, 2, 3]
    assert [counted["orders"][state] for state in states] == [4, 0, 1, 0, 0, 1, 2]
    assert [counted["sales"][state] for state in states] == [123, 0, 20.5, 0, 0, 41, 61.5]
    assert counted["tickets"]["max"] == 50
    ticket = team.get(f"/v1/tickets/{sold.ticket.id}/order-statistics").data["attributes"]
    assert [ticket["sales"][state] for state in states] == [120, 0, 20, 0, 0, 40, 60]
    assert [ticket["tickets"][state] for state in states] == [6, 0, 1, 0, 0, 2, 3]
    stranger = client.signed_in_as(stored(make_user))
    for address in (f"/v1/events/{sold.event.id}", f"/v1/tickets/{sold.ticket.id}"):
        assert stranger.get(f"{address}/order-statistics").status == 404
        assert stranger.get(f"{address}?include=order-statistics").json.get("included", []) == []


@pytest.mark.parametrize("name", REPORTS)
def test_reports_are_for_staff(client: Client, sold: Sold, name: str) -> None:
    assert report(client, name) != [] or name == "invoices"
    assert client.get(f"/v1/admin/sales/{name}").status == 401
    assert client.signed_in_as(sold.owner).get(f"/v1/admin/sales/{name}").status == 403
    assert client.post(f"/v1/admin/sales/{name}").status == 405


@pytest.mark.parametrize(
    ("name", "id"),
    [("by-events", "event"), ("by-organizers", "owner"), ("by-location", PLACE)],
)
def test_sales_are_summed_by_event_organizer_and_place(
    client: Client, sold: Sold, name: str, id: str
) -> None:
    expected = str(getattr(sold, id).id) if hasattr(sold, id) else id
    row = next(item for item in report(client, name) if item["id"] == expected)
    assert row["attributes"]["sales"] == {
        "completed": {"sales_total": 61.5, "ticket_count": 3},
        "placed": {"sales_total": 41.0, "ticket_count": 2},
        "pending": {"sales_total": 0, "ticket_count": 0},
    }


def test_sales_by_event_name_its_owner_and_kind(client: Client, sold: Sold) -> None:
    shown = next(item for item in report(client, "by-events") if item["id"] == str(sold.event.id))[
        "attributes"
    ]
    assert (shown["owner"], shown["owner-id"]) == (sold.owner.email, sold.owner.id)
    assert (shown["type"], shown["completed-order-sales"]) == ("Venue", 61.5)


@pytest.mark.parametrize("name", ["by-marketer", "discounted"])
def test_sales_with_a_code_count_for_its_marketer(client: Client, sold: Sold, name: str) -> None:
    (row,) = report(client, name)
    assert row["attributes"]["email"] == sold.marketer.email
    assert row["attributes"]["sales"]["completed"] == {"sales_total": 41.0, "ticket_count": 2}


@pytest.mark.parametrize(
    ("fees", "revenue"),
    [
        ([], 61.5),
        ([("global", 10, None)], 55.35),
        ([("global", 50, None), ("DE", 10, 30)], 55.35),
        ([("DE", 10, 5)], 56.5),
        ([("FR", 10, 5)], 56.5),  # as a basket is charged: there is no other fee
    ],
)
def test_fees_are_taken_from_what_was_paid(
    client: Client, sold: Sold, fees: list[tuple[str, int, int | None]], revenue: float
) -> None:
    for country, percent, most in fees:
        stored(make_ticket_fee, country=country, service_fee=percent, maximum_fee=most)
    row = next(item for item in report(client, "fees") if item["id"] == str(sold.event.id))
    assert (row["attributes"]["revenue"], row["attributes"]["ticket-count"]) == (revenue, 3)


def test_invoices_say_to_whom_they_went(client: Client, sold: Sold) -> None:
    invoice = stored(make_event_invoice, event=sold.event, user=sold.owner)
    (row,) = report(client, "invoices")
    shown = row["attributes"]
    assert (shown["identifier"], shown["sent-to"]) == (invoice.identifier, sold.owner.email)
    assert (shown["event-name"], shown["amount"], shown["status"]) == (sold.event.name, 12.5, "due")


def test_reports_are_sorted_filtered_and_paged_like_lists(client: Client, sold: Sold) -> None:
    asking = staff(client)
    query = "sort=-completed-order-sales&page[size]=1&filter[name]=" + sold.event.name
    reply = asking.get(f"/v1/admin/sales/by-events?{query}")
    assert (reply.status, reply.json["meta"]["count"]) == (200, 1)
    language = '[{"name":"completed-order-sales","op":"gt","val":61}]'
    assert len(asking.get(f"/v1/admin/sales/by-events?filter={language}").data) == 1


@pytest.mark.usefixtures("sold")
@pytest.mark.parametrize("report", REPORTS)
def test_reports_have_pages_by_number_only(client: Client, report: str) -> None:
    asking = client.signed_in_as(stored(make_user, is_admin=True))
    path = f"/v1/admin/sales/{report}?page[size]=1"
    reply = asking.get(path, headers={"Accept": f'application/vnd.api+json; profile="{CURSOR_PAGINATION}"'})
    assert reply.status == 200, reply.text
    assert "page%5Bafter%5D" not in str(reply.json["links"])
    for parameter in ("page[after]", "page[before]"):
        refused = asking.get(f"{path}&{parameter}=WyIxIl0")
        assert (refused.status, refused.json["errors"][0]["source"]) == (400, {"parameter": parameter})


@pytest.mark.new_database
def test_a_report_sums_up_what_is_on_its_page_alone(
    client: Client, database: TestDatabase, sold: Sold
) -> None:
    staff = stored(make_user, is_admin=True)

    def read() -> float:
        """How many orders were looked at for a page of one event."""
        with statements_heard() as heard:
            reply = client.signed_in_as(staff).get("/v1/admin/sales/by-events?page[size]=1")
        assert [resource["id"] for resource in reply.data] == [str(sold.event.id)]
        (plans,) = explained(database.url, heard, "FROM orders")
        return sum(
            reading.rows
            for reading in readings(plans["generic"], counting=True)
            if reading.source == "orders"
        )

    alone = read()
    assert alone > 0
    for _ in range(30):
        stored(make_order, event=stored(make_event))
    assert read() == alone
