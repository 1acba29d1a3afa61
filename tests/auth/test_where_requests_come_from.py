"""Whose address counts is what API Gateway saw, and never what a client says about itself."""

from typing import Any

import pytest

import app
from chalicelib import clock, gateway_event
from chalicelib.settings import settings
from devstack import gateway
from devstack.source import read_modules
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.http_client import Client
from tests.support.running_system import ROOT

RESET = "/v1/auth/reset-password"
REAL, OTHER = "203.0.113.7", "198.51.100.9"
# What proxies, balancers and content networks write, and so anybody can.
CLAIMS = {
    "X-Forwarded-For": OTHER,
    "Forwarded": f"for={OTHER};proto=https;by=192.0.2.1",
    "X-Real-IP": OTHER,
    "CF-Connecting-IP": OTHER,
    "True-Client-IP": OTHER,
    "X-Client-IP": OTHER,
    "X-Cluster-Client-IP": OTHER,
    "Fastly-Client-IP": OTHER,
    "X-Original-Forwarded-For": OTHER,
    "CloudFront-Viewer-Address": f"{OTHER}:443",
    "Via": f"1.1 {OTHER}",
}


def body(email: str) -> Any:
    return {"data": {"email": email}}


@pytest.mark.parametrize("header", CLAIMS)
def test_the_limit_on_reset_mails_is_not_evaded_by_a_header(
    client: Client, limits_on: None, header: str
) -> None:
    here = client.from_address(REAL)
    assert here.post(RESET, body("one@example.org")).status == 200

    again = here.with_headers({header: CLAIMS[header]}).post(RESET, body("two@example.org"))

    assert (again.status, int(again.headers["retry-after"]) > 50) == (429, True)


def test_nobody_is_locked_out_by_somebody_who_claims_their_address(client: Client, limits_on: None) -> None:
    liar = client.from_address(REAL).with_headers({"X-Forwarded-For": OTHER, "X-Real-IP": OTHER})
    assert liar.post(RESET, body("one@example.org")).status == 200

    assert client.from_address(OTHER).post(RESET, body("two@example.org")).status == 200


def test_address_browser_and_headers_are_chosen_in_one_line(client: Client, database: TestDatabase) -> None:
    asking = client.signed_in_as(stored(make_user)).from_address(REAL).with_headers({"User-Agent": "Jam/7"})

    event = gateway.event_from_http(
        app.app.routes, "GET", "/v1/events", asking.headers.items(), source_ip=asking.source_ip
    )
    assert event is not None
    assert event["requestContext"]["identity"] == {"sourceIp": REAL, "userAgent": "Jam/7"}
    asked = gateway_event.request_of(event)
    assert (asked.source_ip, asked.headers["user-agent"]) == (REAL, "Jam/7")
    assert asking.with_headers({"Accept": "text/html"}).get("/v1/events").status == 406
    assert (
        asking.with_headers({"Accept": "text/html"}).get("/v1/events", headers={"Accept": "*/*"}).status
        == 200
    )
    assert (client.token, client.source_ip, dict(client.headers)) == (None, "127.0.0.1", {})


@pytest.mark.parametrize("identity", [{"sourceIp": REAL}, {"sourceIp": None}, {}, None])
def test_without_an_address_from_the_gateway_there_is_none(identity: Any) -> None:
    event = gateway.event_from_http(app.app.routes, "GET", "/v1/events", CLAIMS.items(), source_ip="")
    assert event is not None
    event["requestContext"]["identity"] = identity

    assert gateway_event.request_of(event).source_ip == ((identity or {}).get("sourceIp") or "")


@pytest.mark.parametrize(
    ("sent", "seen"),
    [
        ({"X-Edge-Secret": "right", "X-Edge-Viewer": OTHER}, OTHER),
        ({"X-Edge-Secret": "right", "X-Edge-Viewer": "2001:db8::7"}, "2001:db8::7"),
        ({"X-Edge-Secret": "right", "X-Edge-Viewer": "<b>"}, REAL),
        ({"X-Edge-Secret": "right", "X-Edge-Viewer": f"{OTHER}, 192.0.2.1"}, REAL),
        ({"X-Edge-Secret": "right"}, REAL),
        ({"X-Edge-Secret": "wrong", "X-Edge-Viewer": OTHER}, REAL),
        ({"X-Edge-Secret": "", "X-Edge-Viewer": OTHER}, REAL),
        ({"X-Edge-Secret": "r\xefght", "X-Edge-Viewer": OTHER}, REAL),
        ({"X-Edge-Viewer": OTHER}, REAL),
        ({"X-Edge-Secret": "right", **CLAIMS}, REAL),
    ],
    ids=str,
)
def test_behind_the_edge_the_viewer_counts_whom_it_proves_to_have_seen(
    environment: pytest.MonkeyPatch, sent: dict[str, str], seen: str
) -> None:
    environment.setenv("EDGE_SECRET", "right")
    settings.cache_clear()
    event = gateway.event_from_http(app.app.routes, "GET", "/v1/events", sent.items(), source_ip=REAL)
    assert event is not None
    assert gateway_event.request_of(event).source_ip == seen


