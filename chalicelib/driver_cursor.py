"""DB-API cursor for SQLAlchemy, on our connection (driver.py)."""

from collections.abc import Sequence
from typing import Any

import pg8000.dbapi

_SAVEPOINTS = ("SAVEPOINT ", "RELEASE SAVEPOINT ", "ROLLBACK TO SAVEPOINT ")  # as SQLAlchemy writes them


class Cursor(pg8000.dbapi.Cursor):  # type: ignore[misc]
    """The cursor for SQLAlchemy, with placeholders $1, $2 ..."""

    def execute(self, operation: str, args: Sequence[object] = (), stream: Any = None) -> None:
        """Execute a statement, opening a transaction if needed. Raises pg8000's errors."""
        if self._c is None:
            raise pg8000.dbapi.InterfaceError("Cursor closed")
        if not args and operation.startswith(_SAVEPOINTS):
            self._keep_savepoint(operation)
            return
        if stream is not None or not args:
            # Without parameters, the simple protocol allows several statements, which migrations use.
            self._c.flush_pending()
            super().execute(operation, (), stream)
            return
        self._context = self._c.run(operation, args, begin=not self._c.autocommit)
        self._row_iter = None if self._context.rows is None else iter(self._context.rows)
        self._input_oids = ()

    def _keep_savepoint(self, operation: str) -> None:
        """Queue RELEASE; send SAVEPOINT at once; on ROLLBACK TO discard the queue first."""
        if operation.startswith("RELEASE"):
            self._context = self._c.enqueue(operation)
        else:
            if operation.startswith("ROLLBACK"):
                self._c.discard()
            self._context = self._c.run(operation, begin=not self._c.autocommit)
        self._row_iter = None
