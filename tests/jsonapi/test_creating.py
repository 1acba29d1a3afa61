"""Creating: what is accepted, what is refused, and that nothing is ever half done."""

import json
from typing import Any

import pytest

from chalicelib import db, signals
from chalicelib.driver import Connection
from chalicelib.jsonapi.ground.options import DefaultOptions
from tests.jsonapi.conftest import OTHER_LIBRARIAN, Reply, Toys


def linkage(kind: str, id: object) -> dict[str, Any]:
    return {"data": {"type": kind, "id": str(id)}}


def book(library: int, title: str = "New", attributes: Any = None, **relationships: Any) -> dict[str, Any]:
    return {
        "data": {
            "type": "book",
            "attributes": {"title": title, **(attributes or {})},
            "relationships": {"library": linkage("library", library), **relationships},
        }
    }


def count(toys: Toys) -> object:
    return toys.database.one("SELECT count(*) FROM books")


def test_a_created_resource_is_answered_with_its_location(librarian: Toys) -> None:
    document = book(
        librarian["city"],
        "The Futurological Congress",
        {"pages": 149, "price": 9.99, "published-at": "1971-05-01T12:00:00+02:00", "notes": {"a": [1, None]}},
        shelf=linkage("shelf", librarian["novels"]),
        authors={"data": [{"type": "author", "id": str(librarian["lem"])}]},
    )
    reply = librarian.post("/v1/books?include=authors,shelf", document)
    assert reply.status == 201
    assert reply.headers["Location"] == reply.data["links"]["self"] == f"/v1/books/{reply.data['id']}"
    assert reply.data["attributes"] == {
        "title": "The Futurological Congress", "pages": 149, "price": 9.99, "notes": {"a": [1, None]},
        "published-at": "1971-05-01T10:00:00+00:00", "is-rare": False, "is-long": False, "deleted-at": None,
    }  # fmt: skip
    assert reply.data["relationships"]["shelf"]["data"] == {"type": "shelf", "id": str(librarian["novels"])}
    assert {resource["type"] for resource in reply.json["included"]} == {"author", "shelf"}
    assert librarian.get(reply.headers["Location"]).data["attributes"] == reply.data["attributes"]


def test_unknown_read_only_and_at_members_are_ignored_and_ids_may_be_numbers(librarian: Toys) -> None:
    document = book(librarian["city"], attributes={"no-such": 1, "is-long": True, "@note": 1})
    document["data"]["relationships"]["library"]["data"]["id"] = librarian["city"]
    document["data"]["relationships"]["@note"] = 5
    document["data"]["@comment"] = "x"
    document["@top"] = {}
    document["meta"] = {}
    document["data"]["meta"] = []
    reply = librarian.post("/v1/books", document)
    assert reply.status == 201
    assert reply.data["attributes"]["is-long"] is False


def test_a_related_row_may_be_named_by_its_identifier(librarian: Toys) -> None:
    document = book(librarian["city"])
    document["data"]["relationships"]["library"] = linkage("library", "c1ty")
    assert librarian.post("/v1/books", document).status == 201


