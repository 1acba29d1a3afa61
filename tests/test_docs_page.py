"""The page at /docs as it is served: what is in it, how it is kept, and what it may do."""

import gzip
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
from tests.support.http_client import Client, Reply

LARGEST = 150_000  # bytes, compressed: everything that somebody fetches who comes for the first time
_ADDRESS = re.compile(r'(?:href|src|data-known)="([^"]*/docs/[^"]*)"')


def addresses(page: str) -> list[str]:
    """The files that the page fetches by itself."""
    return sorted({item for item in _ADDRESS.findall(page) if "?v=" in item})


def test_the_page_names_every_noun_and_fetches_three_files(client: Client) -> None:
    page = client.get("/docs", headers={"Accept": "text/html"})
    for resource in REGISTRY:
        assert f'<a href="#/{resource.type}">' in page.text
    names = [address.rpartition("/")[2].partition("?")[0] for address in addresses(page.text)]
    assert names == ["data.json", "page.css", "page.js"]
    assert client.get("/").text == page.text


def test_everything_together_is_small(client: Client) -> None:
    page = client.get("/docs")
    replies = [page, *(client.get(address) for address in addresses(page.text))]
    assert sum(len(gzip.compress(reply.text.encode(), 6)) for reply in replies) < LARGEST
    assert max(len(reply.text.encode()) for reply in replies) < 6_000_000  # what API Gateway lets through


def test_files_are_kept_for_good_under_their_mark_and_asked_for_without(client: Client) -> None:
    for marked in addresses(client.get("/docs").text):
        kept = client.get(marked)
        assert kept.headers["cache-control"] == "public, max-age=31536000, immutable"
        plain = client.get(marked.partition("?")[0])
        assert plain.text == kept.text
        assert plain.headers["cache-control"] == "no-cache"
        assert client.get(f"{marked[:-1]}x").headers["cache-control"] == "no-cache"
        again = client.get(marked, headers={"If-None-Match": kept.headers["etag"]})
        assert (again.status, again.text) == (304, "")


def test_the_page_is_asked_for_each_time_and_only_sent_when_it_changed(client: Client) -> None:
    page = client.get("/docs")
    assert page.headers["cache-control"] == "no-cache"
    again = client.get("/docs", headers={"If-None-Match": page.headers["etag"]})
    assert (again.status, again.text) == (304, "")
    assert again.headers["cache-control"] == "no-cache"
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


def test_the_data_has_every_noun_with_all_that_it_has(client: Client) -> None:
    nouns = known(client).json["nouns"]
    assert nouns.keys() == {resource.type for resource in REGISTRY}
    for resource in REGISTRY:
        told = nouns[resource.type]
        assert [attribute["name"] for attribute in told["attributes"]] == [
            attribute.wire for attribute in resource.attributes.values()
        ]
        relations = REGISTRY.relations[resource.type].values()
        assert [relationship["name"] for relationship in told["relationships"]] == [
            relation.wire for relation in relations
        ]
        assert told["about"]
        assert set(told["rights"]) >= {"see", "create", "change", "remove"}


def test_the_data_has_every_request_that_the_engine_answers(client: Client) -> None:
    data = known(client).json
    told = {(request["method"], request["path"]) for request in requests(data)}
    for listed in ACTIONS.values():
        for item in (item for item in listed if not item.former):
            assert (item.method, "/" + "/".join(item.pattern)) in told
    for method, path in told:
        assert method in (works_at(at(path), REGISTRY) or {}) or action.find(method, at(path).path), path
    for resource in REGISTRY:
        for path in (f"/v1/{resource.path}", f"/v1/{resource.path}/{{id}}"):
            for method in works_at(at(path), REGISTRY) or ():
                assert (method, path) in told or resource.singleton


def test_every_request_has_what_can_be_sent(client: Client) -> None:
    data = known(client).json
    for request in requests(data):
        if "takes" in request and request["takes"]["kind"] in {"new", "change"}:
            noun = data["nouns"][request["takes"]["type"]]
            sent = request["takes"].get("example") or noun[request["takes"]["kind"]]
            assert sent["data"]["type"] == request["takes"]["type"]
        assert set(re.findall(r"\{(\w+)\}", request["path"])) == set(request.get("ids", ()))
        assert data["shared"][request["who"]]


def known(client: Client) -> Reply:
    return client.get("/docs/data.json")


def requests(data: Any) -> list[dict[str, Any]]:
    """Every request in the page's data."""
    found = [operation for topic in data["topics"] for operation in topic["operations"]]
    for noun in data["nouns"].values():
        found += noun["operations"]
        found += [operation for relation in noun["relationships"] for operation in relation["operations"]]
    return found


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
