"""Finding somebody at the door: by part of a name or an address, or by what is on the ticket."""

from dataclasses import dataclass
from typing import Any

import pytest

from chalicelib.memorable import OF_32_BITS
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.orders.attendee.attendee import Attendee
from chalicelib.resources.orders.order.table import Order
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
from tests.support.statements import counted_statements

REFERENCE = OF_32_BITS.write(2_000_000_007)


@dataclass
class Door:
    """An event, and somebody who lets people in."""

    client: Client
    event: Event
    order: Order
    ada: Attendee
    grace: Attendee

    def ask(self, query: dict[str, Any]) -> Reply:
        return self.client.get(f"/v1/events/{self.event.identifier}/attendees/search", query=query)

    def found(self, q: str) -> list[str]:
        reply = self.ask({"q": q})
        assert reply.status == 200, reply.text
        return [element["firstname"] for element in reply.json]


@pytest.fixture
def door(client: Client) -> Door:
    event = stored(make_event)
    registrar = stored(make_users_events_roles, event=event, role="registrar").user_id
    order = stored(make_order, event=event, reference=REFERENCE, status="completed")
    common = {"event": event, "order": order, "ticket": stored(make_ticket, event=event, name="Regular")}
    ada = stored(
        make_attendee,
        **common,
        firstname="Ada",
        lastname="Lovelace",
        email="ada@example.org",
        is_registered=True,
    )
    grace = stored(make_attendee, **common, firstname="Grace", lastname="Hopper", email="navy_1%@example.org")
    stored(make_attendee, **common, firstname="Adam", lastname="Gone", deleted_at=event.created_at)
    stored(make_attendee, firstname="Ada", lastname="Elsewhere", email="ada@example.org")
    return Door(client.signed_in_as(registrar), event, order, ada, grace)


@pytest.mark.parametrize(
    ("q", "names"),
    [
        ("ada", ["Ada"]),
        ("LOVEL", ["Ada"]),
        ("ada love", ["Ada"]),
        ("lovelace   ada", ["Ada"]),
        ("@example.org", ["Grace", "Ada"]),
        ("ada@ example", ["Ada"]),
        ("ada hopper", []),
        (" ", ["Grace", "Ada"]),
        ("gone", []),
        ("elsewhere", []),
        # What means something in patterns is a character like any other here.
        ("%", ["Grace"]),
        ("y_1", ["Grace"]),
        ("a_a", []),
        ("\\", []),
        ("'; --", []),
        ("é😀", []),
    ],
)
def test_every_word_is_part_of_the_name_or_address(door: Door, q: str, names: list[str]) -> None:
    assert door.found(q) == names


@pytest.mark.parametrize(
    ("q", "names"),
    [
        ("lovelce", ["Ada"]),
        ("lovelacce", ["Ada"]),
        ("lovelase", ["Ada"]),
        ("loveleca", []),
        ("lovealce", ["Ada"]),
        ("olvelace", ["Ada"]),
        ("  Lovelace,  ADA ", ["Ada"]),
        ("àdà lovelacé", ["Ada"]),
        ("adda lovelase", ["Ada"]),
        ("hoper", ["Grace"]),
        ("grase hopper", ["Grace"]),
        # A part of the name or of the address next to what is misspelt.
        ("gr hoppr", ["Grace"]),
        ("hoppr navy", ["Grace"]),
        ("hoppr ada", []),
        ("grase lovelase", []),
        ("gon", []),
        ("elsewere", []),
    ],
)
def test_a_misspelt_name_is_found(door: Door, q: str, names: list[str]) -> None:
    assert door.found(q) == names