def test_write_only_attributes_are_stored_and_never_shown(librarian: Toys) -> None:
    reply = librarian.post("/v1/books", book(librarian["city"], attributes={"secret": "sesame"}))
    assert "secret" not in reply.data["attributes"]
    assert (
        librarian.database.one("SELECT secret FROM books WHERE id = :id", id=int(reply.data["id"]))
        == "sesame"
    )


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ("", 400, ""),
        ("{", 400, ""),
        ("[]", 400, ""),
        ("null", 400, ""),
        ("{}", 400, "/data"),
        (b"\xff\xfe", 400, ""),
        ('{"data": NaN}', 400, ""),
        ('{"data": 1e999}', 400, ""),
        ("[" * 100_000, 400, ""),
        ('{"data": ' + "9" * 5000 + "}", 400, ""),
        ('{"data": null}', 400, "/data"),
        ('{"data": []}', 400, "/data"),
        ('{"data": {"attributes": {}}}', 422, "/data"),
        ('{"data": {"type": 5}}', 422, "/data/type"),
        ('{"data": {"type": "shelf"}}', 409, "/data/type"),
        ('{"data": {"type": "book", "id": "6e9304cd-91ad-4e0e-b3c0-d1f6a8a0a4a1"}}', 403, "/data/id"),
        ('{"data": {"type": "book", "attributes": "x"}}', 400, "/data/attributes"),
        ('{"data": {"type": "book", "attributes": {"title": "x"}, "relationships": [5]}}', 400, "/data/relationships"),
        ('{"data": {"type": "book", "relationships": {"library": 5}}}', 400, "/data/relationships/library"),
        ('{"data": {"type": "book", "relationships": {"library": {"data": 5}}}}', 422, "/data/relationships/library/data"),
        ('{"data": {"type": "book", "attributes": {"title": "a\\u0000b"}}}', 422, "/data/attributes/title"),
        ('{"data": {"type": "book", "attributes": {"title": "a\\ud800b"}}}', 422, "/data/attributes/title"),
    ],
)  # fmt: skip
def test_a_body_that_is_no_resource_points_at_the_mistake(
    librarian: Toys, body: str | bytes, status: int, pointer: str
) -> None:
    before = count(librarian)
    reply = librarian.post("/v1/books", body or b" ")
    assert (reply.status, reply.error["source"]) == (status, {"pointer": pointer})
    assert "sys." not in reply.error["detail"], "settings of Python are told to nobody"
    assert count(librarian) == before


@pytest.mark.parametrize(
    ("attributes", "pointer"),
    [
        ({"title": ""}, "/data/attributes/title"),
        ({"title": "x" * 201}, "/data/attributes/title"),
        ({"title": 5}, "/data/attributes/title"),
        ({"title": None}, "/data/attributes/title"),
        ({"title": ["x"]}, "/data/attributes/title"),
        ({"pages": "many"}, "/data/attributes/pages"),
        ({"pages": 0}, "/data/attributes/pages"),
        ({"pages": 2**31}, "/data/attributes/pages"),
        ({"price": "dear"}, "/data/attributes/price"),
        ({"published-at": "yesterday"}, "/data/attributes/published-at"),
        ({"notes": "text"}, "/data/attributes/notes"),
        ({"is-rare": "perhaps"}, "/data/attributes/is-rare"),
    ],
)
def test_a_wrong_attribute_is_a_422_that_points_at_it(librarian: Toys, attributes: Any, pointer: str) -> None:
    before = count(librarian)
    reply = librarian.post("/v1/books", book(librarian["city"], attributes=attributes))
    assert (reply.status, reply.error["source"]) == (422, {"pointer": pointer})
    assert reply.error["status"] == "422"
    assert count(librarian) == before


def test_every_mistake_of_a_document_is_told_at_once(librarian: Toys) -> None:
    document = book(librarian["city"], attributes={"pages": 0, "price": "dear"})
    del document["data"]["attributes"]["title"]
    reply = librarian.post("/v1/books", document)
    assert reply.status == 422
    assert {error["source"]["pointer"] for error in reply.json["errors"]} == {
        "/data/attributes/title", "/data/attributes/pages", "/data/attributes/price",
    }  # fmt: skip


@pytest.mark.parametrize("value", [None, []])
def test_an_empty_link_of_a_name_that_there_is_not_asks_for_nothing(librarian: Toys, value: Any) -> None:
    """Web front ends send each link of their own models, and have some more."""
    document = book(librarian["city"])
    document["data"]["relationships"]["no-such"] = {"data": value}
    assert librarian.post("/v1/books", document).status == 201


