"""The HTTP client for services of others: its deadline, its bounds, and what it does not do."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from chalicelib.http_client import (
    LARGEST_BYTES,
    LONGEST_SECONDS,
    BadAnswer,
    Deadline,
    NoAnswer,
    _reached,
    send,
)
from chalicelib.jsonapi.http import answer
from devstack.stand_in_server import Asked, StandInServer, Told


@contextmanager
def serving(answer: Told) -> Iterator[tuple[str, list[Asked]]]:
    seen: list[Asked] = []

    def keep(asked: Asked) -> Told:
        seen.append(asked)
        return answer

    server = StandInServer(keep)
    try:
        yield server.address, seen
    finally:
        server.close()


@contextmanager
def dripping(beginning: bytes) -> Iterator[str]:
    """A server that sends the beginning of an answer, and then a byte now and then, for ever."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip() -> None:
            connection, _ = listening.accept()
            with connection, suppress(OSError):
                connection.sendall(beginning)
                while not over.wait(0.02):
                    connection.sendall(b"x")

        thread = threading.Thread(target=drip)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        over.set()
        thread.join()


def test_method_path_headers_and_body_arrive() -> None:
    with serving(Told(201, b"made")) as (address, seen):
        reply = send("POST", f"{address}/a/b?c=%20d&e", Deadline(), headers={"X-Key": "k"}, body=b"{}")
    (asked,) = seen
    assert (reply.status, reply.body) == (201, b"made")
    assert (asked.method, asked.path, asked.query, asked.body) == ("POST", "/a/b", "c=%20d&e", b"{}")
    assert asked.headers["x-key"] == "k"


def test_a_redirect_is_not_followed() -> None:
    with (
        serving(Told(200, b"secret")) as (elsewhere, seen),
        serving(Told(307, b"", {"Location": elsewhere})) as (address, _),
    ):
        assert send("GET", address, Deadline()).status == 307
        assert seen == []


@pytest.mark.parametrize(
    "beginning", [b"", b"HTTP/1.1 200 OK\r\nX-Long: ", b"HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n"]
)
def test_the_deadline_holds_however_slowly_the_answer_comes(beginning: bytes) -> None:
    with dripping(beginning) as address, pytest.raises((NoAnswer, BadAnswer)):
        send("GET", address, Deadline(0.3))


def test_a_deadline_is_for_a_whole_exchange() -> None:
    with serving(Told(200, b"")) as (address, seen):
        with pytest.raises(NoAnswer):
            send("GET", address, Deadline(0))
        assert seen == []


def test_all_that_a_request_may_ask_fits_into_the_time_of_an_answer() -> None:
    config = json.loads((Path(__file__).resolve().parents[1] / ".chalice" / "config.json").read_text())
    assert config["lambda_timeout"] >= answer._MOST_ASKED * LONGEST_SECONDS + 3


def test_all_addresses_of_a_host_share_the_deadline() -> None:
    with socket.socket() as first, serving(Told(200, b"")) as (address, _):
        first.bind(("127.0.0.1", 0))  # nobody listens there
        listed = [
            (socket.AF_INET, socket.SOCK_STREAM, 0, "", place)
            for place in (first.getsockname(), ("127.0.0.1", urlsplit(address).port))
        ]
        _reached(listed, Deadline()).close()
        with pytest.raises(ConnectionRefusedError):
            _reached(listed[:1], Deadline())
        with pytest.raises(NoAnswer):
            _reached(listed, Deadline(0))


def test_an_answer_is_bounded() -> None:
    with serving(Told(200, b"x" * LARGEST_BYTES)) as (address, _):
        assert len(send("GET", address, Deadline()).body) == LARGEST_BYTES
    with serving(Told(200, b"x" * (LARGEST_BYTES + 1))) as (address, _), pytest.raises(BadAnswer):
        send("GET", address, Deadline())


@pytest.mark.parametrize(
    "url",
    [
        "ftp://127.0.0.1/",
        "file:///etc/hostname",
        "http:///path",
        "http://127.0.0.1:99999/",
        "http://[::1/",
        "http://127.0.0.1:1/",
        "http://no-such-host.invalid/",
        "http://127.0.0.1:1/a b\r\nHost: x",
        "/only/a/path",
        "",
    ],
)
def test_what_is_no_address_of_a_service_is_no_answer(url: str) -> None:
    with pytest.raises(NoAnswer) as refusal:
        send("GET", url, Deadline())
    assert "127.0.0.1" not in str(refusal.value)


def test_a_server_without_tls_is_not_spoken_to_by_https() -> None:
    with serving(Told(200, b"")) as (address, seen), pytest.raises(NoAnswer):
        send("GET", address.replace("http:", "https:"), Deadline())
    assert seen == []


def test_control_characters_end_no_line() -> None:
    with serving(Told(200, b"")) as (address, seen):
        for url in (f"{address}/a\r\nX-Evil: 1", f"{address}/a b"):
            with pytest.raises((NoAnswer, BadAnswer)):
                send("GET", url, Deadline())
        with pytest.raises((NoAnswer, BadAnswer)):
            send("GET", address, Deadline(), headers={"X-Key": "a\r\nX-Evil: 1"})
        assert [request for request in seen if "x-evil" in request.headers] == []


@pytest.mark.parametrize(
    "beginning",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Ty",
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{",
    ],
    ids=["before it began", "within a line", "between lines", "within the body", "within a chunk"],
)
def test_a_connection_that_is_lost_within_the_answer_is_no_answer(beginning: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def hang_up() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(beginning)

        thread = threading.Thread(target=hang_up)
        thread.start()
        with pytest.raises(NoAnswer):
            send("GET", f"http://127.0.0.1:{listening.getsockname()[1]}/", Deadline())
        thread.join()


def test_a_body_that_ends_with_its_connection_is_an_answer_where_the_server_says_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer_and_close() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it")

        thread = threading.Thread(target=answer_and_close)
        thread.start()
        reply = send("GET", f"http://127.0.0.1:{listening.getsockname()[1]}/", Deadline())
        thread.join()
    assert (reply.status, reply.body) == (200, b"all of it")
