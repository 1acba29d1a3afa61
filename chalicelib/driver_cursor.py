"""The cursor that SQLAlchemy talks to, over our connection to PostgreSQL (driver.py)."""

from collections.abc import Sequence
from typing import Any

import pg8000.dbapi

_SAVEPOINTS = ("SAVEPOINT ", "RELEASE SAVEPOINT ", "ROLLBACK TO SAVEPOINT ")  # as SQLAlchemy writes them


class Cursor(pg8000.dbapi.Cursor):  # type: ignore[misc]
    """What SQLAlchemy talks to, when its placeholders are $1, $2 ..."""

    def execute(self, operation: str, args: Sequence[object] = (), stream: Any = None) -> None:
        """Do a statement within a transaction. Raises pg8000's errors."""
        if self._c is None:
            raise pg8000.dbapi.InterfaceError("Cursor closed")
        if not args and operation.startswith(_SAVEPOINTS):
            self._keep_savepoint(operation)
            return
        if stream is not None or not args:
            # Without parameters the simple protocol allows several statements, as migrations use them.
            self._c.exchange()
            super().execute(operation, (), stream)
            return
        self._context = self._c.run(operation, args, begin=not self._c.autocommit)
        self._row_iter = None if self._context.rows is None else iter(self._context.rows)
        self._input_oids = ()

    def _keep_savepoint(self, operation: str) -> None:
        """Let it go along with what was asked for later, which is forgotten where it is to be undone."""
        if operation.startswith("RELEASE"):
            self._context = self._c.later(operation)
        else:
            if operation.startswith("ROLLBACK"):
                self._c.drop()
            self._context = self._c.run(operation, begin=not self._c.autocommit)
        self._row_iter = None
