"""The page at /docs as it is served: what is in it, how it is kept, and what it may do."""

import gzip
import json
import re
from typing import Any

import pytest

from chalicelib.docs.page_attributes import described
from chalicelib.docs.page_rights import in_words, rights
from chalicelib.jsonapi.ground.request import Request
from chalicelib.jsonapi.ground.sql import sql
from chalicelib.jsonapi.http import action
from chalicelib.jsonapi.http.action import ACTIONS
from chalicelib.jsonapi.http.shapes import works_at
from chalicelib.jsonapi.model.policy import anyone, column_is, is_owner, staff, where_sql
from chalicelib.jsonapi.model.rules import Rule
from chalicelib.resources import REGISTRY
from chalicelib.resources.policies import has_role
from tests.support.first_view import BUDGET, BUDGET_OF_A_NOUN, FILES, addresses
from tests.support.http_client import Client
from tests.support.sharing import SHARED


def test_the_page_names_every_noun_and_fetches_three_files(client: Client) -> None:
    page = client.get("/docs", headers={"Accept": "text/html"})
    for resource in REGISTRY:
        assert f'<a href="#/{resource.type}">' in page.text
    names = [address.rpartition("/")[2].partition("?")[0] for address in addresses(page.text)]
    assert names == list(FILES)
    assert client.get("/").text == page.text


def test_the_first_view_is_small(client: Client) -> None:
    page = client.get("/docs").text
    assert (
        sum(compressed(text) for text in (page, *(client.get(item).text for item in addresses(page))))
        < BUDGET
    )


def test_a_further_resource_type_adds_little_to_the_first_view(client: Client) -> None:
    page, index = client.get("/docs").text, client.get("/docs/data.json").json
    left_out = [resource.type for resource in REGISTRY][::2]
    smaller = page
    for noun in left_out:
        for element in (f'<li><a href="#/{noun}">.*?</li>', f'<tr><th[^>]*><a href="#/{noun}">.*?</tr>'):
            smaller = re.sub(element, "", smaller, flags=re.DOTALL)
    assert smaller.count("<tr>") == page.count("<tr>") - len(left_out)
    less = json.loads(json.dumps(index))
    for noun in left_out:
        del less["search"]["nouns"][noun]
    for area in less["areas"]:
        area["nouns"] = [noun for noun in area["nouns"] if noun not in left_out]
    added = compressed(page) - compressed(smaller) + compressed(compact(index)) - compressed(compact(less))
    assert 0 < added / len(left_out) < BUDGET_OF_A_NOUN


def test_details_are_fetched_one_by_one_and_kept_for_good(client: Client) -> None:
    index = next(item for item in addresses(client.get("/docs").text) if "data.json" in item)
    for name in ("nouns/event.json", "topics/log-in.json"):
        kept = client.get(index.replace("data.json", name))
        assert kept.headers["content-type"] == "application/json"
        assert kept.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert client.get(f"/docs/{name}").headers["cache-control"] == SHARED
        assert client.get(f"/docs/{name}").text == kept.text
        again = client.get(f"/docs/{name}", headers={"If-None-Match": kept.headers["etag"]})
        assert (again.status, again.text) == (304, "")
    for name in (
        "nouns/nothing.json",
        "nouns/log-in.json",
        "nouns/event",
        "topics/event.json",
        "others/event.json",
    ):
        assert client.get(f"/docs/{name}").status == 404


def test_files_are_kept_for_good_under_their_mark_and_asked_for_without(client: Client) -> None:
    for marked in addresses(client.get("/docs").text):
        kept = client.get(marked)
        assert kept.headers["cache-control"] == "public, max-age=31536000, immutable"
        plain = client.get(marked.partition("?")[0])
        assert plain.text == kept.text
        assert plain.headers["cache-control"] == SHARED
        assert client.get(f"{marked[:-1]}x").headers["cache-control"] == SHARED
        again = client.get(marked, headers={"If-None-Match": kept.headers["etag"]})
        assert (again.status, again.text) == (304, "")


