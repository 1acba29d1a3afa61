"""Query strings: filters, sorting, pages and what is refused, always naming the parameter."""

import json
from typing import Any
from urllib.parse import quote

import pytest

from chalicelib.jsonapi.query.parse import MOST_INCLUDES
from tests.jsonapi.conftest import Reply, Toys


def titles(reply: Reply) -> list[str]:
    assert reply.status == 200, reply.text
    return [resource["attributes"]["title"] for resource in reply.data]


def where(*conditions: Any) -> str:
    return "/v1/books?sort=title&filter=" + quote(json.dumps(list(conditions)))


BY_PAGES = {"name": "pages", "op": "gt", "val": 300}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"name": "title", "op": "eq", "val": "Solaris"}, ["Solaris"]),
        ({"name": "title", "op": "ne", "val": "Solaris"}, ["Buffalo Gals", "Fiasco", "Rival Book", "The Dispossessed"]),
        ({"name": "pages", "op": "gt", "val": 322}, ["Rival Book", "The Dispossessed"]),
        ({"name": "pages", "op": "ge", "val": "322"}, ["Fiasco", "Rival Book", "The Dispossessed"]),
        ({"name": "pages", "op": "lt", "val": 204}, ["Buffalo Gals"]),
        ({"name": "pages", "op": "le", "val": 204}, ["Buffalo Gals", "Solaris"]),
        ({"name": "title", "op": "like", "val": "%is"}, ["Solaris"]),
        ({"name": "title", "op": "ilike", "val": "%DISPOSSESSED"}, ["The Dispossessed"]),
        ({"name": "title", "op": "notlike", "val": "%o%"}, []),
        ({"name": "title", "op": "like", "val": "Sol\\aris"}, ["Solaris"]),
        ({"name": "title", "op": "like", "val": "Solaris\\\\"}, []),
        ({"name": "title", "op": "notilike", "val": "%r%"}, ["Buffalo Gals", "Fiasco", "The Dispossessed"]),
        ({"name": "pages", "op": "in_", "val": [204, 196]}, ["Buffalo Gals", "Solaris"]),
        ({"name": "pages", "op": "notin_", "val": [204, 196]}, ["Fiasco", "Rival Book", "The Dispossessed"]),
        ({"name": "pages", "op": "between", "val": [200, 330]}, ["Fiasco", "Solaris"]),
        ({"name": "price", "op": "is", "val": None}, ["Buffalo Gals", "Fiasco", "Rival Book", "Solaris", "The Dispossessed"]),
        ({"name": "price", "op": "isnot", "val": None}, []),
        ({"name": "is-rare", "op": "eq", "val": True}, []),
        ({"name": "is_long", "op": "eq", "val": True}, ["Rival Book"]),
        ({"name": "shelf", "op": "has", "val": {"name": "label", "op": "eq", "val": "Poems"}}, ["Buffalo Gals"]),
        ({"name": "authors", "op": "any", "val": {"name": "name", "op": "ilike", "val": "%lem"}}, ["Fiasco", "Solaris"]),
        ({"name": "shelf", "op": "isnot", "val": None}, ["Buffalo Gals", "Fiasco", "Solaris", "The Dispossessed"]),
        ({"name": "shelf", "op": "is", "val": None}, ["Rival Book"]),
        ({"name": "authors__name", "op": "eq", "val": "Stanislaw Lem"}, ["Fiasco", "Solaris"]),
        ({"name": "prequel__title", "op": "eq", "val": "Solaris"}, ["Fiasco"]),
        ({"name": "library__shelves__label", "op": "eq", "val": "Rivals"}, ["Rival Book"]),
        ({"name": "title", "op": "eq", "field": "title"}, ["Buffalo Gals", "Fiasco", "Rival Book", "Solaris", "The Dispossessed"]),
        ({"name": "pages", "op": "lt", "field": "pages"}, []),
        ({"and": [BY_PAGES, {"name": "title", "op": "like", "val": "F%"}]}, ["Fiasco"]),
        ({"or": [{"name": "pages", "op": "eq", "val": 196}, {"name": "title", "op": "eq", "val": "Fiasco"}]}, ["Buffalo Gals", "Fiasco"]),
        ({"not": BY_PAGES}, ["Buffalo Gals", "Solaris"]),
        ({"not": {"or": [BY_PAGES, {"name": "title", "op": "eq", "val": "Solaris"}]}}, ["Buffalo Gals"]),
    ],
)  # fmt: skip
def test_a_filter_narrows(toys: Toys, condition: Any, expected: list[str]) -> None:
    reply = toys.get(where(condition))
    assert titles(reply) == expected
    assert reply.json["meta"]["count"] == len(expected)


