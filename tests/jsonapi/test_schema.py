"""Answers hold to the public JSON schema of JSON:API documents (jsonapi.org/schema, CC0)."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.jsonapi.conftest import Reply, Toys

# The library takes the empty pattern for no pattern at all; ".*" means the same and is understood.
TEXT = Path(__file__).with_name("response-1.0.json").read_text().replace('"": ', '".*": ')
SCHEMA: dict[str, Any] = json.loads(TEXT)
VALIDATOR = Draft202012Validator(SCHEMA)


def mistakes(reply: Reply) -> list[str]:
    """What the schema of version 1.0 says against the document, but for what 1.1 has added to it."""
    document = reply.json
    document.get("links", {}).pop("describedby", None)
    return [f"{list(error.path)}: {error.message[:200]}" for error in VALIDATOR.iter_errors(document)]


@pytest.mark.parametrize(
    "address",
    [
        "/v1/libraries/c1ty",
        "/v1/libraries/c1ty?include=books.authors,shelves.books,authors",
        "/v1/books?page[size]=2&sort=-title&include=library",
        "/v1/books?fields[book]=title",
        "/v1/books?fields[book]=",
        "/v1/books/{rival-book}/shelf",
        "/v1/books/{solaris}/relationships/authors",
        "/v1/books/{rival-book}/relationships/shelf",
        "/v1/books/999999",
        "/v1/books?sort=nosuch",
        "/v1/nosuch",
    ],
)
def test_what_is_read_holds_to_the_schema(toys: Toys, address: str) -> None:
    assert mistakes(toys.get(address.format(**toys.ids))) == []


def test_what_writing_answers_holds_to_the_schema(librarian: Toys) -> None:
    new = {"data": {"type": "library", "attributes": {"name": "New"}}}
    created = librarian.post("/v1/libraries", new)
    assert created.status == 201
    assert mistakes(created) == []
    assert mistakes(librarian.post("/v1/libraries", {"data": {"type": "library"}})) == []
    assert mistakes(librarian.delete(f"/v1/books/{librarian['solaris']}")) == []
    linked = {"data": [{"type": "author", "id": str(librarian["le-guin"])}]}
    assert mistakes(librarian.post(f"/v1/books/{librarian['fiasco']}/relationships/authors", linked)) == []


def test_the_schema_would_notice(toys: Toys) -> None:
    broken = {"data": {"type": "book", "id": 5}, "errors": []}
    assert list(VALIDATOR.iter_errors(broken))