def test_the_page_is_asked_for_each_time_and_only_sent_when_it_changed(client: Client) -> None:
    page = client.get("/docs")
    assert page.headers["cache-control"] == SHARED
    again = client.get("/docs", headers={"If-None-Match": page.headers["etag"]})
    assert (again.status, again.text) == (304, "")
    assert again.headers["cache-control"] == SHARED
    head = client.request("HEAD", "/docs")
    assert (head.status, head.text) == (200, "")


def test_the_page_may_run_and_fetch_nothing_but_its_own(client: Client) -> None:
    page = client.get("/docs")
    allowed = dict(item.split(" ", 1) for item in page.headers["content-security-policy"].split("; "))
    assert allowed["default-src"] == "'none'"
    assert allowed["script-src"] == allowed["style-src"] == allowed["connect-src"] == "'self'"
    assert allowed["frame-ancestors"] == allowed["base-uri"] == allowed["form-action"] == "'none'"
    assert "<style" not in page.text
    assert not re.search(r"<script(?![^>]*src=)|\son\w+=|\sstyle=", page.text)
    # Links for people lead elsewhere; what the page fetches by itself does not.
    for reply in [page, *(client.get(address) for address in addresses(page.text))]:
        assert reply.headers["x-content-type-options"] == "nosniff"
        fetched = re.findall(r'(?:src|url)\s*[=(]\s*["\']?(https?:[^"\')\s]+)', reply.text)
        assert fetched == []


def test_other_files_are_not_there(client: Client) -> None:
    for name in ("page.py", "elements.js", "..%2Fpage.py", "nothing"):
        assert client.get(f"/docs/{name}").status == 404


def test_the_script_is_one_module_without_imports(client: Client) -> None:
    reply = client.get("/docs/page.js")
    assert reply.headers["content-type"] == "text/javascript; charset=utf-8"
    assert not re.search(r"^\s*(import|export)\b", reply.text, re.MULTILINE)
    for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert forbidden not in reply.text


def test_details_have_every_noun_with_all_that_it_has(client: Client) -> None:
    known = index(client)
    assert known["search"]["nouns"].keys() == {resource.type for resource in REGISTRY}
    assert sorted(noun for area in known["areas"] for noun in area["nouns"]) == sorted(
        known["search"]["nouns"]
    )
    for resource in REGISTRY:
        told, searched = noun_of(client, resource.type), known["search"]["nouns"][resource.type]
        attributes = [attribute.wire for attribute in resource.attributes.values()]
        assert [attribute["name"] for attribute in told["attributes"]] == attributes
        assert searched["attributes"].split() == attributes
        relations = [
            (relation.wire, relation.target) for relation in REGISTRY.relations[resource.type].values()
        ]
        assert [
            (relationship["name"], relationship["target"]) for relationship in told["relationships"]
        ] == relations
        assert searched["relationships"].split() == [f"{name}:{target}" for name, target in relations]
        assert told["about"].partition("\n")[0] == searched["about"]
        assert set(told["rights"]) >= {"see", "create", "change", "remove"}
        lines = [[request["method"], request["path"], request["title"]] for request in told["operations"]]
        assert searched["operations"] == lines


def test_details_have_every_request_that_the_engine_answers(client: Client) -> None:
    told = {(request["method"], request["path"]) for request in requests(client)}
    for listed in ACTIONS.values():
        for item in (item for item in listed if not item.former):
            assert (item.method, "/" + "/".join(item.pattern)) in told
    for method, path in told:
        assert method in (works_at(at(path), REGISTRY) or {}) or action.find(method, at(path).path), path
    for resource in REGISTRY:
        for path in (f"/v1/{resource.path}", f"/v1/{resource.path}/{{id}}"):
            for method in works_at(at(path), REGISTRY) or ():
                assert (method, path) in told or resource.singleton