def test_several_conditions_must_all_hold_and_the_short_form_means_equal(toys: Toys) -> None:
    assert titles(toys.get(where(BY_PAGES, {"name": "pages", "op": "lt", "val": 330}))) == ["Fiasco"]
    assert titles(toys.get("/v1/books?filter[title]=Solaris")) == ["Solaris"]
    assert titles(toys.get("/v1/books?filter%5Btitle%5D=Solaris")) == ["Solaris"]
    assert titles(toys.get("/v1/books?filter[is-rare]=false&filter[pages]=196")) == ["Buffalo Gals"]
    assert titles(toys.get("/v1/books?filter[authors.name]=Stanislaw%20Lem&sort=title")) == [
        "Fiasco",
        "Solaris",
    ]
    assert titles(toys.get(f"/v1/books?filter[shelf]={toys['poems']}")) == ["Buffalo Gals"]
    assert titles(toys.get(f"/v1/books?filter[id]={toys['fiasco']}")) == ["Fiasco"]


def test_values_never_become_sql(toys: Toys) -> None:
    nasty = "'; DROP TABLE books; --"
    assert titles(toys.get(where({"name": "title", "op": "eq", "val": nasty}))) == []
    assert titles(toys.get(where({"name": "title", "op": "in_", "val": [nasty, 'a"b', "{x}", "\\"]}))) == []
    assert len(titles(toys.get("/v1/books"))) == 5


