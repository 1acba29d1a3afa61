"""Answers in bytes: compressed for who takes it, and pages that end where an answer is full."""

import gzip
import json
from collections.abc import Callable, Iterator

import pytest

from chalicelib import db
from chalicelib.jsonapi.ground import coding
from chalicelib.jsonapi.ground.profiles import CURSOR_PAGINATION
from chalicelib.jsonapi.read import find
from chalicelib.settings import settings
from tests.jsonapi.conftest import Reply, Toys
from tests.support.databases import TestDatabase
from tests.support.sharing import VARY

LONG = "A" * 1_500
Limit = Callable[..., None]


@pytest.fixture
def limit(environment: pytest.MonkeyPatch) -> Iterator[Limit]:
    """Other limits than the usual ones, by the names of their settings."""

    def change(**values: int) -> None:
        for name, value in values.items():
            environment.setenv(name.upper(), str(value))
        settings.cache_clear()
        find._statement.cache_clear()

    yield change
    find._statement.cache_clear()


def filled(database: TestDatabase, count: int = 12) -> list[str]:
    """Titles of books that make a page long, in the order of their ids."""
    titles = [f"{n:02} AAA" for n in range(count)]
    for title in titles:
        database.run(
            "INSERT INTO books (title, notes, is_rare, library_id) "
            "SELECT :title, jsonb_build_object('text', CAST(:text AS text)), false, min(id) FROM libraries",
            title=title, text=LONG,
        )  # fmt: skip
    return titles


def walked(toys: Toys, address: str | None, link: str = "next", **headers: str) -> list[str]:
    """The titles on a page and on all that follow, each page within the bound."""
    found: list[str] = []
    while address:
        reply = toys.get(address, **headers)
        assert reply.status == 200, reply.text
        page = [resource["attributes"]["title"] for resource in reply.data]
        found = page + found if link == "prev" else found + page
        assert coded_size(reply) <= settings().max_answer_bytes
        address = reply.json["links"].get(link)
    return found


def coded_size(reply: Reply) -> int:
    """What Lambda would count of the body."""
    packed = reply.answer.gzipped
    return len(json.dumps(reply.answer.text)) if packed is None else len(packed) // 3 * 4


@pytest.mark.parametrize(
    ("said", "taken"),
    [
        ("gzip", True), ("GZIP", True), ("x-gzip", True), ("gzip, deflate, br", True), ("br;q=1.0, gzip;q=0.1", True),
        ("*", True), ("*;q=0.5", True), ("identity;q=0.5, gzip;q=1", True), ("gzip;q=0.001", True),
        ("", False), ("identity", False), ("br", False), ("gzip;q=0", False), ("gzip;q=0.000", False),
        ("*;q=0", False), ("gzip;q=0, *", False), ("identity, gzip;q=0.5", False), ("gzip;q=", False),
        ("gzip;q=nan", False), ("gzip;q=-1", False), ("gzip;q=2", False), ("gzip;level=9", False),
        ("gzipped", False), (";;,,=", False), ("identity;q=0", False),
    ],
)  # fmt: skip
def test_a_client_gets_gzip_if_it_takes_it(toys: Toys, said: str, taken: bool) -> None:
    plain = toys.get("/v1/books")
    reply = toys.get("/v1/books", accept_encoding=said)
    assert (reply.status, reply.text) == (200, plain.text)
    assert reply.headers.get("Content-Encoding") == ("gzip" if taken else None)
    assert (reply.answer.gzipped is not None) is taken
    if reply.answer.gzipped is not None:
        assert gzip.decompress(reply.answer.gzipped).decode() == plain.text
        assert len(reply.answer.gzipped) < len(plain.text) / 3


def test_what_is_small_is_not_compressed(toys: Toys) -> None:
    for address in ("/v1/books/999999", f"/v1/books/{toys['solaris']}?fields[book]=title"):
        reply = toys.get(address, accept_encoding="gzip")
        assert len(reply.text) < coding.SMALLEST
        assert "Content-Encoding" not in reply.headers


