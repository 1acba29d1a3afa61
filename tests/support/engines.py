"""Reuses the SQLAlchemy engines of the system under test across tests with the same database.

A new connection caches the catalog again, and a new engine compiles all statements again: together more than
half of a test's time. A test that calls db.forget() gets new ones, as the system does, which share what
SQLAlchemy has compiled: that depends on the statement and the dialect alone.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy.engine import URL, Engine
from sqlalchemy.pool import QueuePool

from chalicelib import db, db_engine
from chalicelib.settings import settings

# The engines of a process, and the options with which each is created (chalicelib/db_engine.py).
_ENGINES: Final = {"engine": ("creator",), "engine_apart": ()}
# Resets the session state of a connection.
_RESET = "RESET ALL; RESET ROLE; SELECT pg_advisory_unlock_all()"


class Engines:
    """Kept engines, by what they depend on. `new` creates others."""

    def __init__(self, new: Callable[..., Engine]) -> None:
        self._new = new
        self._kept: dict[tuple[Any, ...], Engine] = {}
        self._compiled: Engine | None = None

    def made(self, url: URL, **options: Any) -> Engine:
        """Replaces the function that creates engines: returns the kept one to the first caller.

        Instrumented engines belong to the test that instrumented them, and those of threads end with them.
        """
        is_new = _is_watched() or threading.current_thread() is not threading.main_thread()
        kept = None if is_new else self._kept.pop(_key(url, tuple(options)), None)
        return kept or self._sharing(self._new(url, **options))

    def _sharing(self, engine: Engine) -> Engine:
        """The same engine, unused, with the dialect and the compiled statements of the first that connected."""
        first = self._compiled
        if first is None:
            self._compiled = engine
        elif first.dialect.server_version_info is not None:  # it knows its server
            engine.dialect = engine.pool._dialect = first.dialect
            engine._compiled_cache = first._compiled_cache
        return engine

    def keep(self) -> None:
        """Keep the system's engines for the next test.

        Not if a connection is in use, broken, or instrumented.
        """
        for name, options in _ENGINES.items():
            self._keep(getattr(db, name), options)

    def connections(self, database: str) -> int:
        """How many connections to this database are kept."""
        return sum(engine.url.database == database for engine in self._kept.values())

    def _keep(self, cached: Any, options: tuple[str, ...]) -> None:
        if not cached.cache_info().currsize:
            return
        engine: Engine = cached()
        cached.cache_clear()
        if (
            isinstance(engine.pool, QueuePool)
            and not _is_watched()
            and not engine.pool.checkedout()
            and _is_reset(engine)
        ):
            self._kept[_key(engine.url, options)] = engine
        else:
            engine.dispose()

    def touch(self) -> None:
        """Reset the idle time of kept connections, so that they are not tested before use."""
        for key, engine in list(self._kept.items()):
            if not _is_reset(engine):
                self._kept.pop(key).dispose()

    def dispose(self, database: str | None = None) -> None:
        """Close the kept engines, or those of this database."""
        for key, engine in list(self._kept.items()):
            if database in (None, engine.url.database):
                self._kept.pop(key).dispose()


def _is_reset(engine: Engine) -> bool:
    try:
        connection = engine.raw_connection()
        try:
            connection.driver_connection.execute_simple(_RESET)  # type: ignore[union-attr]
        finally:
            connection.close()
    except Exception:
        return False
    return True


def _key(url: URL, options: tuple[str, ...]) -> tuple[Any, ...]:
    now = settings()
    return (url, options, now.db_prepare, now.db_tls, now.db_ca_file, now.db_iam)


def _is_watched() -> bool:
    return settings().xray or bool(settings().telemetry_audit)


@contextmanager
def kept() -> Iterator[Engines]:
    """Keep engines for the block."""
    new = db_engine._made
    engines = Engines(new)
    db_engine._made = engines.made  # type: ignore[assignment]  # it has options
    try:
        yield engines
    finally:
        db_engine._made = new
        engines.dispose()
