"""Fetching resources, what goes along with them, and sparse fieldsets."""

import pytest

from tests.jsonapi.conftest import Toys


def names(reply: object) -> list[str]:
    return [resource["attributes"]["title"] for resource in reply.data]  # type: ignore[attr-defined]


def test_a_resource_has_its_attributes_relationships_and_links(toys: Toys) -> None:
    id = toys["solaris"]
    reply = toys.get(f"/v1/books/{id}")
    assert reply.status == 200
    assert reply.data["type"] == "book"
    assert reply.data["id"] == str(id)
    assert reply.data["attributes"] == {
        "title": "Solaris", "pages": 204, "price": None, "published-at": None, "notes": None,
        "is-rare": False, "is-long": False, "deleted-at": None,
    }  # fmt: skip
    assert reply.data["relationships"].keys() == {"library", "shelf", "prequel", "authors"}
    assert reply.data["relationships"]["authors"] == {
        "links": {
            "self": f"/v1/books/{id}/relationships/authors",
            "related": f"/v1/books/{id}/authors",
        }
    }
    assert reply.data["links"] == {"self": f"/v1/books/{id}"}
    assert reply.json["links"]["self"] == f"/v1/books/{id}"
    assert reply.json["jsonapi"]["version"] == "1.1"


def test_includes_carry_full_linkage_and_nothing_twice(toys: Toys) -> None:
    reply = toys.get(f"/v1/libraries/{toys['city']}?include=books.authors,shelves.books,authors.books")
    included = [(resource["type"], resource["id"]) for resource in reply.json["included"]]
    assert len(included) == len(set(included))
    assert {kind for kind, _ in included} == {"book", "author", "shelf"}
    linked = {(reply.data["type"], reply.data["id"])}
    for item in [reply.data, *reply.json["included"]]:
        for relationship in item["relationships"].values():
            for identifier in relationship.get("data") or []:
                linked.add((identifier["type"], identifier["id"]))
    assert set(included) <= linked
    solaris = next(
        resource
        for resource in reply.json["included"]
        if resource["id"] == str(toys["solaris"]) and resource["type"] == "book"
    )
    assert solaris["relationships"]["authors"]["data"] == [{"type": "author", "id": str(toys["lem"])}]


def test_what_is_primary_is_not_included_again(toys: Toys) -> None:
    reply = toys.get(f"/v1/books/{toys['solaris']}?include=authors.books.prequel")
    included = {(resource["type"], resource["id"]) for resource in reply.json["included"]}
    assert ("book", str(toys["solaris"])) not in included
    assert ("book", str(toys["fiasco"])) in included
    assert reply.data["relationships"]["prequel"]["data"] is None


def test_an_empty_include_is_an_empty_array(toys: Toys) -> None:
    assert toys.get(f"/v1/books/{toys['rival-book']}?include=authors").json["included"] == []
    assert toys.get(f"/v1/books/{toys['rival-book']}?include=").json["included"] == []
    assert "included" not in toys.get(f"/v1/books/{toys['rival-book']}").json


def test_a_to_one_include_has_linkage_or_null(toys: Toys) -> None:
    with_shelf = toys.get(f"/v1/books/{toys['solaris']}?include=shelf")
    assert with_shelf.data["relationships"]["shelf"]["data"] == {"type": "shelf", "id": str(toys["novels"])}
    without = toys.get(f"/v1/books/{toys['rival-book']}?include=shelf")
    assert without.data["relationships"]["shelf"]["data"] is None


def test_what_the_viewer_may_not_see_is_in_no_list_no_include_and_no_count(
    toys: Toys, librarian: Toys
) -> None:
    listed = toys.get("/v1/books")
    assert "Secret Book" not in names(listed)
    assert listed.json["meta"]["count"] == 5
    assert toys.get(f"/v1/books/{toys['secret-book']}").status == 404
    assert toys.get(f"/v1/libraries/{toys['hidden']}/books").status == 404
    assert librarian.get("/v1/books").json["meta"]["count"] == 6
    assert librarian.get(f"/v1/libraries/{toys['hidden']}/books").json["meta"]["count"] == 1


@pytest.mark.parametrize(
    "target",
    [
        "libraries/{city}/books?include=authors",
        "libraries/{city}?include=books.authors",
        "books?include=authors",
    ],
)
def test_a_row_of_a_hidden_parent_is_not_included_beside_rows_of_the_one_asked_for(
    toys: Toys, librarian: Toys, target: str
) -> None:
    path = "/v1/" + target.format(city=toys["city"])

    def authors(asking: Toys) -> set[str]:
        rows = asking.get(path).json["included"]
        return {row["attributes"]["name"] for row in rows if row["type"] == "author"}

    everybody = {"Stanislaw Lem", "Ursula K. Le Guin"}
    assert authors(toys) == authors(librarian) == everybody
    toys.database.run(f"UPDATE authors SET library_id = {toys['hidden']} WHERE id = {toys['lem']}")
    assert authors(toys) == {"Ursula K. Le Guin"}
    assert authors(librarian) == everybody


