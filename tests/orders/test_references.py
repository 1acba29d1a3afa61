"""References of orders: made by us, read aloud by buyers, typed by the event's team, and no key to anything."""

import json
import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.memorable import OF_32_BITS
from chalicelib.resources.orders.order.table import Order
from chalicelib.resources.people.user.user import User
from tests.factories import stored
from tests.factories.attendee import make_attendee
from tests.factories.event import make_event
from tests.factories.order import make_order
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply

SEARCH = "/v1/orders/search"
EXAMPLE, OTHER = "20 exultant leopards strode intensely", "31 gentle otters danced together"


def searched(client: Client, reference: str, **more: str) -> Reply:
    return client.get(SEARCH, query={"reference": reference, **more})


def ordered(**values: Any) -> tuple[User, User, Order]:
    owner, buyer = stored(make_user), stored(make_user)
    event = stored(make_event, owner=owner)
    return owner, buyer, stored(make_order, event=event, user=buyer, **{"reference": EXAMPLE, **values})


def drawing(monkeypatch: pytest.MonkeyPatch, *numbers: int) -> Iterator[int]:
    """From now on these numbers are drawn first; what is left of them is returned."""
    rest, real = iter(numbers), secrets.randbits
    monkeypatch.setattr(secrets, "randbits", lambda bits: next(rest, None) or real(bits))
    return rest


def test_an_order_gets_a_reference_that_can_be_read_aloud(client: Client, database: TestDatabase) -> None:
    buyer = client.signed_in_as(stored(make_user, is_verified=True))
    wanted = {"tickets": [{"id": stored(make_ticket).id, "quantity": 1}]}
    shown = [buyer.post("/v1/orders/create-order", wanted).data for _ in range(2)]
    references = [item["attributes"]["reference"] for item in shown]
    assert len(set(references)) == 2
    for value, reference in zip(shown, references, strict=True):
        assert 0 <= OF_32_BITS.read(reference) < 2**32
        assert database.one("SELECT reference FROM orders WHERE id = :id", id=int(value["id"])) == reference
        assert searched(buyer, reference).data["id"] == value["id"]


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "my-order-1"}])
def test_a_reference_that_is_taken_fails_no_order(
    client: Client, database: TestDatabase, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str]
) -> None:
    taken = OF_32_BITS.read(EXAMPLE)
    stored(make_order, reference=EXAMPLE)
    ticket = stored(make_ticket, quantity=1)
    buyer = client.signed_in_as(stored(make_user, is_verified=True))
    rest = drawing(monkeypatch, taken, taken, OF_32_BITS.read(OTHER))
    reply = buyer.post(
        "/v1/orders/create-order", {"tickets": [{"id": ticket.id, "quantity": 1}]}, headers=headers
    )
    assert reply.status == 200, reply.text
    assert reply.data["attributes"]["reference"] == OTHER
    assert list(rest) == []
    # Nothing is left of the attempts before.
    assert database.one("SELECT count(*) FROM orders") == 2
    assert database.one("SELECT taken FROM stocks WHERE ticket_id = :id", id=ticket.id) == 1
    assert database.one("SELECT count(*) FROM attendees WHERE ticket_id = :id", id=ticket.id) == 1


