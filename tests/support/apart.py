"""Threads of a test as processes of the system: each has a connection of its own, as each Lambda has.

The system has one connection per process. Without this, whoever does two things at once in threads would have
the second one wait in the pool for the first to be done, and would show nothing of locks.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.engine import Engine

from chalicelib import db, db_engine


class _Own:
    """An engine that ends with its thread."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def __del__(self) -> None:
        self.engine.dispose()


class EnginePerThread:
    """Stands for a cached function that makes the engine: that of the main thread, and one for each other."""

    def __init__(self, made: Any) -> None:
        self._made, self._local = made, threading.local()
        self.cache_clear: Callable[[], None] = made.cache_clear
        self.cache_info: Callable[[], Any] = made.cache_info

    def __call__(self) -> Engine:
        if threading.current_thread() is threading.main_thread():
            return self._made()  # type: ignore[no-any-return]
        if not hasattr(self._local, "own"):
            self._local.own = _Own(db_engine._made(db_engine.database_url()))
        return self._local.own.engine  # type: ignore[no-any-return]


@contextmanager
def connections() -> Iterator[None]:
    """Every thread of the block has a connection of its own."""
    names = ("engine", "engine_apart")
    former = {name: getattr(db, name) for name in names}
    for name, made in former.items():
        setattr(db, name, EnginePerThread(made))
    try:
        yield
    finally:
        for name, made in former.items():
            setattr(db, name, made)
