"""HTTP requests become the events that API Gateway would make of them."""

import base64
from typing import Any

import pytest

from devstack.gateway import answer_to_http, event_from_http, match

ROUTES: dict[str, Any] = {
    pattern: {"GET": object()}
    for pattern in ("/", "/{name}", "/auth/{name}", "/v1/{collection}", "/v1/{collection}/{id}")
}


@pytest.mark.parametrize(
    ("path", "resource", "parameters"),
    [
        ("/", "/", {}),
        ("/health-check", "/{name}", {"name": "health-check"}),
        ("/auth/session", "/auth/{name}", {"name": "session"}),
        ("/v1/events", "/v1/{collection}", {"collection": "events"}),
        ("/v1/events/", "/v1/{collection}", {"collection": "events"}),
        ("/v1/events/a%2Fb", "/v1/{collection}/{id}", {"collection": "events", "id": "a%2Fb"}),
    ],
)
def test_a_path_finds_its_route_and_parameters_stay_encoded(
    path: str, resource: str, parameters: dict[str, str]
) -> None:
    assert match(ROUTES, path) == (resource, parameters)


@pytest.mark.parametrize("path", ["/v1/events/1/tracks", "/nowhere/at/all", "/v1//1"])
def test_a_path_without_a_route_makes_no_event(path: str) -> None:
    assert event_from_http(ROUTES, "GET", path, []) is None


def test_an_event_carries_repeated_parameters_and_headers_and_the_callers_address() -> None:
    target = "/v1/events?filter%5Bname%5D=a%20b&include=x&include=y&empty="
    headers = [("Accept", "a/b"), ("X-Twice", "1"), ("X-Twice", "2")]

    event = event_from_http(ROUTES, "GET", target, headers, source_ip="192.0.2.7")

    assert event is not None
    assert event["path"] == "/v1/events"
    assert event["multiValueQueryStringParameters"] == {
        "filter[name]": ["a b"],
        "include": ["x", "y"],
        "empty": [""],
    }
    assert event["queryStringParameters"]["include"] == "y"
    assert event["headers"] == {"Accept": "a/b", "X-Twice": "2"}
    assert event["multiValueHeaders"]["X-Twice"] == ["1", "2"]
    assert event["requestContext"]["resourcePath"] == "/v1/{collection}"
    assert event["requestContext"]["identity"]["sourceIp"] == "192.0.2.7"
    assert event["body"] is None


def test_what_is_not_there_is_null_as_in_production() -> None:
    event = event_from_http(ROUTES, "GET", "/", [])

    assert event is not None
    assert event["multiValueQueryStringParameters"] is None
    assert event["pathParameters"] is None


@pytest.mark.parametrize("body", [b'"\xc3\xbc"', b"\x89PNG\xff"])
def test_bodies_travel_as_base64_and_arrive_byte_for_byte(body: bytes) -> None:
    event = event_from_http(ROUTES, "POST", "/v1/events", [("content-type", "application/json")], body)

    assert event is not None
    assert (base64.b64decode(event["body"]), event["isBase64Encoded"]) == (body, True)


def test_an_answer_keeps_every_cookie_and_decodes_binary_bodies() -> None:
    answer = answer_to_http(
        {
            "statusCode": 200,
            "headers": {"Content-Type": "image/png"},
            "multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"]},
            "body": base64.b64encode(b"\x89PNG").decode(),
            "isBase64Encoded": True,
        }
    )

    assert answer.body == b"\x89PNG"
    assert answer.headers == [("Content-Type", "image/png"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")]
