"""Reads PostgreSQL errors: disconnects, SQLSTATE, constraint and column names."""

import sys
from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    from sqlalchemy.exc import DBAPIError

_TOO_MANY: Final = "53300"  # of max_connections, or of those that a role may have


def dbapi_errors() -> "tuple[type[DBAPIError], ...]":
    """SQLAlchemy's class of database errors, for `except dbapi_errors()` and isinstance().

    None while SQLAlchemy is not imported: no error can be one of its by then, and a cold read spares it.
    """
    loaded: Any = sys.modules.get("sqlalchemy.exc")
    return () if loaded is None else (loaded.DBAPIError,)


def driver_error() -> type[Exception]:
    """The driver's base class of errors."""
    import pg8000  # lazy: 160 ms before the first connection, and errors alone need it

    return cast(type[Exception], pg8000.Error)


def original_error(problem: Exception) -> Exception:
    """The error as a driver error: pg8000 lets some OSErrors of its socket through."""
    return driver_error()(f"network error: {problem}") if isinstance(problem, OSError) else problem


def is_disconnect(problem: BaseException) -> bool:
    """Whether the error means that the connection is lost, rather than that the statement is wrong."""
    if isinstance(problem, dbapi_errors()):
        if problem.connection_invalidated:
            return True
        problem = problem.orig or problem
    if isinstance(problem, (OSError, EOFError)):
        return True
    code = sqlstate(problem)
    if code is not None:
        if code == "08P01":  # PostgreSQL says so of a mistake of ours
            return _is_of_a_pooler(problem)
        return code.startswith(("08", "57P"))
    text = str(problem).lower()
    return any(words in text for words in ("network error", "connection is closed", "create a connection"))


def is_crowded(problem: BaseException | None) -> bool:
    """Whether there was no connection to be had, so that nothing was done: too many clients."""
    return sqlstate(problem) == _TOO_MANY or _is_of_a_pooler(problem)


def _is_of_a_pooler(problem: BaseException | None) -> bool:
    """Whether a pooler has ended the connection; a server's own errors name the routine that reported them.

    PgBouncer has one code for all of its own: nobody was free in time, too many clients, no server.
    """
    return sqlstate(problem) == "08P01" and _told(problem, "S") == "FATAL" and _told(problem, "R") is None


def sqlstate(problem: BaseException | None) -> str | None:
    """The SQLSTATE of an error, e.g. "23505", or None."""
    return _told(problem, "C")


def constraint(problem: BaseException | None) -> str | None:
    """The name of the violated constraint, or None."""
    return _told(problem, "n")


def column(problem: BaseException | None) -> str | None:
    """The name of the column in the error, or None."""
    return _told(problem, "c")


def _told(problem: BaseException | None, what: str) -> str | None:
    if isinstance(problem, dbapi_errors()):
        problem = problem.orig
    detail = problem.args[0] if problem is not None and problem.args else None
    return detail.get(what) if isinstance(detail, dict) else None
