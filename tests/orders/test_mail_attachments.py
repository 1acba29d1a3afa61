"""Emails after a purchase carry the tickets and the event for one's calendar, within bounds."""

import base64
from typing import Any

import icalendar
import pytest

from chalicelib.settings import settings
from tests.orders.test_ticket_papers import World, codes, fetched, texts
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client
from tests.support.pump import Pump


@pytest.fixture
def world(database: TestDatabase) -> World:
    made = World()
    database.run("UPDATE orders SET status = 'placed', payment_mode = 'onsite', amount = 5")
    return made


def bought(client: Client, world: World, pump: Pump) -> dict[str, dict[str, Any]]:
    """Complete the order; the attachments of each recipient's email by name."""
    done = document("order", {"status": "completed"}, world.order.id)
    reply = client.signed_in_as(world.owner).patch(f"/v1/orders/{world.order.identifier}", done)
    assert reply.status == 200, reply.text
    pump.everything()
    return {mail["to"][0]: {file["name"]: file for file in mail["attachments"]} for mail in pump.mails()}


def content(file: dict[str, Any]) -> bytes:
    return base64.b64decode(file["base64"])


def test_the_buyer_gets_all_tickets_and_a_guest_their_own(client: Client, world: World, pump: Pump) -> None:
    mails = bought(client, world, pump)
    assert mails[world.owner.email] == {}, "the team gets none"
    for address, expected in (
        ("buyer@example.org", [world.ada, world.alan]),
        ("guest@example.org", [world.alan]),
    ):
        assert {name: file["type"] for name, file in mails[address].items()} == {
            "tickets.pdf": "application/pdf",
            "event.ics": "text/calendar",
        }
        tickets = content(mails[address]["tickets.pdf"])
        assert codes(tickets) == [f"{world.order.identifier}-{item.identifier}" for item in expected]
    (event,) = icalendar.Calendar.from_ical(content(mails["buyer@example.org"]["event.ics"])).walk("VEVENT")
    assert event["SUMMARY"] == "Tage der Freiheit"
    # What was mailed is what is fetched, without another drawing.
    guest = client.signed_in_as(world.guest)
    assert guest.get(world.address).status == 302
    assert texts(fetched(guest, pump, world.address)) == texts(
        content(mails["guest@example.org"]["tickets.pdf"])
    )


def test_attachments_are_bounded_and_can_be_switched_off(
    client: Client, world: World, pump: Pump, environment: pytest.MonkeyPatch, database: TestDatabase
) -> None:
    environment.setenv("MAIL_ATTACHMENT_BYTES", "3000")
    settings.cache_clear()
    assert set(bought(client, world, pump)["buyer@example.org"]) == {"event.ics"}
    environment.setenv("MAIL_ATTACHMENT_BYTES", "0")
    settings.cache_clear()
    again = {"data": {"order": world.order.identifier}}
    reply = client.signed_in_as(world.owner).post(
        "/v1/orders/resend-email", again, content_type="application/json"
    )
    assert reply.status == 200, reply.text
    pump.everything()
    assert [mail["attachments"] for mail in pump.mails()[-2:]] == [[], []]


def test_a_ticket_that_does_not_admit_yet_is_not_mailed(
    client: Client, world: World, pump: Pump, database: TestDatabase
) -> None:
    database.run("UPDATE orders SET status = 'initializing', payment_mode = 'bank'")
    database.run("UPDATE events SET can_pay_by_bank = TRUE")
    placed = document("order", {"status": "placed", "payment-mode": "bank"}, world.order.id)
    reply = client.signed_in_as(world.buyer).patch(f"/v1/orders/{world.order.identifier}", placed)
    assert reply.status == 200, reply.text
    pump.everything()
    mails = {mail["to"][0]: [file["name"] for file in mail["attachments"]] for mail in pump.mails()}
    assert mails["buyer@example.org"] == ["event.ics"]
