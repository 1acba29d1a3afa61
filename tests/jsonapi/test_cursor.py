"""Pages by cursor: stable while rows come and go, in both directions, for one or several keys."""

import pytest

from chalicelib.jsonapi.ground.profiles import CURSOR_PAGINATION
from tests.jsonapi.conftest import Toys

ACCEPT = f'application/vnd.api+json; profile="{CURSOR_PAGINATION}"'


def titles(page: object) -> list[str]:
    return [resource["attributes"]["title"] for resource in page.data]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Solaris", "Fiasco", "The Dispossessed", "Buffalo Gals", "Rival Book"]),
        ("sort=title", ["Buffalo Gals", "Fiasco", "Rival Book", "Solaris", "The Dispossessed"]),
        ("sort=-title", ["The Dispossessed", "Solaris", "Rival Book", "Fiasco", "Buffalo Gals"]),
        ("sort=is-rare,-title", ["The Dispossessed", "Solaris", "Rival Book", "Fiasco", "Buffalo Gals"]),
        ("sort=-id", ["Rival Book", "Buffalo Gals", "The Dispossessed", "Fiasco", "Solaris"]),
        ("filter[shelf.label]=Novels&sort=-title", ["The Dispossessed", "Solaris", "Fiasco"]),
    ],
)
def test_walking_forth_and_back_meets_every_row_once(toys: Toys, query: str, expected: list[str]) -> None:
    page = toys.get(f"/v1/books?page[size]=2&{query}", accept=ACCEPT)
    assert page.headers["Content-Type"] == ACCEPT
    assert "prev" not in page.json["links"]
    seen, pages = titles(page), [titles(page)]
    while "next" in page.json["links"]:
        page = toys.get(page.json["links"]["next"], accept=ACCEPT)
        seen += titles(page)
        pages.append(titles(page))
    assert seen == expected
    for earlier in reversed(pages[:-1]):
        page = toys.get(page.json["links"]["prev"], accept=ACCEPT)
        assert titles(page) == earlier
    assert "prev" not in page.json["links"]


def test_a_cursor_stays_where_it_is_while_rows_come_and_go(toys: Toys) -> None:
    first = toys.get("/v1/books?page[size]=2&sort=title", accept=ACCEPT)
    toys.database.run(
        "INSERT INTO books (title, library_id, is_rare) VALUES ('Aardvark', :library, false)",
        library=toys["city"],
    )
    toys.database.run("DELETE FROM books WHERE title = 'Fiasco'")
    assert titles(toys.get(first.json["links"]["next"])) == ["Rival Book", "Solaris"]


def test_a_related_collection_and_its_includes_are_paged_alike(toys: Toys) -> None:
    page = toys.get("/v1/libraries/c1ty/books?page[size]=3&include=authors", accept=ACCEPT)
    assert len(page.data) == 3
    rest = toys.get(page.json["links"]["next"])
    assert titles(rest) == ["Buffalo Gals"]
    assert [resource["attributes"]["name"] for resource in rest.json["included"]] == ["Ursula K. Le Guin"]


def test_without_the_profile_pages_are_numbered(toys: Toys) -> None:
    page = toys.get("/v1/books?page[size]=2")
    assert page.headers["Content-Type"] == "application/vnd.api+json"
    assert page.json["meta"]["count"] == 5


@pytest.mark.parametrize(
    ("query", "parameter", "kind"),
    [
        ("page[after]=nonsense", "page[after]", "invalid-parameter-value"),
        ("page[before]=", "page[before]", "invalid-parameter-value"),
        ("page[after]=WzFd", "page[after]", "invalid-parameter-value"),
        ("page[after]=WyJhIiwiYiJd", "page[after]", "invalid-parameter-value"),
        ("page[after]=WyIxIl0&page[before]=WyIxIl0", "page[after]", "range-pagination-not-supported"),
        ("page[after]=WyIxIl0&sort=pages", "sort", "unsupported-sort"),
        ("page[after]=WyIxIl0&sort=library.name", "sort", "unsupported-sort"),
    ],
)
def test_a_wrong_cursor_is_refused_in_the_profiles_words(
    toys: Toys, query: str, parameter: str, kind: str
) -> None:
    reply = toys.get(f"/v1/books?{query}")
    assert reply.status == 400
    assert reply.error["source"] == {"parameter": parameter}
    assert reply.error["links"]["type"] == CURSOR_PAGINATION + kind


def test_a_cursor_that_holds_no_value_of_its_column_is_refused(toys: Toys) -> None:
    assert toys.get("/v1/books?page[after]=WyJ4Il0").status == 400
