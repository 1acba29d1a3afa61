"""Requests as the web front end and the two apps send them, to the nouns that they are about."""

import json
from typing import Any

import pytest

from chalicelib import clock
from chalicelib.docs.documented import DOCUMENTED
from chalicelib.jsonapi.http import action
from chalicelib.resources import REGISTRY
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.session import make_session
from tests.factories.ticket import make_ticket
from tests.factories.track import make_track
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client

NEW_USER = {"email": "grace@example.org", "password": "a long password"}


@pytest.mark.parametrize("id", ["0", "Grace", None])
def test_the_apps_sign_somebody_up(client: Client, id: object) -> None:
    sent = {"data": {"type": "user", "id": id, "attributes": {**NEW_USER, "first-name": "Grace"}}}
    made = client.post("/v1/users", sent)
    assert made.status == 201, made.text


@pytest.mark.parametrize("said", [True, False])
def test_whoever_signs_up_may_say_that_it_was_for_an_order(client: Client, said: bool) -> None:
    made = client.post("/v1/users", document("user", {**NEW_USER, "was-registered-with-order": said}))
    assert made.status == 201, made.text
    assert made.data["attributes"]["was-registered-with-order"] is said
    me = client.signed_in_as(int(made.data["id"]))
    address = f"/v1/users/{made.data['id']}"
    later = me.patch(address, document("user", {"was-registered-with-order": not said}, made.data["id"]))
    assert (later.status, later.errors[0]["source"]["pointer"]) == (
        403,
        "/data/attributes/was-registered-with-order",
    )
    for right in ("is-admin", "is-verified", "is-sales-admin"):
        other = {**NEW_USER, "email": f"{right}@example.org", right: True}
        assert client.post("/v1/users", document("user", other)).status in {403, 422}


def test_lists_and_pages_name_types_that_there_never_were(client: Client) -> None:
    event = stored(make_event)
    stored(make_session, event=event, state="accepted")
    for path, query in (
        (f"/v1/events/{event.identifier}", {"fields[event]": "id"}),
        (f"/v1/events/{event.id}/sessions", {"fields[session]": "id", "page[size]": "1"}),
        (f"/v1/events/{event.id}/tickets", {"fields[attendees]": "id", "fields[tickets]": "id,name"}),
    ):
        assert client.get(path, query=query).status == 200
    (only,) = client.get(
        f"/v1/events/{event.id}/sessions", query={"fields[session]": "id", "page[size]": "1"}
    ).data
    assert only["attributes"] == {}


@pytest.mark.parametrize("text", ['[{"or":[]}]', '[{"and":[]}]', '[{"and":[{"or":[]}]}]', "[]"])
def test_the_front_end_searches_for_nothing(client: Client, text: str) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    team = client.signed_in_as(owner)
    staff = client.signed_in_as(stored(make_user, is_admin=True))
    assert (
        team.get(f"/v1/events/{event.id}/attendees", query={"filter": text, "page[size]": "10"}).status == 200
    )
    assert len(staff.get("/v1/users", query={"filter": text, "page[size]": "10"}).data) == 2


def test_the_attendee_app_asks_for_what_is_on(client: Client) -> None:
    stored(make_event, state="published")
    today = clock.now()
    for val in (f"%{today:%Y-%m-%dT%H:%M}%", f"{today:%Y-%m-%d}%", "Today%", "%today%", "now"):
        condition = [{"name": "ends-at", "op": "ge", "val": val}]
        found = client.get("/v1/events", query={"filter": json.dumps(condition), "sort": "starts-at"})
        assert (found.status, len(found.data)) == (200, 1), val
    past = [{"name": "ends-at", "op": "lt", "val": "Today%"}]
    assert client.get("/v1/events", query={"filter": json.dumps(past)}).data == []


@pytest.mark.parametrize("quantity", ["2", 2.0, 2])
def test_a_basket_counts_in_texts(client: Client, database: TestDatabase, quantity: object) -> None:
    buyer = client.signed_in_as(stored(make_user, is_verified=True))
    ticket = stored(make_ticket, event=stored(make_event), quantity=5)
    body = {"tickets": [{"id": str(ticket.id), "quantity": quantity}]}
    for path in ("calculate-amount", "create-order"):
        assert buyer.post(f"/v1/orders/{path}", body, content_type="application/json").status == 200
    assert database.one("SELECT quantity FROM orders_tickets") == 2
    for wrong in ("abc", "5.5", "", 5.5, True, "1e3", " 5 "):
        for name in ("id", "quantity"):
            line = {"id": ticket.id, "quantity": 1, name: wrong}
            for path in ("calculate-amount", "create-order"):
                reply = buyer.post(f"/v1/orders/{path}", {"tickets": [line]}, content_type="application/json")
                assert (reply.status, reply.errors[0]["source"]) == (422, {"pointer": f"/tickets/0/{name}"})