@pytest.mark.parametrize(
    ("name", "value", "status", "pointer"),
    [
        ("library", None, 422, "/data/relationships/library/data"),
        ("library", [], 422, "/data/relationships/library/data"),
        ("library", {"type": "shelf", "id": "{novels}"}, 422, "/data/relationships/library/data/type"),
        ("library", {"type": "library", "id": "999999"}, 404, "/data/relationships/library/data"),
        ("library", {"type": "library", "id": "no such"}, 404, "/data/relationships/library/data"),
        ("library", {"type": "library"}, 422, "/data/relationships/library/data"),
        ("library", {"id": "1"}, 422, "/data/relationships/library/data"),
        ("library", {"type": "library", "id": True}, 422, "/data/relationships/library/data"),
        ("shelf", {"type": "shelf", "id": "{rival-shelf}"}, 422, "/data/relationships/shelf/data"),
        ("shelf", {"type": "shelf", "id": "nosuch"}, 404, "/data/relationships/shelf/data"),
        ("authors", {"type": "author", "id": "{lem}"}, 422, "/data/relationships/authors/data"),
        ("authors", [{"type": "author", "id": "999999"}], 404, "/data/relationships/authors/data/0"),
        ("authors", [{"type": "author", "id": "{lem}"}, {"type": "author", "id": "{rival-author}"}], 422, "/data/relationships/authors/data/1"),
        ("no-such", {"type": "author", "id": "1"}, 422, "/data/relationships/no-such"),
    ],
)  # fmt: skip
def test_a_wrong_link_points_at_itself_and_nothing_is_created(
    librarian: Toys, name: str, value: Any, status: int, pointer: str
) -> None:
    before = count(librarian)
    document = book(librarian["city"])
    text = json.dumps(value)
    for known, id in librarian.ids.items():
        text = text.replace("{" + known + "}", str(id))
    document["data"]["relationships"][name] = {"data": json.loads(text)}
    reply = librarian.post("/v1/books", document)
    assert (reply.status, reply.error["source"]) == (status, {"pointer": pointer})
    assert count(librarian) == before


def test_a_required_relationship_must_be_there(librarian: Toys) -> None:
    reply = librarian.post("/v1/books", {"data": {"type": "book", "attributes": {"title": "x"}}})
    assert (reply.status, reply.error["source"]) == (422, {"pointer": "/data/relationships/library"})
    assert "library" in reply.error["detail"]


def test_a_link_to_what_is_hidden_says_that_it_is_not_there(toys: Toys) -> None:
    reply = toys.as_(OTHER_LIBRARIAN).post("/v1/books", book(toys["hidden"]))
    assert reply.status == 404


def test_who_may_not_create_gets_401_or_403_and_nothing_is_created(toys: Toys, stranger: Toys) -> None:
    before = count(toys)
    assert toys.post("/v1/books", book(toys["city"])).status == 401
    assert toys.post("/v1/books", {"data": {}}).status == 401
    assert stranger.post("/v1/books", book(toys["city"])).status == 403
    assert toys.as_(OTHER_LIBRARIAN).post("/v1/books", book(toys["city"])).status == 403
    assert count(toys) == before


def test_a_duplicate_is_a_conflict_that_points_at_the_attribute(librarian: Toys) -> None:
    reply = librarian.post("/v1/books", book(librarian["city"], "SOLARIS"))
    assert (reply.status, reply.error["source"]) == (409, {"pointer": "/data/attributes/title"})
    assert reply.error["detail"] == "The library has this book."


def test_a_rule_of_the_noun_can_refuse(librarian: Toys) -> None:
    assert librarian.post("/v1/books", book(librarian["city"], "Necronomicon")).status == 409


def test_an_attribute_for_some_writers_is_refused_to_others(librarian: Toys, staff: Toys) -> None:
    refused = librarian.post("/v1/books", book(librarian["city"], attributes={"is-rare": True}))
    assert (refused.status, refused.error["source"]) == (403, {"pointer": "/data/attributes/is-rare"})
    assert librarian.post("/v1/books", book(librarian["city"], attributes={"is-rare": False})).status == 201
    allowed = staff.post("/v1/books", book(librarian["city"], "Rarity", {"is-rare": True}))
    assert allowed.data["attributes"]["is-rare"] is True


def test_a_body_beyond_the_limit_is_413(librarian: Toys) -> None:
    assert librarian.post("/v1/books", b" " * 1_000_001).status == 413


