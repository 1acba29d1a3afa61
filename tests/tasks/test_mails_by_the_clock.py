"""Reminders that ticket sales end, and mails after an event: by the event's days, once, and late rather than never."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest

from chalicelib import clock, daily
from chalicelib.tasks import remind_of_sales_end, tell_after_event
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.session import make_session
from tests.factories.speaker import make_speaker
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client
from tests.support.pump import Pump

NOON = datetime(2031, 5, 10, 12, tzinfo=UTC)
# Of the owner and of an organizer, and of somebody whom no mail concerns.
OWNER, ORGANIZER, REGISTRAR = "owner@example.org", "organizer@example.org", "registrar@example.org"


class Place(NamedTuple):
    """A published event in May 2031, whose tickets are sold, and the clock."""

    pump: Pump
    database: TestDatabase
    client: Client
    at: Callable[[datetime], None]
    owner: Any
    event: Any

    def on(self, day: int, *, sweeps: int = 2) -> list[tuple[str, str]]:
        """Recipients and subjects of the mails that are sent on this day of May, at noon UTC."""
        before = self.plan(day, sweeps)
        self.pump.everything()
        return sorted((mail["to"][0], mail["subject"]) for mail in self.pump.mails()[before:])

    def plan(self, day: int, sweeps: int = 1) -> int:
        """Let the sweep run; returns how many mails there were before."""
        before = len(self.pump.mails())
        self.at(NOON.replace(day=day))
        for _ in range(sweeps):
            self.pump.tick("sweep_outbox")
        return before

    def ticket(self, name: str, ends: datetime, **values: Any) -> Any:
        starts = NOON - timedelta(days=100)
        return stored(
            make_ticket, event=self.event, name=name, sales_starts_at=starts, sales_ends_at=ends, **values
        )


@pytest.fixture
def place(client: Client, database: TestDatabase, pump: Pump, monkeypatch: pytest.MonkeyPatch) -> Place:
    def at(moment: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: moment)

    at(NOON)
    owner, organizer = stored(make_user, email=OWNER), stored(make_user, email=ORGANIZER)
    event = stored(
        make_event,
        owner=owner,
        name="Jazz Days",
        timezone="Pacific/Auckland",
        starts_at=NOON + timedelta(days=40),
        ends_at=NOON + timedelta(days=42),
    )
    stored(make_users_events_roles, event=event, user=organizer, role="organizer")
    stored(make_users_events_roles, event=event, user=stored(make_user, email=REGISTRAR), role="registrar")
    return Place(pump, database, client, at, owner, event)


# 23:00 of 17 May in Auckland.
LATE_ON_17 = datetime(2031, 5, 17, 11, tzinfo=UTC)


def to_both(subject: str) -> list[tuple[str, str]]:
    return [(ORGANIZER, subject), (OWNER, subject)]


def test_the_end_of_sales_is_told_by_the_days_of_the_events_zone(place: Place) -> None:
    place.ticket("Evening", LATE_ON_17)
    place.ticket("Matinee", LATE_ON_17 - timedelta(hours=5))
    place.ticket("Much later", LATE_ON_17 + timedelta(days=20))
    mailed = {day: mails for day in range(7, 21) if (mails := place.on(day))}
    assert mailed == {
        9: to_both("Ticket sales for Jazz Days end on 17 May 2031"),  # 10 May in Auckland
        15: to_both("Ticket sales for Jazz Days end on 17 May 2031"),
        17: to_both("Ticket sales for Jazz Days have ended"),
    }
    assert "on 17 May 2031: Evening, Matinee." in place.pump.mails()[-1]["text"]


def test_what_no_sweep_told_in_time_is_told_late_and_once(place: Place) -> None:
    place.ticket("Evening", LATE_ON_17)
    assert place.on(7) == []
    assert place.on(11) == to_both("Ticket sales for Jazz Days end on 17 May 2031")
    assert place.on(12) == []
    assert place.on(16) == to_both("Ticket sales for Jazz Days end on 17 May 2031")
    assert place.on(27) == to_both("Ticket sales for Jazz Days have ended")
    assert place.on(28) == []


def test_nobody_is_told_to_act_before_a_day_that_is_over(place: Place) -> None:
    place.ticket("Evening", LATE_ON_17)
    before = place.plan(15)
    place.pump.tasks()
    place.pump.tasks()  # the mails are enqueued
    assert place.database.one("SELECT count(*) FROM outbox WHERE task = 'send_sales_end_mail'") == 2
    place.at(LATE_ON_17 + timedelta(hours=2))
    place.pump.everything()
    assert place.pump.mails()[before:] == []
    assert place.on(18) == to_both("Ticket sales for Jazz Days have ended")


@pytest.mark.parametrize("hours", [20, 30])
def test_a_job_that_runs_hours_or_days_late_misses_nothing(place: Place, hours: int) -> None:
    """The worker stops for a while, and days of the event's zone begin meanwhile."""
    place.database.run("UPDATE events SET timezone = 'America/New_York'")
    place.ticket("Evening", LATE_ON_17)
    assert [place.on(day) for day in (8, 9)] == [[], []]
    before = place.plan(10)
    place.at(NOON.replace(day=10) + timedelta(hours=hours))
    place.pump.everything()
    mailed = sorted((mail["to"][0], mail["subject"]) for mail in place.pump.mails()[before:])
    assert mailed == to_both("Ticket sales for Jazz Days end on 17 May 2031")
    place.database.run("UPDATE events SET starts_at = '2031-05-10Z', ends_at = '2031-05-12T01:00Z'")
    before = place.plan(12)
    place.at(NOON.replace(day=12) + timedelta(days=4))
    place.pump.everything()
    mailed = sorted((mail["to"][0], mail["subject"]) for mail in place.pump.mails()[before:])
    assert mailed == to_both("Jazz Days is over")


