"""The reader: an optional replica, and this process's connection to it.

Who reads from it is decided in jsonapi/http/reading.py. While it does not answer it is left alone for some
seconds, so that requests do not wait for it one after the other.
"""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from chalicelib import db_connection, db_statements, log, telemetry
from chalicelib.db_connection import HeldConnection
from chalicelib.settings import settings

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

PATIENCE: Final = 5.0  # seconds for connecting, and for each answer
_REST: Final = 10.0  # seconds after a failure
_SHORT_REST: Final = 1.0  # seconds while it lags


@dataclass(slots=True)
class _Health:
    """Until when the reader is left alone, by time.monotonic()."""

    rests_until: float = 0.0


@cache
def is_set() -> bool:
    """Whether there is a reader."""
    return bool(settings().database_reader_url or settings().database_reader_url_parameter)


def rests() -> bool:
    """Whether the reader is left alone for the moment."""
    return time.monotonic() < _health().rests_until


def reading() -> "AbstractContextManager[Session]":
    """As db_statements.read_only(), on the reader. Raises DBAPIError."""
    return db_statements.read_only(_held().borrow)


@contextmanager
def failures_noted() -> Iterator[None]:
    """Note that the reader does not do what it should, and leave it alone; the error goes on."""
    try:
        yield
    except Exception as problem:
        _health().rests_until = time.monotonic() + _REST
        telemetry.metric("ReaderFailures", 1)
        log.error("the reader has failed: the writer is read from", problem)
        raise


def note_lag(seconds: float) -> None:
    """The reader lags behind by more than is allowed: leave it alone for a moment."""
    _health().rests_until = time.monotonic() + _SHORT_REST
    telemetry.metric("ReaderLags", 1)
    log.warning("the reader lags behind: the writer is read from", seconds=round(seconds, 1))


def forget() -> None:
    """Close the connection, after a change of settings (tests)."""
    if _held.cache_info().currsize:
        _held().invalidate()
    for made in (is_set, _held, _health):
        made.cache_clear()


@cache
def _held() -> HeldConnection:
    return HeldConnection(_url, PATIENCE)


@cache
def _health() -> _Health:
    return _Health()


def _url() -> str:
    return db_connection.from_parameter_store(
        settings().database_reader_url, settings().database_reader_url_parameter
    )