def test_a_filter_does_not_reveal_what_the_viewer_may_not_see(toys: Toys, librarian: Toys) -> None:
    by_alarm = "/v1/libraries?filter[alarm-code]=1234"
    assert toys.get(by_alarm).data == []
    assert [resource["id"] for resource in librarian.get(by_alarm).data] == [str(toys["city"])]
    hidden_books = quote(json.dumps([{"name": "library__name", "op": "eq", "val": "Hidden Library"}]))
    assert toys.get(f"/v1/books?filter={hidden_books}").data == []
    assert len(librarian.get(f"/v1/books?filter={hidden_books}").data) == 1
    # Sorting by a secret tells nothing either: all values look alike to who may not see them.
    assert [resource["id"] for resource in toys.get("/v1/libraries?sort=-alarm-code").data] == [
        str(toys["city"]),
        str(toys["rival"]),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "{", "5", '"x"', "[5]", '[{"name":"title"}]', '[{"op":"eq","val":1}]', '[{"name":5,"op":"eq"}]',
        '[{"name":"nosuch","op":"eq","val":1}]', '[{"name":"title","op":"nosuch","val":1}]',
        '[{"name":"secret","op":"eq","val":"hush"}]', '[{"name":"pages","op":"eq","val":"many"}]',
        '[{"name":"pages","op":"eq","val":{"a":1}}]', '[{"name":"pages","op":"gt","val":null}]',
        '[{"name":"pages","op":"between","val":[1]}]', '[{"name":"pages","op":"in_","val":1}]',
        '[{"name":"notes","op":"eq","val":"x"}]', '[{"name":"title","op":"like","val":5}]',
        '[{"name":"shelf","op":"gt","val":5}]', '[{"name":"published-at","op":"gt","val":"yesteryear"}]',
        '[{"and":5}]', '[{"not":5}]', '[{}]', '[{"or":5}]', '[{"name":"title","op":"eq","field":"pages"}]', '[{"name":"id","op":"eq","val":"x"}]',
        '[{"name":"title","op":"like","val":"\\u0000"}]', '[{"name":"title","op":"notilike","val":"%\\u0000"}]',
        '[{"name":"title","op":"like","val":"\\\\"}]', '[{"name":"title","op":"ilike","val":"a\\\\\\\\\\\\"}]',
        '[{"name":"title","op":"in_","val":["\\u0000"]}]', '[{"name":"title","op":"eq","val":"\\ud800"}]',
        '[{"name":"title","op":"like","val":"\\udfff"}]',
        '[{"name":"pages","op":"eq","val":99999999999999999999}]', '[{"name":"title","op":"eq","val":"\\u0000"}]',
        "[" * 10_000, '[{"not":' * 5_000 + "1" + "}]" * 5_000, json.dumps([{"not": {"not": {"not": {"not": {"not": {"not": {"not": {"not": {"not": {"not": {"not": BY_PAGES}}}}}}}}}}}]),
        json.dumps([BY_PAGES] * 101),
    ],
)  # fmt: skip
def test_a_wrong_filter_is_a_400_that_names_the_parameter(toys: Toys, text: str) -> None:
    reply = toys.get("/v1/books?filter=" + quote(text))
    assert reply.status == 400
    assert reply.error["source"] == {"parameter": "filter"}
    assert reply.error["status"] == "400"


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("include=nosuch", "include"),
        ("include=library.nosuch", "include"),
        ("include=" + ",".join(["prequel" + ".prequel" * n for n in range(MOST_INCLUDES + 1)]), "include"),
        ("include[x]=library", "include[x]"),
        ("sort=nosuch", "sort"),
        ("sort=--title", "sort"),
        ("sort=-", "sort"),
        ("sort=secret", "sort"),
        ("sort=authors.name", "sort"),
        ("sort=notes", "sort"),
        ("sort=" + ",".join(["title"] * 11), "sort"),
        ("page[size]=-1", "page[size]"),
        ("page[size]=many", "page[size]"),
        ("page[size]=1_0", "page[size]"),
        ("page[size]=99999999999999999999", "page[size]"),
        ("page[number]=0", "page[number]"),
        ("page[number]=1.5", "page[number]"),
        ("page[nosuch]=1", "page[nosuch]"),
        ("page[limit]=-1", "page[limit]"),
        ("page[offset]=x", "page[offset]"),
        ("page[offset]=3&page[limit]=2", "page[offset]"),
        ("page[offset]=30", "page[offset]"),
        ("page[offset]=2&page[size]=2", "page[size]"),
        ("page[limit]=2&page[number]=2", "page[number]"),
        ("page[offset]=99999999999999999999&page[limit]=1", "page[offset]"),
        ("page=1", "page"),
        ("fields[book]=nosuch", "fields[book]"),
        ("fields[book]=secret", "fields[book]"),
        ("fields=title", "fields"),
        ("filter[nosuch]=1", "filter[nosuch]"),
        ("filter[secret]=hush", "filter[secret]"),
        ("filter[title]=%00", "filter[title]"),
        ("get_trashed=%00", "get_trashed"),
        ("cache=%00", "cache"),
    ],
)
def test_an_unknown_or_wrong_parameter_is_a_400_that_names_it(toys: Toys, query: str, parameter: str) -> None:
    reply = toys.get(f"/v1/books?{query}")
    assert reply.status == 400
    assert reply.error["source"] == {"parameter": parameter}


def test_a_nul_character_is_refused_wherever_it_stands(librarian: Toys) -> None:
    address = f"/v1/books/{librarian['solaris']}/relationships/authors?get_trashed=%00"
    assert librarian.patch(address, {"data": []}).error["source"] == {"parameter": "get_trashed"}
    assert len(librarian.get(address.partition("?")[0]).data) == 1


