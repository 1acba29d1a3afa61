"""The addresses of the former server, as its web client uses them, and what is in each list."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib import clock
from tests.exports.asking import cells_of
from tests.exports.conftest import BEGINS, Fair
from tests.exports.test_attendees import ORDERED, sold
from tests.factories import stored
from tests.factories.attendee import make_attendee
from tests.factories.custom_form import make_custom_form
from tests.factories.event import make_event
from tests.factories.group import make_group
from tests.factories.microlocation import make_microlocation
from tests.factories.order import make_order
from tests.factories.session import make_session
from tests.factories.session_type import make_session_type
from tests.factories.speaker import make_speaker
from tests.factories.station import make_station
from tests.factories.ticket import make_ticket
from tests.factories.track import make_track
from tests.factories.user import make_user
from tests.factories.user_check_in import make_user_check_in
from tests.factories.user_follow_group import make_user_follow_group
from tests.factories.users_groups_role import make_users_groups_role

pytestmark = pytest.mark.one_database
CHECK_INS = "/v1/export/user-check-in/csv"


def former(fair: Fair, rest: str, *, identifier: bool = False) -> str:
    return f"/events/{fair.event.identifier if identifier else fair.event.id}/export/{rest}"


def test_orders(fair: Fair) -> None:
    sold(fair, "12.5", 2, payment_mode="bank", city="Köln", paid_via="bank")
    sold(fair, status="expired")
    head, row = fair.asking.csv(former(fair, "orders/csv", identifier=True), "GET")
    assert head[:19] == [
        "Order#", "Order Date", "Status", "Payment Type", "Payment Mode", "Total Amount", "Quantity",
        "Discount Code", "Access Code", "First Name", "Last Name", "Email", "Tax ID", "Address", "Company",
        "Country", "State", "City", "Zipcode",
    ]  # fmt: skip
    record = dict(zip(head, row, strict=True))
    assert record["Order Date"] == "2030-01-02 10:00:05"
    assert (record["Total Amount"], record["Quantity"], record["City"]) == ("25.00", "2", "Köln")
    assert record["Email"].endswith("@example.org")
    (page,) = fair.asking.pages(former(fair, "orders/pdf"), "GET")
    assert "25.00 EUR" in page
    assert record["Order#"] in page


def test_attendees(fair: Fair) -> None:
    _, (person,) = sold(fair)
    table = fair.asking.csv(former(fair, "attendees/csv"), "GET")
    assert [person.email] == [row[16] for row in table[1:]]
    (page,) = fair.asking.pages(former(fair, "attendees/pdf"), "GET")
    assert person.lastname in page


def test_newest_orders_come_first(fair: Fair) -> None:
    times = [ORDERED + timedelta(days=day) for day in (1, 3, 2)]
    orders = [sold(fair, created_at=moment)[0] for moment in times]
    for kind in ("orders", "attendees"):
        table = fair.asking.csv(former(fair, f"{kind}/csv"), "GET")
        ids = [int(row[0].split("-")[1]) for row in table[1:]]
        assert ids == [orders[1].id, orders[2].id, orders[0].id]


def test_sessions_by_state(fair: Fair) -> None:
    track, room = stored(make_track, event=fair.event), stored(make_microlocation, event=fair.event)
    kind = stored(make_session_type, event=fair.event)
    stored(make_custom_form, event=fair.event, form="session", field_identifier="beamer", name="Beamer")
    links = {"track_id": track.id, "microlocation_id": room.id, "session_type_id": kind.id}
    talk = stored(
        make_session, event=fair.event, title="A", starts_at=BEGINS, ends_at=BEGINS + timedelta(hours=1),
        comments="<p>=Hear &amp; see</p>", complex_field_values={"beamer": False}, **links,
    )  # fmt: skip
    stored(make_session, event=fair.event, title="B", state="draft")
    stored(make_session, event=fair.event, title="C", deleted_at=clock.now())
    for name in ("Zoe", "Amy"):
        stored(make_speaker, event=fair.event, name=name, email=f"{name}@example.org", sessions=[talk])
    path = former(fair, "sessions/csv")
    head, row = fair.asking.csv(path, body={"status": "accepted"})
    assert head == [
        "Session Title", "Starts At", "Ends At", "Speakers", "Speaker Emails", "Track", "Abstract Short",
        "Abstract Long", "Comment", "Created At", "Email Sent", "Level", "Status", "Session Type", "Talk Length",
        "Language", "Slides", "Audio", "Video", "Average Rating", "Number of Ratings", "Beamer", "Room",
    ]  # fmt: skip
    record = dict(zip(head, row, strict=True))
    assert record["Session Title"] == "A (accepted)"
    assert (record["Starts At"], record["Ends At"]) == ("2031-07-01 10:00:00", "2031-07-01 11:00:00")
    assert (record["Speakers"], record["Speaker Emails"]) == ("Zoe; Amy", "Zoe@example.org; Amy@example.org")
    assert (record["Track"], record["Room"], record["Session Type"]) == (track.name, room.name, kind.name)
    assert (record["Comment"], record["Email Sent"], record["Beamer"]) == ("'=Hear & see", "No", "No")
    for status, titles in (("all", {"A (accepted)", "B (draft)"}), ("confirmed", set()), ("x", None)):
        rows = fair.asking.csv(path, body={"status": status})[1:]
        assert {row[0] for row in rows} == ({"A (accepted)", "B (draft)"} if titles is None else titles)
    assert len(fair.asking.csv(path)) == 3, "without a body"


def test_speakers_by_the_state_of_their_sessions(fair: Fair) -> None:
    talk = stored(make_session, event=fair.event, title="A")
    stored(make_speaker, event=fair.event, name="Amy", sessions=[talk], short_biography="-1")
    stored(make_speaker, event=fair.event, name="Bob")
    stored(make_speaker, event=fair.event, name="Cid", deleted_at=clock.now(), sessions=[talk])
    path = former(fair, "speakers/csv")
    for body, pointer in (({"status": 1}, "/status"), ([], "")):
        refused = fair.asking.client.post(f"/v1{path}", body, content_type="application/json")
        assert (refused.status, refused.json["errors"][0]["source"]["pointer"]) == (400, pointer)
    head, *rows = fair.asking.csv(path, body={"status": "all"})
    assert head == [
        "Name", "Email", "Session(s)", "Mobile", "Bio", "Organisation", "Position", "Experience",
        "Sponsorship Required", "City", "Country", "Website", "Twitter", "Facebook", "Github", "LinkedIn",
    ]  # fmt: skip
    assert [(row[0], row[2], row[4]) for row in rows] == [("Amy", "A (accepted)", "'-1"), ("Bob", "", "")]
    for status, names in (("accepted", ["Amy"]), ("rejected", []), ("without_session", ["Bob"])):
        assert [row[0] for row in fair.asking.csv(path, body={"status": status})[1:]] == names
    for kind in ("sessions", "speakers"):
        (page,) = fair.asking.pages(former(fair, f"{kind}/pdf"), "GET")
        assert "Amy" in page
        assert "Cid" not in page


def test_followers(fair: Fair) -> None:
    owner = stored(make_user)
    group = stored(make_group, user_id=owner.id)
    fan = stored(make_user, public_name="=Fan")
    organizer, buyer = stored(make_user), stored(make_user, first_name="Bea", last_name="Buyer")
    for user in (owner, fan, organizer, buyer):
        stored(make_user_follow_group, group=group, user=user)
    stored(make_users_groups_role, group=group, user_id=organizer.id, accepted=True)
    stored(make_order, event=stored(make_event, owner=owner), user=buyer, status="completed")
    path = f"/group/{group.id}/export/followers/csv"
    head, *rows = fair.asked_by(owner).csv(path)
    assert head == ["Public Profile Name", "Email", "Group Join Date", "Role"]
    by_name = {row[0]: (row[1], row[3]) for row in rows}
    assert by_name["'=Fan"] == ("", "Follower"), "an address that the API does not tell the owner"
    assert by_name["Bea Buyer"] == (buyer.email, "Follower"), "who has ordered from the owner"
    assert sorted(role for _, role in by_name.values()) == ["Follower", "Follower", "Organizer", "Owner"]
    assert fair.asked_by(organizer).csv(path)
    for user, count in ((fan, 0), (buyer, 1)):  # nor does a filter tell it
        asked = f'[{{"name": "user", "op": "has", "val": {{"name": "email", "op": "eq", "val": "{user.email}"}}}}]'
        found = fair.asked_by(owner).csv(f"/groups/{group.id}/exports/followers.csv", filter=asked)
        assert len(found) == count + 1
    sheet = fair.asked_by(stored(make_user, is_admin=True)).sheet(
        f"/groups/{group.id}/exports/followers.xlsx"
    )
    assert {row[1] for row in sheet.iter_rows(min_row=2, values_only=True)} >= {fan.email, owner.email}


def test_sales(fair: Fair) -> None:
    now = clock.now()
    owner = stored(make_user)
    live = stored(
        make_event, owner=owner, name="Live", starts_at=now - timedelta(days=1), ends_at=now + timedelta(days=1),
        payment_currency="EUR",
    )  # fmt: skip
    stored(
        make_event,
        name="Past",
        starts_at=datetime(2020, 1, 1, tzinfo=UTC),
        ends_at=datetime(2020, 1, 2, tzinfo=UTC),
    )
    ticket = stored(make_ticket, event=live)
    order = stored(make_order, event=live, status="completed", amount=7)
    stored(make_attendee, event=live, order=order, ticket=ticket)
    staff = fair.asked_by(stored(make_user, is_admin=True))
    path = "/admin/export/sales/csv"
    head, *rows = staff.csv(path, body={"status": "live"})
    record = dict(zip(head, rows[[row[0] for row in rows].index("Live")], strict=True))
    assert "Past" not in {row[0] for row in rows}
    assert head[:5] == ["Event Name", "Owner Name", "Owner Email", "Event Type", "Event Date"]
    assert (record["Owner Email"], record["Ticket (Completed)"], record["Sales (Completed)"]) == (
        owner.email, "1", "7.00",
    )  # fmt: skip
    past = {row[0] for row in staff.csv(path, body={"status": "past"})[1:]}
    assert "Past" in past
    assert "Live" not in past
    assert {"Live", "Past"} <= {row[0] for row in staff.csv(path, body={"status": "all"})[1:]}


def test_check_ins_are_answered_at_once(fair: Fair) -> None:
    talk = stored(make_session, event=fair.event, title="Talk")
    place = stored(make_station, event=fair.event)
    person = stored(make_attendee, event=fair.event)
    other = stored(make_user_check_in)
    moment = datetime(2031, 7, 1, 22, 30, tzinfo=UTC)
    stored(make_user_check_in, station=place, ticket_holder=person, created_at=moment, session_id=talk.id)
    asking: Any = fair.asking.client

    def rows(query: str) -> list[list[str]]:
        reply = asking.post(f"{CHECK_INS}?{query}", content_type=None)
        assert reply.status == 200, reply.text
        assert reply.headers["content-type"] == "text/csv; charset=utf-8"
        return cells_of(reply.content)

    table = rows(f"event_id={fair.event.identifier}")
    assert table[0][:6] == ["Ticket Id", "Date Time", "Track Name", "Session Name", "Speaker Name", "Type"]
    assert [row[1:6] for row in table[1:]] == [["2031-07-02 00:30:00", "", "Talk", "", "registration"]]
    for more, count in (
        (f"session_id={talk.id}", 1), ("date=2031-07-02", 1), ("date=2031-07-01", 0), ("type=registration%26daily", 1),
        ("type=daily", 0), ("track_type=None", 0),
    ):  # fmt: skip
        assert len(rows(f"event_id={fair.event.id}&{more}")) == count + 1
    assert len(rows(f"session_id={talk.id}")) == 2
    for query, status, parameter in (
        ("", 400, "event_id"), ("date=2031-07-02", 400, "event_id"), (f"event_id={fair.event.id}&date=x", 400, "date"),
        ("session_id=x", 400, "session_id"), (f"event_id={fair.event.id}&page[size]=1", 400, "page[size]"), (f"event_id={fair.event.id}&type=x", 400, "type"),
        (f"event_id={fair.event.id}&track_type=%00", 400, "track_type"),
    ):  # fmt: skip
        reply = asking.post(f"{CHECK_INS}?{query}", content_type=None)
        assert (reply.status, reply.json["errors"][0]["source"]) == (status, {"parameter": parameter})
    foreign = fair.database.one("SELECT event_id FROM stations WHERE id = :id", id=other.station_id)
    assert asking.post(f"{CHECK_INS}?event_id={foreign}", content_type=None).status == 403
    assert fair.client.post(f"{CHECK_INS}?event_id={foreign}", content_type=None).status == 401
    assert [len(fair.asking.csv(fair.path("check-ins.csv")))] == [2]
