"""What must be true of every answer, asked of each action and each generic address that there is."""

import json
from collections.abc import Iterator

import pytest

from chalicelib.auth import passwords
from chalicelib.jsonapi.ground.request import Request
from chalicelib.jsonapi.http.action import ACTIONS, Action
from chalicelib.jsonapi.http.shapes import works_at
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources import REGISTRY
from chalicelib.settings import settings
from devstack import gateway
from tests.factories import maker, stored
from tests.factories.user import make_user
from tests.support.http_client import Client, Reply
from tests.support.sharing import MISSING, PRIVATE, SHARED, VARY

PASSWORD = "an analytical engine"
LISTED = [
    resource
    for resource in REGISTRY
    if resource.model is not None and "list" in resource.methods and not resource.singleton
]


def addresses() -> Iterator[tuple[str, str]]:
    """Each method with an address of each shape and of each action."""
    for listed in ACTIONS.values():
        for item in listed:
            yield item.method, _path(item)
    for resource in REGISTRY:
        relations = REGISTRY.relations[resource.type]
        paths = [resource.path, f"{resource.path}/1"]
        for name in list(relations)[:1]:
            wire = relations[name].wire
            paths += [f"{resource.path}/1/{wire}", f"{resource.path}/1/relationships/{wire}"]
        for path in paths:
            works = works_at(Request("GET", ("v1", *path.split("/"))), REGISTRY) or {}
            for method in (*works, "PUT", *(["HEAD"] if "GET" in works else [])):
                yield method, f"/v1/{path}"
    yield "GET", "/nothing"
    yield "GET", "/docs/nothing"


def _path(action: Action) -> str:
    return "/" + "/".join(
        f"1{part.partition('}')[2]}" if part.startswith("{") else part for part in action.pattern
    )


def check(reply: Reply, method: str, path: str) -> None:
    where = f"{method} {path} {reply.status}"
    assert "max-age=" in reply.headers["strict-transport-security"], where
    assert reply.headers["x-content-type-options"] == "nosniff", where
    assert reply.headers["referrer-policy"] == "no-referrer", where
    assert "default-src 'none'" in reply.headers["content-security-policy"], where
    assert reply.headers["vary"] == VARY, where
    kept = reply.headers["cache-control"]
    if method in {"GET", "HEAD"} and reply.status == 404:
        assert kept in {"no-store", MISSING}, where
    elif method not in {"GET", "HEAD"} or reply.status >= 400:
        assert kept == "no-store", where
    else:
        assert kept in {"no-store", PRIVATE, SHARED}, where


def test_every_answer_has_the_headers_that_browsers_and_caches_need(client: Client) -> None:
    staff = client.signed_in_as(stored(make_user, is_admin=True, is_super_admin=True))
    for method, path in addresses():
        body = None if method in {"GET", "HEAD", "DELETE"} else {"data": None}
        check(client.request(method, path, body), method, path)
        if method == "GET":
            reply = staff.get(path)
            check(reply, method, path)
            assert reply.headers["cache-control"] in {"no-store", PRIVATE}, path


def test_answers_with_tokens_are_never_kept(client: Client) -> None:
    secret = {_path(item) for listed in ACTIONS.values() for item in listed if item.secret}
    assert {"/v1/auth/login", "/v1/auth/token/refresh"} <= secret
    account = {"email": "ada@example.org", "password": PASSWORD}
    stored(make_user, email=account["email"], password_hash=passwords.hashed(PASSWORD))
    for path in ("/v1/auth/login", "/auth/session"):
        reply = client.post(path, account, content_type="application/json")
        assert reply.status == 200, reply.text
        assert "access_token" in reply.json
        assert reply.headers["cache-control"] == "no-store"


def test_a_mistake_of_ours_has_them_too() -> None:
    import app

    event = gateway.event_from_http(app.app.routes, "GET", "/v1/events", [])
    assert event is not None
    event["pathParameters"]["collection"] = 5  # which API Gateway would never send
    answer = gateway.answer_to_http(app.app(event, gateway.LambdaContext("api_handler")))
    headers = {name.lower(): value for name, value in answer.headers}
    assert answer.status == 500
    check(Reply(answer.status, headers, answer.body.decode()), "GET", "/v1/events")


def test_a_known_document_is_not_sent_again_to_who_is_signed_in(client: Client) -> None:
    user = stored(make_user)
    someone = client.signed_in_as(user)
    first = someone.get(f"/v1/users/{user.id}")
    again = someone.get(
        f"/v1/users/{user.id}", headers={"If-None-Match": first.headers["etag"], "Accept-Encoding": "gzip"}
    )
    assert (again.status, again.text) == (304, "")
    assert again.headers["cache-control"] == first.headers["cache-control"] == "private, no-cache"


@pytest.mark.parametrize(
    "path", ["/docs", "/docs/openapi.json", "/docs/data.json", "/docs/page.js", "/docs/page.css"]
)
def test_the_documentation_travels_compressed(client: Client, path: str) -> None:
    plain = client.get(path, headers={"Accept": "*/*"})
    packed = client.get(path, headers={"Accept": "*/*", "Accept-Encoding": "gzip, deflate, br"})
    assert (plain.status, packed.status) == (200, 200)
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.text == plain.text
    assert packed.size < plain.size / 2
    assert packed.headers["etag"] == plain.headers["etag"]


@pytest.mark.parametrize("resource", LISTED, ids=lambda resource: resource.type)
def test_every_list_stays_within_the_bound_and_loses_no_row(
    resource: Resource, client: Client, environment: pytest.MonkeyPatch
) -> None:
    """Whatever is in a row: a list that does not fit is shorter, and leads on."""
    staff = client.signed_in_as(stored(make_user, is_admin=True, is_super_admin=True))
    for _ in range(3):
        stored(maker(resource.type))
    whole = staff.get(f"/v1/{resource.path}?page[size]=0")
    assert whole.status == 200, whole.text
    ids = [resource["id"] for resource in whole.data]
    largest = max(len(json.dumps(json.dumps(resource, separators=(",", ":")))) for resource in whole.data)
    bound = largest + 1_500
    environment.setenv("MAX_ANSWER_BYTES", str(bound))
    settings.cache_clear()
    found: list[str] = []
    address: str | None = f"/v1/{resource.path}?page[size]=0"
    while address:
        reply = staff.get(address)
        assert reply.status == 200, reply.text
        assert len(json.dumps(reply.text)) <= bound
        found += [resource["id"] for resource in reply.data]
        address = reply.json["links"].get("next")
    assert found == ids
