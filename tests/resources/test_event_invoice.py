"""Event invoices: seen by the billed and the event's team, decided by staff."""

import pytest

from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.event_invoice import make_event_invoice
from tests.factories.user import make_user
from tests.support.documents import document
from tests.support.http_client import Client


def test_the_billed_see_an_invoice_and_decide_nothing_about_it(client: Client) -> None:
    billed = stored(make_user)
    invoice = stored(make_event_invoice, user=billed)
    asking = client.signed_in_as(billed)
    address = f"/v1/event-invoices/{invoice.identifier}"
    assert asking.get(address).data["attributes"]["amount"] == 12.5
    listed = asking.get(f"/v1/users/{billed.id}/event-invoices").data
    assert [item["id"] for item in listed] == [str(invoice.id)]
    for name, value in (("status", "paid"), ("amount", 0), ("completed-at", "2030-01-01T00:00:00Z")):
        assert asking.patch(address, document("event-invoice", {name: value}, invoice.id)).status == 403
    assert (
        asking.patch(address, document("event-invoice", {"payment-mode": "transfer"}, invoice.id)).status
        == 200
    )
    other = document("event-invoice", {}, invoice.id, user=("user", stored(make_user)))
    assert asking.patch(address, other).status == 403


def test_staff_decides_about_an_invoice(client: Client) -> None:
    invoice = stored(make_event_invoice)
    staff = client.signed_in_as(stored(make_user, is_admin=True))
    sent = document("event-invoice", {"status": "paid", "identifier": None}, invoice.id)
    shown = staff.patch(f"/v1/event-invoices/{invoice.id}", sent).data["attributes"]
    assert (shown["status"], shown["identifier"]) == ("paid", invoice.identifier)
    assert len(staff.get("/v1/event-invoices").data) == 1


def test_an_invoice_is_due_thirty_days_after_it_was_issued(client: Client) -> None:
    invoice = stored(make_event_invoice, issued_at="2026-11-01T00:00:00+00:00")
    staff = client.signed_in_as(stored(make_user, is_admin=True))
    shown = staff.get(f"/v1/event-invoices/{invoice.id}").data["attributes"]
    assert shown["due-at"].startswith("2026-12-01T00:00:00")


def test_the_team_sees_an_events_invoices_without_their_tokens(client: Client) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    stored(make_event_invoice, event=event, paypal_token="secret")
    shown = client.signed_in_as(owner).get(f"/v1/events/{event.id}/event-invoices").data[0]["attributes"]
    assert shown["status"] == "due"
    assert "paypal-token" not in shown
    assert client.signed_in_as(stored(make_user)).get(f"/v1/events/{event.id}/event-invoices").status == 404


@pytest.mark.parametrize(("method", "status"), [("POST", 405), ("DELETE", 405)])
def test_invoices_are_made_by_the_platform_and_never_removed(
    client: Client, method: str, status: int
) -> None:
    invoice = stored(make_event_invoice)
    staff = client.signed_in_as(stored(make_user, is_admin=True))
    address = "/v1/event-invoices" + (f"/{invoice.id}" if method == "DELETE" else "")
    assert staff.request(method, address, document("event-invoice")).status == status