def test_the_tag_is_the_documents_whatever_it_travels_in(toys: Toys) -> None:
    plain, packed = toys.get("/v1/books"), toys.get("/v1/books", accept_encoding="gzip")
    assert plain.headers["ETag"] == packed.headers["ETag"]
    for request in ({"accept_encoding": "gzip"}, {}):
        again = toys.get("/v1/books", if_none_match=plain.headers["ETag"], **request)
        assert (again.status, again.text, again.answer.gzipped) == (304, "", None)
        assert "Content-Encoding" not in again.headers
        assert again.headers["Vary"] == plain.headers["Vary"] == packed.headers["Vary"]
    assert plain.headers["Vary"] == VARY


def test_head_has_the_headers_of_get(toys: Toys) -> None:
    got, head = (toys.ask(method, "/v1/books", accept_encoding="gzip") for method in ("GET", "HEAD"))
    assert head.headers == got.headers
    assert (head.text, head.answer.gzipped) == ("", None)


@pytest.mark.parametrize(
    ("said", "status"), [("gzip", 415), ("br", 415), ("gzip, identity", 415), ("identity", 404)]
)
def test_a_body_in_a_coding_is_refused(toys: Toys, said: str, status: int) -> None:
    reply = toys.post("/v1/nosuch", gzip.compress(b"{}"), content_encoding=said)
    assert reply.status == status
    if status == 415:
        assert reply.error["source"] == {"header": "Content-Encoding"}
        assert reply.headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize("size", [0, 5, 7, 11, 12, 13, 25_000])
@pytest.mark.parametrize("begin", [1, 2])
def test_a_page_that_does_not_fit_ends_earlier_and_leads_on_to_every_row(
    toys: Toys, limit: Limit, size: int, begin: int
) -> None:
    titles = filled(toys.database)
    limit(max_answer_bytes=9_000)
    query = 'filter=[{"name":"title","op":"like","val":"%25AAA%25"}]&sort=title'
    expected = titles[size * (begin - 1) :] if size else titles if begin == 1 else []
    address = f"/v1/books?{query}&page[size]={size}&page[number]={begin}"
    assert walked(toys, address) == expected


def test_a_shortened_page_says_so_and_counts_all(toys: Toys, limit: Limit) -> None:
    filled(toys.database)
    limit(max_answer_bytes=9_000)
    reply = toys.get("/v1/books?sort=-title&page[size]=100")
    given = len(reply.data)
    assert 0 < given < 12
    total = reply.json["meta"]["count"]
    assert reply.json["meta"] == {"count": total, "page": {"size": given, "asked-for": 100}}
    assert total > 12
    assert walked(toys, reply.json["links"]["last"])[-1] == "00 AAA"
    limit(max_answer_bytes=6_000_000)
    whole = toys.get("/v1/books?sort=-title&page[size]=100")
    assert (len(whole.data), whole.json["meta"]) == (total, {"count": total})


def test_pages_by_cursor_are_shortened_in_both_directions(toys: Toys, limit: Limit) -> None:
    titles = filled(toys.database)
    limit(max_answer_bytes=9_000)
    accept = f'application/vnd.api+json; profile="{CURSOR_PAGINATION}"'
    ours = 'filter=[{"name":"title","op":"like","val":"%25AAA%25"}]&page[size]=10'
    first = f"/v1/books?{ours}"
    assert walked(toys, first, accept=accept) == titles
    reply = toys.get(first, accept=accept)
    assert 0 < len(reply.data) < 10
    while "next" in reply.json["links"]:
        reply = toys.get(reply.json["links"]["next"], accept=accept)
    assert walked(toys, reply.json["links"]["prev"], "prev", accept=accept) == titles[: -len(reply.data)]