LETTERS = [
    ("José", "Núñez", "jose nunez"),
    ("Jørgen", "Strauß", "jorgen strauss"),
    ("Łukasz", "Đorđević", "lukasz dordevic"),
    ("Ýmir", "Þórsson", "ymir thorsson"),
    ("İpek", "Işık", "ipek isik"),
    ("Σωκράτης", "Ψαράς", "σωκρατησ ψαρας"),
    ("Пётр", "Ильич", "петр ильич"),
    ("Conan", "O’Brien", "obrien"),
    ("Anne-Marie", "Müller", "marie muller"),
    ("Chlodwig", "Hohenlohe-Schillingsfürst", "schillingsfurst"),
]


@pytest.mark.parametrize(("first", "last", "q"), LETTERS)
def test_letters_are_found_without_their_marks_and_the_other_way(
    door: Door, first: str, last: str, q: str
) -> None:
    stored(make_attendee, event=door.event, order=door.order, firstname=first, lastname=last)
    for words in (q, q.upper(), f"{last} {first}", last[1:], f"{q[0]}{q[2:]}", f"{q[:-1]}x"):
        assert door.found(words) == [first], words
    stored(make_attendee, event=door.event, order=door.order, firstname=q, lastname=None, email=None)
    assert door.found(f"{first} {last}")[0] == first


def test_umlauts_are_found_in_two_letters(door: Door) -> None:
    stored(make_attendee, event=door.event, order=door.order, firstname="Jürgen", lastname="Müller-Groß")
    for words in ("mueller", "Juergen Muller", "gross", "MUELLER-GROSS"):
        assert door.found(words) == ["Jürgen"], words


def test_those_that_match_come_before_those_whose_names_are_alike(door: Door) -> None:
    for first, last in (("Anna", "Abel"), ("Hannah", "Zorn"), ("Ana", "Bach"), ("Otto", "Anna")):
        stored(make_attendee, event=door.event, order=door.order, firstname=first, lastname=last, email=None)
    assert door.found("anna") == ["Anna", "Otto", "Hannah", "Ana"]
    assert door.found("anna") == [
        element["firstname"]
        for number in (1, 2, 3, 4, 5)
        for element in door.ask({"q": "anna", "page[number]": number, "page[size]": 1}).json
    ]


def test_who_gets_another_name_is_found_by_that_alone(door: Door, database: TestDatabase) -> None:
    database.run("UPDATE events SET is_attendee_change_enabled = true")
    database.run("UPDATE attendees SET is_registered = false")
    buyer = Client().signed_in_as(door.order.user_id)
    for attributes, new, former in (
        ({"lastname": "Byron"}, "biron", "lovelase"),
        ({"firstname": "Augusta"}, "agusta byron", "adda"),
        ({"email": "countess@example.org"}, "countess", "ada@example"),
    ):
        changed = document("attendee", attributes, id=door.ada.id)
        assert buyer.patch(f"/v1/attendees/{door.ada.id}", changed).status == 200
        assert len(door.ask({"q": new}).json) == 1
        assert door.found(former) == []
    # What is erased is searched by nothing.
    database.run(
        "UPDATE attendees SET firstname = NULL, lastname = NULL, email = NULL WHERE id = :id", id=door.ada.id
    )
    rows = "SELECT count(*) FROM attendee_search_keys WHERE attendee_id = :id"
    assert database.one(rows, id=door.ada.id) == 0
    assert door.found("byron") == []


def test_what_is_printed_on_a_ticket_finds_it(door: Door) -> None:
    assert door.found(f"{door.order.identifier}-{door.ada.identifier}") == ["Ada"]
    assert door.found(f"{door.order.identifier}-{door.grace.identifier}".upper()) == ["Grace"]
    assert door.found(door.grace.identifier) == ["Grace"]
    for whole in (door.order.identifier, REFERENCE, REFERENCE.title(), REFERENCE.replace(" ", "")):
        assert door.found(whole) == ["Grace", "Ada"]
    # The organizers' client reads the attendee's id behind the dash.
    assert door.found(f"{door.order.identifier}-{door.ada.id}") == ["Ada"]
    assert door.found(f"{door.order.identifier}-000000") == []
    assert door.found(door.order.identifier[:-1]) == []
    assert door.found(REFERENCE.rpartition(" ")[0]) == []
    other = stored(make_order)
    assert door.found(f"{other.identifier}-{door.ada.identifier}") == []
    assert door.found(f"{other.identifier}-{door.ada.id}") == []
    assert door.found(other.identifier) == []


