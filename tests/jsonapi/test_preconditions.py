"""If-Match and If-None-Match on what changes something: a change of one state, and of no other."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pg8000.dbapi
import pytest
from sqlalchemy import make_url

from chalicelib import db
from chalicelib.jsonapi.ground.request import Answer
from chalicelib.jsonapi.http import action
from tests.jsonapi.conftest import Reply, Toys
from tests.support.running_system import eventually

STALE = 'W/"stale"'
_WAITING = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


def changed(toys: Toys, **attributes: object) -> Any:
    return {"data": {"type": "book", "id": str(toys["solaris"]), "attributes": attributes}}


def links(type: str, *ids: int) -> Any:
    return {"data": [{"type": type, "id": str(id)} for id in ids]}


@contextmanager
def held(toys: Toys, table: str, id: int) -> Iterator[None]:
    """Somebody else holds the row's lock during the block."""
    url = make_url(toys.database.url)
    connection = pg8000.dbapi.connect(
        url.username or "", url.host or "", url.database, url.port or 5432, url.password
    )
    try:
        connection.cursor().execute(f"SELECT 1 FROM {table} WHERE id = {id} FOR UPDATE")
        yield
    finally:
        connection.rollback()
        connection.close()


def both_at_once(toys: Toys, table: str, id: int, *asking: Any) -> list[Reply]:
    """The answers to requests that all wait for the same row before it is let go, each on a connection of its own."""
    replies: list[Reply] = []
    threads, engines = [], []
    with held(toys, table, id):
        for number, ask in enumerate(asking, start=1):
            db.engine.cache_clear()
            thread = threading.Thread(target=lambda ask=ask: replies.append(ask()))
            thread.start()
            threads.append(thread)
            eventually(lambda number=number: toys.database.one(_WAITING) == number or replies, "the wait")
            engines.append(db.engine())
        assert not replies
    for thread in threads:
        thread.join()
    for engine in engines:
        engine.dispose()
    return replies


def test_of_two_changes_to_one_state_the_second_fails(librarian: Toys) -> None:
    address = f"/v1/books/{librarian['solaris']}"
    tag = librarian.get(address).headers["ETag"]
    replies = both_at_once(
        librarian,
        "books",
        librarian["solaris"],
        *(
            lambda pages=pages: librarian.patch(address, changed(librarian, pages=pages), if_match=tag)
            for pages in (1, 2)
        ),
    )
    assert sorted(reply.status for reply in replies) == [200, 412]
    (kept,) = (reply for reply in replies if reply.status == 200)
    pages = kept.data["attributes"]["pages"]
    assert librarian.database.one("SELECT pages FROM books WHERE id = :id", id=librarian["solaris"]) == pages


def test_a_change_and_a_removal_of_one_state_do_not_both_happen(librarian: Toys) -> None:
    address = f"/v1/books/{librarian['solaris']}"
    tag = librarian.get(address).headers["ETag"]
    replies = both_at_once(
        librarian,
        "books",
        librarian["solaris"],
        lambda: librarian.patch(address, changed(librarian, pages=1), if_match=tag),
        lambda: librarian.delete(address, if_match=tag),
    )
    assert sorted(reply.status for reply in replies) in ([200, 404], [200, 412])


def test_of_two_changes_to_one_state_of_a_relationship_the_second_fails(librarian: Toys) -> None:
    address = f"/v1/books/{librarian['solaris']}/relationships/authors"
    tag = librarian.get(address).headers["ETag"]
    replies = both_at_once(
        librarian,
        "books",
        librarian["solaris"],
        lambda: librarian.post(address, links("author", librarian["le-guin"]), if_match=tag),
        lambda: librarian.patch(address, links("author"), if_match=tag),
    )
    assert sorted(reply.status for reply in replies) == [200, 412]


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    ("path", "type", "other"),
    [
        ("books/{solaris}/relationships/authors", "author", "le-guin"),
        ("authors/{lem}/relationships/books", "book", "buffalo"),
        ("shelves/{poems}/relationships/books", "book", "solaris"),
        ("books/{solaris}/relationships/shelf", "shelf", "poems"),
    ],
)
def test_a_relationship_is_changed_in_the_state_that_is_known(
    librarian: Toys, method: str, path: str, type: str, other: str
) -> None:
    address = f"/v1/{path.format(**librarian.ids)}"
    before = librarian.get(address)
    identifier = {"type": type, "id": str(librarian[other])}
    if method == "DELETE":
        identifier = before.data[0] if isinstance(before.data, list) else before.data
    document = {"data": [identifier] if isinstance(before.data, list) else identifier}
    for header, value in (
        ("if_match", STALE),
        ("if_match", f'{STALE}, "other"'),
        ("if_match", "stale"),
        ("if_none_match", "*"),
        ("if_none_match", before.headers["ETag"]),
    ):
        refused = librarian.ask(method, address, document, **{header: value})
        assert refused.status == 412
        assert refused.error["source"] == {"header": header.replace("_", "-").title()}
        assert librarian.get(address).data == before.data
    done = librarian.ask(method, address, document, if_match=f"{STALE}, {before.headers['ETag']}")
    assert done.status == 200
    after = librarian.get(address)
    assert after.data != before.data
    assert (done.headers["ETag"], done.text) == (after.headers["ETag"], after.text)


