"""HTTP client for services that staff has configured: bounded in time and size, and without redirects.

A deadline covers a whole exchange of requests, however slowly the service answers. Errors quote neither the
address nor the answer, since both may hold secrets.
"""

import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import socket
    from http.client import HTTPConnection, HTTPResponse

LONGEST_SECONDS: Final = 8.0
LARGEST_BYTES: Final = 1_000_000


class NoAnswer(Exception):
    """The service did not answer in time, or not at all. The text says which, and names no address."""


class BadAnswer(Exception):
    """The service answered with something else than its protocol says."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: status and body."""

    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Deadline:
    """The end of an exchange, `seconds` after it is made."""

    seconds: float = LONGEST_SECONDS
    begun: float = field(default_factory=time.monotonic)

    def left(self) -> float:
        """Seconds left. Raises NoAnswer when there are none."""
        left = self.begun + self.seconds - time.monotonic()
        if left <= 0:
            raise NoAnswer("the time was up")
        return left


def send(
    method: str,
    url: str,
    deadline: Deadline,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    only_public: bool = False,
) -> Reply:
    """Send one request. A redirect is returned as it is, and not followed.

    With `only_public` a name that leads to an address of a private network is not connected to, for
    addresses that people have entered.

    Raises NoAnswer, and BadAnswer for one that is longer than LARGEST_BYTES or no HTTP.
    """
    import ssl  # lazy: no reader needs it
    from http.client import HTTPException, IncompleteRead, RemoteDisconnected

    try:
        parts = urlsplit(url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection = _connected(parts.scheme, parts.hostname or "", parts.port, deadline, only_public)
    except (OSError, ValueError) as problem:
        raise NoAnswer(f"no connection: {type(problem).__name__}") from None
    # A timeout of a socket begins anew with every byte: this ends the exchange as a whole.
    ending = threading.Timer(deadline.left(), _shut_down, (connection,))
    ending.daemon = True
    ending.start()
    try:
        if isinstance(connection.sock, ssl.SSLSocket):
            connection.sock.do_handshake()
        connection.request(method, target, body=body, headers=dict(headers or {}))
        response = connection.getresponse()
        content = _body_of(response)
        deadline.left()
    except (IncompleteRead, RemoteDisconnected) as problem:  # which HTTPException is too
        raise NoAnswer(f"the connection ended: {type(problem).__name__}") from None
    except HTTPException as problem:
        deadline.left()
        raise BadAnswer(f"no HTTP: {type(problem).__name__}") from None
    except (OSError, ValueError) as problem:
        raise NoAnswer(f"the connection ended: {type(problem).__name__}") from None
    finally:
        ending.cancel()
        connection.close()
    if len(content) > LARGEST_BYTES:
        raise BadAnswer(f"an answer of more than {LARGEST_BYTES} bytes")
    return Reply(response.status, content)


def _body_of(response: "HTTPResponse") -> bytes:
    """The body, or its beginning if it is too long. Raises NoAnswer where a lost connection has ended it.

    http.client tells of no end within the head, after which the length is unknown, nor by read() of so many
    bytes. A server that means the end of the connection by it says so. Source: RFC 9112, sections 6.3 and
    9.6.
    """
    says_close = "close" in (response.getheader("Connection") or "").lower()
    is_cut = response.version == 11 and response.length is None and not response.chunked and not says_close
    content = response.read(LARGEST_BYTES + 1)
    if is_cut or (response.length and len(content) <= LARGEST_BYTES):
        raise NoAnswer("the connection ended within the answer")
    return content


def _connected(
    scheme: str, host: str, port: int | None, deadline: Deadline, only_public: bool
) -> "HTTPConnection":
    import socket  # lazy: see send
    import ssl
    from http.client import HTTPConnection

    if scheme not in {"http", "https"} or not host:
        raise ValueError("not an address of HTTP")
    secure = scheme == "https"
    number = port or (443 if secure else 80)
    connection = HTTPConnection(host, number)
    addresses = socket.getaddrinfo(host, number, type=socket.SOCK_STREAM)
    if only_public and not all(_is_public(str(address[4][0])) for address in addresses):
        raise ValueError("an address that is not public")
    plain = _reached(addresses, deadline)
    try:
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        plain.settimeout(deadline.left())
        if secure:
            context = ssl.create_default_context()
            # The handshake comes later, under the timer that ends the exchange.
            connection.sock = context.wrap_socket(plain, server_hostname=host, do_handshake_on_connect=False)
        else:
            connection.sock = plain
    except BaseException:
        plain.close()
        raise
    return connection


def _is_public(address: str) -> bool:
    from ipaddress import ip_address  # lazy: see send

    parsed = ip_address(address.partition("%")[0])
    mapped = getattr(parsed, "ipv4_mapped", None) or parsed
    return mapped.is_global and not mapped.is_multicast


def _reached(addresses: list[Any], deadline: Deadline) -> "socket.socket":
    """A connection to the first of the addresses that answers, all within the deadline. Raises OSError."""
    import socket  # lazy: see send

    failure = OSError("no address")
    for family, kind, protocol, _, address in addresses:
        connection = socket.socket(family, kind, protocol)
        try:
            connection.settimeout(deadline.left())
            connection.connect(address)
        except OSError as problem:
            connection.close()
            failure = problem
        except BaseException:
            connection.close()
            raise
        else:
            return connection
    raise failure


def _shut_down(connection: "HTTPConnection") -> None:
    import socket  # lazy: see send

    sock = connection.sock
    if sock is not None:
        with suppress(OSError):  # closed meanwhile
            sock.shutdown(socket.SHUT_RDWR)
