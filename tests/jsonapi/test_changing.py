"""Changing, removing and restoring, with rights asked before and after."""

from typing import Any

import pytest

from chalicelib import signals
from chalicelib.jsonapi.model.change import Change
from tests.jsonapi.conftest import OTHER_LIBRARIAN, Toys
from tests.jsonapi.world import REGISTRY
from tests.support.statements import counted_statements


def change(id: int, attributes: Any = None, kind: str = "book", **relationships: Any) -> dict[str, Any]:
    document: dict[str, Any] = {"type": kind, "id": str(id), "attributes": attributes or {}}
    if relationships:
        document["relationships"] = {
            name: {"data": {"type": value[0], "id": str(value[1])} if value else None}
            for name, value in relationships.items()
        }
    return {"data": document}


def test_what_is_not_sent_keeps_its_value_and_null_clears(librarian: Toys) -> None:
    id = librarian["solaris"]
    reply = librarian.patch(f"/v1/books/{id}", change(id, {"price": 12}))
    assert reply.status == 200
    assert reply.data["attributes"]["price"] == 12
    assert reply.data["attributes"]["pages"] == 204
    cleared = librarian.patch(f"/v1/books/{id}", change(id, {"pages": None}, shelf=None))
    assert cleared.data["attributes"]["pages"] is None
    assert librarian.get(f"/v1/books/{id}/shelf").data is None
    refused = librarian.patch(f"/v1/books/{id}", change(id, {"title": None}))
    assert (refused.status, refused.error["source"]) == (422, {"pointer": "/data/attributes/title"})


def test_the_answer_shows_what_the_server_changed(librarian: Toys) -> None:
    id = librarian["solaris"]
    assert (
        librarian.patch(f"/v1/books/{id}", change(id, {"pages": 900})).data["attributes"]["is-long"] is True
    )


def test_the_id_must_be_there_and_fit(librarian: Toys) -> None:
    address = f"/v1/books/{librarian['solaris']}"
    missing = librarian.patch(address, {"data": {"type": "book", "attributes": {}}})
    assert (missing.status, missing.error["source"]) == (400, {"pointer": "/data"})
    other = librarian.patch(address, change(librarian["fiasco"]))
    assert (other.status, other.error["source"]) == (409, {"pointer": "/data/id"})
    number = change(librarian["solaris"])
    number["data"]["id"] = librarian["solaris"]
    assert librarian.patch(address, number).status == 200
    library = change(librarian["city"], {"name": "C"}, "library")
    assert librarian.patch("/v1/libraries/c1ty", library).status == 200


def test_who_may_not_change_gets_401_403_or_404(toys: Toys, stranger: Toys) -> None:
    id = toys["solaris"]
    document = change(id, {"pages": 1})
    assert toys.patch(f"/v1/books/{id}", document).status == 401
    assert stranger.patch(f"/v1/books/{id}", document).status == 403
    assert toys.as_(OTHER_LIBRARIAN).patch(f"/v1/books/{id}", document).status == 403
    hidden = toys["secret-book"]
    assert stranger.patch(f"/v1/books/{hidden}", change(hidden)).status == 404
    assert toys.database.one("SELECT pages FROM books WHERE id = :id", id=id) == 204


def test_nothing_moves_into_or_out_of_a_strangers_library(toys: Toys, librarian: Toys) -> None:
    mine, theirs = toys["dispossessed"], toys["rival-book"]
    into = librarian.patch(
        f"/v1/books/{mine}", change(mine, None, library=("library", toys["rival"]), shelf=None)
    )
    assert into.status in (403, 422)
    other = toys.as_(OTHER_LIBRARIAN)
    taken = other.patch(f"/v1/books/{mine}", change(mine, None, library=("library", toys["rival"])))
    assert taken.status == 403
    given = other.patch(f"/v1/books/{theirs}", change(theirs, None, library=("library", toys["city"])))
    assert given.status == 403
    assert toys.database.one("SELECT library_id FROM books WHERE id = :id", id=mine) == toys["city"]


