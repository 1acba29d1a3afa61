"""What the mails about an order say, and to whom: buyer, guests and organizers."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from chalicelib import clock, db
from chalicelib.resources.orders.attendee.attendee import Attendee
from chalicelib.resources.orders.order.table import Order
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client
from tests.support.pump import Pump
from tests.tasks.order_scene import happens, mails, news, scene


def test_a_completed_order_brings_everybody_their_tickets(database: TestDatabase, pump: Pump) -> None:
    told = scene(
        starts_at=datetime(2031, 5, 2, 17, 30, tzinfo=UTC),
        ends_at=datetime(2031, 5, 2, 21, 0, tzinfo=UTC),
        after_order_message="<p>Doors open at <b>six</b>.</p><ul><li>Bring <a href='https://e.org/m'>a mug</a></li></ul>",
    )
    coorganizer, moderator = stored(make_user), stored(make_user)
    stored(make_users_events_roles, user=coorganizer, event=told.event, role="coorganizer")
    stored(make_users_events_roles, user=moderator, event=told.event, role="moderator")
    grace = stored(make_user, email="Grace@example.org")
    happens("completed", told.order)
    pump.everything()

    sent = mails(pump)
    assert set(sent) == {told.buyer.email, "grace@example.org", told.owner.email, coorganizer.email}
    bought = sent[told.buyer.email]
    assert bought["subject"] == "Your tickets for Harbour Jazz Days"
    for line in (
        "When: Friday, 02 May 2031, 19:30 to 23:00 (Europe/Berlin)",
        "Where: Alte Fabrik, Berlin",
        "Reference: 4 kind otters sang softly",
        f"Order: {told.order.identifier}",
        "4 x Balcony, 12.50 EUR each",
        "Total: 50.00 EUR",
        "The order is complete.",
        "Doors open at six.",
        "- Bring a mug (https://e.org/m)",
        f"http://localhost:4200/orders/{told.order.identifier}/view",
        *(told.code(number) for number in range(5)),
    ):
        assert line in bought["text"]
    guest = sent["grace@example.org"]
    assert guest["subject"] == "Your tickets for Harbour Jazz Days"
    assert [told.code(number) in guest["text"] for number in range(5)] == [False, True, True, False, False]
    assert "12.50" not in guest["text"]
    assert told.buyer.email not in guest["text"]
    assert sent[told.owner.email]["subject"] == "New order for Harbour Jazz Days"
    assert "ada@example.org" in sent[told.owner.email]["text"]
    assert told.code(0) not in sent[told.owner.email]["text"]

    kept = database.rows("SELECT recipient, action FROM mails ORDER BY recipient")
    assert {(row["recipient"], row["action"]) for row in kept} == {
        (told.buyer.email, "ticket_purchased"),
        ("grace@example.org", "ticket_purchased_attendee"),
        (told.owner.email, "ticket_purchased_organizer"),
        (coorganizer.email, "ticket_purchased_organizer"),
    }
    assert news(database) == [
        ("ticket_purchased", told.buyer.id),
        ("ticket_purchased_attendee", grace.id),
    ]


@pytest.mark.parametrize(
    ("mode", "details", "way", "opens"),
    [
        ("bank", "bank_details", "by bank transfer", False),
        ("cheque", "cheque_details", "by cheque", False),
        ("invoice", "invoice_details", "by invoice", False),
        ("onsite", "onsite_details", "at the entrance", True),
    ],
)
def test_a_placed_order_says_how_it_is_paid(
    database: TestDatabase, pump: Pump, mode: str, details: str, way: str, opens: bool
) -> None:
    told = scene(order_payment_mode=mode, **{details: "First line <DE12>\n\nSecond line"})
    happens("placed", told.order)
    pump.everything()

    text = mails(pump)[told.buyer.email]["text"]
    assert mails(pump)[told.buyer.email]["subject"] == "Your order for Harbour Jazz Days"
    assert f"Please pay 50.00 EUR {way}:" in text
    assert "First line <DE12>" in text
    assert "Second line" in text
    # Only who pays at the entrance needs the code before the order is paid.
    assert (told.code(0) in text) == opens
    assert (told.code(1) in mails(pump)["grace@example.org"]["text"]) == opens
    assert f"To be paid {way}." in mails(pump)[told.owner.email]["text"]


def test_guests_in_the_trash_and_buyers_without_account_get_nothing(
    database: TestDatabase, pump: Pump
) -> None:
    told = scene()
    with db.transaction() as session:
        session.get_one(Attendee, told.attendees[1].id).deleted_at = clock.now()
        session.get_one(Order, told.order.id).user_id = None
    happens("completed", told.order)
    pump.everything()

    sent = mails(pump)
    # Without a buyer, who has the buyer's address is a guest like others.
    assert set(sent) == {"ADA@example.org", "Grace@example.org", told.owner.email}
    assert told.code(2) in sent["Grace@example.org"]["text"]
    assert told.code(1) not in sent["Grace@example.org"]["text"]
    assert "Somebody has ordered tickets" in sent[told.owner.email]["text"]
    assert news(database) == [("ticket_purchased_attendee", told.buyer.id)]


def test_a_deleted_account_is_not_mailed(database: TestDatabase, pump: Pump) -> None:
    told = scene()
    database.run(
        "UPDATE users SET deleted_at = now(), email = email || '.deleted' WHERE id = :id", id=told.buyer.id
    )
    happens("completed", told.order)
    pump.everything()
    assert set(mails(pump)) == {"ADA@example.org", "grace@example.org", told.owner.email}


def test_an_old_and_free_order_without_reference_is_mailed_too(database: TestDatabase, pump: Pump) -> None:
    told = scene(order_amount=Decimal(0), order_payment_mode="free")
    database.run("UPDATE orders SET reference = NULL")
    database.run("UPDATE orders_tickets SET price = 0")
    database.run("UPDATE events SET payment_currency = NULL, location_name = NULL, online = TRUE")
    happens("completed", told.order)
    pump.everything()
    text = mails(pump)[told.buyer.email]["text"]
    assert "Reference" not in text
    assert {"4 x Balcony, free", "Total: free", "Where: online"} <= set(text.splitlines())


def test_a_total_that_is_not_the_sum_of_its_lines_says_why(database: TestDatabase, pump: Pump) -> None:
    told = scene(order_amount=Decimal("41.1"))
    happens("completed", told.order)
    pump.everything()
    text = mails(pump)[told.buyer.email]["text"]
    assert "Total: 41.10 EUR (with discounts, fees and tax)" in text


def test_a_cancelled_order_is_told_to_buyer_and_organizers(database: TestDatabase, pump: Pump) -> None:
    told = scene(order_cancel_note="The pier is flooded.")
    happens("cancelled", told.order, viewer_id=told.owner.id)
    happens("cancelled", told.order, viewer_id=told.owner.id)
    pump.everything()

    sent = mails(pump)
    assert set(sent) == {told.buyer.email}
    assert sent[told.buyer.email]["subject"] == "Your order for Harbour Jazz Days is cancelled"
    for line in ("no longer valid", "The pier is flooded.", "Reference: 4 kind otters sang softly"):
        assert line in sent[told.buyer.email]["text"]
    assert database.one("SELECT action FROM mails") == "ticket_cancelled"
    assert news(database) == [
        ("ticket_cancelled", told.buyer.id),
        ("ticket_cancelled_organizer", told.owner.id),
    ]
    assert {row["user_id"] for row in database.rows("SELECT user_id FROM notification_actors")} == {
        told.owner.id
    }


def test_the_news_shows_what_it_is_about(client: Client, database: TestDatabase, pump: Pump) -> None:
    told = scene()
    happens("completed", told.order)
    pump.everything()
    (one,) = client.signed_in_as(told.buyer).get(f"/v1/users/{told.buyer.id}/notifications").data
    assert one["attributes"]["title"] == "Your order for Harbour Jazz Days is completed"
    content = one["attributes"]["content"]
    assert (content["target_type"], content["target_id"]) == ("Order", told.order.id)
    assert content["order"]["identifier"] == told.order.identifier
    assert content["event"]["name"] == "Harbour Jazz Days"
    assert [actor["id"] for actor in content["actors"]] == [told.buyer.id]


def test_an_order_over_http_brings_its_mails(client: Client, database: TestDatabase, pump: Pump) -> None:
    owner, buyer = stored(make_user), stored(make_user)
    event = stored(
        make_event,
        owner=owner,
        payment_currency="EUR",
        can_pay_by_bank=True,
        bank_details="IBAN DE02 1203 0000 0000 2020 51",
    )
    ticket = stored(make_ticket, event=event, name="Stalls", type="paid", price=Decimal(30))
    buying = client.signed_in_as(buyer)
    order = buying.post("/v1/orders/create-order", {"tickets": [{"id": ticket.id}]}).data
    attendee = database.rows("SELECT id, identifier FROM attendees")[0]
    about = {"firstname": "Grace", "lastname": "Hopper", "email": "grace@example.org"}
    path = f"/v1/attendees/{attendee['id']}"
    assert buying.patch(path, document("attendee", about, id=attendee["id"])).status == 200

    def moves(who: Client, **attributes: str) -> None:
        sent = document("order", attributes, id=order["id"])
        assert who.patch(f"/v1/orders/{order['id']}", sent).status == 200
        pump.everything()

    moves(buying, **{"payment-mode": "bank", "status": "placed"})
    placed = mails(pump)
    assert set(placed) == {buyer.email, "grace@example.org", owner.email}
    for line in ("Please pay 30.00 EUR by bank transfer:", "IBAN DE02 1203 0000 0000 2020 51"):
        assert line in placed[buyer.email]["text"]
    if order["attributes"].get("reference"):
        assert f"Reference: {order['attributes']['reference']}" in placed[buyer.email]["text"]

    moves(client.signed_in_as(owner), status="completed")
    completed = {mail["to"][0]: mail for mail in pump.mails()[3:]}
    assert set(completed) == {buyer.email, "grace@example.org"}
    code = f"{order['attributes']['identifier']}-{attendee['identifier']}"
    assert all(f"Stalls for Grace Hopper: {code}" in mail["text"] for mail in completed.values())

    moves(buying, status="cancelled")
    assert [mail["to"][0] for mail in pump.mails()[5:]] == [buyer.email]
    assert news(database) == [
        ("ticket_cancelled", buyer.id),
        ("ticket_cancelled_organizer", owner.id),
        ("ticket_purchased", buyer.id),  # placed and completed, of which the buyer has read neither
    ]