def test_sales_that_are_moved_meanwhile_are_not_told_of(place: Place) -> None:
    ticket = place.ticket("Evening", LATE_ON_17)
    before = place.plan(9)
    later = (LATE_ON_17 + timedelta(days=3)).isoformat()
    changed = document("ticket", {"sales-ends-at": later}, ticket.id)
    assert place.client.signed_in_as(place.owner).patch(f"/v1/tickets/{ticket.id}", changed).status == 200
    place.pump.everything()
    assert place.pump.mails()[before:] == []
    assert place.on(12) == to_both("Ticket sales for Jazz Days end on 20 May 2031")


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE events SET state = 'draft'",
        "UPDATE events SET deleted_at = now()",
        "UPDATE events SET starts_at = '2031-05-01Z', ends_at = '2031-05-09T11:00Z'",
        "UPDATE tickets SET deleted_at = now()",
        "UPDATE users SET is_blocked = true",
        "UPDATE message_settings SET enabled = false",
        "UPDATE events SET timezone = 'Nowhere/At_all'",  # of a former server; then it is UTC, and 8 days ahead
    ],
)
def test_nobody_is_told_of_sales_that_do_not_go_on(place: Place, sql: str) -> None:
    place.ticket("Evening", LATE_ON_17)
    place.database.run("UPDATE message_settings SET enabled = (action <> 'after_event')")
    place.database.run(sql)
    assert place.on(9) == []


def speaker(event: Any, email: str, *states: str, **values: Any) -> None:
    sessions = [stored(make_session, event=event, state=state) for state in states]
    stored(make_speaker, event=event, email=email, sessions=sessions, **values)


