"""The profile without links: the same documents, of which objects and relationships have no links."""

from typing import Any

import pytest

from chalicelib.jsonapi.ground.profiles import CURSOR_PAGINATION, WITHOUT_LINKS
from tests.jsonapi.conftest import Toys
from tests.jsonapi.test_creating import book

ACCEPT = f'application/vnd.api+json; profile="{WITHOUT_LINKS}"'


def stripped(document: Any) -> Any:
    """The document as the profile has it: with the document's own links, and none below."""

    def of_object(resource: dict[str, Any]) -> dict[str, Any]:
        relationships = {
            name: {key: value for key, value in member.items() if key != "links"}
            for name, member in resource.get("relationships", {}).items()
            if member.keys() - {"links"}
        }
        kept = {key: value for key, value in resource.items() if key not in {"links", "relationships"}}
        return {**kept, "relationships": relationships} if relationships else kept

    data = document["data"]
    changed = {"data": [of_object(row) for row in data] if isinstance(data, list) else of_object(data)}
    if "included" in document:
        changed["included"] = [of_object(row) for row in document["included"]]
    return {**document, **changed}


@pytest.mark.parametrize(
    "target",
    [
        "books", "books/{solaris}", "books?include=authors.books,library", "books?include=library&page[size]=2",
        "books/{solaris}?fields[book]=title", "books?fields[book]=authors&include=authors", "authors?include=books",
        "libraries/{city}/books?include=authors", "books/{solaris}/relationships/authors",
    ],
)  # fmt: skip
def test_documents_are_the_same_without_links(librarian: Toys, toys: Toys, target: str) -> None:
    path = "/v1/" + target.format(solaris=toys["solaris"], city=toys["city"])
    for asking in (toys, librarian):
        full, bare = asking.get(path), asking.get(path, accept=ACCEPT)
        assert bare.json == stripped(full.json)
        assert len(bare.answer.body) < len(full.answer.body) or "relationships/" in target
        assert bare.answer.headers["Content-Type"] == ACCEPT
        assert "Accept" in bare.answer.headers["Vary"]
        again = asking.get(path, accept=ACCEPT, if_none_match=bare.answer.headers["ETag"])
        assert again.status == 304


def test_a_new_and_a_changed_row_are_shown_without_links_too(librarian: Toys) -> None:
    made = librarian.post("/v1/books", book(librarian["city"]), accept=ACCEPT)
    id = made.data["id"]
    assert made.json == librarian.get(f"/v1/books/{id}", accept=ACCEPT).json
    change = {"data": {"type": "book", "id": id, "attributes": {"title": "Newer"}}}
    changed = librarian.patch(f"/v1/books/{id}", change, accept=ACCEPT)
    assert changed.status == 200
    assert changed.json == stripped(librarian.get(f"/v1/books/{id}").json)


def test_both_profiles_are_applied_and_named(toys: Toys) -> None:
    both = f'application/vnd.api+json; profile="{CURSOR_PAGINATION} {WITHOUT_LINKS}"'
    reply = toys.get("/v1/books?page[size]=1", accept=both)
    assert reply.answer.headers["Content-Type"] == both
    assert "links" not in reply.data[0]
    assert "page%5Bafter%5D" in reply.json["links"]["next"]


def test_a_profile_that_only_resembles_it_is_ignored(toys: Toys) -> None:
    for name in (f"{WITHOUT_LINKS}-not", f"x{WITHOUT_LINKS}", "urn:other"):
        reply = toys.get("/v1/books", accept=f'application/vnd.api+json; profile="{name}"')
        assert (reply.status, reply.answer.headers["Content-Type"]) == (200, "application/vnd.api+json")
        assert "links" in reply.data[0]
