"""Query parameters by name: what is not understood in a family of ours is refused, what is a client's own is left."""

from dataclasses import replace

import pytest

from chalicelib.jsonapi.ground.request import Answer
from chalicelib.jsonapi.http import action
from chalicelib.jsonapi.query import parse
from chalicelib.jsonapi.query.parameters import FAMILIES
from chalicelib.jsonapi.read import find
from tests.jsonapi.conftest import Toys

GOOD = {
    "include": "library",
    "sort": "title",
    "filter": "[]",
    "filter[title]": "Solaris",
    "page[size]": "2",
    "page[number]": "1",
    "fields[book]": "title",
}
TWISTED = [
    "{family}[]", "{family}[a][b]", "{family}[a", "{family}]", "{family}[[a]]", "{family}[a]b", "{family}[a]]",
    "[{family}]", "{family}[]a", "{Family}[name]", "{FAMILY}", " {family}", "{family} [name]",
]  # fmt: skip
MISSPELT = [
    "filters", "filters[title]", "fliter[title]", "filtre[title]", "filer", "fileds[book]", "field[book]", "feilds",
    "pages", "pages[size]", "pgae[size]", "page[szie]", "sorts", "srot", "sort[title]", "includes", "inlcude",
    "include[library]", "nosuch[title]",
]  # fmt: skip


def twisted() -> list[str]:
    return [
        form.format(family=family, Family=family.title(), FAMILY=family.upper())
        for family in FAMILIES
        for form in TWISTED
    ]


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["books", "books/{solaris}", "books/{solaris}/relationships/authors"])
def test_a_name_that_only_looks_like_ours_is_refused_everywhere(
    librarian: Toys, method: str, path: str
) -> None:
    address = f"/v1/{path.format(**librarian.ids)}"
    if librarian.ask(method, address, {"data": []}).status == 405:
        return
    for name in [*twisted(), *MISSPELT]:
        reply = librarian.ask(method, f"{address}?{name}=title", {"data": []})
        assert (reply.status, reply.error["source"]) == (400, {"parameter": name.replace("+", " ")}), name


@pytest.mark.parametrize("name", GOOD)
def test_a_parameter_of_ours_is_taken_once(toys: Toys, name: str) -> None:
    once = f"/v1/books?{name}={GOOD[name]}"
    assert toys.get(once).status == 200
    twice = toys.get(f"{once}&{name}={GOOD[name]}")
    assert (twice.status, twice.error["source"]) == (400, {"parameter": name})


@pytest.mark.parametrize(
    "name",
    ["_", "cache", "public", "part", "get-trashed", "q", "my-filter[title]", "pageSize", "utm_source", "age"],
)
def test_what_is_a_clients_own_is_left_alone(toys: Toys, name: str) -> None:
    assert toys.get(f"/v1/books?{name}=1&{name}=2").status == 200


def test_an_action_that_answers_no_documents_takes_no_parameter_of_ours(toys: Toys) -> None:
    smell = action.Action("GET", ("v1", "books", "smell"), lambda _context: Answer(200, "{}"), query=("q",))
    action.add(smell)
    try:
        assert toys.get("/v1/books/smell?q=old").status == 200
        refused = toys.get("/v1/books/smell?p=old")
        assert (refused.status, refused.error["source"]) == (400, {"parameter": "p"})
        action.add(replace(smell, lenient=True))
        assert toys.get("/v1/books/smell?p=old").status == 200
        for name in [*GOOD, *twisted(), *MISSPELT]:
            reply = toys.get(f"/v1/books/smell?{name}=1")
            assert (reply.status, reply.error["source"]) == (400, {"parameter": name}), name
    finally:
        action.ACTIONS["GET", 3][:] = [
            item for item in action.ACTIONS["GET", 3] if item.pattern[-1] != "smell"
        ]


def test_a_query_is_kept_in_memory_only_where_it_holds_no_value(toys: Toys) -> None:
    parse._repeated.cache_clear()
    for _ in range(2):
        assert len(toys.get("/v1/books?sort=title&page[size]=2").json["data"]) == 2
    assert parse._repeated.cache_info().currsize == 1
    for personal in ("filter[title]=Solaris", "filter=[]", "page[after]=x", "q=somebody"):
        assert toys.get(f"/v1/books?{personal}").status in {200, 400}
        assert parse._repeated.cache_info().currsize == 1, personal


def test_a_page_by_cursor_has_no_number(toys: Toys) -> None:
    profile = (
        'application/vnd.api+json; profile="https://jsonapi.org/profiles/ethanresnick/cursor-pagination/"'
    )
    after = toys.get("/v1/books?page[size]=1", accept=profile).json["links"]["next"]
    assert toys.get(after).status == 200
    reply = toys.get(f"{after}&page[number]=1")
    assert (reply.status, reply.error["source"]) == (400, {"parameter": "page[number]"})