def test_a_scoped_attribute_is_shown_to_its_readers_only(toys: Toys, librarian: Toys, staff: Toys) -> None:
    address = f"/v1/libraries/{toys['city']}"
    assert "alarm-code" not in toys.get(address).data["attributes"]
    assert librarian.get(address).data["attributes"]["alarm-code"] == "1234"
    assert staff.get(address).data["attributes"]["alarm-code"] == "1234"
    shown = {
        resource["id"]: resource["attributes"].get("alarm-code")
        for resource in librarian.get("/v1/libraries").data
    }
    assert shown[str(toys["city"])] == "1234"
    assert shown[str(toys["rival"])] is None


def test_fields_are_exact_with_either_spelling(toys: Toys) -> None:
    address = f"/v1/books/{toys['solaris']}"
    assert toys.get(f"{address}?fields[book]=is-rare,title").data["attributes"] == {
        "title": "Solaris",
        "is-rare": False,
    }
    assert toys.get(f"{address}?fields[book]=is_rare").data["attributes"] == {"is-rare": False}
    assert toys.get(f"{address}?fields%5Bbook%5D=is_rare").data["attributes"] == {"is-rare": False}
    nothing = toys.get(f"{address}?fields[book]=")
    assert nothing.data["attributes"] == {}
    assert "relationships" not in nothing.data
    only_relation = toys.get(f"{address}?fields[book]=authors&include=authors&fields[author]=name")
    assert only_relation.data["relationships"].keys() == {"authors"}
    assert only_relation.json["included"][0]["attributes"] == {"name": "Stanislaw Lem"}


def test_a_scoped_attribute_can_be_asked_for_alone(toys: Toys, librarian: Toys) -> None:
    address = f"/v1/libraries/{toys['city']}?fields[library]=alarm-code"
    assert toys.get(address).data["attributes"] == {}
    assert librarian.get(address).data["attributes"] == {"alarm-code": "1234"}


def test_an_identifier_stands_for_the_id_everywhere(toys: Toys) -> None:
    assert toys.get("/v1/libraries/c1ty").data["id"] == str(toys["city"])
    assert toys.get("/v1/libraries/c1ty/books").json["meta"]["count"] == 4
    assert toys.get("/v1/libraries/c1ty/relationships/shelves").status == 200
    assert toys.get("/v1/libraries/nosuch").status == 404
    assert toys.get("/v1/libraries/99999999999999999999999").status == 404
    assert toys.get("/v1/books/c1ty").status == 404


def test_related_resources_have_their_own_address(toys: Toys) -> None:
    books = toys.get(f"/v1/authors/{toys['lem']}/books")
    assert names(books) == ["Solaris", "Fiasco"]
    assert toys.get(f"/v1/books/{toys['solaris']}/library").data["attributes"]["name"] == "City Library"
    nothing = toys.get(f"/v1/books/{toys['rival-book']}/shelf")
    assert nothing.status == 200
    assert nothing.data is None
    assert toys.get("/v1/books/999999/shelf").status == 404
    assert toys.get("/v1/books/999999/authors").status == 404


def test_relationship_and_related_links_resolve(toys: Toys) -> None:
    reply = toys.get(f"/v1/books/{toys['fiasco']}?include=prequel,authors")
    for relationship in reply.data["relationships"].values():
        assert toys.get(relationship["links"]["self"]).status == 200
        assert toys.get(relationship["links"]["related"]).status == 200
    assert toys.get(reply.data["relationships"]["authors"]["links"]["self"]).data == [
        {"type": "author", "id": str(toys["lem"])}
    ]


def test_head_is_get_without_a_body(toys: Toys) -> None:
    reply = toys.ask("HEAD", f"/v1/books/{toys['solaris']}")
    assert (reply.status, reply.text) == (200, "")
    assert reply.headers["ETag"] == toys.get(f"/v1/books/{toys['solaris']}").headers["ETag"]


def test_an_include_beyond_the_cost_limit_is_refused(toys: Toys, monkeypatch: object) -> None:
    monkeypatch.setenv("MAX_INCLUDED", "3")  # type: ignore[attr-defined]
    from chalicelib.jsonapi.read import find
    from chalicelib.settings import settings

    settings.cache_clear()
    find._statement.cache_clear()
    try:
        refused = toys.get(f"/v1/libraries/{toys['city']}?include=books")
        assert refused.status == 400
        assert refused.error["source"] == {"parameter": "include"}
        assert toys.get(f"/v1/libraries/{toys['city']}?include=shelves").status == 200
    finally:
        find._statement.cache_clear()
