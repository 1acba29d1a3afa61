"""Audit hook: notes each HTTP request that is sent while a transaction of its thread holds row locks.

Whoever waits for such a row would wait for a third party too. PostgreSQL tells which tables have rows that a
transaction has locked or written by the mode of its lock on the table.
"""

import sys
import threading
from typing import Any, Final

from sqlalchemy import event
from sqlalchemy.pool import Pool

# The rows of the message that a task or the relay is at work on: nothing else waits for them.
_OF_THE_MESSAGE: Final = frozenset({"outbox", "tasks_done"})
_LOCKED: Final = """
SELECT DISTINCT held.relname FROM pg_locks lock JOIN pg_class held ON held.oid = lock.relation
WHERE lock.pid = pg_backend_pid() AND lock.mode IN ('RowShareLock', 'RowExclusiveLock') AND held.relkind = 'r'
"""
_IN_TRANSACTION: Final = b"T"


class Watch:
    """Watches this process; `found` has the tables with locked rows, for each such request."""

    def __init__(self) -> None:
        self.found: list[list[str]] = []
        self._here = threading.local()
        event.listen(Pool, "checkout", self._checkout)
        event.listen(Pool, "checkin", self._checkin)
        sys.addaudithook(self._heard)

    def _checkout(self, connection: Any, _record: Any, _proxy: Any) -> None:
        self._here.connection = connection

    def _checkin(self, _connection: Any, _record: Any) -> None:
        self._here.connection = None

    def _heard(self, name: str, _arguments: Any) -> None:
        if name != "http.client.send":
            return
        connection: Any = getattr(self._here, "connection", None)
        if getattr(connection, "_transaction_status", None) != _IN_TRANSACTION:
            return
        tables = {str(row[0]) for row in connection.run(_LOCKED).rows or ()} - _OF_THE_MESSAGE
        if tables:
            self.found.append(sorted(tables))
