"""A key is the same however it is written: where it is stored, looked up, ordered with and filtered by."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.values import countries, currencies, keys
from tests.factories import stored
from tests.factories.discount_code import attributes as discount_attributes
from tests.factories.event import make_event
from tests.factories.tag import make_tag
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.orders.baskets import CALCULATE, basket
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client

SPELLINGS = (
    "SAVE10",
    " save10",
    "SAVE10 ",
    "\u3000\uff33\uff21\uff36\uff25\uff11\uff10\t",
    "save\uff11\uff10",
)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_discount_code_works_as_it_is_read(client: Client, database: TestDatabase, spelling: str) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    ticket = stored(make_ticket, event=event, type="paid", price=100)
    team = client.signed_in_as(owner)
    sent = {**discount_attributes(), "code": spelling, "type": "percent", "value": 10}
    links = {"event": ("event", event), "tickets": [("ticket", ticket)]}
    made = team.post("/v1/discount-codes", document("discount-code", sent, **links))
    assert made.status == 201, made.text
    assert made.data["attributes"]["code"].upper() == "SAVE10"
    for other in SPELLINGS:
        twice = team.post("/v1/discount-codes", document("discount-code", {**sent, "code": other}, **links))
        assert (twice.status, twice.errors[0]["source"]["pointer"]) == (409, "/data/attributes/code")
        found = client.get(f"/v1/events/{event.id}/discount-codes/{quote(other)}")
        assert (found.status, found.data["id"]) == (200, made.data["id"])
        priced = client.post(CALCULATE, basket(ticket, discount_code=other))
        assert (priced.status, priced.json["discount"]) == (200, 10), priced.text


def test_a_name_that_is_unique_is_so_in_its_normal_form(client: Client, database: TestDatabase) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    stored(make_tag, event=event, name="Café")
    team = client.signed_in_as(owner)
    for spelling in (" Café", "Cafe\u0301", "Café\u00a0"):
        reply = team.post("/v1/tags", document("tag", {"name": spelling}, event=("event", event)))
        assert (reply.status, reply.errors[0]["source"]["pointer"]) == (409, "/data/attributes/name")
    family = team.post(
        "/v1/tags",
        document("tag", {"name": "\U0001f469\u200d\U0001f466 \u2764\ufe0f"}, event=("event", event)),
    )
    assert family.status == 201, family.text


@given(st.text(max_size=30))
def test_normal_forms_stay_as_they_are(text: str) -> None:
    for form in (keys.key_form, keys.code_form, currencies.stored_form, countries.stored_form):
        assert form(form(text)) == form(text)
