"""The engine of the system under test, kept from one test to the next that uses the same database.

A new connection learns the tables anew, and a new engine compiles all statements anew: together that is
more than half of what a test costs. A test that calls db.forget() gets new ones, as the system does.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.engine import URL, Engine
from sqlalchemy.pool import QueuePool

from chalicelib import db, db_engine
from chalicelib.settings import settings

# What a test may have left behind in its session.
_RESET = "RESET ALL; RESET ROLE; SELECT pg_advisory_unlock_all()"


class Engines:
    """What is kept, each under what it depends on. `new` makes the others."""

    def __init__(self, new: Callable[[URL], Engine]) -> None:
        self._new = new
        self._kept: dict[tuple[Any, ...], Engine] = {}

    def made(self, url: URL) -> Engine:
        """In place of what makes engines: the one that was kept, to the first who asks.

        One that is watched tells those who began to watch when it was made: each test has its own.
        """
        kept = None if _is_watched() else self._kept.pop(_key(url), None)
        return kept or self._new(url)

    def keep(self) -> int:
        """Keep the engine that the system uses, for the next test; how many connections it has.

        Not when one of them is still in use, of no use any more, or watched.
        """
        if not db.engine.cache_info().currsize:
            return 0
        engine = db.engine()
        if (
            isinstance(engine.pool, QueuePool)
            and not _is_watched()
            and not engine.pool.checkedout()
            and _is_reset(engine)
        ):
            db.engine.cache_clear()
            self._kept[_key(engine.url)] = engine
            return 1
        db.forget()
        return 0

    def touch(self) -> None:
        """Let none of the kept connections be one that has rested, and is looked at before it is used."""
        for key, engine in list(self._kept.items()):
            if not _is_reset(engine):
                self._kept.pop(key).dispose()

    def dispose(self) -> None:
        """Close what is kept."""
        while self._kept:
            self._kept.popitem()[1].dispose()


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


def _key(url: URL) -> tuple[Any, ...]:
    now = settings()
    return (url, now.db_prepare, now.db_tls, now.db_ca_file, now.db_iam)


def _is_watched() -> bool:
    return settings().xray or bool(settings().telemetry_audit)


@contextmanager
def kept() -> Iterator[Engines]:
    """Engines are kept for the length of the block."""
    new = db_engine._made
    engines = Engines(new)
    db_engine._made = engines.made
    try:
        yield engines
    finally:
        db_engine._made = new
        engines.dispose()
