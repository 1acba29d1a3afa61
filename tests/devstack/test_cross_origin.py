"""A front end on another port of this machine may send cookies; a page elsewhere may not."""

import pytest

import app
from devstack import gateway
from devstack.cross_origin import with_credentials

# What the web front end sends with its requests, and so asks for before.
SENT = {"authorization", "content-type", "accept"}


@pytest.mark.parametrize(
    "origin", ["http://localhost:4200", "http://127.0.0.1:4200", "http://[::1]:8080", "https://localhost"]
)
def test_a_page_of_this_machine_is_named_and_may_send_cookies(origin: str) -> None:
    answer = gateway.preflight(app.app.routes, "/v1/events/1")
    assert answer is not None
    headers = {name.lower(): value for name, value in with_credentials(answer.headers, origin)}
    assert headers["access-control-allow-origin"] == origin
    assert headers["access-control-allow-credentials"] == "true"
    assert headers["vary"] == "Origin"
    # With credentials an asterisk stands for nothing: each is listed.
    assert set(headers["access-control-allow-headers"].lower().split(",")) >= SENT
    assert {"GET", "POST", "PATCH", "DELETE"} <= set(headers["access-control-allow-methods"].split(","))
    exposed = set(headers["access-control-expose-headers"].split(","))
    assert {"ETag", "Location", "Retry-After"} <= exposed


@pytest.mark.parametrize(
    "origin",
    [None, "", "null", "https://example.org", "http://localhost.example.org", "http://localhost:x", "file://",
     "http://localhost/page", "http://[::1", "javascript://localhost"],
)  # fmt: skip
def test_a_page_elsewhere_is_answered_as_the_gateway_does(origin: str | None) -> None:
    answer = [("Access-Control-Allow-Origin", "*"), ("ETag", "1")]
    assert with_credentials(answer, origin) == answer


def test_what_is_for_no_other_origin_stays_so() -> None:
    assert with_credentials([("ETag", "1")], "http://localhost:4200") == [("ETag", "1")]