def test_actions_at_the_urls_of_a_resource_type_are_shown_with_it(client: Client) -> None:
    paths = {request["path"] for request in noun_of(client, "event")["actions"]}
    assert paths
    assert all(path.startswith("/v1/events/") for path in paths)


def test_every_request_has_what_can_be_sent(client: Client) -> None:
    for request in requests(client):
        if "takes" in request and request["takes"]["kind"] in {"new", "change"}:
            noun = noun_of(client, request["takes"]["type"])
            sent = request["takes"].get("example") or noun[request["takes"]["kind"]]
            assert sent["data"]["type"] == request["takes"]["type"]
        assert set(re.findall(r"\{(\w+)\}", request["path"])) == set(request.get("ids", ()))
        assert request["who"]


def index(client: Client) -> Any:
    return client.get("/docs/data.json").json


def noun_of(client: Client, type_name: str) -> Any:
    return client.get(f"/docs/nouns/{type_name}.json").json


def requests(client: Client) -> list[dict[str, Any]]:
    """Every request in the page's data."""
    known = index(client)["search"]
    found = []
    for topic in known["topics"]:
        there = client.get(f"/docs/topics/{topic['name']}.json").json["operations"]
        assert topic["operations"] == [
            [item["method"], item["path"], item["title"], item["about"].partition("\n")[0]] for item in there
        ]
        found += there
    for type_name in known["nouns"]:
        noun = noun_of(client, type_name)
        found += noun["operations"]
        found += [operation for relation in noun["relationships"] for operation in relation["operations"]]
    return found


def compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def compressed(text: str) -> int:
    """Its size as it is sent."""
    return len(gzip.compress(text.encode(), 6))


def at(path: str) -> Request:
    return Request("GET", tuple(part for part in path.split("/") if part))


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (anyone, "everybody"),
        (
            has_role(frozenset({"owner", "coorganizer", "organizer"})),
            "owner, organizers and coorganizers of the event",
        ),
        (has_role(frozenset({"registrar"}), "station.event"), "registrars of the station's event"),
        (is_owner("creator_id") | staff, ["any", "its creator", "staff"]),
        (
            column_is("state", "published") | staff,
            ["any", "everybody, while its state is published", "staff"],
        ),
        (staff & ~column_is("used_for", "event"), ["all", "staff", "while its used-for is not event"]),
        (staff & (staff | anyone), "staff"),
        (where_sql(sql("TRUE"), "whoever sings"), "whoever sings"),
    ],
)
def test_rules_are_said_in_words(rule: Rule, words: object) -> None:
    assert in_words(rule) == words


def test_or_within_and_keeps_its_place() -> None:
    seen = rights(REGISTRY["ticket"].policy)["see"]
    assert seen[:2] == ["all", "whoever sees the event"]
    assert seen[2][0] == "any"
    assert rights(REGISTRY["user"].policy)["list"] == "staff"


def test_attributes_are_said_in_words() -> None:
    told = {
        attribute.wire: described(REGISTRY["discount-code"], attribute)
        for attribute in REGISTRY["discount-code"].attributes.values()
    }
    assert told["code"]["required"] is True
    assert told["type"]["choices"] == ["amount", "percent"]
    user = {
        attribute.wire: described(REGISTRY["user"], attribute)
        for attribute in REGISTRY["user"].attributes.values()
    }
    assert user["password"]["limits"] == ["8 to 1024 characters"]
    assert user["password"]["writeOnly"] is True
    assert user["is-admin"]["setBy"] == "super admins"
    ticket = {
        attribute.wire: described(REGISTRY["ticket"], attribute)
        for attribute in REGISTRY["ticket"].attributes.values()
    }
    assert ticket["quantity"] == {
        "name": "quantity",
        "kind": "whole number",
        "nullable": True,
        "limits": ["at least 0"],
        "otherwise": 100,
    }
