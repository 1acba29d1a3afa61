"""Nobody hears of an order twice, too late, or what they do not want to hear; and no failure is contagious."""

import re

import pytest

from chalicelib import outbox
from tests.support.databases import TestDatabase
from tests.support.pump import Pump
from tests.tasks.order_scene import happens, mails, news, scene


def test_what_is_placed_and_later_completed_is_news_for_organizers_once(
    database: TestDatabase, pump: Pump
) -> None:
    told = scene()
    for what in ("placed", "completed"):
        happens(what, told.order)
        pump.everything()
    subjects = [(mail["to"][0], mail["subject"]) for mail in pump.mails()]
    assert sorted(subjects) == sorted(
        [
            (told.buyer.email, "Your order for Harbour Jazz Days"),
            ("grace@example.org", "Your tickets for Harbour Jazz Days are reserved"),
            (told.owner.email, "New order for Harbour Jazz Days"),
            (told.buyer.email, "Your tickets for Harbour Jazz Days"),
            ("grace@example.org", "Your tickets for Harbour Jazz Days"),
        ]
    )


def test_a_state_that_is_told_twice_is_mailed_once(database: TestDatabase, pump: Pump) -> None:
    told = scene()
    happens("completed", told.order)
    happens("completed", told.order)
    pump.everything()
    database.run("UPDATE outbox SET sent_at = NULL, due_at = due_at - interval '1 hour'")
    assert outbox.relay() > 0
    pump.everything()
    assert len(mails(pump)) == 3
    assert len(news(database)) == 1


def test_news_that_comes_late_is_dropped(database: TestDatabase, pump: Pump) -> None:
    told = scene()
    happens("placed", told.order)
    happens("completed", told.order)
    pump.everything()
    # The news that it was placed came when it was complete already.
    assert {mail["subject"] for mail in mails(pump).values()} == {
        "Your tickets for Harbour Jazz Days",
        "New order for Harbour Jazz Days",
    }


@pytest.mark.parametrize("end", ["cancelled", "expired"])
def test_an_order_that_has_ended_meanwhile_brings_no_tickets(
    database: TestDatabase, pump: Pump, end: str
) -> None:
    told = scene()
    happens("completed", told.order)
    assert pump.tasks() == 2, "mails, and the invoice"
    database.run("UPDATE orders SET status = :end", end=end)
    pump.everything()
    assert pump.mails() == []
    assert pump.waiting()["dead"] == 0


def test_an_order_that_expires_is_no_news(database: TestDatabase, pump: Pump) -> None:
    told = scene(status="initializing")
    happens("expired", told.order)
    pump.everything()
    assert pump.mails() == []
    assert news(database) == []


def test_a_cancellation_that_was_taken_back_is_no_news(database: TestDatabase, pump: Pump) -> None:
    told = scene()
    happens("cancelled", told.order)
    database.run("UPDATE orders SET status = 'completed'")
    pump.everything()
    assert pump.mails() == []
    assert news(database) == []


@pytest.mark.parametrize(
    ("kind", "left"),
    [
        ("ticket_purchased", {"grace@example.org", "owner"}),
        ("ticket_purchased_attendee", {"ada@example.org", "owner"}),
        ("ticket_purchased_organizer", {"ada@example.org", "grace@example.org"}),
    ],
)
def test_each_kind_of_mail_can_be_switched_off(
    database: TestDatabase, pump: Pump, kind: str, left: set[str]
) -> None:
    told = scene()
    database.run("UPDATE message_settings SET enabled = FALSE WHERE action = :kind", kind=kind)
    happens("completed", told.order)
    pump.everything()
    assert {"owner" if to == told.owner.email else to for to in mails(pump)} == left
    assert database.one("SELECT count(*) FROM mails") == 2
    # News in the application has a switch of its own.
    assert news(database) == [("ticket_purchased", told.buyer.id)]


def test_mails_and_news_of_cancellations_can_be_switched_off(database: TestDatabase, pump: Pump) -> None:
    told = scene()
    database.run("UPDATE message_settings SET enabled = FALSE WHERE action = 'ticket_cancelled'")
    database.run("UPDATE notification_settings SET enabled = FALSE WHERE type LIKE 'ticket_cancelled%'")
    happens("cancelled", told.order)
    pump.everything()
    assert pump.mails() == []
    assert news(database) == []


def test_organizers_are_told_of_sales_in_the_application_once_staff_wants_it(
    database: TestDatabase, pump: Pump
) -> None:
    told = scene()
    database.run("UPDATE notification_settings SET enabled = (type = 'ticket_purchased_organizer')")
    for what in ("placed", "completed"):
        happens(what, told.order)
        pump.everything()
    assert news(database) == [("ticket_purchased_organizer", told.owner.id)]


def test_an_address_that_cannot_be_used_holds_up_nobody_else(database: TestDatabase, pump: Pump) -> None:
    told = scene()
    database.run(
        "UPDATE attendees SET email = E'grace@example.org\\nBcc: all@example.org' WHERE email ~ 'ace'"
    )
    happens("completed", told.order)
    pump.everything()
    assert set(mails(pump)) == {told.buyer.email, told.owner.email}


def test_no_log_line_has_anybodys_data(
    database: TestDatabase, pump: Pump, capsys: pytest.CaptureFixture[str]
) -> None:
    told = scene()
    happens("completed", told.order)
    happens("cancelled", told.order)
    pump.everything()
    # Random ids of traces may have any letters.
    written = re.sub(r'"trace": "[0-9a-f-]{36}"', "", capsys.readouterr().err.lower())
    for secret in ("ada", "grace", told.order.identifier, "otters", "jazz", told.attendees[1].identifier):
        assert secret not in written
