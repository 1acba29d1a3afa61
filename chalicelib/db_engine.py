"""SQLAlchemy engine: one PostgreSQL connection per process, made on first use and tested after idle time."""

import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from sqlalchemy import create_engine, event
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError, InterfaceError

from chalicelib import aws, telemetry
from chalicelib.db_errors import original_error
from chalicelib.settings import NotConfigured, settings

_IDLE_SECONDS_BEFORE_PING = 10.0


@cache
def engine() -> Engine:
    """The engine of this process; it connects when first used.

    Raises NotConfigured when no database is configured.
    """
    return _made(database_url())


@cache
def engine_apart() -> Engine:
    """Another engine for the same database: a second connection, for what is committed beside a transaction.

    Raises NotConfigured when no database is configured.
    """
    return _made(database_url())


@contextmanager
def migrating() -> Iterator[Engine]:
    """The engine of the role that owns the tables, for the duration of the block.

    Raises NotConfigured when no database is configured.
    """
    text = _from_parameter_store(
        settings().migration_database_url, settings().migration_database_url_parameter
    )
    if not text:
        yield engine()
        return
    made = _made(_url(text))
    try:
        yield made
    finally:
        made.dispose()


def _made(url: URL) -> Engine:
    made = create_engine(
        url,
        creator=lambda: _connect(url),
        paramstyle="numeric_dollar",
        pool_size=1,
        max_overflow=0,
        pool_recycle=900,
        pool_reset_on_return="rollback",
    )
    event.listen(made, "handle_error", _wrap_socket_errors)
    event.listen(made, "checkout", _ping_after_idling)
    event.listen(made, "checkin", _remember_checkin)
    return made


def database_url() -> URL:
    """The database URL, with our driver, whatever the setting's scheme. Raises NotConfigured."""
    text = _from_parameter_store(settings().database_url, settings().database_url_parameter)
    if not text:
        raise NotConfigured("neither DATABASE_URL nor DATABASE_URL_PARAMETER is set")
    return _url(text)


def _from_parameter_store(text: str, parameter: str) -> str:
    return text or (aws.parameter(parameter) if parameter else "")


def _url(text: str) -> URL:
    return make_url(text).set(drivername="postgresql+pg8000")


@cache
def _tls() -> ssl.SSLContext:
    # pg8000's default context verifies nothing and reloads the CA store on every connect.
    return ssl.create_default_context(cafile=settings().db_ca_file or None)


def _connect(url: URL) -> Any:
    from chalicelib.driver import Connection  # lazy: it imports pg8000, which is not needed before

    given: dict[str, Any] = {"user": url.username, "password": url.password, "database": url.database}
    host, port = url.host or "localhost", url.port or 5432
    if settings().db_iam:
        given["password"] = aws.database_token(host, port, url.username or "")
    return telemetry.instrument_connect(Connection)(
        **given,
        host=host,
        port=port,
        ssl_context=_tls() if settings().db_tls else False,
        startup_params={"TimeZone": "UTC"},  # documents show all times in UTC
        prepare=settings().db_prepare,
    )


def _wrap_socket_errors(context: Any) -> DBAPIError | None:
    if not isinstance(context.original_exception, OSError):
        return None
    context.is_disconnect = True
    error = original_error(context.original_exception)
    return InterfaceError(context.statement, None, error, connection_invalidated=True)


def _remember_checkin(_connection: object, record: Any) -> None:
    record.info["idle_since"] = time.monotonic()


def _ping_after_idling(connection: Any, record: Any, _proxy: object) -> None:
    idle = time.monotonic() - record.info.get("idle_since", time.monotonic())
    if idle < _IDLE_SECONDS_BEFORE_PING:
        return
    try:
        connection.execute_simple("SELECT 1")
    except Exception as problem:
        raise DisconnectionError("the connection died while idle") from problem