def test_what_is_included_belongs_to_the_rows_of_the_shortened_page(toys: Toys, limit: Limit) -> None:
    filled(toys.database)
    limit(max_answer_bytes=12_000)
    address: str | None = "/v1/books?include=library,authors&page[size]=0"
    while address:
        reply = toys.get(address)
        assert reply.status == 200
        linked = {
            (link["type"], link["id"])
            for resource in reply.data
            for name in ("library", "authors")
            for link in _listed(resource["relationships"][name]["data"])
        }
        assert {(resource["type"], resource["id"]) for resource in reply.json["included"]} == linked
        address = reply.json["links"].get("next")


def _listed(data: object) -> list[dict[str, str]]:
    return data if isinstance(data, list) else [data] if data else []  # type: ignore[list-item]


def test_a_page_with_too_many_included_is_shortened_too(toys: Toys, limit: Limit) -> None:
    limit(max_included=3)
    expected = [resource["id"] for resource in toys.get("/v1/books?page[size]=0").data]
    found: list[str] = []
    address: str | None = "/v1/books?include=library,authors&page[size]=0"
    while address:
        reply = toys.get(address)
        assert reply.status == 200
        found += [resource["id"] for resource in reply.data]
        address = reply.json["links"].get("next")
    assert found == expected


def test_a_single_row_that_does_not_fit_is_refused_by_the_parameter_that_makes_it_large(
    toys: Toys, limit: Limit
) -> None:
    filled(toys.database)
    limit(max_answer_bytes=9_000)
    for address in (
        f"/v1/libraries/{toys['city']}?include=books",
        "/v1/libraries?include=books&page[size]=0",
    ):
        reply = toys.get(address)
        assert (reply.status, reply.error["source"]) == (400, {"parameter": "include"})
    assert toys.get(f"/v1/libraries/{toys['city']}?include=books", accept_encoding="gzip").status == 200


def test_who_takes_gzip_gets_more_within_the_same_bytes_and_memory_is_bounded(
    toys: Toys, limit: Limit
) -> None:
    filled(toys.database)
    limit(max_answer_bytes=9_000)
    for said in ("gzip", "identity, gzip;q=0.1"):
        whole = toys.get("/v1/books?page[size]=0", accept_encoding=said)
        assert "next" not in whole.json["links"]
        assert whole.headers["Content-Encoding"] == "gzip"
    limit(max_document_bytes=9_000)
    short = toys.get("/v1/books?page[size]=0", accept_encoding="gzip")
    assert "next" in short.json["links"]


@pytest.mark.parametrize("letter", ["ü", "€", "🦊", '"', "\\u0007"])
def test_bytes_are_counted_as_they_travel_and_not_letters(toys: Toys, limit: Limit, letter: str) -> None:
    """Lambda's answer is JSON in ASCII with some of its Pythons: a letter can have twelve bytes there."""
    text = json.loads(f'"{letter}"') if letter[0] == "\\" else letter
    toys.database.run(
        "UPDATE books SET notes = jsonb_build_object('text', CAST(:text AS text))", text=text * 300
    )
    limit(max_answer_bytes=6_000)
    found = walked(toys, "/v1/books?page[size]=0&fields[book]=title,notes")
    assert len(found) == 5


def test_megabytes_are_read_as_bytes_and_answer_the_same(toys: Toys) -> None:
    """So that one odd letter does not make a text in memory four times as large."""
    text = "🦊 Füchse " * 60_000
    toys.database.run("UPDATE books SET notes = jsonb_build_object('text', CAST(:text AS text))", text=text)
    found = toys.get("/v1/books?include=authors", accept_encoding="gzip")
    assert isinstance(found.answer.body, bytes)
    assert len(found.data) == 5
    for resource in found.data:
        single = toys.get(f"/v1/books/{resource['id']}?include=authors").data
        assert single == resource
    with db.read_only() as session:
        ((text,),) = db.fetch(session, "SELECT repeat('x', 2000000)")
        assert isinstance(text, str)