def test_a_find_tells_enough_to_let_somebody_in(door: Door) -> None:
    (found,) = door.ask({"q": "lovelace"}).json
    assert found == {
        "id": door.ada.id,
        "firstname": "Ada",
        "lastname": "Lovelace",
        "email": "ada@example.org",
        "identifier": door.ada.identifier,
        "is_checked_in": False,
        "is_registered": True,
        "ticket_id": door.ada.ticket_id,
        "ticket_name": "Regular",
        "order_id": door.order.id,
        "order_reference": REFERENCE,
        "order_status": "completed",
    }


def test_finds_come_in_pages(door: Door) -> None:
    def page(number: int, size: int = 1) -> list[str]:
        reply = door.ask({"q": "example.org", "page[number]": number, "page[size]": size})
        return [element["firstname"] for element in reply.json]

    assert [page(1), page(2), page(3), page(1, 2)] == [["Grace"], ["Ada"], [], ["Grace", "Ada"]]
    for _ in range(25):
        stored(make_attendee, event=door.event, ticket=stored(make_ticket, event=door.event))
    assert len(door.ask({"q": " "}).json) == 20


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({}, "q"),
        ({"q": ""}, "q"),
        ({"q": "a\x00b"}, "q"),
        ({"q": "a", "page[size]": "-1"}, "page[size]"),
        ({"q": "a", "page[number]": "x"}, "page[number]"),
    ],
)
def test_what_cannot_be_searched_for_is_refused(door: Door, query: dict[str, Any], parameter: str) -> None:
    reply = door.ask(query)
    assert (reply.status, reply.errors[0]["source"]) == (400, {"parameter": parameter})


def test_a_text_that_is_too_long_is_not_searched_for(door: Door) -> None:
    assert door.found("z " * 100) == []
    reply = door.ask({"q": "x" * 201})
    assert (reply.status, reply.errors[0]["source"]) == (422, {"parameter": "q"})


def test_only_the_team_searches(client: Client, door: Door) -> None:
    address = f"/v1/events/{door.event.id}/attendees/search?q=ada"
    for role in ("owner", "organizer", "coorganizer"):
        member = stored(make_users_events_roles, event=door.event, role=role).user_id
        assert len(client.signed_in_as(member).get(address).json) == 1
    assert len(client.signed_in_as(stored(make_user, is_admin=True)).get(address).json) == 1
    assert client.get(address).status == 401
    moderator = stored(make_users_events_roles, event=door.event, role="moderator").user_id
    attendee = stored(make_user, email="ada@example.org").id
    elsewhere = stored(make_users_events_roles, role="owner").user_id
    for who in (moderator, attendee, elsewhere, door.order.user_id):
        assert client.signed_in_as(who).get(address).status == 403
    draft = stored(make_event, state="draft")
    assert door.client.get(f"/v1/events/{draft.id}/attendees/search?q=a").status == 404
    assert door.client.get("/v1/events/4711/attendees/search?q=a").status == 404


def test_any_number_of_finds_takes_one_statement(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    with counted_statements(monkeypatch) as seen:
        assert len(door.found("example")) == 2
    assert len([item for item in seen if "FROM attendees" in item]) == 1
    assert len([item for item in seen if 'FROM "events"' in item]) == 1


def test_an_identifier_that_reads_like_an_id_means_the_one_who_has_it(
    door: Door, database: TestDatabase
) -> None:
    database.run(
        "UPDATE attendees SET identifier = :id WHERE id = :grace", id=str(door.ada.id), grace=door.grace.id
    )
    assert door.found(f"{door.order.identifier}-{door.ada.id}") == ["Grace"]