def test_who_organized_and_who_spoke_is_thanked_once(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tell_after_event, "BATCH", 1)
    place.database.run("UPDATE events SET starts_at = '2031-05-08Z', ends_at = '2031-05-09T13:00Z'")
    stored(make_event, starts_at=NOON, ends_at=NOON + timedelta(days=60))
    speaker(place.event, "accepted@example.org", "rejected", "accepted")
    speaker(place.event, "confirmed@example.org", "confirmed", "accepted")
    speaker(place.event, "rejected@example.org", "rejected", "withdrawn", "pending", "draft", "canceled")
    speaker(place.event, "silent@example.org", "confirmed")
    speaker(place.event, ORGANIZER.upper(), "confirmed")
    speaker(place.event, "assistant@example.org", "confirmed", is_email_overridden=True)
    place.database.run("UPDATE speakers SET deleted_at = now() WHERE email = 'silent@example.org'")
    assert place.on(9) == []  # it ends an hour later
    subject = "Jazz Days is over"
    mails = [("accepted@example.org", subject), ("confirmed@example.org", subject), *to_both(subject)]
    assert place.on(10) == mails
    assert [place.on(day) for day in (11, 12)] == [[], []]
    # The event goes on for a day: when that is over, it is told again.
    place.database.run("UPDATE events SET ends_at = '2031-05-12T13:00Z' WHERE name = 'Jazz Days'")
    assert place.on(13) == mails


def test_speakers_are_thanked_at_the_pace_of_the_owner_and_not_for_a_blocked_one(
    place: Place, limits_on: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tell_after_event, "BATCH", 5)
    place.database.run("UPDATE events SET starts_at = '2031-05-08Z', ends_at = '2031-05-09T13:00Z'")
    place.database.run("UPDATE users SET is_verified = false")
    for number in range(23):
        speaker(place.event, f"stranger{number}@example.org", "accepted")
    assert len(place.on(10)) == 2 + 5  # the team, and what an unverified owner may begin with
    place.database.run("UPDATE users SET is_blocked = true")
    before = place.plan(11)
    place.pump.everything()
    assert place.pump.mails()[before:] == []
    assert place.on(12) == []


def test_an_event_that_ended_while_nothing_ran_is_told_of_late(place: Place) -> None:
    assert place.on(3) == []
    place.database.run("UPDATE events SET starts_at = '2031-05-03Z', ends_at = '2031-05-04T13:00Z'")
    assert place.on(9) == to_both("Jazz Days is over")


def test_an_event_that_is_moved_on_before_the_mail_is_sent_is_not_over(place: Place) -> None:
    place.database.run("UPDATE events SET starts_at = '2031-05-03Z', ends_at = '2031-05-10T11:00Z'")
    before = place.plan(10)
    changed = document("event", {"ends-at": "2031-05-12T11:00:00Z"}, place.event.id)
    owner = place.client.signed_in_as(place.owner)
    assert owner.patch(f"/v1/events/{place.event.id}", changed).status == 200
    place.pump.everything()
    assert place.pump.mails()[before:] == []


def test_a_daily_job_is_enqueued_once_a_day_and_stands_for_the_days_before(place: Place) -> None:
    for day in (1, 2, 5, 5, 30):  # more days than one job stands for
        place.at(NOON.replace(day=day))
        daily.plan((remind_of_sales_end.NAME,))
    rows = place.database.rows("SELECT arguments FROM outbox ORDER BY id")
    assert [row["arguments"] for row in rows] == [
        {"day": "2031-05-01", "days": 1},
        {"day": "2031-05-02", "days": 1},
        {"day": "2031-05-05", "days": 3},
        {"day": "2031-05-30", "days": daily.MOST_DAYS},
    ]


def test_many_tickets_are_looked_at_in_batches(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remind_of_sales_end, "BATCH", 2)
    for number in range(5):
        place.ticket(f"Row {number}", LATE_ON_17)
    assert place.on(9) == to_both("Ticket sales for Jazz Days end on 17 May 2031")
    assert "Row 0, Row 1, Row 2, Row 3, Row 4." in place.pump.mails()[-1]["text"]
