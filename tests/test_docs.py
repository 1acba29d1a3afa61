"""The description of the API that is made from the nouns."""

import json
import re

import pytest

from chalicelib.jsonapi.http.action import ACTIONS
from chalicelib.resources import REGISTRY
from tests.factories import stored
from tests.factories.event import make_event
from tests.support.http_client import Client

LARGEST = 6 * 1024**2  # the most that a function may answer, as JSON


def test_every_noun_and_every_action_has_its_place_in_the_description(client: Client) -> None:
    described = client.get("/docs/openapi.json").json
    assert described["openapi"] == "3.1.0"
    for resource in REGISTRY:
        assert resource.type in described["components"]["schemas"]
        detail = described["paths"].get(f"/v1/{resource.path}/{{id}}", {})
        assert ("get" in detail) == ("read" in resource.methods)
        assert ("patch" in detail) == ("update" in resource.methods)
    assert "post" in described["paths"]["/v1/auth/login"]
    title = described["components"]["schemas"]["event"]["properties"]["attributes"]["properties"]["state"]
    assert title["enum"] == ["published", "draft", None]


def test_whatever_changes_something_takes_an_idempotency_key_unless_it_gives_a_token(client: Client) -> None:
    described = client.get("/docs/openapi.json").json
    assert described["components"]["parameters"]["idempotency-key"]["name"] == "Idempotency-Key"
    secret = {
        (item.method.lower(), "/".join(item.pattern))
        for listed in ACTIONS.values()
        for item in listed
        if item.secret
    }
    assert ("post", "v1/auth/login") in secret
    for path, item in described["paths"].items():
        for method, operation in item.items():
            if method == "parameters":
                continue
            takes = {"$ref": "#/components/parameters/idempotency-key"} in operation.get("parameters", ())
            assert takes == (method != "get" and (method, path.strip("/")) not in secret), (method, path)
            assert not takes or {"400", "409", "422"} <= set(operation["responses"])


def test_who_may_do_it_and_see_it_is_told_in_words(client: Client) -> None:
    described = client.get("/docs/openapi.json").json
    operations = [
        operation for item in described["paths"].values() for method, operation in item.items()
        if method != "parameters"
    ]  # fmt: skip
    assert all(0 < len(operation["x-rights"]) <= 500 for operation in operations)
    assert described["paths"]["/v1/tracks"]["post"]["x-rights"] == (
        "owner, organizers, coorganizers and track organizers of the event"
    )
    schemas = described["components"]["schemas"]
    seen = schemas["user"]["properties"]["attributes"]["properties"]
    sent = schemas["user.change.document"]["properties"]["data"]["properties"]["attributes"]["properties"]
    assert seen["is-blocked"] == {"type": "boolean", "x-rights": "the account itself, or staff"}
    assert sent["is-blocked"] == {"type": "boolean", "x-rights": "staff"}
    assert "x-rights" not in seen["first-name"]


def test_whatever_takes_a_body_refuses_what_cannot_be_read_or_is_too_large(client: Client) -> None:
    for path, item in client.get("/docs/openapi.json").json["paths"].items():
        for operation in item.values():
            if "requestBody" in operation:
                assert {"400", "413", "422"} <= set(operation["responses"]), path


@pytest.mark.parametrize(
    ("path", "budget"),
    [("/docs/openapi.json", LARGEST), ("/docs/api.apib", 4.5 * 1024**2), ("/docs/nouns/event.json", 300_000)],
)
def test_all_of_it_passes_through_lambda(client: Client, path: str, budget: float) -> None:
    reply = client.get(path)
    assert reply.status == 200
    # Beyond the budget it has to be made smaller, while there is time for that.
    assert len(json.dumps(reply.text).encode()) < min(budget, LARGEST)


def test_documents_link_to_the_description(client: Client) -> None:
    event = stored(make_event)
    for path in (f"/v1/events/{event.id}", "/v1/events", f"/v1/events/{event.id}/relationships/tracks"):
        link = client.get(path).json["links"]["describedby"]
        assert client.get(link).json["info"]["title"] == "Open Event Serverless"


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_a_person_finds_a_page(client: Client, path: str) -> None:
    reply = client.get(path, headers={"Accept": "text/html"})
    assert reply.status == 200
    assert reply.headers["content-type"].startswith("text/html")
    assert "/v1/events/{id}" in reply.text


def test_the_version_is_told(client: Client) -> None:
    assert client.get("/info").json["build"]["version"]


@pytest.mark.parametrize(
    "name", ["data.json", "page.css", "page.js", "openapi.json", "nouns/event.json", "topics/log-in.json"]
)
def test_what_is_answered_at_docs_has_the_kind_that_is_described(client: Client, name: str) -> None:
    described = client.get("/docs/openapi.json").json["paths"]
    folder = f"{name.rpartition('/')[0]}/".removeprefix("/")
    address = f"/docs/{name}" if f"/docs/{name}" in described else f"/docs/{folder}{{name}}"
    answers = described[address]["get"]["responses"]["200"]["content"]
    reply = client.get(f"/docs/{name}")
    schema = answers[reply.headers["content-type"]]["schema"]
    if schema["type"] == "object":
        assert isinstance(reply.json, dict)
    else:
        assert "json" not in reply.headers["content-type"]


def test_what_needs_a_token_refuses_whoever_has_none(client: Client) -> None:
    answered = []
    for path, item in client.get("/docs/openapi.json").json["paths"].items():
        address = re.sub(r"\{\w+\}", "1", path)
        for method, operation in item.items():
            if method == "get" and {} not in operation["security"]:
                answered.append((path, client.get(address).status))
    assert len(answered) > 50
    assert [(path, status) for path, status in answered if status < 400] == []


def test_what_needs_no_token_does_not_ask_for_one(client: Client) -> None:
    for path, item in client.get("/docs/openapi.json").json["paths"].items():
        operation = item.get("get", {"security": []})
        if {} in operation["security"] and "{" not in path:
            assert client.get(path).status != 401, path