def test_a_link_must_stay_within_what_both_belong_to(librarian: Toys, staff: Toys) -> None:
    id = librarian["solaris"]
    refused = librarian.patch(f"/v1/books/{id}", change(id, None, shelf=("shelf", librarian["rival-shelf"])))
    assert (refused.status, refused.error["source"]) == (422, {"pointer": "/data/relationships/shelf/data"})
    # Moving a book away from the library of its shelf, its authors and its sequel is refused too.
    moved = staff.patch(f"/v1/books/{id}", change(id, None, library=("library", librarian["rival"])))
    assert (moved.status, moved.error["source"]) == (422, {"pointer": "/data/relationships/library"})
    free = staff["rival-book"]
    assert (
        staff.patch(f"/v1/books/{free}", change(free, None, library=("library", staff["city"]))).status == 200
    )


def test_a_deleted_thing_is_gone_until_it_is_restored(librarian: Toys, toys: Toys) -> None:
    id = librarian["solaris"]
    address = f"/v1/books/{id}"
    removed = librarian.delete(address, {"ignored": True})
    assert removed.status == 200
    assert removed.json["meta"]["message"]
    assert librarian.get(address).status == 404
    assert librarian.delete(address).status == 404
    assert librarian.patch(address, change(id)).status == 404
    assert librarian.get("/v1/libraries/c1ty/books").json["meta"]["count"] == 3
    included = librarian.get("/v1/libraries/c1ty?include=books").json["included"]
    assert str(id) not in {resource["id"] for resource in included}
    fiasco = librarian.get(f"/v1/books/{librarian['fiasco']}?include=prequel")
    assert fiasco.data["relationships"]["prequel"]["data"] is None
    assert librarian.get(f"{address}?get_trashed=true").data["attributes"]["deleted-at"] is not None
    assert librarian.get("/v1/libraries/c1ty/books?with_trashed=true").json["meta"]["count"] == 4
    restored = librarian.patch(f"{address}?get_trashed=true", change(id, {"deleted-at": None}))
    assert restored.status == 200
    assert restored.data["attributes"]["deleted-at"] is None
    assert toys.get(address).status == 200


def test_the_trash_is_closed_to_those_without_a_role(toys: Toys, stranger: Toys, librarian: Toys) -> None:
    id = librarian["solaris"]
    address = f"/v1/books/{id}?get_trashed=true"
    librarian.delete(f"/v1/books/{id}")
    assert toys.get(address).status == 401
    assert stranger.get(address).status == 404
    assert toys.as_(OTHER_LIBRARIAN).get(address).status == 404
    assert stranger.get("/v1/books?get_trashed=true").json["meta"]["count"] == 4
    assert librarian.get("/v1/books?get_trashed=true").json["meta"]["count"] == 6
    assert stranger.patch(address, change(id, {"deleted-at": None})).status == 404


def test_for_good_is_for_staff(librarian: Toys, staff: Toys) -> None:
    id = librarian["solaris"]
    assert librarian.delete(f"/v1/books/{id}?permanent=true").status == 403
    assert librarian.get(f"/v1/books/{id}").status == 200
    librarian.delete(f"/v1/books/{id}")
    assert staff.delete(f"/v1/books/{id}?permanent=true").status == 200
    assert librarian.database.one("SELECT count(*) FROM books WHERE id = :id", id=id) == 0
    assert staff.get(f"/v1/books/{id}?get_trashed=true").status == 404


def test_a_noun_without_a_trash_is_removed_at_once(librarian: Toys) -> None:
    id = librarian["le-guin"]
    assert librarian.delete(f"/v1/authors/{id}").status == 200
    assert librarian.database.one("SELECT count(*) FROM authors WHERE id = :id", id=id) == 0
    assert librarian.get(f"/v1/books/{librarian['buffalo']}/authors").data == []


def test_a_restored_row_meets_the_rules_again(librarian: Toys) -> None:
    id = librarian["solaris"]
    librarian.delete(f"/v1/books/{id}")
    created = {
        "data": {
            "type": "book",
            "attributes": {"title": "Solaris"},
            "relationships": {"library": {"data": {"type": "library", "id": str(librarian["city"])}}},
        }
    }
    assert librarian.post("/v1/books", created).status == 201
    back = librarian.patch(f"/v1/books/{id}?get_trashed=true", change(id, {"deleted-at": None}))
    assert back.status == 409
    assert librarian.get(f"/v1/books/{id}").status == 404