def test_an_order_is_never_known_already(client: Client, database: TestDatabase) -> None:
    buyer = client.signed_in_as(stored(make_user, is_verified=True))
    ticket = stored(make_ticket, event=stored(make_event))
    body = {"tickets": [{"id": ticket.id, "quantity": 1}]}
    made = buyer.post("/v1/orders/create-order", body, headers={"If-None-Match": "*"})
    assert (made.status, database.one("SELECT count(*) FROM orders")) == (200, 1)
    read = buyer.get(f"/v1/orders/{made.data['id']}")
    assert (made.headers["etag"], made.text) == (read.headers["etag"], read.text)
    refused = buyer.post("/v1/orders/create-order", body, headers={"If-Match": 'W/"stale"'})
    assert (refused.status, refused.errors[0]["source"]) == (412, {"header": "If-Match"})
    assert database.one("SELECT count(*) FROM orders") == 1


def test_who_is_not_verified_is_told_by_a_code_in_both_places(client: Client) -> None:
    stranger = client.signed_in_as(stored(make_user, is_verified=False))
    ticket = stored(make_ticket, event=stored(make_event))
    refused = stranger.post("/v1/orders/create-order", {"tickets": [{"id": ticket.id, "quantity": 1}]})
    if refused.status == 403:
        assert refused.errors[0]["code"] == refused.errors[0]["source"]["code"] == "unverified-user"


def test_a_single_resource_is_not_narrowed(client: Client) -> None:
    event = stored(make_event, state="published")
    track = stored(make_track, event=event)
    nothing = {"filter": '[{"name": "name", "op": "eq", "val": "Nothing"}]'}
    for path in (f"events/{event.identifier}", f"tracks/{track.id}/event"):
        assert client.get(f"/v1/{path}", query=nothing).data["id"] == str(event.id)
        assert client.get(f"/v1/{path}", query={"filter": "nonsense"}).status == 200


def test_what_a_station_or_a_code_lacks_is_pointed_at(client: Client) -> None:
    staff = client.signed_in_as(stored(make_user, is_admin=True, is_super_admin=True))
    event = stored(make_event)
    station = document(
        "station", {"station-name": "Door", "station-type": "check in"}, event=("event", event)
    )
    refused = staff.post("/v1/stations", station)
    assert (refused.status, refused.errors[0]["source"]) == (
        422,
        {"pointer": "/data/relationships/microlocation"},
    )


def _pages() -> list[Any]:
    return [
        item
        for (method, _), listed in action.ACTIONS.items()
        if method == "GET"
        for item in listed
        if item.run in DOCUMENTED
    ]


def test_no_action_that_reads_passes_over_a_parameter_of_ours(client: Client) -> None:
    staff = client.signed_in_as(stored(make_user, is_admin=True, is_super_admin=True))
    event = stored(make_event)
    asked = 0
    for page in _pages():
        shown = DOCUMENTED[page.run]
        path = "/" + "/".join(
            part.replace(f"{{{name}}}", shown.path.get(name, str(event.id)))
            if (name := action.name_in(part))
            else part
            for part in page.pattern
        )
        for name in ("filter[name][eq]", "page[szie]", "sorts", "fields[event", "include[]", "Filter[name]"):
            reply = staff.get(path, query={**shown.query, name: "x"})
            assert reply.status == 400, (path, name, reply.text[:300])
            assert reply.errors[0]["source"] == {"parameter": name}
            asked += 1
    assert asked > 50


def test_every_list_refuses_what_it_does_not_understand(client: Client) -> None:
    staff = client.signed_in_as(stored(make_user, is_admin=True, is_super_admin=True))
    for resource in REGISTRY:
        if "list" not in resource.methods:
            continue
        for name in (
            "filter[id][eq]",
            "filter[]",
            "filter[id",
            "page[foo]",
            "page",
            "sort[id]",
            "fields",
            "include[]",
        ):
            reply = staff.get(f"/v1/{resource.path}", query={name: "1"})
            assert (reply.status, reply.errors[0]["source"]) == (400, {"parameter": name}), resource.path
        twice = staff.get(f"/v1/{resource.path}", query=[("page[size]", "1"), ("page[size]", "2")])
        assert (twice.status, twice.errors[0]["source"]) == (400, {"parameter": "page[size]"}), resource.path
