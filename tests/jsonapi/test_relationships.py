"""The relationships' own addresses."""

from typing import Any

import pytest

from tests.jsonapi.conftest import OTHER_LIBRARIAN, Toys


def ids(kind: str, *numbers: int) -> dict[str, Any]:
    return {"data": [{"type": kind, "id": str(number)} for number in numbers]}


def one(kind: str, number: int | None) -> dict[str, Any]:
    return {"data": None if number is None else {"type": kind, "id": str(number)}}


def linked(toys: Toys, address: str) -> set[int]:
    reply = toys.get(address)
    assert reply.status == 200
    return {int(resource["id"]) for resource in reply.data}


def test_many_to_many_links_are_added_and_removed_repeatedly(librarian: Toys) -> None:
    address = f"/v1/books/{librarian['solaris']}/relationships/authors"
    added = librarian.post(address, ids("author", librarian["le-guin"]))
    assert added.status == 200
    assert {resource["id"] for resource in added.data} == {str(librarian["lem"]), str(librarian["le-guin"])}
    assert added.json["links"]["related"] == f"/v1/books/{librarian['solaris']}/authors"
    assert librarian.post(address, ids("author", librarian["le-guin"])).status == 204
    assert librarian.delete(address, ids("author", librarian["lem"])).status == 200
    assert librarian.delete(address, ids("author", librarian["lem"], 999999)).status == 204
    assert linked(librarian, address) == {librarian["le-guin"]}
    assert librarian.patch(address, ids("author", librarian["lem"])).status == 200
    assert linked(librarian, address) == {librarian["lem"]}
    assert librarian.patch(address, ids("author", librarian["lem"])).status == 204
    assert librarian.patch(address, ids("author")).status == 200
    assert linked(librarian, address) == set()


def test_the_same_links_are_made_from_the_other_side(librarian: Toys) -> None:
    address = f"/v1/authors/{librarian['le-guin']}/relationships/books"
    assert librarian.post(address, ids("book", librarian["solaris"])).status == 200
    assert librarian["le-guin"] in linked(
        librarian, f"/v1/books/{librarian['solaris']}/relationships/authors"
    )


def test_links_kept_by_the_other_rows_change_those_rows(librarian: Toys) -> None:
    address = f"/v1/shelves/{librarian['poems']}/relationships/books"
    assert librarian.post(address, ids("book", librarian["solaris"])).status == 200
    assert linked(librarian, address) == {librarian["buffalo"], librarian["solaris"]}
    assert (
        librarian.database.one("SELECT shelf_id FROM books WHERE id = :id", id=librarian["solaris"])
        == librarian["poems"]
    )
    assert librarian.patch(address, ids("book", librarian["fiasco"])).status == 200
    assert linked(librarian, address) == {librarian["fiasco"]}
    assert librarian.delete(address, ids("book", librarian["fiasco"])).status == 200
    assert librarian.database.one("SELECT shelf_id FROM books WHERE id = :id", id=librarian["fiasco"]) is None


def test_required_links_cannot_be_cut(staff: Toys) -> None:
    address = f"/v1/libraries/{staff['rival']}/relationships/books"
    assert staff.patch(address, ids("book")).status == 403
    assert staff.delete(address, ids("book", staff["rival-book"])).status == 403
    assert linked(staff, address) == {staff["rival-book"]}
    required = f"/v1/books/{staff['rival-book']}/relationships/library"
    refused = staff.patch(required, one("library", None))
    assert (refused.status, refused.error["source"]) == (422, {"pointer": "/data"})


def test_a_to_one_link_is_set_replaced_and_cleared(librarian: Toys) -> None:
    address = f"/v1/books/{librarian['solaris']}/relationships/shelf"
    changed = librarian.patch(address, one("shelf", librarian["poems"]))
    assert changed.status == 200
    assert changed.data == {"type": "shelf", "id": str(librarian["poems"])}
    assert librarian.patch(address, one("shelf", librarian["poems"])).status == 204
    assert librarian.delete(address, one("shelf", librarian["novels"])).status == 204
    assert librarian.delete(address, one("shelf", librarian["poems"])).status == 200
    assert librarian.get(address).data is None
    assert librarian.post(address, one("shelf", librarian["novels"])).status == 200
    assert librarian.patch(address, one("shelf", None)).data is None


@pytest.mark.parametrize(
    ("path", "document", "status", "pointer"),
    [
        ("books/{solaris}/relationships/authors", {"data": {"type": "author", "id": "1"}}, 422, "/data"),
        ("books/{solaris}/relationships/authors", {"data": None}, 422, "/data"),
        ("books/{solaris}/relationships/authors", {"data": [{"type": "author"}]}, 422, "/data/0"),
        (
            "books/{solaris}/relationships/authors",
            {"data": [{"type": "book", "id": "1"}]},
            422,
            "/data/0/type",
        ),
        (
            "books/{solaris}/relationships/authors",
            {"data": [{"type": "author", "id": "999999"}]},
            404,
            "/data/0",
        ),
        ("books/{solaris}/relationships/authors", {}, 400, "/data"),
        ("books/{solaris}/relationships/shelf", {"data": []}, 422, "/data"),
        ("books/{solaris}/relationships/shelf", {"data": {"type": "shelf", "id": "999999"}}, 404, "/data"),
        ("books/{solaris}/relationships/shelf", {"data": {"type": "book", "id": "1"}}, 422, "/data/type"),
    ],
)
def test_wrong_linkage_points_at_itself(
    librarian: Toys, path: str, document: Any, status: int, pointer: str
) -> None:
    reply = librarian.patch(f"/v1/{path.format(**librarian.ids)}", document)
    assert (reply.status, reply.error["source"]) == (status, {"pointer": pointer})


