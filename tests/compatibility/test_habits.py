"""Habits of the clients, one by one: what they send against the letter of JSON:API, and what must come of it.

C1 to C19 are the lines of the list that the three clients were found to break on.
"""

import json
from typing import Any
from urllib.parse import quote

import pytest

from tests.compatibility import world
from tests.compatibility.world import World
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply

JSON = "application/json"


class Asking:
    """A world, and its people as clients."""

    def __init__(self, client: Client, built: World) -> None:
        self.client, self.names = client, built.names
        self.owner, self.buyer, self.visitor, self.staff = (
            client.signed_in_as(built.accounts[name]) for name in ("owner", "buyer", "visitor", "staff")
        )


@pytest.fixture
def asking(client: Client, database: TestDatabase) -> Asking:
    return Asking(client, world.build(client))


def found(reply: Reply) -> Any:
    """The document of an answer that went well."""
    assert reply.status in {200, 201}, reply.text
    return reply.json


@pytest.mark.parametrize("id", ["0", 0, "Ada", "17", ""])
def test_c1_made_up_ids_are_ignored_on_creation(asking: Asking, id: object) -> None:
    event = ("event", asking.names["event"])
    sent = document("faq", {"question": "Who?", "answer": "All."}, event=event)
    sent["data"]["id"] = id
    assert found(asking.owner.post("/v1/faqs", sent))["data"]["id"] != id
    account = document("user", {"email": "new@example.org", "password": "correct horse"})
    account["data"]["id"] = id
    assert found(asking.client.post("/v1/users", account))["data"]["attributes"]["email"] == "new@example.org"


def test_c2_fields_may_name_the_id_and_unknown_types(asking: Asking) -> None:
    at = f"/v1/events/{asking.names['event']}"
    for address, fields in (
        (at, "fields[event]=id"),
        (f"{at}/sessions", "fields[session]=id&page[size]=1"),
        (f"{at}/attendees", "fields[attendees]=id"),
        (f"{at}/orders", "fields[order]=id,identifier&fields[nonsense]=x"),
    ):
        data = found(asking.owner.get(f"{address}?{fields}"))["data"]
        for resource in data if isinstance(data, list) else [data]:
            assert "attributes" in resource, (address, resource)
    assert found(asking.owner.get(f"{at}?fields[event]=id"))["data"]["attributes"] == {}


@pytest.mark.parametrize("nothing", ['[{"or":[]}]', '[{"and":[]}]', "[]", '[{"and":[{"or":[]}]}]'])
def test_c3_an_empty_condition_filters_nothing(asking: Asking, nothing: str) -> None:
    for client, address in (
        (asking.owner, f"/v1/events/{asking.names['event']}/attendees"),
        (asking.staff, "/v1/users"),
        (asking.client, "/v1/events"),
    ):
        whole = found(client.get(address))["meta"]["count"]
        assert found(client.get(f"{address}?filter={quote(nothing)}"))["meta"]["count"] == whole > 0


@pytest.mark.parametrize(
    ("moment", "is_past"),
    [
        ("%2026-11-28T18:01%", None),
        ("2020-01-01%", True),
        ("Today%", True),
        ("%now%", True),
        ("tomorrow", True),
    ],
)
def test_c4_moments_are_read_as_postgresql_reads_them(
    asking: Asking, moment: str, is_past: bool | None
) -> None:
    condition = [{"name": "ends-at", "op": "ge", "val": moment}]
    listed = found(asking.client.get(f"/v1/events?filter={quote(json.dumps(condition))}"))["data"]
    if is_past:
        assert [event["id"] for event in listed] == [asking.names["event"]]


def test_c5_whole_numbers_may_be_texts(asking: Asking) -> None:
    event = ("event", asking.names["event"])
    for level, status in (
        ("1", 201),
        (5.0, 201),
        ("3.0", 201),
        ("abc", 422),
        ("5.5", 422),
        (5.5, 422),
        ("", 422),
    ):
        sent = document("sponsor", {"name": "Example", "level": level}, event=event)
        reply = asking.owner.post("/v1/sponsors", sent)
        assert reply.status == status, (level, reply.text)
        if status == 422:
            assert reply.errors[0]["source"]["pointer"] == "/data/attributes/level"


def test_c6_a_filter_on_one_resource_is_ignored(asking: Asking) -> None:
    condition = quote('[{"name":"name","op":"eq","val":"No such"}]')
    assert found(asking.client.get(f"/v1/events/{asking.names['event']}?filter={condition}"))["data"]


def test_c7_what_is_missing_is_pointed_at(asking: Asking) -> None:
    event = ("event", asking.names["event"])
    reply = asking.owner.post("/v1/faqs", document("faq", {"question": "Who?"}, event=event))
    assert reply.errors[0]["source"]["pointer"] == "/data/attributes/answer"
    reply = asking.owner.post("/v1/faqs", document("faq", {"question": "Who?", "answer": "All."}))
    assert reply.errors[0]["source"]["pointer"] == "/data/relationships/event"


def test_c8_every_error_has_a_source_and_a_code_in_both_places(asking: Asking) -> None:
    for reply, status in (
        (asking.client.get("/v1/users/me/events"), 401),
        (asking.visitor.get("/v1/users"), 403),
        (asking.client.get("/v1/events/999999"), 404),
        (asking.client.patch("/v1/events", {}), 405),
    ):
        if reply.status != status:  # an address may hide what it refuses
            assert reply.status in {401, 403, 404}, reply.text
        assert "source" in reply.errors[0], reply.text


