"""Attendees who get tickets, and codes: by the rules of ordering and of codes."""

from typing import Any

import pytest

from tests.factories import stored
from tests.factories.custom_form import make_custom_form
from tests.factories.ticket import make_ticket
from tests.imports.conftest import Place

pytestmark = pytest.mark.one_database
PEOPLE = (
    "First Name,Last Name,Email,Ticket Name,T-Shirt\r\n"
    "Grace,Hopper,grace@example.org,Early bird,M\r\n"
    "Ada,Lovelace,ada@example.org,early  BIRD,L\r\n"
    "Ada,Lovelace,ada@example.org,Early bird,S\r\n"
)


def refusals(told: Any) -> list[tuple[Any, ...]]:
    """(row, column, detail) of what was refused."""
    return [
        (entry["row"], entry.get("column"), entry["detail"])
        for entry in told["result"]["entries"]
        if entry["action"] == "refused"
    ]


def shop(place: Place, **values: Any) -> Any:
    question = {"event": place.event, "form": "attendee", "is_included": True, "type": "text"}
    stored(make_custom_form, **question, name="T-Shirt", field_identifier="tShirt", is_required=True)
    return stored(make_ticket, event=place.event, name="Early bird", price=12, type="paid", **values)


def test_attendees_get_tickets_as_if_an_organizer_had_added_them(place: Place) -> None:
    ticket = shop(place, quantity=4)
    told = place.report("attendees", "people.csv", PEOPLE, dry_run="true")
    assert (told["state"], told["result"]["counts"]["attendee"]["made"]) == ("SUCCESS", 3)
    assert place.database.one("SELECT count(*) FROM orders") == 0
    assert place.imported("attendees", "people.csv", PEOPLE) == {"attendee": {"made": 3}}
    orders = place.database.rows("SELECT * FROM orders ORDER BY id")
    assert {(row["status"], row["amount"], row["user_id"]) for row in orders} == {
        ("completed", 0, place.owner.id)
    }
    people = place.database.rows("SELECT * FROM attendees WHERE ticket_id = :id ORDER BY id", id=ticket.id)
    assert [(row["firstname"], row["complex_field_values"]) for row in people] == [
        ("Grace", {"t_shirt": "M"}),
        ("Ada", {"t_shirt": "L"}),
        ("Ada", {"t_shirt": "S"}),
    ]
    assert place.imported("attendees", "people.csv", PEOPLE) == {"attendee": {"unchanged": 3}}
    mails = [mail for mail in place.pump.mails() if "ada@example.org" in mail["to"]]
    assert mails, "guests are told of their tickets"

    exported = place.exports.content(f"/events/{place.event.id}/exports/attendees.csv")
    assert place.imported("attendees", "own.csv", exported) == {"attendee": {"unchanged": 3}}
    other = Place(place.client, place.pump, place.database)
    shop(other, quantity=4)
    assert other.imported("attendees", "theirs.csv", exported) == {"attendee": {"made": 3}}
    assert other.imported("attendees", "theirs.csv", exported) == {"attendee": {"unchanged": 3}}

    two = "Name,First Name,Last Name,Email,Ticket\n,A,B,a@example.org,Early bird\n"
    told = other.report("attendees", "a.csv", two)["result"]
    assert (told["row"], told["column"]) == (1, "Name")
    assert told["reason"] == "These columns are not known: Name. Rename them, or name them in ignore=."
    told = other.report("attendees", "a.csv", two, ignore="name")
    assert refusals(told) == [(2, None, "T-Shirt must be answered.")]
    wrong = "First Name,Email,Ticket,T-Shirt\nA,a@example.org,Late bird,S\nB,b@example.org,,S\nC,nobody,Early bird,S\n"
    assert [(row, column) for row, column, _ in refusals(other.report("attendees", "a.csv", wrong))] == [
        (2, "Ticket"),
        (3, None),
        (4, "Email"),
    ]


def test_nothing_is_oversold(place: Place) -> None:
    ticket = shop(place, quantity=2)
    told = place.report("attendees", "people.csv", PEOPLE)
    assert (told["state"], [row for row, *_ in refusals(told)]) == ("FAILURE", [4])
    told = place.report("attendees", "people.csv", PEOPLE, skip_refused="true")
    assert told["result"]["counts"]["attendee"] == {"made": 2, "changed": 0, "unchanged": 0, "refused": 1}
    assert place.database.one("SELECT count(*) FROM attendees WHERE ticket_id = :id", id=ticket.id) == 2
    registrar = place.client.signed_in_as(place.helper("registrar"))
    assert place.send("attendees", "people.csv", PEOPLE, asking=registrar).status == 403


def test_codes_are_imported_with_their_tickets(place: Place) -> None:
    ticket = shop(place, quantity=9)
    hidden = stored(make_ticket, event=place.event, name="Secret", is_hidden=True)
    discounts = (
        "Code,Value,Type,Tickets,Valid From,Valid Till,Number,Active\n"
        "HALF,50,percent,Early bird,2031-01-01,2031-06-30 18:00,10,yes\n"
        "FIVE,5.50,amount,Early bird;,,,,no\n"
    )
    assert place.imported("codes", "codes.csv", discounts) == {"discount-code": {"made": 2}}
    assert place.imported("codes", "codes.csv", discounts) == {"discount-code": {"unchanged": 2}}
    changed = discounts.replace("HALF,50", "half,25")
    assert place.imported("codes", "codes.csv", changed) == {"discount-code": {"changed": 1, "unchanged": 1}}
    half, five = place.database.rows(
        "SELECT * FROM discount_codes WHERE event_id = :id ORDER BY id", id=place.event.id
    )
    assert (half["value"], half["tickets_number"], half["marketer_id"]) == (25, 10, place.owner.id)
    assert half["valid_till"].isoformat() == "2031-06-30T16:00:00+00:00"
    assert (float(five["value"]), five["is_active"]) == (5.5, False)
    links = place.database.rows("SELECT * FROM discount_codes_tickets ORDER BY discount_code_id")
    assert {row["ticket_id"] for row in links} == {ticket.id}
    refused = (
        "Code,Value,Type,Tickets\nA B,1,amount,\nC,200,percent,\nD,20,amount,Early bird\nE,1,amount,Nothing\n"
        "F,ten,amount,\n"
    )
    assert [(row, column) for row, column, _ in refusals(place.report("codes", "codes.csv", refused))] == [
        (2, "Code"),
        (3, "Value"),
        (4, "Value"),
        (5, "Tickets"),
        (6, "Value"),
    ]
    access = "Code,Tickets,Valid From,Number\nOPEN,Secret,2031-01-01,5\nSHUT,Early bird,2031-01-01,5\n"
    told = place.report("codes", "access.csv", access)
    assert refusals(told) == [(3, "Tickets", "An access code opens hidden tickets only.")]
    assert place.imported("codes", "access.csv", access.rpartition("SHUT")[0]) == {"access-code": {"made": 1}}
    row = place.database.rows("SELECT * FROM access_codes WHERE event_id = :id", id=place.event.id)[0]
    assert (row["code"], row["marketer_id"]) == ("OPEN", place.owner.id)
    assert place.database.one("SELECT ticket_id FROM access_codes_tickets") == hidden.id
