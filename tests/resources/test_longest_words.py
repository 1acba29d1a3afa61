"""Verbs, headers and notifications: texts that are no attributes have a maximum too, or are cleaned on their way."""

import pytest

from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client
from tests.support.pump import Pump
from tests.support.texts import MARKUP, is_live, texts_in

ENDLESS = "x" * 5_000


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("/v1/auth/login", {"email": ENDLESS, "password": "x"}, "/email"),
        ("/v1/auth/reset-password", {"data": {"email": ENDLESS}}, "/data/email"),
        ("/v1/auth/verify-email", {"data": {"token": ENDLESS}}, "/data/token"),
        ("/v1/users/checkEmail", {"email": ENDLESS}, "/email"),
    ],
)
def test_what_a_verb_reads_has_a_maximum(client: Client, path: str, body: object, pointer: str) -> None:
    answer = client.post(path, body, content_type="application/json")
    assert answer.status == 400, answer.text
    assert answer.errors[0]["source"] == {"pointer": pointer}


@pytest.mark.parametrize("name", ["discount-code", "access-code"])
def test_a_code_that_is_ordered_with_has_a_maximum(client: Client, name: str) -> None:
    buyer = client.signed_in_as(stored(make_user))
    ticket = stored(make_ticket, event=stored(make_event))
    body = {"tickets": [{"id": ticket.id, "quantity": 1}], name: ENDLESS}
    answer = buyer.post("/v1/orders/create-order", body, content_type="application/json")
    assert answer.status == 422, answer.text
    assert answer.errors[0]["source"] == {"pointer": f"/{name}"}


def test_a_media_type_without_an_end_is_none_of_ours(client: Client) -> None:
    endless = 'application/vnd.api+json; profile="' + ";" * 30_000
    assert client.get("/v1/events", headers={"Accept": endless}).status == 406
    owner = client.signed_in_as(stored(make_user))
    assert owner.post("/v1/events", {"data": {}}, headers={"Content-Type": endless}).status == 415


def test_a_notification_holds_no_live_markup(client: Client, database: TestDatabase, pump: Pump) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner, name=MARKUP, state="published")
    ticket = stored(make_ticket, event=event, price=0, type="free")
    buyer = client.signed_in_as(stored(make_user))
    body = {"tickets": [{"id": ticket.id, "quantity": 1}]}
    order = buyer.post("/v1/orders/create-order", body, content_type="application/json").data["id"]
    done = buyer.patch(f"/v1/orders/{order}", document("order", {"status": "completed"}, order))
    assert done.status == 200, done.text
    pump.everything()
    told = database.rows("SELECT title, message, details FROM notification_contents")
    assert told
    assert [item for row in told for value in row.values() for item in texts_in(value) if is_live(item)] == []
