"""What Varnish does by our rules, in front of an API that answers as it is told."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from chalicelib.jsonapi.http.delivery import missing
from deploy.edge import RULES
from tests.edge.varnish import SECRET, Asking, in_front_of

SHARED = "public, max-age=0, s-maxage=60, stale-while-revalidate=4, stale-if-error=0"


class Api(ThreadingHTTPServer):
    """Answers with `status` and `headers`, and keeps what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status, self.headers = 200, {"Cache-Control": SHARED, "ETag": 'W/"a"'}
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.edge = Asking("http://127.0.0.1:9")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Api

    def do_GET(self) -> None:
        sent = {name.lower(): value for name, value in self.headers.items()}
        self.server.asked.append((self.command, self.path, sent))
        body = f"{len(self.server.asked)}".encode()
        self.send_response(self.server.status)
        for name, value in {**self.server.headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_POST = do_HEAD = do_DELETE = do_OPTIONS = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """An API with a Varnish in front of it."""
    api = Api()
    threading.Thread(target=api.serve_forever, daemon=True).start()
    directory: Path = tmp_path_factory.mktemp("varnish")
    with in_front_of(f"http://127.0.0.1:{api.server_address[1]}", directory) as varnish:
        api.edge = Asking(varnish.address)
        yield api
    api.shutdown()


@pytest.fixture
def api(behind: Api) -> Api:
    """The same, as if it had never been asked."""
    behind.status, behind.headers = 200, {"Cache-Control": SHARED, "ETag": 'W/"a"'}
    behind.asked.clear()
    return behind


def bodies(api: Api, path: str, headers: dict[str, str] | None = None, times: int = 3) -> list[bytes]:
    """What is told, asked so many times."""
    return [api.edge.ask(path, headers).body for _ in range(times)]


def test_what_is_shared_reaches_the_api_once_in_whatever_order_it_is_asked(api: Api) -> None:
    assert bodies(api, "/v1/a?b=1&a=2") == [b"1", b"1", b"1"]
    assert bodies(api, "/v1/a?a=2&b=1") == [b"1", b"1", b"1"]
    assert api.edge.ask("/v1/a?b=1&a=2", method="HEAD").cache == "Hit"
    assert [path for _, path, _ in api.asked] == ["/v1/a?a=2&b=1"]
    assert bodies(api, "/v1/a?a=2&b=1&unknown=3") == [b"2", b"2", b"2"], "nothing is dropped"
    known = api.edge.ask("/v1/a?b=1&a=2", {"If-None-Match": 'W/"a"'})
    assert (known.status, known.body, known.cache) == (304, b"", "Hit")


def test_another_accept_is_another_key(api: Api) -> None:
    assert bodies(api, "/v1/b", {"Accept": "text/xml"}) == [b"1", b"1", b"1"]
    assert bodies(api, "/v1/b", {"Accept": "application/json"}) == [b"2", b"2", b"2"]


@pytest.mark.parametrize("headers", [{"Authorization": "JWT a"}, {"Cookie": "a=b"}], ids=str)
def test_who_says_who_they_are_passes_by(api: Api, headers: dict[str, str]) -> None:
    path = f"/v1/c?{min(headers)}"
    assert bodies(api, path) == [b"1", b"1", b"1"]
    assert bodies(api, path, headers) == [b"2", b"3", b"4"]
    assert api.asked[-1][2].items() >= {name.lower(): value for name, value in headers.items()}.items()
    assert bodies(api, path) == [b"1", b"1", b"1"]


@pytest.mark.parametrize("name", [*RULES.secrets, "%74oken", "tok%65n", "TOKEN"])
def test_secrets_in_the_query_pass_by(api: Api, name: str) -> None:
    assert bodies(api, f"/v1/d?a=1&{name}=x") == [b"1", b"2", b"3"]
    assert bodies(api, f"/v1/d?{name}=x&a=1") == [b"4", b"5", b"6"]


@pytest.mark.parametrize("method", ["POST", "DELETE", "OPTIONS"])
def test_other_methods_pass_by(api: Api, method: str) -> None:
    assert [api.edge.ask("/v1/e", method=method).body for _ in range(2)] == [b"1", b"2"]
    assert [sent[0] for sent in api.asked] == [method, method]


@pytest.mark.parametrize(
    "headers",
    [
        {"Cache-Control": "private, no-cache"},
        {"Cache-Control": "no-store"},
        {"Cache-Control": "no-cache"},
        {"Cache-Control": "max-age=60"},
        {"Cache-Control": "public, private, s-maxage=60"},
        {},
        {"Expires": "Thu, 01 Jan 2099 00:00:00 GMT"},
        {"Cache-Control": SHARED, "Set-Cookie": "a=b"},
    ],
    ids=str,
)
def test_nothing_is_kept_unless_the_api_shares_it(api: Api, headers: dict[str, str]) -> None:
    api.headers = headers
    path = f"/v1/f?{abs(hash(str(headers)))}"
    assert bodies(api, path) == [b"1", b"2", b"3"]
    api.headers = {"Cache-Control": SHARED}
    assert bodies(api, path)[1:] == [b"4", b"4"], "and what is shared later on is kept from then on"


@pytest.mark.parametrize("status", [201, 302, 400, 401, 403, 410, 429, 500, 503])
def test_no_error_is_kept(api: Api, status: int) -> None:
    api.status = status
    assert bodies(api, f"/v1/g?{status}") == [b"1", b"2", b"3"]


def test_what_is_not_there_is_kept_if_the_api_shares_it_and_not_told_when_its_time_is_over(api: Api) -> None:
    api.status, api.headers = 404, {"Cache-Control": missing(1)}
    first = api.edge.ask("/v1/k")
    again = api.edge.ask("/v1/k")
    assert (again.status, again.body, again.cache) == (404, b"1", "Hit")
    assert first.headers["cache-control"] == again.headers["cache-control"] == missing(1)
    api.status = 200
    while again.status == 404:  # a second at the most
        assert int(again.headers["age"]) <= 1
        again = api.edge.ask("/v1/k")
    assert (again.body, again.cache) == (b"2", "Miss")
    api.status, api.headers = 404, {"Cache-Control": "no-store"}
    assert bodies(api, "/v1/l") == [b"3", b"4", b"5"]


def test_what_the_edge_says_of_itself_nobody_else_says(api: Api) -> None:
    lies = {"X-Edge-Viewer": "10.0.0.1", "X-Edge-Secret": "guess", "X-Edge-Pass": "x", "X-Edge-Host": "evil"}
    for number, credentials in enumerate(({}, {"Cookie": "a=b"}, {"Authorization": "JWT a"})):
        api.edge.ask(f"/v1/h?{number}", {**lies, **credentials})
        sent = api.asked[-1][2]
        assert sent["x-edge-viewer"] == "127.0.0.1"
        assert sent["x-edge-secret"] == SECRET
        assert not {"x-edge-pass", "x-edge-host"} & sent.keys()


def test_headers_that_are_not_in_the_key_do_not_get_through(api: Api) -> None:
    lies = {
        "X-Forwarded-Host": "evil.example.org", "X-Forwarded-Proto": "javascript", "Forwarded": "host=evil",
        "X-HTTP-Method-Override": "DELETE", "X-Original-URL": "/v1/orders", "Accept-Language": "de",
        "Range": "bytes=0-1",
    }  # fmt: skip
    api.edge.ask("/v1/i", lies)
    sent = api.asked[-1][2]
    assert not [name for name in lies if sent.get(name.lower()) == lies[name]]
    api.edge.ask("/v1/i", {**lies, "Cookie": "a=b"})
    assert api.asked[-1][2]["accept-language"] == "de", "but a request that passes by has them"


def test_a_stale_answer_is_not_told_when_its_time_is_over(api: Api) -> None:
    api.headers = {"Cache-Control": SHARED.replace("s-maxage=60", "s-maxage=1").replace("=4", "=0")}
    path = "/v1/j"
    first = api.edge.ask(path)
    told = first
    while told.cache != "Miss" or told.body == first.body:  # a second at the most
        told = api.edge.ask(path)
        assert int(told.headers["age"]) <= 1
    assert told.body == b"2"
