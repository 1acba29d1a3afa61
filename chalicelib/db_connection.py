"""The process's connection to PostgreSQL, opened without SQLAlchemy: a cold read needs the driver alone.

The engine (db_engine.py) adopts it once something needs SQLAlchemy, so that a process keeps one connection.
"""

import re
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from urllib.parse import unquote

from chalicelib import aws, telemetry
from chalicelib.db_errors import driver_error
from chalicelib.settings import NotConfigured, settings

IDLE_SECONDS_BEFORE_PING: Final = 10.0
MOST_SECONDS: Final = 900  # the age at which a connection is replaced
# scheme://user:password@host:port/name, as SQLAlchemy reads it: a password may hold a slash, and no at sign.
_URL: Final = re.compile(
    r"""[\w+]+://
    (?:(?P<user>[^:/]*)(?::(?P<password>[^@]*))?@)?
    (?:\[(?P<ipv6>[^/?]+)\]|(?P<host>[^/:?]+))?(?::(?P<port>\d*))?
    (?:/(?P<database>[^?]*))?(?:\?.*)?""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Address:
    """Where the database is, and as whom it is asked."""

    host: str
    port: int
    user: str | None
    password: str | None
    database: str | None


def url_text() -> str:
    """The URL of the database as it is set. Raises NotConfigured."""
    text = from_parameter_store(settings().database_url, settings().database_url_parameter)
    if not text:
        raise NotConfigured("neither DATABASE_URL nor DATABASE_URL_PARAMETER is set")
    return text


def from_parameter_store(text: str, parameter: str) -> str:
    """The text, or else what the parameter of this name holds."""
    return text or (aws.parameter(parameter) if parameter else "")


def address_in(text: str) -> Address:
    """The parts of a URL. Raises NotConfigured."""
    match = _URL.fullmatch(text)
    if match is None:
        raise NotConfigured("the URL of the database is not like postgresql://user:password@host:5432/name")
    user, password, database = (
        match[name] and unquote(match[name]) for name in ("user", "password", "database")
    )
    host = match["host"] or match["ipv6"] or "localhost"
    return Address(host, int(match["port"] or 5432), user, password, database)


def connect(address: Address, timeout: float | None = None) -> Any:
    """A new connection; `timeout` is in seconds, for connecting and for each answer, by default DB_SECONDS.

    Raises pg8000's errors and OSError.
    """
    from chalicelib.driver import Connection  # lazy: it imports pg8000, which is not needed before

    password = address.password
    if settings().db_iam:
        password = aws.database_token(address.host, address.port, address.user or "")
    return telemetry.instrument_connect(Connection)(
        user=address.user,
        password=password,
        database=address.database,
        host=address.host,
        port=address.port,
        ssl_context=_tls() if settings().db_tls else False,
        startup_params={"TimeZone": "UTC"},  # documents show all times in UTC
        prepare=settings().db_prepare,
        timeout=timeout or settings().db_seconds or None,
    )


@cache
def _tls() -> ssl.SSLContext:
    # pg8000's default context verifies nothing and reloads the CA store on every connect.
    return ssl.create_default_context(cafile=settings().db_ca_file or None)


@dataclass(slots=True)
class HeldConnection:
    """The connection that this process keeps until the engine adopts it, to the database of this URL.

    It has what read_only() needs of a pooled connection: `driver_connection`, invalidate() and close().
    """

    url: Callable[[], str] = url_text
    timeout: float | None = None
    driver_connection: Any = None
    in_use: bool = False
    made_at: float = 0.0
    idle_since: float = 0.0

    def borrow(self) -> "HeldConnection":
        """The same, connected and in use. Raises pg8000's errors and OSError."""
        if not self._is_usable():
            self.invalidate()
            self.driver_connection = connect(address_in(self.url()), self.timeout)
            self.made_at = time.monotonic()
        self.in_use = True
        return self

    def close(self) -> None:
        """Give it back, without a transaction."""
        self.in_use, self.idle_since = False, time.monotonic()
        try:
            if self.driver_connection is not None:
                self.driver_connection.rollback()
        except (driver_error(), OSError):
            self.invalidate()  # the next one that asks gets another

    def invalidate(self, _problem: BaseException | None = None) -> None:
        """Give it up: it is old or lost."""
        lost, self.driver_connection = self.driver_connection, None
        try:
            if lost is not None:
                lost.close()
        except (driver_error(), OSError):
            pass  # it was closed already

    def hand_over(self) -> Any:
        """The connection, which is the caller's from now on; None if there is none, or it is in use."""
        if self.in_use or not self._is_usable():
            return None
        given, self.driver_connection = self.driver_connection, None
        return given

    def _is_usable(self) -> bool:
        now = time.monotonic()
        if self.driver_connection is None or now - self.made_at > MOST_SECONDS:
            return False
        return now - self.idle_since < IDLE_SECONDS_BEFORE_PING or is_alive(self.driver_connection)


def is_alive(connection: Any) -> bool:
    """Whether the database still answers on it."""
    try:
        connection.execute_simple("SELECT 1")
    except Exception:
        return False  # whatever it fails with: another connection is opened
    return True


@cache
def held() -> HeldConnection:
    """The connection of this process."""
    return HeldConnection()


def borrow() -> HeldConnection:
    """The connection of this process, in use until it is closed. Raises pg8000's errors and OSError."""
    return held().borrow()


def forget() -> None:
    """Close the connection, after a change of settings (tests), or before this process is copied."""
    if held.cache_info().currsize:
        held().invalidate()
    held.cache_clear()