def test_c9_an_empty_to_one_is_missing_and_its_linkage_null(asking: Asking) -> None:
    attributes = {
        "name": "Bare",
        "starts-at": "2099-01-01T10:00:00Z",
        "ends-at": "2099-01-02T10:00:00Z",
        "timezone": "Europe/Berlin",
    }
    event = found(asking.owner.post("/v1/events", document("event", attributes)))["data"]["id"]
    for name in ("speakers-call", "event-copyright", "tax", "stripe-authorization", "video-stream"):
        assert asking.owner.get(f"/v1/events/{event}/{name}").status == 404, name
        linkage = asking.owner.get(f"/v1/events/{event}/relationships/{name}")
        assert (linkage.status, linkage.json["data"]) == (200, None), name


def test_c11_sign_up_with_an_order(asking: Asking) -> None:
    attributes = {"email": "late@example.org", "password": "correct horse", "was-registered-with-order": True}
    assert found(asking.client.post("/v1/users", document("user", attributes)))


def test_c12_the_links_of_a_code_open_what_it_opens(asking: Asking) -> None:
    event = asking.names["event"]
    code = found(asking.buyer.get(f"/v1/events/{event}/discount-codes/TEN"))["data"]
    for name in ("event", "tickets"):
        link = code["relationships"][name]["links"]["related"]
        assert found(asking.buyer.get(link))["data"], link
    code = found(asking.buyer.get(f"/v1/events/{event}/access-codes/FRIEND"))["data"]
    link = code["relationships"]["tickets"]["links"]["related"]
    assert [ticket["id"] for ticket in found(asking.buyer.get(link))["data"]] == [
        asking.names["hidden ticket"]
    ]


@pytest.mark.parametrize(("sent", "state"), [({"state": None}, "pending"), ({}, "draft")])
def test_c13_no_state_is_pending_and_a_missing_one_draft(
    asking: Asking, sent: dict[str, Any], state: str
) -> None:
    event = ("event", asking.names["event"])
    made = found(asking.owner.post("/v1/sessions", document("session", {"title": "A", **sent}, event=event)))
    assert made["data"]["attributes"]["state"] == state


def test_c14_organizers_see_and_find_their_buyers(asking: Asking) -> None:
    at = f"/v1/events/{asking.names['event']}/orders"
    people = found(asking.owner.get(f"{at}?include=user"))["included"]
    assert [person["attributes"]["email"] for person in people] == ["buyer@example.org"]
    email = {"name": "user", "op": "has", "val": {"name": "email", "op": "ilike", "val": "%buyer@%"}}
    assert len(found(asking.owner.get(f"{at}?filter={quote(json.dumps([email]))}"))["data"]) == 1
    assert asking.visitor.get(f"{at}?include=user").json.get("data", []) == []


def test_c15_a_whole_attendee_sent_back_checks_in(asking: Asking) -> None:
    id = asking.names["attendee"]
    whole = found(asking.owner.get(f"/v1/attendees/{id}"))["data"]["attributes"]
    sent = {
        name: False if value is None and name.startswith("is-") else value for name, value in whole.items()
    }
    sent |= {"is-checked-in": True, "checkin-times": "2026-11-28T18:01:00Z"}
    changed = found(asking.owner.patch(f"/v1/attendees/{id}", document("attendee", sent, id)))
    assert changed["data"]["attributes"]["is-checked-in"] is True


def test_c17_none_of_a_ticket_counts_as_nothing(asking: Asking) -> None:
    tickets = [
        {"id": asking.names["paid ticket"], "quantity": 0},
        {"id": asking.names["ticket"], "quantity": 2},
    ]
    told = asking.client.post("/v1/orders/calculate-amount", {"tickets": tickets}, content_type=JSON)
    assert found(told)["total"] == 0


def test_c18_an_address_is_told_twice(asking: Asking) -> None:
    # `result` says whether one may sign up with it.
    for email, exists in (("buyer@example.org", True), ("nobody@example.org", False)):
        told = found(asking.client.post("/v1/users/checkEmail", {"email": email}, content_type=JSON))
        assert told == {"exists": exists, "result": not exists}


def test_c19_both_texts_of_a_ticket_are_taken_at_the_door(asking: Asking) -> None:
    ours = found(asking.owner.get(f"/v1/attendees/{asking.names['attendee']}"))["data"]["attributes"]
    at = f"/v1/events/{asking.names['event']}/attendees/search"
    for text in (
        f"{asking.names['order identifier']}-{asking.names['attendee']}",
        ours["qr-code-text"],
        ours["identifier"],
    ):
        attendees = found(asking.owner.get(at, query={"q": text}))
        assert [str(attendee["id"]) for attendee in attendees] == [asking.names["attendee"]], text


@pytest.mark.parametrize(("relationship", "status"), [({}, 400), ({"x": 1}, 400), ({"links": {}}, 201)])
def test_a_relationship_says_something(asking: Asking, relationship: dict[str, Any], status: int) -> None:
    # Clients send whole resources back, with links alone where they have not loaded what is linked.
    sent = document("faq", {"question": "Who?", "answer": "All."}, event=("event", asking.names["event"]))
    sent["data"]["relationships"]["faq-type"] = relationship
    reply = asking.owner.post("/v1/faqs", sent)
    assert reply.status == status, reply.text
    if status == 400:
        assert reply.errors[0]["source"]["pointer"] == "/data/relationships/faq-type"
