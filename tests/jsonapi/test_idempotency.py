"""Requests that come again with their Idempotency-Key: the same answer, and nothing is done twice."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from chalicelib import clock, db, signals
from chalicelib.jsonapi.ground.errors import Problem, invalid
from tests.jsonapi.conftest import OTHER_LIBRARIAN, Reply, Toys
from tests.jsonapi.test_changing import change
from tests.jsonapi.world import Shelf
from tests.support.statements import counted_statements

BOOKS = "/v1/books"


def book(toys: Toys, title: str = "Eden", **attributes: Any) -> dict[str, Any]:
    library = {"data": {"type": "library", "id": str(toys["city"])}}
    values = {"title": title, **attributes}
    return {"data": {"type": "book", "attributes": values, "relationships": {"library": library}}}


def count(toys: Toys, title: str = "Eden") -> Any:
    return toys.database.one("SELECT count(*) FROM books WHERE title = :title", title=title)


def kept(toys: Toys) -> Any:
    return toys.database.one("SELECT count(*) FROM idempotency_keys")


def replays(reply: Reply, first: Reply) -> bool:
    """Whether this is the first answer to the letter, and says so."""
    headers = first.headers | {"Idempotent-Replayed": "true"}
    same = (reply.status, reply.text, reply.headers) == (first.status, first.text, headers)
    return same and "Idempotent-Replayed" not in first.headers


def test_creating_twice_creates_once_and_answers_alike(librarian: Toys) -> None:
    first = librarian.post(BOOKS, book(librarian), idempotency_key="k-1")
    again = librarian.post(BOOKS, book(librarian), idempotency_key="k-1")
    assert first.status == 201
    assert again.headers["Location"] == f"/v1/books/{first.data['id']}"
    assert replays(again, first)
    assert count(librarian) == 1
    assert librarian.post(BOOKS, book(librarian, "Pirx"), idempotency_key="k-2").status == 201


def test_changing_twice_changes_once(librarian: Toys) -> None:
    id = librarian["solaris"]
    document = change(id, {"pages": 5})
    first = librarian.patch(f"{BOOKS}/{id}", document, idempotency_key="k-1")
    librarian.patch(f"{BOOKS}/{id}", change(id, {"pages": 6}))
    assert replays(librarian.patch(f"{BOOKS}/{id}", document, idempotency_key="k-1"), first)
    assert librarian.get(f"{BOOKS}/{id}").data["attributes"]["pages"] == 6


def test_removing_twice_is_a_success_twice(librarian: Toys) -> None:
    address = f"{BOOKS}/{librarian['solaris']}"
    first = librarian.delete(address, idempotency_key="k-1")
    assert first.status == 200
    assert replays(librarian.delete(address, idempotency_key="k-1"), first)
    assert librarian.delete(address).status == 404


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_links_are_made_and_broken_once(librarian: Toys, method: str) -> None:
    id = librarian["solaris"]
    address = f"{BOOKS}/{id}/relationships/authors"
    author = "lem" if method == "DELETE" else "le-guin"
    linkage = {"data": [{"type": "author", "id": str(librarian[author])}]}
    first = librarian.ask(method, address, linkage, idempotency_key="k-1")
    assert first.status in {200, 204}
    librarian.patch(address, {"data": []})
    assert replays(librarian.ask(method, address, linkage, idempotency_key="k-1"), first)
    assert librarian.get(address).data == []


@pytest.mark.parametrize(
    "other",
    [
        lambda toys: toys.post(BOOKS, book(toys, "Pirx"), idempotency_key="k-1"),
        lambda toys: toys.post(f"{BOOKS}?include=library", book(toys), idempotency_key="k-1"),
        lambda toys: toys.post("/v1/shelves", book(toys), idempotency_key="k-1"),
        lambda toys: toys.delete(f"{BOOKS}/{toys['solaris']}", idempotency_key="k-1"),
        lambda toys: toys.post(
            BOOKS, book(toys), idempotency_key="k-1", content_type='application/vnd.api+json; profile="a"'
        ),
    ],
    ids=["body", "query", "path", "method", "media type"],
)
def test_another_request_needs_a_key_of_its_own(librarian: Toys, other: Callable[[Toys], Reply]) -> None:
    first = librarian.post(BOOKS, book(librarian), idempotency_key="k-1")
    refused = other(librarian)
    assert (refused.status, refused.error["source"]) == (422, {"header": "Idempotency-Key"})
    assert librarian.get(f"{BOOKS}/{librarian['solaris']}").status == 200
    assert replays(librarian.post(BOOKS, book(librarian), idempotency_key="k-1"), first)


def test_the_order_of_query_parameters_makes_no_other_request(librarian: Toys) -> None:
    one, other = f"{BOOKS}?include=library&fields[book]=title", f"{BOOKS}?fields[book]=title&include=library"
    first = librarian.post(one, book(librarian), idempotency_key="k-1")
    assert replays(librarian.post(other, book(librarian), idempotency_key="k-1"), first)


def test_a_key_belongs_to_its_caller(librarian: Toys) -> None:
    rival = librarian.as_(OTHER_LIBRARIAN)
    theirs = book(librarian)
    theirs["data"]["relationships"]["library"]["data"]["id"] = str(librarian["rival"])
    first = librarian.post(BOOKS, book(librarian), idempotency_key="k-1")
    second = rival.post(BOOKS, theirs, idempotency_key="k-1")
    assert (first.status, second.status, count(librarian)) == (201, 201, 2)
    assert replays(rival.post(BOOKS, theirs, idempotency_key="k-1"), second)


def test_a_404_stays_although_the_thing_is_there_now(librarian: Toys) -> None:
    id = librarian["solaris"]
    librarian.database.run("UPDATE books SET deleted_at = now() WHERE id = :id", id=id)
    first = librarian.patch(f"{BOOKS}/{id}", change(id, {"pages": 5}), idempotency_key="k-1")
    librarian.database.run("UPDATE books SET deleted_at = NULL WHERE id = :id", id=id)
    again = librarian.patch(f"{BOOKS}/{id}", change(id, {"pages": 5}), idempotency_key="k-1")
    assert first.status == 404
    assert replays(again, first)
    assert librarian.patch(f"{BOOKS}/{id}", change(id, {"pages": 5})).status == 200


def test_a_422_stays_and_points_where_it_pointed(librarian: Toys) -> None:
    first = librarian.post(BOOKS, book(librarian, "", pages=0), idempotency_key="k-1")
    again = librarian.post(BOOKS, book(librarian, "", pages=0), idempotency_key="k-1")
    assert first.status == 422
    assert len(again.json["errors"]) == 2
    assert replays(again, first)


@pytest.mark.parametrize(("way", "status"), [("at once", 400), ("later", 400), ("when flushed", 422)])
def test_what_the_database_refuses_stays_refused(librarian: Toys, way: str, status: int) -> None:
    def follow(session: Session, **_payload: Any) -> None:
        if way == "when flushed":
            session.add(Shelf(label=None, library_id=librarian["city"]))
        else:
            ask = db.fetch if way == "at once" else db.enqueue
            ask(session, "SELECT 1 / $1::int", [0])

    with signals.temporary_receiver("book.created", follow):
        first = librarian.post(BOOKS, book(librarian), idempotency_key="k-1")
    assert first.status == status
    assert replays(librarian.post(BOOKS, book(librarian), idempotency_key="k-1"), first)
    assert count(librarian) == 0


def test_a_refusal_undoes_what_was_done_before_it_and_what_was_to_follow(librarian: Toys) -> None:
    followed: list[str] = []

    def refuse(session: Session, **_payload: Any) -> None:
        db.enqueue(
            session, "INSERT INTO authors (name, library_id) VALUES ('N. N.', $1)", [librarian["city"]]
        )
        db.after_commit(session, lambda: followed.append("followed"))
        raise invalid("Not today.")

    with signals.temporary_receiver("book.created", refuse):
        first = librarian.post(BOOKS, book(librarian), idempotency_key="k-1")
    assert first.status == 422
    assert replays(librarian.post(BOOKS, book(librarian), idempotency_key="k-1"), first)
    assert count(librarian) == 0
    assert librarian.database.one("SELECT count(*) FROM authors WHERE name = 'N. N.'") == 0
    assert followed == []


@pytest.mark.parametrize("refusal", [Problem(401, ""), Problem(409, ""), Problem(429, ""), Problem(503, "")])
def test_what_may_pass_is_not_kept(librarian: Toys, refusal: Problem) -> None:
    def refuse(_session: Session, **_payload: Any) -> None:
        raise refusal

    with signals.temporary_receiver("book.created", refuse):
        assert librarian.post(BOOKS, book(librarian), idempotency_key="k-1").status == refusal.status
    assert (kept(librarian), count(librarian)) == (0, 0)
    assert librarian.post(BOOKS, book(librarian), idempotency_key="k-1").status == 201


def test_a_conflict_that_the_database_found_is_not_kept(librarian: Toys) -> None:
    assert librarian.post(BOOKS, book(librarian, "Solaris"), idempotency_key="k-1").status == 409
    librarian.database.run("UPDATE books SET title = 'Moved' WHERE title = 'Solaris'")
    assert librarian.post(BOOKS, book(librarian, "Solaris"), idempotency_key="k-1").status == 201


def test_our_own_mistake_is_not_kept(librarian: Toys, capsys: pytest.CaptureFixture[str]) -> None:
    def fail(_session: Session, **_payload: Any) -> None:
        raise RuntimeError("a bug")

    with signals.temporary_receiver("book.created", fail):
        assert librarian.post(BOOKS, book(librarian), idempotency_key="k-1").status == 500
    assert "a bug" in capsys.readouterr().err
    assert (kept(librarian), count(librarian)) == (0, 0)
    assert librarian.post(BOOKS, book(librarian), idempotency_key="k-1").status == 201


def test_what_happened_is_told_once(librarian: Toys) -> None:
    told: list[int] = []
    with signals.temporary_receiver("book.created", lambda _session, **payload: told.append(payload["id"])):
        for _ in range(3):
            librarian.post(BOOKS, book(librarian), idempotency_key="k-1")
    assert len(told) == 1


def test_an_answer_is_kept_for_a_day(librarian: Toys) -> None:
    address = f"{BOOKS}/{librarian['solaris']}"
    first = librarian.delete(address, idempotency_key="k-1")
    with clock.shifted(timedelta(hours=23, minutes=59)):
        assert replays(librarian.delete(address, idempotency_key="k-1"), first)
    with clock.shifted(timedelta(hours=24, seconds=1)):
        new = librarian.delete(address, idempotency_key="k-1")
        assert new.status == 404
        assert replays(librarian.delete(address, idempotency_key="k-1"), new)
    assert kept(librarian) == 1


@pytest.mark.parametrize(
    "key", ["", " ", "a b", "clé", "a\tb", '"', '""', '"abc', '"a b"', '"a"b"', '"a\\b"', "x" * 256]
)
def test_what_is_no_key_is_refused(librarian: Toys, key: str) -> None:
    refused = librarian.post(BOOKS, book(librarian), idempotency_key=key)
    assert (refused.status, refused.error["source"]) == (400, {"header": "Idempotency-Key"})
    assert count(librarian) == 0
    assert librarian.get(BOOKS, idempotency_key=key).status == 200


@pytest.mark.parametrize(
    ("one", "other"),
    [("k-1", '"k-1"'), (' a"b ', '"a\\"b"'), ("a\\b", '"a\\\\b"'), ("x" * 255, f'"{"x" * 255}"')],
)
def test_a_key_may_stand_in_quotes(librarian: Toys, one: str, other: str) -> None:
    first = librarian.post(BOOKS, book(librarian), idempotency_key=one)
    assert first.status == 201
    assert replays(librarian.post(BOOKS, book(librarian), idempotency_key=other), first)


def test_only_who_sends_a_key_pays_for_it(librarian: Toys, monkeypatch: pytest.MonkeyPatch) -> None:
    librarian.post(BOOKS, book(librarian, "Warm-up"))
    with counted_statements(monkeypatch) as without:
        librarian.post(BOOKS, book(librarian))
    with counted_statements(monkeypatch) as with_key:
        librarian.post(BOOKS, book(librarian, "Pirx"), idempotency_key="k-1")
    words = ("idempotency", "advisory", "SAVEPOINT")
    assert not [sql for sql in without if any(word in sql for word in words)]
    more = [sql.split()[0] for sql in with_key if any(word in sql for word in words)]
    assert more == ["SELECT", "SELECT", "SAVEPOINT", "RELEASE", "INSERT"]
    assert len(with_key) <= len(without) + 6  # and one to learn what was only sent
