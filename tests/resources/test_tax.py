"""Taxes and fees: one tax for an event that has them enabled, and fees that only staff knows."""

from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.tax import attributes, make_tax
from tests.factories.ticket_fee import attributes as fee_attributes
from tests.factories.user import make_user
from tests.support.documents import document
from tests.support.http_client import Client

PUBLIC = {"deleted-at", "name", "rate", "is-tax-included-in-price", "is-reverse-charge-enabled"}


def test_an_event_has_one_tax_if_it_has_taxes_at_all(client: Client) -> None:
    owner = stored(make_user)
    asking = client.signed_in_as(owner)
    without, with_taxes = (stored(make_event, owner=owner, is_tax_enabled=on) for on in (False, True))
    refused = asking.post("/v1/taxes", document("tax", attributes(), event=("event", without)))
    assert refused.status == 405
    sent = document("tax", attributes(), event=("event", with_taxes))
    made = asking.post("/v1/taxes", sent)
    assert made.status == 201
    again = asking.post("/v1/taxes", sent)
    assert (again.status, again.errors[0]["source"]["pointer"]) == (409, "/data/relationships/event")
    asking.delete(f"/v1/taxes/{made.data['id']}")
    assert asking.post("/v1/taxes", sent).status == 201


def test_the_public_sees_the_rate_and_the_team_everything(client: Client) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner, is_tax_enabled=True)
    tax = stored(make_tax, event=event)
    address = f"/v1/events/{event.identifier}/tax"
    assert client.get(address).data["attributes"].keys() == PUBLIC
    assert client.get("/v1/taxes").data[0]["attributes"].keys() == PUBLIC
    assert client.signed_in_as(owner).get(address).data["attributes"]["tax-id"] == "DE123456789"
    assert client.get(f"/v1/tax/{tax.id}/event").data["id"] == str(event.id)


def test_nulls_mean_nothing(client: Client) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner, is_tax_enabled=True)
    sent = document("tax", {"name": None, "rate": None, "tax-id": None}, event=("event", event))
    shown = client.signed_in_as(owner).post("/v1/taxes", sent).data["attributes"]
    assert (shown["name"], shown["rate"], shown["tax-id"]) == ("", 0, "")


def test_fees_are_staffs_and_each_country_has_one_for_a_currency(client: Client) -> None:
    staff, user = (client.signed_in_as(stored(make_user, is_admin=flag)) for flag in (True, False))
    sent = document("ticket-fee", {**fee_attributes(), "country": "DE"})
    assert user.post("/v1/ticket-fees", sent).status == 403
    made = staff.post("/v1/ticket-fees", sent)
    assert made.status == 201
    assert staff.post("/v1/ticket-fees", sent).status == 409
    assert user.get("/v1/ticket-fees").status == 403
    assert user.get(f"/v1/ticket-fees/{made.data['id']}").status == 404