@pytest.mark.parametrize("query", ["", "?include=authors,library", "?fields[book]=title"])
def test_the_answer_to_a_change_has_the_tag_that_reading_gives(librarian: Toys, query: str) -> None:
    address = f"/v1/books/{librarian['solaris']}{query}"
    done = librarian.patch(address, changed(librarian, title="A"))
    read = librarian.get(address)
    assert (done.headers["ETag"], done.text) == (read.headers["ETag"], read.text)
    assert (
        librarian.patch(address, changed(librarian, title="B"), if_match=done.headers["ETag"]).status == 200
    )
    assert (
        librarian.patch(address, changed(librarian, title="C"), if_match=done.headers["ETag"]).status == 412
    )


@pytest.mark.parametrize("query", ["", "?include=library"])
def test_a_new_resource_has_the_tag_that_reading_it_gives(librarian: Toys, query: str) -> None:
    library = {"data": {"type": "library", "id": str(librarian["city"])}}
    document = {
        "data": {"type": "book", "attributes": {"title": "New"}, "relationships": {"library": library}}
    }
    made = librarian.post(f"/v1/books{query}", document)
    assert made.status == 201
    read = librarian.get(made.headers["Location"] + query)
    assert (made.headers["ETag"], made.text) == (read.headers["ETag"], read.text)


def test_a_resource_changed_where_a_to_one_leads_has_the_tag_of_that_address(librarian: Toys) -> None:
    address = f"/v1/books/{librarian['solaris']}/shelf"
    tag = librarian.get(address).headers["ETag"]
    document = {"data": {"type": "shelf", "id": str(librarian["novels"]), "attributes": {"label": "Prose"}}}
    assert librarian.patch(address, document, if_match=STALE).status == 412
    done = librarian.patch(address, document, if_match=tag)
    assert done.status == 200
    assert done.headers["ETag"] == librarian.get(address).headers["ETag"]


def test_any_state_and_tags_in_lists_are_understood(librarian: Toys) -> None:
    address = f"/v1/books/{librarian['solaris']}"
    tag = librarian.get(address).headers["ETag"]
    strong = tag.removeprefix("W/")
    for good in ("*", tag, strong, f'"a,b", {tag}', f"{STALE},{strong}"):
        assert librarian.patch(address, changed(librarian, pages=204), if_match=good).status == 200, good
    for bad in (STALE, strong.strip('"'), '""', "", f'"a, {strong[1:-1]}"', f"*, {STALE}"):
        assert librarian.patch(address, changed(librarian, pages=1), if_match=bad).status == 412, bad
    assert librarian.patch("/v1/books/999999", changed(librarian), if_match="*").status == 404
    assert librarian.get(address).data["attributes"]["pages"] == 204


def test_rights_come_before_conditions(toys: Toys, stranger: Toys) -> None:
    address = f"/v1/books/{toys['solaris']}"
    assert toys.patch(address, changed(toys, pages=1), if_match=STALE).status == 401
    assert stranger.delete(address, if_match=STALE).status == 403
    assert stranger.get(address, if_match=STALE).status == 200


def test_nothing_is_known_already_to_who_changes_it(librarian: Toys) -> None:
    """304 is an answer to reading alone."""
    address = f"/v1/books/{librarian['solaris']}"
    assert librarian.patch(address, changed(librarian, pages=1), if_none_match="*").status == 412
    assert librarian.delete(address, if_none_match="*").status == 412
    assert librarian.patch(address, changed(librarian, pages=1), if_none_match=STALE).status == 200
    made = librarian.post(
        "/v1/libraries", {"data": {"type": "library", "attributes": {"name": "N"}}}, if_none_match="*"
    )
    assert made.status == 201


def test_a_condition_that_nothing_can_be_compared_with_does_not_hold(librarian: Toys) -> None:
    document = {"data": {"type": "library", "attributes": {"name": "New"}}}
    refused = librarian.post("/v1/libraries", document, if_match=STALE)
    assert (refused.status, refused.error["source"]) == (412, {"header": "If-Match"})
    assert librarian.database.one("SELECT count(*) FROM libraries") == 3

    def burn(context: action.Context) -> Answer:
        db.fetch(context.session, "DELETE FROM books")
        return Answer(200, "{}")

    action.add(action.Action("POST", ("v1", "books", "burn"), burn))
    try:
        assert librarian.post("/v1/books/burn", {}, if_match=STALE).status == 412
        assert librarian.database.one("SELECT count(*) FROM books") == 6
    finally:
        action.ACTIONS["POST", 3][:] = [
            item for item in action.ACTIONS["POST", 3] if item.pattern[-1] != "burn"
        ]
