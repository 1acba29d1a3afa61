"""Mails about orders to others than the buyer: the first few at once, the others later, none after a day."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib import clock
from chalicelib.settings import settings
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.orders.baskets import ORDER, basket
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client
from tests.support.pump import Pump
from tests.tasks.order_scene import happens, scene


@pytest.fixture(autouse=True)
def _on(limits_on: None) -> None:
    """Here limits are what they are in production."""


def free_order(client: Client, buyer: Any, ticket: Any, emails: list[str]) -> None:
    asking = client.signed_in_as(buyer)
    made = asking.post(f"{ORDER}?include=attendees", basket((ticket, len(emails))))
    assert made.status == 200, made.text
    for attendee, email in zip(made.json["included"], emails, strict=True):
        names = {"firstname": "Ada", "lastname": "Lovelace", "email": email}
        body = document("attendee", names, attendee["id"])
        assert asking.patch(f"/v1/attendees/{attendee['id']}", body).status == 200
    path = f"/v1/orders/{made.data['id']}"
    done = asking.patch(path, document("order", {"status": "completed"}, made.data["id"]))
    assert done.status == 200, done.text


def free_ticket(**values: Any) -> Any:
    return stored(make_ticket, event=stored(make_event, **values), type="free", quantity=500, max_order=100)


def strangers(pump: Pump) -> list[str]:
    return [to for mail in pump.mails() for to in mail["to"] if to.startswith("stranger")]


def test_twenty_strangers_are_not_mailed_at_once_by_one_free_order(
    client: Client, database: TestDatabase, pump: Pump
) -> None:
    buyer, ticket = stored(make_user), free_ticket()
    free_order(client, buyer, ticket, [f"stranger-{number}@example.org" for number in range(20)])
    pump.everything()
    assert len(strangers(pump)) == 10
    assert [mail for mail in pump.mails() if mail["to"] == [buyer.email]]
    due = database.rows(
        "SELECT due_at FROM outbox WHERE task = 'send_ticket_mail_to_attendee' ORDER BY due_at"
    )
    waits = [(row["due_at"] - clock.now()).total_seconds() for row in due]
    assert [round((wait + 30) // 360) for wait in waits[9:]] == list(range(11))


def test_the_others_follow_within_the_time_in_which_as_many_are_allowed(client: Client, pump: Pump) -> None:
    emails = [f"stranger-{number}@example.org" for number in range(12)]
    free_order(client, stored(make_user), free_ticket(), emails)
    pump.everything()
    with clock.shifted(timedelta(minutes=13)):
        pump.tick("sweep_outbox")
        pump.everything()
    assert sorted(strangers(pump)) == sorted(emails)


def test_several_orders_of_one_buyer_count_together_and_others_do_not_wait(
    client: Client, pump: Pump
) -> None:
    one, other, ticket = stored(make_user), stored(make_user), free_ticket()
    for number in range(4):
        free_order(client, one, ticket, [f"stranger-{number}-{guest}@example.org" for guest in range(4)])
    free_order(client, other, ticket, ["stranger-of-other@example.org"])
    pump.everything()
    assert len(strangers(pump)) == 11
    assert "stranger-of-other@example.org" in strangers(pump)


def test_one_mailbox_gets_few_tickets_from_many_buyers(
    client: Client, pump: Pump, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("LIMIT_GUEST_MAILS_BY_RECIPIENT", "3/1d")
    settings.cache_clear()
    ticket = free_ticket()
    for _ in range(5):
        free_order(client, stored(make_user), ticket, ["Stranger@example.org"])
    pump.everything()
    assert len([mail for mail in pump.mails() if mail["to"][0].lower() == "stranger@example.org"]) == 3


def test_one_buyer_does_not_use_up_what_others_may_send_to_a_mailbox(
    client: Client, pump: Pump, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("LIMIT_GUEST_MAILS_TO_ONE", "2/1d")
    environment.setenv("LIMIT_GUEST_MAILS_BY_RECIPIENT", "5/1d")
    settings.cache_clear()
    ticket, flooding = free_ticket(), stored(make_user)
    for _ in range(7):  # two are sent, two wait, and the others are left out
        free_order(client, flooding, ticket, ["stranger@example.org"])
    free_order(client, stored(make_user), ticket, ["stranger@example.org"])
    pump.everything()
    assert len(strangers(pump)) == 3


def test_who_would_be_mailed_after_a_day_is_not_mailed_and_that_holds_up_nobody_longer(
    client: Client, database: TestDatabase, pump: Pump, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("LIMIT_GUEST_MAILS", "2/1d")
    settings.cache_clear()
    buyer, ticket = stored(make_user), free_ticket()
    free_order(client, buyer, ticket, [f"stranger-{number}@example.org" for number in range(9)])
    pump.everything()
    assert database.one("SELECT count(*) FROM outbox WHERE task = 'send_ticket_mail_to_attendee'") == 4
    with clock.shifted(timedelta(days=3)):
        free_order(client, buyer, ticket, ["stranger-later@example.org"])
        pump.everything()
    assert "stranger-later@example.org" in strangers(pump)


def test_guests_of_what_was_paid_for_are_more(database: TestDatabase, pump: Pump) -> None:
    told = scene()
    database.run("UPDATE attendees SET email = 'guest-' || id || '@example.org'")
    happens("completed", told.order)
    pump.everything()
    assert len([mail for mail in pump.mails() if mail["to"][0].startswith("guest-")]) == 5


def test_one_buyer_does_not_flood_the_team(
    client: Client, database: TestDatabase, pump: Pump, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("LIMIT_ORGANIZER_MAILS", "3/1h")
    settings.cache_clear()
    buyer, owner = stored(make_user), stored(make_user)
    ticket = free_ticket(owner=owner)
    for _ in range(5):
        free_order(client, buyer, ticket, [buyer.email])
    pump.everything()
    assert len([mail for mail in pump.mails() if mail["to"] == [owner.email]]) == 3
    with clock.shifted(timedelta(hours=1)):
        pump.tick("sweep_outbox")
        pump.everything()
    assert len([mail for mail in pump.mails() if mail["to"] == [owner.email]]) == 5
