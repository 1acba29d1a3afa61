"""Media types, entity tags, methods and addresses."""

import pytest

from tests.jsonapi.conftest import LIBRARIAN, Toys

JSONAPI = "application/vnd.api+json"


def book(toys: Toys, title: str = "New") -> dict[str, object]:
    return {
        "data": {
            "type": "book",
            "attributes": {"title": title},
            "relationships": {"library": {"data": {"type": "library", "id": str(toys["city"])}}},
        }
    }


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        (JSONAPI, 201),
        (JSONAPI + '; profile="https://example.org/unknown"', 201),
        (JSONAPI + "; charset=utf-8", 415),
        (JSONAPI + '; ext="https://jsonapi.org/ext/atomic"', 415),
        (JSONAPI + "; foo=bar", 415),
        ("application/json", 415),
        ("text/plain", 415),
        ("nonsense", 415),
        ("", 415),
    ],
)
def test_a_body_must_be_declared_as_a_document(librarian: Toys, content_type: str, status: int) -> None:
    reply = librarian.post("/v1/books", book(librarian), content_type=content_type)
    assert reply.status == status
    if status == 415:
        assert reply.error["source"] == {"header": "Content-Type"}


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        (JSONAPI, 200), ("*/*", 200), ("application/*", 200), ("application/*;q=0.5, text/html", 200),
        (JSONAPI + ";q=0.9", 200), (JSONAPI + '; profile="https://example.org/a https://example.org/b"', 200),
        (JSONAPI + "; charset=utf-8, " + JSONAPI, 200), ("text/html, application/xhtml+xml, */*;q=0.8", 200),
        (JSONAPI + "; charset=utf-8", 406), (JSONAPI + '; ext="https://example.org/x"', 406),
        (JSONAPI + "; charset=utf-8, */*", 406), ("text/html", 406), (JSONAPI + ";q=0", 406),
    ],
)  # fmt: skip
def test_accept_decides_between_an_answer_and_406(toys: Toys, accept: str, status: int) -> None:
    reply = toys.get("/v1/books", accept=accept)
    assert reply.status == status
    if status == 406:
        assert reply.error["source"] == {"header": "Accept"}


def test_answers_say_what_they_are_and_what_they_vary_by(toys: Toys) -> None:
    for reply in (toys.get("/v1/books"), toys.get("/v1/nosuch"), toys.get("/v1/books?sort=nosuch")):
        assert reply.headers["Content-Type"] == JSONAPI
        assert "Accept" in reply.headers["Vary"]
    assert toys.get("/v1/books", content_type="text/plain").status == 200


def test_a_known_document_is_not_sent_again(toys: Toys, librarian: Toys) -> None:
    address = f"/v1/books/{toys['solaris']}"
    tag = toys.get(address).headers["ETag"]
    assert tag.startswith('W/"')
    again = toys.get(address, if_none_match=tag)
    assert (again.status, again.text, again.headers["ETag"]) == (304, "", tag)
    assert toys.get(address, if_none_match=f'"other", {tag}').status == 304
    assert toys.get(address, if_none_match="*").status == 304
    assert toys.get(address, if_none_match='W/"other"').status == 200
    librarian.patch(
        address, {"data": {"type": "book", "id": str(toys["solaris"]), "attributes": {"pages": 1}}}
    )
    assert toys.get(address, if_none_match=tag).status == 200


def test_a_write_can_insist_on_the_version_it_knows(librarian: Toys) -> None:
    id = librarian["solaris"]
    address = f"/v1/books/{id}"
    document = {"data": {"type": "book", "id": str(id), "attributes": {"pages": 205}}}
    tag = librarian.get(address).headers["ETag"]
    refused = librarian.patch(address, document, if_match='W/"stale"')
    assert refused.status == 412
    assert refused.error["source"] == {"header": "If-Match"}
    assert librarian.get(address).data["attributes"]["pages"] == 204
    assert librarian.patch(address, document, if_match=tag).status == 200
    assert librarian.patch(address, document, if_match=tag).status == 412
    assert librarian.delete(address, if_match=tag).status == 412
    assert librarian.delete(address, if_match=librarian.get(address).headers["ETag"]).status == 200


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/v1/books", {"GET", "HEAD", "OPTIONS", "POST"}),
        ("DELETE", "/v1/books", {"GET", "HEAD", "OPTIONS", "POST"}),
        ("POST", "/v1/books/{solaris}", {"DELETE", "GET", "HEAD", "OPTIONS", "PATCH"}),
        ("PATCH", "/v1/shelf-labels/{novels}", {"GET", "HEAD", "OPTIONS"}),
        ("GET", "/v1/shelf-labels", {"OPTIONS"}),
        ("POST", "/v1/books/{solaris}/relationships/library", {"GET", "HEAD", "OPTIONS", "PATCH"}),
        (
            "PUT",
            "/v1/books/{solaris}/relationships/authors",
            {"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST"},
        ),
    ],
)
def test_a_wrong_method_is_told_the_right_ones(toys: Toys, method: str, path: str, allowed: set[str]) -> None:
    reply = toys.as_(LIBRARIAN).ask(method, path.format(**toys.ids))
    assert reply.status == 405
    assert set(reply.headers["Allow"].split(", ")) == allowed


@pytest.mark.parametrize(
    "path",
    ["/v1/nosuch", "/v1", "/v1/books/1/nosuch", "/v1/books/{solaris}/nosuch/authors", "/v2/books",
     "/v1/books/{solaris}/relationships/nosuch", "/v1/books/{solaris}/relationships/authors/more"],
)  # fmt: skip
def test_an_unknown_address_is_404(toys: Toys, path: str) -> None:
    reply = toys.get(path.format(**toys.ids))
    assert reply.status == 404
    assert reply.error["status"] == "404"


def test_an_unknown_id_of_any_form_is_404(toys: Toys) -> None:
    for id in ("999999", "0", "-1", "abc", "1.5", "9" * 30, "%00", "¹", "\uff11", "%F0%9F%98%80"):
        assert toys.get(f"/v1/books/{id}").status == 404, id


def test_a_trailing_slash_is_tolerated(toys: Toys) -> None:
    assert toys.get("/v1/books/").status == 200
    assert toys.get(f"/v1/books/{toys['solaris']}/").status == 200


@pytest.mark.parametrize("header", ["Bearer", "Basic abc", "JWT a.b.c", "Bearer " + "x" * 5000, "JWT é"])
def test_a_bad_token_is_a_401_that_points_at_the_header(toys: Toys, header: str) -> None:
    reply = toys.get("/v1/books", authorization=header)
    assert reply.status == 401
    assert reply.error["source"] == {"header": "Authorization"}