@pytest.mark.parametrize(
    ("sort", "cursor"),
    [
        ("", "WyJhYmMiXQ"),  # ["abc"]
        ("", "WyI5OTk5OTk5OTk5OTk5OTk5OTk5OTkiXQ"),  # ["9999999999999999999999"]
        ("", "WyIxLjUiXQ"),  # ["1.5"]
        ("", "WzFd"),  # [1]
        ("", "WyIxIiwiMiJd"),  # ["1","2"]
        ("", "bm8"),
        ("", "%00"),
        ("sort=title", "WyJhXHUwMDAwIiwiMSJd"),  # ["a\u0000","1"]
        ("sort=title", "WyJhXHVkODAwIiwiMSJd"),  # ["a\ud800","1"]
        ("sort=is-rare", "WyJtYXliZSIsIjEiXQ"),  # ["maybe","1"]
    ],
)  # fmt: skip
@pytest.mark.parametrize("way", ["after", "before"])
def test_a_cursor_of_the_wrong_kind_names_its_parameter(toys: Toys, sort: str, cursor: str, way: str) -> None:
    reply = toys.get(f"/v1/books?{sort}&page[{way}]={cursor}")
    assert (reply.status, reply.error["source"]) == (400, {"parameter": f"page[{way}]"})


@pytest.mark.parametrize(
    "value",
    ["2147483648", "-2147483649", "9" * 19, "9" * 40, "9" * 5000, "1e3", " 5 ", "", "5.5", "true", "\uff15"],
)
def test_a_number_that_no_row_can_have_is_refused_in_a_filter(toys: Toys, value: str) -> None:
    reply = toys.get(f"/v1/books?filter[pages]={value}")
    assert (reply.status, reply.error["source"]) == (400, {"parameter": "filter[pages]"})


@pytest.mark.parametrize("value", ["2147483647", "-2147483648"])
def test_a_number_at_the_end_of_its_range_is_compared(toys: Toys, value: str) -> None:
    assert toys.get(f"/v1/books?filter[pages]={value}").status == 200


@pytest.mark.parametrize("value", ["1e2000", "-1e-2000", "NaN", "Infinity"])
def test_an_amount_that_cannot_be_compared_is_refused_in_a_filter(toys: Toys, value: str) -> None:
    reply = toys.get(f"/v1/books?filter[price]={value}")
    assert (reply.status, reply.error["source"]) == (400, {"parameter": "filter[price]"})


@pytest.mark.parametrize("id", ["%00", "1%00", "c1ty%00", "%00/shelves", "%ed%a0%80"])
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_an_id_that_cannot_be_stored_is_404_with_a_source(librarian: Toys, id: str, method: str) -> None:
    reply = librarian.ask(method, f"/v1/libraries/{id}", {"data": {"type": "library", "id": "1"}})
    assert reply.status in {404, 405}
    assert reply.error["source"] == {"pointer": ""}


def test_one_resource_has_one_statement_whatever_the_size_of_a_page(toys: Toys) -> None:
    address = f"/v1/books/{toys['solaris']}"
    toys.get(address)
    before = find._statement.cache_info().currsize
    for size in (0, 5, 10, 12, 25, 50):
        assert toys.get(f"{address}?page[size]={size}").data["id"] == str(toys["solaris"])
    assert find._statement.cache_info().currsize == before


def test_a_relationships_own_address_is_sorted_narrowed_and_paged(toys: Toys) -> None:
    address = f"/v1/libraries/{toys['city']}/relationships/books"
    known = {toys[name]: name for name in ("solaris", "fiasco", "dispossessed", "buffalo")}

    def names(query: str) -> list[str]:
        return [known[int(resource["id"])] for resource in toys.get(f"{address}?{query}").data]

    assert names("sort=title") == ["buffalo", "fiasco", "solaris", "dispossessed"]
    assert names("sort=-title") == ["dispossessed", "solaris", "fiasco", "buffalo"]
    assert names("sort=title&page[size]=3&page[number]=2") == ["dispossessed"]
    assert names("filter[title]=Fiasco") == ["fiasco"]
    first = toys.get(f"{address}?sort=title&page[size]=3").json["links"]
    assert [resource["id"] for resource in toys.get(first["next"]).data] == [str(toys["dispossessed"])]
    assert first["next"] == first["last"]
    for query, parameter in (
        ("include=authors", "include"),
        ("sort=nosuch", "sort"),
        ("page[after]=WyIxIl0", "page[after]"),
        ("page[before]=WyIxIl0", "page[before]"),
    ):
        reply = toys.get(f"{address}?{query}")
        assert (reply.status, reply.error["source"]) == (400, {"parameter": parameter})
