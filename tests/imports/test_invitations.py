"""People who are invited by a table: a place is held, a link mailed, and whoever opens it accepts."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib import clock
from chalicelib.settings import settings
from tests.imports.conftest import BEGINS, Place
from tests.imports.test_people_and_codes import refusals, shop
from tests.support.documents import document
from tests.support.guests import Guest

pytestmark = pytest.mark.one_database
PEOPLE = (
    "First Name,Last Name,Email,Ticket Name,Answer By\r\n"
    "Grace,Hopper,grace@example.org,Early bird,2031-05-01 12:00\r\n"
    "Ada,Lovelace,ada@example.org,early  BIRD,\r\n"
)


def _guest(place: Place, email: str) -> Guest:
    return Guest(place.client, place.pump, email).by_link()


def _orders(place: Place) -> list[Any]:
    return place.database.rows("SELECT * FROM orders WHERE event_id = :id ORDER BY id", id=place.event.id)


def _people(place: Place) -> list[Any]:
    return place.database.rows("SELECT * FROM attendees WHERE event_id = :id ORDER BY id", id=place.event.id)


def test_whoever_is_invited_accepts_by_the_mailed_link(place: Place) -> None:
    ticket = shop(place, quantity=2)
    told = place.report("invitations", "people.csv", PEOPLE, dry_run="true")
    assert (told["state"], told["result"]["counts"]["attendee"]["made"]) == ("SUCCESS", 2)
    assert not _orders(place)
    assert not place.pump.mails()

    assert place.imported("invitations", "people.csv", PEOPLE) == {"attendee": {"made": 2}}
    orders = _orders(place)
    assert [(row["status"], row["amount"], row["user_id"], row["is_invitation"]) for row in orders] == [
        ("initializing", 0, None, True)
    ] * 2
    assert [row["expires_at"].isoformat() for row in orders] == [
        "2031-05-01T10:00:00+00:00",
        BEGINS.isoformat(),
    ]
    assert [(row["firstname"], row["email"]) for row in _people(place)] == [
        ("Grace", "grace@example.org"),
        ("Ada", "ada@example.org"),
    ]
    # Held: nobody else gets a place.
    told = place.report("invitations", "more.csv", "Email,Ticket\nlate@example.org,Early bird\n")
    assert [row for row, *_ in refusals(told)] == [2]
    assert place.imported("invitations", "people.csv", PEOPLE) == {"attendee": {"unchanged": 2}}

    grace = _guest(place, "grace@example.org")
    first = next(mail for mail in place.pump.mails() if "grace@example.org" in mail["to"])
    assert first["subject"] == f"You are invited: {place.event.name}"
    order = grace.client.get(f"/v1/orders/{orders[0]['identifier']}").data
    assert order["attributes"]["is-invitation"] is True
    assert grace.moves(order, status="completed").status == 422  # the form is not answered
    (seat,) = grace.client.get(f"/v1/orders/{order['id']}/attendees").data
    answers = {"complex-field-values": {"t_shirt": "M"}}
    assert (
        grace.client.patch(f"/v1/attendees/{seat['id']}", document("attendee", answers, seat["id"])).status
        == 200
    )
    assert grace.moves(order, status="completed").data["attributes"]["status"] == "completed"
    assert place.imported("invitations", "people.csv", PEOPLE) == {"attendee": {"unchanged": 2}}
    place.pump.everything()
    grace_has = [mail["subject"] for mail in place.pump.mails() if "grace@example.org" in mail["to"]]
    assert f"Your tickets for {place.event.name}" in grace_has
    assert place.database.one("SELECT count(*) FROM attendees WHERE ticket_id = :id", id=ticket.id) == 2


def test_a_place_that_nobody_accepts_is_given_back_in_time(place: Place) -> None:
    shop(place, quantity=2)
    soon = (clock.now() + timedelta(days=10)).strftime("%Y-%m-%d %H:%M")  # while the ticket is on sale
    people = PEOPLE.replace("2031-05-01 12:00", soon)
    assert place.imported("invitations", "people.csv", people) == {"attendee": {"made": 2}}
    until = _orders(place)[0]["expires_at"] - clock.now()
    with clock.shifted(until - timedelta(minutes=1)):
        place.asking = place.client.signed_in_as(place.owner)
        told = place.report("invitations", "more.csv", "Email,Ticket\nlate@example.org,Early bird\n")
        assert told["state"] == "FAILURE"
    with clock.shifted(until + timedelta(minutes=5)):
        place.asking = place.client.signed_in_as(place.owner)
        late = "Email,Ticket\nlate@example.org,Early bird\n"
        assert place.imported("invitations", "more.csv", late) == {"attendee": {"made": 1}}
    assert [row["status"] for row in _orders(place)] == ["expired", "initializing", "initializing"]


def test_the_team_names_whom_it_invites_and_nobody_else_does(place: Place) -> None:
    shop(place, quantity=2)
    assert place.imported("invitations", "people.csv", PEOPLE) == {"attendee": {"made": 2}}
    seat = _people(place)[0]["id"]
    named = document("attendee", {"firstname": "Grace B."}, seat)
    assert place.asking.patch(f"/v1/attendees/{seat}", named).status == 200
    registrar = place.client.signed_in_as(place.helper("registrar"))
    other = document("attendee", {"firstname": "Somebody else"}, seat)
    assert registrar.patch(f"/v1/attendees/{seat}", other).status in {403, 404}
    order = _orders(place)[0]["id"]
    cancelled = document("order", {"status": "cancelled"}, order)
    assert place.asking.patch(f"/v1/orders/{order}", cancelled).status == 200


def test_mistakes_of_a_table_are_told_by_row_and_column(place: Place) -> None:
    shop(place, quantity=5)
    wrong = (
        "First Name,Email,Ticket,Answer By\nA,,Early bird,\nB,b@example.org,,\nC,c@example.org,Late bird,\n"
        "D,nobody,Early bird,\nE,e@example.org,Early bird,2020-01-01\nF,f@example.org,Early bird,2031-08-01\n"
        "G,g@example.org,Early bird,soon\n"
    )
    told = place.report("invitations", "wrong.csv", wrong)
    assert [(row, column) for row, column, _ in refusals(told)] == [
        (2, None),
        (3, None),
        (4, "Ticket"),
        (5, "Email"),
        (6, "Answer By"),
        (7, "Answer By"),
        (8, "Answer By"),
    ]
    assert not _orders(place)


def test_one_address_is_invited_a_few_times_a_day(
    place: Place, environment: pytest.MonkeyPatch, limits_on: None
) -> None:
    environment.setenv("LIMIT_INVITATIONS_TO_ONE", "1/1d")
    settings.cache_clear()
    shop(place, quantity=5)
    twice = "Email,Ticket\na@example.org,Early bird\na@example.org,Early bird\n"
    told = place.report("invitations", "twice.csv", twice)
    assert [row for row, *_ in refusals(told)] == [3]