def test_creating_is_told_and_a_listener_that_fails_undoes_it(librarian: Toys) -> None:
    heard: list[dict[str, object]] = []

    def listen(_session: object, **payload: object) -> None:
        heard.append(payload)

    def fail(_session: object, **_payload: object) -> None:
        raise RuntimeError("no")

    with signals.temporary_receiver("book.created", listen):
        reply: Reply = librarian.post("/v1/books", book(librarian["city"], "Heard"))
    assert [payload["id"] for payload in heard] == [int(reply.data["id"])]
    before = count(librarian)
    with signals.temporary_receiver("book.created", fail):
        assert librarian.post("/v1/books", book(librarian["city"], "Unheard")).status == 500
    assert count(librarian) == before


def test_a_new_library_is_created_with_to_many_links_from_the_other_side(staff: Toys) -> None:
    document = {
        "data": {
            "type": "shelf",
            "attributes": {"label": "Wandering"},
            "relationships": {
                "library": linkage("library", staff["city"]),
                "books": {"data": [{"type": "book", "id": str(staff["solaris"])}]},
            },
        }
    }
    reply = staff.post("/v1/shelves?include=books", document)
    assert reply.status == 201
    assert reply.data["relationships"]["books"]["data"] == [{"type": "book", "id": str(staff["solaris"])}]


def test_empty_members_may_be_empty_arrays_as_some_languages_write_them(librarian: Toys) -> None:
    document = {"data": {"type": "library", "attributes": {"name": "PHP"}, "relationships": []}}
    assert librarian.post("/v1/libraries", document).status == 201
    assert librarian.post("/v1/libraries", {"data": {"type": "library", "attributes": []}}).status == 422


def test_what_a_raw_statement_wrote_is_undone_with_the_rest(librarian: Toys) -> None:
    before = count(librarian)

    def change_our_minds() -> None:
        with db.transaction() as session:
            db.fetch(session, "DELETE FROM books RETURNING id")
            raise RuntimeError("changed our minds")

    with pytest.raises(RuntimeError):
        change_our_minds()
    assert count(librarian) == before


def test_a_row_is_read_and_committed_in_one_round_trip(
    librarian: Toys, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = librarian.post("/v1/books", book(librarian["city"])).data["id"]
    change = {"data": {"type": "book", "id": made, "attributes": {"title": "Newer"}}}
    assert librarian.patch(f"/v1/books/{made}", change).status == 200
    trips: list[str] = []
    exchange = Connection.flush_pending

    def listening(self: Connection) -> Any:
        if self._queue:
            trips.append(self._queue[-1].answer.statement)
        return exchange(self)

    monkeypatch.setattr(Connection, "flush_pending", listening)
    assert librarian.post("/v1/books", book(librarian["city"], "Two")).status == 201
    assert [trip[:6] for trip in trips] == ["SELECT", "commit"]  # looked up, done
    trips.clear()
    change["data"]["attributes"] = {"title": "Newest"}
    reply = librarian.patch(f"/v1/books/{made}", change)
    assert reply.status == 200, reply.text
    assert reply.data["attributes"]["title"] == "Newest"
    assert trips[-1] == "commit"
    assert librarian.get(f"/v1/books/{made}").data["attributes"]["title"] == "Newest"
    assert librarian.database.one("SELECT count(*) FROM books WHERE title = 'Two'") == 1


@pytest.mark.parametrize("query", ["", "?include=library"])
def test_what_does_not_fit_into_an_answer_changes_nothing(
    librarian: Toys, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    made = librarian.post("/v1/books", book(librarian["city"])).data["id"]
    before = count(librarian)
    small = DefaultOptions(max_answer_bytes=100, max_document_bytes=100)
    monkeypatch.setattr("tests.jsonapi.conftest.settings", lambda: small)
    assert librarian.post(f"/v1/books{query}", book(librarian["city"], "Two")).status == 400
    assert count(librarian) == before
    change = {"data": {"type": "book", "id": made, "attributes": {"title": "Newer"}}}
    assert librarian.patch(f"/v1/books/{made}{query}", change).status == 400
    assert librarian.database.one(f"SELECT title FROM books WHERE id = {made}") == "New"