def test_what_hangs_on_a_deleted_thing_is_hidden_with_it_and_comes_back(librarian: Toys, toys: Toys) -> None:
    city = librarian["city"]
    librarian.delete(f"/v1/libraries/{city}")
    assert toys.get(f"/v1/books/{librarian['solaris']}").status == 404
    assert toys.get("/v1/books").json["meta"]["count"] == 1
    assert librarian.patch(f"/v1/books/{librarian['solaris']}", change(librarian["solaris"])).status == 404
    document = change(city, {"deleted-at": None}, "library")
    assert librarian.patch(f"/v1/libraries/{city}?get_trashed=true", document).status == 200
    assert toys.get("/v1/books").json["meta"]["count"] == 5


def test_changes_are_told_with_what_changed_and_silence_when_nothing_did(librarian: Toys) -> None:
    id = librarian["solaris"]
    heard: list[tuple[str, object]] = []

    def listener(name: str) -> Any:
        def listen(_session: object, **payload: object) -> None:
            heard.append((name, payload["changed"]))

        return listen

    with (
        signals.temporary_receiver("book.updated", listener("updated")),
        signals.temporary_receiver("book.deleted", listener("deleted")),
        signals.temporary_receiver("book.restored", listener("restored")),
    ):
        librarian.patch(f"/v1/books/{id}", change(id, {"pages": 204, "title": "Solaris"}))
        librarian.patch(f"/v1/books/{id}", change(id, {"pages": 205}, shelf=("shelf", librarian["poems"])))
        librarian.delete(f"/v1/books/{id}")
        librarian.patch(f"/v1/books/{id}?get_trashed=true", change(id, {"deleted-at": None}))
    assert heard == [("updated", ["pages", "shelf_id"]), ("deleted", []), ("restored", ["deleted_at"])]


def test_what_a_rule_sets_is_changed_and_what_it_undoes_is_not(
    librarian: Toys, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = librarian["solaris"]
    heard: list[object] = []

    def annotate(_context: object, write: Change) -> None:
        if "pages" in write.before:
            write.row.title = f"Solaris, once in {write.before['pages']} pages"
        write.undo({"shelf_id"})

    def listen(_session: object, **payload: object) -> None:
        heard.append(payload["changed"])

    book = REGISTRY["book"]
    monkeypatch.setattr(book, "before_write", [*book.before_write, annotate])
    with signals.temporary_receiver("book.updated", listen):
        sent = change(id, {"pages": 205}, shelf=("shelf", librarian["poems"]))
        assert librarian.patch(f"/v1/books/{id}", sent).status == 200
        sent = change(id, shelf=("shelf", librarian["poems"]))
        assert librarian.patch(f"/v1/books/{id}", sent).status == 200
    assert heard == [["pages", "title"]]
    assert librarian.get(f"/v1/books/{id}").data["attributes"]["title"] == "Solaris, once in 204 pages"


@pytest.mark.parametrize("rows", [1, 12])
@pytest.mark.parametrize(
    "question",
    ["/v1/libraries/c1ty?include=books.authors,books.shelf,shelves", "/v1/books?include=library,authors.books",
     "/v1/libraries/c1ty/books?sort=shelf.label&filter[is-rare]=false&include=prequel.prequel", "/v1/books/{solaris}"],
)  # fmt: skip
def test_a_get_is_one_statement_whatever_its_rows_and_includes(
    toys: Toys, monkeypatch: pytest.MonkeyPatch, rows: int, question: str
) -> None:
    toys.database.run(
        "INSERT INTO books (title, library_id, is_rare) SELECT 'Vol ' || n, :library, false FROM generate_series(1, :rows) n",
        library=toys["city"], rows=rows,
    )  # fmt: skip
    with counted_statements(monkeypatch) as statements:
        assert toys.get(question.format(**toys.ids)).status == 200
    assert len(statements) == 1
