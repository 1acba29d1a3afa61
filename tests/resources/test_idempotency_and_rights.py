"""An answer that was kept is not given again to whoever has lost the right to it meanwhile."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.factories import attributes_of, stored
from tests.factories.attendee import make_attendee
from tests.factories.event import make_event
from tests.factories.sponsor import make_sponsor
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply

KEY = {"Idempotency-Key": "k-1"}
REPLAYED = "idempotent-replayed"


def asked(asking: Client, method: str, path: str, body: Any = None) -> Callable[[], Reply]:
    return lambda: asking.request(method, path, body, headers=KEY)


def requests_of_the_team(asking: Client, event: Any) -> list[Callable[[], Reply]]:
    """What a coorganizer does: to the event, to what hangs on it, with a verb, with a relationship."""
    sponsor = stored(make_sponsor, event=event)
    faq = document("faq", {"question": "Why?", "answer": "So."}, event=("event", event))
    link = {"data": {"type": "event", "id": str(event.id)}}
    return [
        asked(asking, "PATCH", f"/v1/events/{event.id}", document("event", {"online": True}, event.id)),
        asked(
            asking, "PATCH", f"/v1/sponsors/{sponsor.id}", document("sponsor", {"name": "Acme"}, sponsor.id)
        ),
        asked(asking, "POST", "/v1/faqs", faq),
        asked(asking, "POST", f"/v1/events/{event.id}/reorder-exhibitors?reset", []),
        asked(asking, "PATCH", f"/v1/sponsors/{sponsor.id}/relationships/event", link),
    ]


@pytest.mark.parametrize("state", ["published", "draft"])
@pytest.mark.parametrize("which", range(5))
def test_a_role_that_was_removed_ends_the_replay(
    client: Client, database: TestDatabase, state: str, which: int
) -> None:
    event = stored(make_event, state=state)
    helper = stored(make_users_events_roles, event=event)
    ask = requests_of_the_team(client.signed_in_as(helper.user_id), event)[which]
    first, again = ask(), ask()
    assert first.status < 300, first.text
    assert (again.status, again.text, again.headers.get(REPLAYED)) == (first.status, first.text, "true")
    database.run("DELETE FROM users_events_roles WHERE user_id = :id", id=helper.user_id)
    refused = ask()
    assert refused.status in {403, 404}, refused.text
    assert REPLAYED not in refused.headers
    # The right is back, and so is the answer.
    stored(make_users_events_roles, event=event, user=type("Who", (), {"id": helper.user_id}))
    assert ask().text == first.text


def ordered(client: Client) -> tuple[Any, Any, Callable[[], Reply], Reply]:
    buyer, ticket = stored(make_user), stored(make_ticket)
    wanted = {"tickets": [{"id": ticket.id, "quantity": 1}]}
    ask = asked(client.signed_in_as(buyer), "POST", "/v1/orders/create-order?include=attendees", wanted)
    return buyer, ticket, ask, ask()


def test_an_account_that_was_blocked_gets_no_replay(client: Client, database: TestDatabase) -> None:
    buyer, _, ask, first = ordered(client)
    assert ask().text == first.text
    database.run("UPDATE users SET is_blocked = true WHERE id = :id", id=buyer.id)
    assert ask().status == 401


def test_an_order_that_was_handed_over_is_not_shown_to_its_former_buyer(
    client: Client, database: TestDatabase
) -> None:
    _, _, ask, first = ordered(client)
    database.run("UPDATE orders SET user_id = :id", id=stored(make_user).id)
    refused = ask()
    assert (first.status, refused.status) == (200, 404)
    assert first.data["attributes"]["identifier"] not in refused.text
    assert database.one("SELECT count(*) FROM orders") == 1


def test_a_guest_who_was_taken_off_an_order_is_not_shown_again(
    client: Client, database: TestDatabase
) -> None:
    _, _, ask, first = ordered(client)
    database.run("UPDATE attendees SET deleted_at = now()")
    assert (first.status, ask().status) == (200, 404)


def test_what_lies_in_the_trash_is_not_shown_again(client: Client, database: TestDatabase) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    asking = client.signed_in_as(owner)
    changing = asked(asking, "PATCH", f"/v1/events/{event.id}", document("event", {"online": True}, event.id))
    ticket = document("ticket", attributes_of("ticket"), event=("event", event))
    assert changing().status == 200
    made = asking.request("POST", "/v1/tickets", ticket, headers={"Idempotency-Key": "k-2"})
    assert made.status == 201, made.text
    database.run("UPDATE events SET deleted_at = now() WHERE id = :id", id=event.id)
    assert changing().status == 404
    again = asking.request("POST", "/v1/tickets", ticket, headers={"Idempotency-Key": "k-2"})
    assert again.status == 404
    assert (
        asking.request("DELETE", f"/v1/events/{event.id}", headers={"Idempotency-Key": "k-3"}).status == 404
    )


def test_attributes_that_became_hidden_are_not_shown_again(client: Client, database: TestDatabase) -> None:
    buyer, guest = stored(make_user), stored(make_user)
    event = stored(make_event)
    with_order = stored(make_ticket, event=event)
    wanted = {"tickets": [{"id": with_order.id, "quantity": 1}]}
    order = client.signed_in_as(buyer).post("/v1/orders/create-order", wanted).data["id"]
    ask = asked(
        client.signed_in_as(buyer), "PATCH", f"/v1/orders/{order}", document("order", {"city": "Kiel"}, order)
    )
    assert ask().data["attributes"]["city"] == "Kiel"
    # The former buyer comes along still, but the bill is somebody else's.
    database.run("UPDATE orders SET user_id = :id", id=guest.id)
    stored(make_attendee, event=event, order=type("Order", (), {"id": int(order)}), email=buyer.email)
    refused = ask()
    assert refused.status == 403
    assert "Kiel" not in refused.text


def test_who_has_won_rights_meanwhile_gets_the_same_answer(client: Client, database: TestDatabase) -> None:
    user = stored(make_user)
    asking = client.signed_in_as(user)
    ask = asked(asking, "POST", "/v1/events", document("event", attributes_of("event")))
    first = ask()
    assert first.status == 201, first.text
    stored(make_users_events_roles, user=user, role="coorganizer")
    again = ask()
    assert (again.status, again.text, again.headers[REPLAYED]) == (201, first.text, "true")
    assert (
        database.one("SELECT count(*) FROM events WHERE name = :n", n=first.data["attributes"]["name"]) == 1
    )
    assert database.one("SELECT count(*) FROM outbox") == 0