def test_links_stay_within_the_library_and_all_or_none_are_made(librarian: Toys) -> None:
    address = f"/v1/books/{librarian['solaris']}/relationships/authors"
    refused = librarian.post(address, ids("author", librarian["le-guin"], librarian["rival-author"]))
    assert (refused.status, refused.error["source"]) == (422, {"pointer": "/data/1"})
    assert linked(librarian, address) == {librarian["lem"]}
    shelf = librarian.patch(
        f"/v1/books/{librarian['solaris']}/relationships/shelf", one("shelf", librarian["rival-shelf"])
    )
    assert (shelf.status, shelf.error["source"]) == (422, {"pointer": "/data"})
    books = librarian.post(
        f"/v1/shelves/{librarian['poems']}/relationships/books", ids("book", librarian["rival-book"])
    )
    assert books.status in (403, 422)


def test_strangers_change_no_links(toys: Toys, stranger: Toys) -> None:
    address = f"/v1/books/{toys['solaris']}/relationships/authors"
    document = ids("author", toys["le-guin"])
    for method in ("POST", "PATCH", "DELETE"):
        assert toys.ask(method, address, document).status == 401
        assert stranger.ask(method, address, document).status == 403
        assert toys.as_(OTHER_LIBRARIAN).ask(method, address, document).status == 403
    # A rival cannot pull a book over by adding it to a library of theirs.
    pulled = toys.as_(OTHER_LIBRARIAN).post(
        f"/v1/libraries/{toys['rival']}/relationships/books", ids("book", toys["dispossessed"])
    )
    assert pulled.status == 403
    assert linked(toys, address) == {toys["lem"]}


def test_links_to_what_is_hidden_are_not_shown(toys: Toys, librarian: Toys) -> None:
    librarian.delete(f"/v1/books/{toys['fiasco']}")
    assert linked(toys, f"/v1/authors/{toys['lem']}/relationships/books") == {toys["solaris"]}
    assert toys.get(f"/v1/libraries/{toys['hidden']}/relationships/books").status == 404
    assert toys.get(f"/v1/books/{toys['solaris']}/relationships/authors?include=authors").status == 400


def test_an_id_of_any_length_can_be_removed_that_was_never_there(librarian: Toys) -> None:
    address = f"/v1/books/{librarian['solaris']}/relationships/authors"
    for id in ("9" * 5000, "\uff11", "-1", "c1ty"):
        assert librarian.delete(address, {"data": [{"type": "author", "id": id}]}).status == 204
    assert linked(librarian, address) == {librarian["lem"]}


@pytest.mark.parametrize(
    "path", ["books/{rival-book}/relationships/authors", "shelves/{rival-shelf}/relationships/books"]
)
def test_links_to_what_is_hidden_are_neither_cut_nor_told_of(toys: Toys, path: str) -> None:
    hidden, rival = toys["hidden"], toys.as_(OTHER_LIBRARIAN)
    author = toys.database.one(
        "INSERT INTO authors (name, library_id) VALUES ('Hidden', :library) RETURNING id", library=hidden
    )
    toys.database.run(
        "INSERT INTO books_authors VALUES (:book, :author)", book=toys["rival-book"], author=author
    )
    toys.database.run(
        "UPDATE books SET shelf_id = :shelf WHERE id = :id", shelf=toys["rival-shelf"], id=toys["secret-book"]
    )
    held = "SELECT (SELECT count(*) FROM books_authors) + (SELECT count(shelf_id) FROM books)"
    before = toys.database.one(held)
    kind, id = ("author", author) if path.endswith("authors") else ("book", toys["secret-book"])
    address = f"/v1/{path.format(**toys.ids)}"
    assert linked(rival, address) == set()
    for method, status in (("DELETE", 204), ("POST", 404), ("PATCH", 404)):
        there, absent = (rival.ask(method, address, ids(kind, item)) for item in (id, 999999))
        assert there.status == absent.status == status
        assert there.text.replace(f" {id}.", "") == absent.text.replace(" 999999.", "")
    assert rival.patch(address, ids(kind)).status == 204
    assert toys.database.one(held) == before


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    ("path", "type", "id"),
    [
        ("books/{solaris}/relationships/authors", "track", "lem"),
        ("authors/{lem}/relationships/books", "author", "solaris"),
        ("shelves/{novels}/relationships/books", "shelf", "solaris"),
        ("books/{solaris}/relationships/shelf", "book", "novels"),
        ("books/{dispossessed}/relationships/prequel", "author", "solaris"),
    ],
)
def test_a_wrong_type_is_refused_on_every_verb(
    librarian: Toys, method: str, path: str, type: str, id: str
) -> None:
    address = f"/v1/{path.format(**librarian.ids)}"
    before = librarian.get(address).data
    many = isinstance(before, list)
    sent = ids(type, librarian[id]) if many else one(type, librarian[id])
    refused = librarian.ask(method, address, sent)
    assert (refused.status, refused.error["source"]) == (
        422,
        {"pointer": "/data/0/type" if many else "/data/type"},
    )
    assert librarian.get(address).data == before