EDGE = "d111111abcdef8.cloudfront.net"


@pytest.mark.parametrize(
    ("sent", "prefix", "address"),
    [
        ({"X-Edge-Secret": "right", "X-Edge-Host": EDGE}, "/api", f"https://{EDGE}/api"),
        ({"X-Edge-Secret": "right", "X-Edge-Host": EDGE}, "", f"https://{EDGE}"),
        ({"X-Edge-Secret": "right", "X-Edge-Host": EDGE}, "https://a.example/x", "https://a.example/x"),
        ({"X-Edge-Secret": "right", "X-Edge-Host": "<b>"}, "/api", "https://localhost/api"),
        ({"X-Edge-Secret": "right"}, "/api", "http://own.example/api"),
        ({"X-Edge-Secret": "wrong", "X-Edge-Host": EDGE}, "/api", "http://own.example/api"),
        ({"X-Edge-Host": EDGE, "X-Forwarded-Host": EDGE}, "/api", "http://own.example/api"),
    ],
    ids=str,
)
def test_links_name_the_edge_that_proves_to_have_been_asked(
    environment: pytest.MonkeyPatch, sent: dict[str, str], prefix: str, address: str
) -> None:
    environment.setenv("EDGE_SECRET", "right")
    environment.setenv("API_PREFIX", prefix)
    settings.cache_clear()
    headers = {"Host": "own.example", **sent}
    event = gateway.event_from_http(app.app.routes, "GET", "/v1/events", headers.items(), source_ip=REAL)
    assert event is not None
    assert gateway_event.request_of(event).api_address == address


def test_a_feed_and_an_event_that_the_edge_asks_for_lead_back_to_it(
    client: Client, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("EDGE_SECRET", "right")
    environment.setenv("API_PREFIX", "/api")
    settings.cache_clear()
    edge = client.with_headers({"X-Edge-Secret": "right", "X-Edge-Host": EDGE})
    published = {"state": "published", "schedule_published_on": clock.now()}
    event = stored(make_event, owner=stored(make_user), **published)
    assert f"https://{EDGE}/api/v1/feeds/events.json" in edge.get("/v1/feeds/events.json").text
    urls = edge.get(f"/v1/events/{event.id}").data["attributes"]
    assert urls["xcal-url"] == f"https://{EDGE}/api/v1/events/{event.identifier}.xcs"
    liar = client.with_headers({"X-Edge-Host": EDGE})
    assert EDGE not in liar.get("/v1/feeds/events.json").text


@pytest.mark.parametrize("shown", ["", "guess"])
def test_without_an_edge_nobody_can_be_one(environment: pytest.MonkeyPatch, shown: str) -> None:
    environment.setenv("EDGE_SECRET", "")
    settings.cache_clear()
    sent = {"X-Edge-Secret": shown, "X-Edge-Viewer": OTHER}
    event = gateway.event_from_http(app.app.routes, "GET", "/v1/events", sent.items(), source_ip=REAL)
    assert event is not None
    assert gateway_event.request_of(event).source_ip == REAL


def test_limits_count_the_viewers_behind_the_edge_one_by_one(
    client: Client, limits_on: None, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("EDGE_SECRET", "right")
    settings.cache_clear()
    edge = client.from_address("192.0.2.200")
    one, two = (
        edge.with_headers({"X-Edge-Secret": "right", "X-Edge-Viewer": address}) for address in (REAL, OTHER)
    )
    assert one.post(RESET, body("one@example.org")).status == 200
    assert two.post(RESET, body("two@example.org")).status == 200
    assert one.post(RESET, body("three@example.org")).status == 429
    liar = edge.with_headers({"X-Edge-Secret": "guess", "X-Edge-Viewer": "198.51.100.77"})
    assert liar.post(RESET, body("four@example.org")).status == 200
    assert (
        liar.with_headers({"X-Edge-Viewer": "198.51.100.78"}).post(RESET, body("five@example.org")).status
        == 429
    )


def test_no_code_of_ours_reads_such_a_header() -> None:
    names = [name.lower() for name in CLAIMS if name not in {"Via", "Forwarded"}]
    readers = [
        module.name
        for module in read_modules(ROOT)
        if module.is_product and any(name in module.text.lower() for name in names)
    ]
    assert readers == []
