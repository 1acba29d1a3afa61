"""Records the SQL statements sent to the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from chalicelib.driver import Connection


@contextmanager
def counted_statements(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The statements with parameters sent within the block, in order."""
    seen: list[str] = []
    later = Connection.enqueue

    def listening(self: Connection, sql: str, *rest: Any, **more: Any) -> Any:
        seen.append(sql)
        return later(self, sql, *rest, **more)

    with monkeypatch.context() as patched:
        patched.setattr(Connection, "enqueue", listening)
        yield seen
