"""What clients of the old server send, where it is not what JSON:API says: they win."""

import json
from typing import Any
from urllib.parse import quote

import pytest

from chalicelib import clock
from devstack import database
from tests.jsonapi.conftest import Toys


def library(id: object) -> Any:
    return {"data": {"type": "library", "id": id, "attributes": {"name": "New"}}}


@pytest.mark.parametrize("id", ["0", "Ada", "7", 7, 0, 7.5, None, "", "c1ty", "6e9304cd", "-", True])
def test_a_made_up_id_is_ignored_when_something_is_created(librarian: Toys, id: object) -> None:
    made = librarian.post("/v1/libraries", library(id))
    assert made.status == 201
    assert made.data["id"] == str(librarian.database.one("SELECT max(id) FROM libraries"))


@pytest.mark.parametrize("form", [str, str.upper])
def test_an_id_that_a_client_has_really_made_is_refused(librarian: Toys, form: Any) -> None:
    reply = librarian.post("/v1/libraries", library(form("6e9304cd-91ad-4e0e-b3c0-d1f6a8a0a4a1")))
    assert (reply.status, reply.error["source"]) == (403, {"pointer": "/data/id"})


def test_the_id_is_a_field_and_unknown_types_have_none(toys: Toys) -> None:
    bare = toys.get("/v1/books?fields[book]=id&fields[attendees]=id")
    assert bare.status == 200
    assert all(resource["attributes"] == {} for resource in bare.data)
    assert all("relationships" not in resource for resource in bare.data)
    both = toys.get(f"/v1/books/{toys['solaris']}?fields[book]=id,title&fields[nosuch]=whatever")
    assert both.data["attributes"] == {"title": "Solaris"}
    unknown = toys.get("/v1/books?fields[book]=id,nosuch")
    assert (unknown.status, unknown.error["source"]) == (400, {"parameter": "fields[book]"})


@pytest.mark.parametrize(
    "nothing",
    [
        [{"or": []}], [{"and": []}], [{"not": []}], [{"not": {}}], [{"not": None}], [], [[]], {"or": []},
        [{"and": [{"or": []}]}], [{"not": {"or": []}}], [{"or": [{"and": []}, {"or": []}]}], [{"or": []}, {"and": []}],
    ],
)  # fmt: skip
def test_a_filter_in_which_nothing_is_asked_for_narrows_nothing(toys: Toys, nothing: Any) -> None:
    everything = toys.get("/v1/books").data
    reply = toys.get("/v1/books?filter=" + quote(json.dumps(nothing)))
    assert (reply.status, reply.data) == (200, everything)


@pytest.mark.parametrize(
    "odd",
    [
        {"and": [], "or": []},
        {"name": "title", "op": "eq", "val": "x", "or": []},
        {"not": [], "name": "title", "op": "eq", "val": "x"},
        {"name": "title", "op": "ne", "value": "x"},
        {"name": "title", "op": "eq"},
        {"name": "title", "op": "eq", "val": "x", "foo": 1},
    ],
)
def test_a_condition_that_is_not_understood_is_refused(toys: Toys, odd: Any) -> None:
    reply = toys.get("/v1/books?filter=" + quote(json.dumps([odd])))
    assert (reply.status, reply.error["source"]) == (400, {"parameter": "filter"})


def test_what_asks_for_nothing_leaves_the_rest_of_a_filter_as_it_is(toys: Toys) -> None:
    title = {"name": "title", "op": "eq", "val": "Solaris"}
    shelf = {"name": "shelf", "op": "has", "val": {"or": []}}
    for condition, count in (([{"or": []}, title], 1), ([{"or": [{"and": []}, title]}], 1), ([shelf], 4)):
        assert len(toys.get("/v1/books?filter=" + quote(json.dumps(condition))).data) == count


MOMENTS = [
    "%2026-11-28T18:01%", "2026-11-28%", "%2026-11-28%", "Today%", "%today%", "tomorrow", "yesterday%", "epoch",
    "2026-11-28 18:01", "2026-11-28T18:01:30.5Z", "%2026-11-28T18:01:00+05:30%", "2026-1-2", "20261128", "2026/11/28",
    "2026.11.28", "today 18:01", "%tomorrow%18:00%", "2026-11-28T24:00", "2026-11-28,18:01", "%2026-11-28%18:01%",
    "2026-11-28T18:01:60", "%2026-11-28T18:01%-05", "2026-11-28T18:01 UTC", "'2026-11-28'", "!2026-11-28?", "2026-11-28_",
    "2026-11-28T18:01:00.123456", "2026-11-28 6:11",
]  # fmt: skip
NO_MOMENTS = [
    "", "%", "%%", "yesteryear", "%18:01%", "%2026%", "2026-11%", "2026-13-01", "2026-11-28T18%", "T2026-11-28",
    "2026-11-28T18:61", "2026-11-28T25:00", "2026-02-30", "0000-01-01", "2026-11-28T18:01+25", "2026-11-28x", "todayish",
    "'; DROP TABLE books; --", "2026-11-28" + "%" * 5000 + "x", "\u0662\u0660\u0662\u0666-11-28",
]  # fmt: skip


def meant(toys: Toys, text: str) -> str:
    """What PostgreSQL reads in a text, in UTC."""
    with database.connected(toys.database.url) as connection:
        connection.run("SET TimeZone = 'UTC'")
        ((moment,),) = connection.run("SELECT CAST(CAST(CAST(:t AS text) AS timestamptz) AS text)", t=text)
    return str(moment)