def test_parameters_of_clients_own_are_left_alone(toys: Toys) -> None:
    assert toys.get("/v1/books?cache=false&withRole=true").status == 200


def test_sorting_goes_up_down_by_several_and_over_relationships(toys: Toys) -> None:
    assert titles(toys.get("/v1/books?sort=pages"))[0] == "Buffalo Gals"
    assert titles(toys.get("/v1/books?sort=-pages"))[0] == "Rival Book"
    assert titles(toys.get("/v1/books?sort=library.name,-title")) == [
        "The Dispossessed", "Solaris", "Fiasco", "Buffalo Gals", "Rival Book",
    ]  # fmt: skip
    assert (
        titles(toys.get("/v1/books?sort=-shelf.label,is_rare,id&filter[library.code]=c1ty"))[0]
        == "Buffalo Gals"
    )


def test_pages_link_to_each_other_with_the_whole_query(toys: Toys) -> None:
    first = toys.get("/v1/books?page[size]=2&sort=title&filter[is-rare]=false")
    assert titles(first) == ["Buffalo Gals", "Fiasco"]
    assert first.json["meta"]["count"] == 5
    links = first.json["links"]
    assert {"first", "last", "next"} <= links.keys()
    assert "prev" not in links
    second = toys.get(links["next"])
    assert titles(second) == ["Rival Book", "Solaris"]
    assert "filter%5Bis-rare%5D=false" in second.json["links"]["self"]
    last = toys.get(links["last"])
    assert titles(last) == ["The Dispossessed"]
    assert "next" not in last.json["links"]
    assert titles(toys.get(last.json["links"]["prev"])) == titles(second)
    assert titles(toys.get(last.json["links"]["first"])) == titles(first)


def test_pages_by_offset_are_pages_by_number(toys: Toys) -> None:
    """Some client libraries page by offset and limit, and know no other way."""
    first = toys.get("/v1/books?page[offset]=0&page[limit]=2&sort=title")
    second = toys.get("/v1/books?page[offset]=2&page[limit]=2&sort=title")
    assert titles(second) == titles(toys.get("/v1/books?page[number]=2&page[size]=2&sort=title"))
    assert titles(toys.get(first.json["links"]["next"])) == titles(second)
    assert titles(toys.get(second.json["links"]["prev"])) == titles(first)
    last = toys.get(second.json["links"]["last"])
    assert "next" not in last.json["links"]
    assert first.json["links"]["last"].endswith("page%5Boffset%5D=4&page%5Blimit%5D=2")
    assert len(toys.get("/v1/books?page[limit]=0").data) == 5
    assert len(toys.get("/v1/libraries/c1ty/books?page[limit]=1").data) == 1
    assert toys.get("/v1/books?page[offset]=20").data == []


def test_a_blank_filter_filters_nothing(toys: Toys) -> None:
    assert len(toys.get("/v1/books?filter=").data) == len(toys.get("/v1/books?filter=%20").data) == 5


def test_a_single_page_has_no_page_links_and_zero_means_everything(toys: Toys) -> None:
    reply = toys.get("/v1/books?page[size]=0")
    assert len(reply.data) == 5
    assert reply.json["links"].keys() == {"self", "describedby"}
    beyond = toys.get("/v1/books?page[number]=99")
    assert beyond.data == []
    assert beyond.json["meta"]["count"] == 5


def test_a_page_is_twenty_by_default(toys: Toys) -> None:
    toys.database.run(
        "INSERT INTO books (title, library_id, is_rare) SELECT 'Volume ' || n, :library, false FROM generate_series(1, 30) n",
        library=toys["rival"],
    )
    assert len(toys.get("/v1/books").data) == 20
    assert len(toys.get(f"/v1/libraries/{toys['rival']}/books").data) == 20
    assert len(toys.get(f"/v1/libraries/{toys['rival']}/relationships/books").data) == 31