def test_whoever_draws_nothing_but_what_is_taken_gives_up(
    client: Client, database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored(make_order, reference=EXAMPLE)
    ticket = stored(make_ticket)
    buyer = client.signed_in_as(stored(make_user, is_verified=True))
    monkeypatch.setattr(secrets, "randbits", lambda _bits: OF_32_BITS.read(EXAMPLE))
    reply = buyer.post("/v1/orders/create-order", {"tickets": [{"id": ticket.id, "quantity": 1}]})
    assert reply.status == 500
    assert database.one("SELECT count(*) FROM orders") == 1


@pytest.mark.parametrize(
    "spoken",
    [
        EXAMPLE,
        "20 Exultant Leopards Strode Intensely",
        "  20,exultant--LEOPARDS_strode \t intensely. ",
        "020 exultant leo pards strode intensely",
        "\uff12\uff10exultantleopardsstrodeintensely",
    ],
)
def test_an_order_is_found_however_its_reference_is_spelled(client: Client, spoken: str) -> None:
    owner, _, order = ordered()
    stored(make_order, reference=OTHER)
    reply = searched(client.signed_in_as(owner), spoken)
    assert reply.status == 200
    assert (reply.data["type"], reply.data["id"]) == ("order", str(order.id))
    assert reply.data["attributes"]["reference"] == EXAMPLE


def test_a_search_answers_as_the_order_itself_does(client: Client) -> None:
    owner, _, order = ordered()
    asking = client.signed_in_as(owner)
    more = {"include": "event", "fields[order]": "reference,event"}
    itself = asking.get(f"/v1/orders/{order.id}", query=more).json
    reply = searched(asking, EXAMPLE, **more)
    assert (reply.json["data"], reply.json["included"]) == (itself["data"], itself["included"])
    again = {"If-None-Match": reply.headers["etag"]}
    assert asking.get(SEARCH, query={"reference": EXAMPLE, **more}, headers=again).status == 304
    assert searched(asking, EXAMPLE, include="nothing").errors[0]["source"] == {"parameter": "include"}


def test_whoever_sees_an_order_finds_it_and_for_others_it_is_not_there(client: Client) -> None:
    event = stored(make_event, owner=stored(make_user))
    buyer, guest, helper, staff = (stored(make_user, is_admin=number == 3) for number in range(4))
    order = stored(make_order, event=event, user=buyer, reference=EXAMPLE)
    stored(make_attendee, event=event, order=order, email=guest.email)
    stored(make_users_events_roles, user=helper, event=event, role="coorganizer")
    for person in (buyer, guest, helper, staff):
        assert searched(client.signed_in_as(person), EXAMPLE).data["id"] == str(order.id)

    unproved, at_the_door, elsewhere = (
        stored(make_user, is_verified=False),
        stored(make_user),
        stored(make_user),
    )
    stored(make_attendee, event=event, order=order, email=unproved.email)
    stored(make_users_events_roles, user=at_the_door, event=event, role="registrar")
    stored(make_event, owner=elsewhere)
    for person in (unproved, at_the_door, elsewhere, stored(make_user)):
        assert client.signed_in_as(person).get(f"/v1/orders/{order.id}").status == 404
        assert searched(client.signed_in_as(person), EXAMPLE).status == 404


def test_a_strangers_order_is_answered_like_one_that_is_not_there(client: Client) -> None:
    ordered()
    stranger = client.signed_in_as(stored(make_user))
    hidden, unknown = searched(stranger, EXAMPLE), searched(stranger, OTHER)
    assert hidden.status == unknown.status == 404
    assert hidden.json == {
        "jsonapi": {"version": "1.1"},
        "errors": [
            {
                "status": "404",
                "title": "Not Found",
                "detail": f"There is no order '{EXAMPLE}'.",
                "source": {"pointer": ""},
            }
        ],
    }
    assert hidden.text.replace(EXAMPLE, OTHER) == unknown.text
    assert set(hidden.headers) == set(unknown.headers)


def test_nobody_is_told_to_sign_in_whatever_they_ask_for(client: Client) -> None:
    ordered()
    for reference in (EXAMPLE, OTHER, "leopord"):
        assert searched(client, reference).status == 401
    assert client.get(SEARCH).status == 401


def test_a_search_for_nothing_points_at_the_parameter(client: Client) -> None:
    reply = client.signed_in_as(stored(make_user)).get(SEARCH)
    assert (reply.status, reply.errors[0]["source"]) == (400, {"parameter": "reference"})


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (
            "20 exultant leopord strode intensely",
            "There is no animal 'leopord' here; did you mean 'leopards'?",
        ),
        ("20 exultant leopards strode", "Missing: adverb."),
        ("", "This has no words, and a reference has 5"),
        (f"{EXAMPLE} {OTHER}", "This has 10 words"),
        ("'; DROP TABLE orders; --", "This has 3 words"),
        ("20 " * 1000, "This is too long to be a reference."),
    ],
)
def test_a_wrong_word_is_answered_with_the_nearest_right_one(client: Client, asked: str, told: str) -> None:
    owner, _, _ = ordered()
    reply = searched(client.signed_in_as(owner), asked)
    assert (reply.status, reply.errors[0]["source"]) == (422, {"parameter": "reference"})
    assert told in reply.errors[0]["detail"]


def test_lists_are_filtered_and_sorted_by_the_reference(client: Client) -> None:
    owner, buyer, order = ordered()
    other = stored(make_order, event=stored(make_event, owner=owner), reference=OTHER)
    asking = client.signed_in_as(owner)
    condition = json.dumps([{"name": "reference", "op": "eq", "val": EXAMPLE}])
    for path in ("/v1/orders", f"/v1/events/{order.event_id}/orders", f"/v1/users/{buyer.id}/orders"):
        for query in ({"filter": condition}, {"filter[reference]": EXAMPLE}):
            viewer = client.signed_in_as(buyer) if "users" in path else asking
            assert [resource["id"] for resource in viewer.get(path, query=query).data] == [str(order.id)]
    assert asking.get(f"/v1/events/{order.event_id}/orders", query={"filter[reference]": OTHER}).data == []
    listed = asking.get("/v1/orders", query={"sort": "-reference"}).data
    assert [item["id"] for item in listed] == [str(other.id), str(order.id)]


def test_nobody_changes_a_reference(client: Client, database: TestDatabase) -> None:
    owner, buyer, order = ordered()
    for person in (owner, buyer, stored(make_user, is_admin=True)):
        sent = document("order", {"reference": OTHER}, order.id)
        client.signed_in_as(person).patch(f"/v1/orders/{order.id}", sent)
        assert database.one("SELECT reference FROM orders") == EXAMPLE