@pytest.mark.parametrize("text", MOMENTS)
def test_a_moment_in_a_filter_is_read_as_postgresql_reads_it(librarian: Toys, text: str) -> None:
    moment = meant(librarian, text)
    librarian.database.run("UPDATE books SET published_at = NULL")
    librarian.database.run(
        "UPDATE books SET published_at = CAST(:at AS timestamptz) WHERE title = 'Solaris'", at=moment
    )
    for op, value, actual in (
        ("eq", text, 1), ("ge", text, 1), ("le", text, 1), ("gt", text, 0), ("lt", text, 0), ("ne", text, 0),
        ("between", [text, text], 1), ("in_", [text], 1), ("notin_", [text], 0),
    ):  # fmt: skip
        condition = quote(json.dumps([{"name": "published-at", "op": op, "val": value}]))
        reply = librarian.get(f"/v1/books?filter={condition}")
        assert (reply.status, len(reply.json.get("data", ()))) == (200, actual), (op, reply.text)
    assert len(librarian.get(f"/v1/books?filter[published-at]={quote(text)}").data) == 1


def test_now_is_now(librarian: Toys) -> None:
    at = clock.now().isoformat()
    librarian.database.run("UPDATE books SET published_at = CAST(:at AS timestamptz)", at=at)
    for op, value in (("le", 6), ("gt", 0)):
        condition = quote(json.dumps([{"name": "published-at", "op": op, "val": "%Now%"}]))
        assert len(librarian.get(f"/v1/books?filter={condition}").data) == value


@pytest.mark.parametrize("text", NO_MOMENTS)
def test_what_is_no_moment_is_refused_in_a_filter(toys: Toys, text: str) -> None:
    for op, value in (("ge", text), ("between", ["today", text]), ("in_", [text])):
        condition = quote(json.dumps([{"name": "published-at", "op": op, "val": value}]))
        reply = toys.get(f"/v1/books?filter={condition}")
        assert (reply.status, reply.error["source"]) == (400, {"parameter": "filter"})


@pytest.mark.parametrize(
    ("sent", "kept"), [("10", 10), (10, 10), (10.0, 10), ("10.0", 10), ("007", 7), (1e3, 1000), (None, None)]
)
def test_a_whole_number_is_taken_however_it_is_written(librarian: Toys, sent: object, kept: object) -> None:
    document = {"data": {"type": "book", "id": str(librarian["solaris"]), "attributes": {"pages": sent}}}
    reply = librarian.patch(f"/v1/books/{librarian['solaris']}", document)
    assert (reply.status, reply.data["attributes"]["pages"]) == (200, kept)


@pytest.mark.parametrize(
    "sent",
    [
        "abc",
        "5.5",
        "",
        5.5,
        True,
        "1e3",
        " 5 ",
        "+5",
        "\uff15",
        "0x10",
        "1_0",
        "9" * 5000,
        [5],
        {"a": 5},
        -(10**12),
    ],
)
def test_what_is_no_whole_number_is_refused(librarian: Toys, sent: object) -> None:
    document = {"data": {"type": "book", "id": str(librarian["solaris"]), "attributes": {"pages": sent}}}
    reply = librarian.patch(f"/v1/books/{librarian['solaris']}", document)
    assert (reply.status, reply.error["source"]) == (422, {"pointer": "/data/attributes/pages"})


@pytest.mark.parametrize("text", ['[{"name":"title","op":"eq","val":"Other"}]', "nonsense", "[5]", ""])
def test_a_filter_narrows_nothing_that_is_asked_for_by_its_own_address(librarian: Toys, text: str) -> None:
    one = f"/v1/books/{librarian['solaris']}"
    for address in (one, f"{one}/library", f"{one}/relationships/library"):
        assert librarian.get(f"{address}?filter={quote(text)}").status == 200
    document = {"data": {"type": "book", "id": str(librarian["solaris"]), "attributes": {"pages": 1}}}
    assert librarian.patch(f"{one}?filter={quote(text)}", document).status == 200
    assert librarian.get(f"{one}?filter[nosuch]=1").status == 200


def test_every_refusal_has_a_source(toys: Toys, stranger: Toys, librarian: Toys) -> None:
    book = f"/v1/books/{toys['solaris']}"
    document = {"data": {"type": "book", "id": str(toys["solaris"]), "attributes": {"pages": 1}}}
    for reply, status, source in (
        (toys.patch(book, document), 401, {"header": "Authorization"}),
        (toys.get(book, authorization="JWT nonsense"), 401, {"header": "Authorization"}),
        (stranger.patch(book, document), 403, {"pointer": ""}),
        (toys.get("/v1/books/999999"), 404, {"pointer": ""}),
        (toys.get("/v1/nosuch"), 404, {"pointer": ""}),
        (toys.get("/nosuch"), 404, {"pointer": ""}),
        (toys.post(book, document), 405, {"pointer": ""}),
        (toys.get(book, accept="text/html"), 406, {"header": "Accept"}),
        (librarian.patch(book, document, if_match="x"), 412, {"header": "If-Match"}),
        (librarian.patch(book, b" " * 6_000_000), 413, {"pointer": ""}),
        (librarian.patch(book, document, content_type="text/plain"), 415, {"header": "Content-Type"}),
    ):
        assert (reply.status, reply.error["source"]) == (status, source)
