"""What the database's errors say: whether the connection is gone, which code, which constraint."""

from typing import cast

from sqlalchemy.exc import DBAPIError


def driver_error() -> type[Exception]:
    """The driver's base class of errors."""
    import pg8000  # only when something went wrong, or is about to be sent

    return cast(type[Exception], pg8000.Error)


def told_by_driver(problem: Exception) -> Exception:
    """The error as the driver should have told it: some of its socket's errors it lets through."""
    return driver_error()(f"network error: {problem}") if isinstance(problem, OSError) else problem


def is_disconnect(problem: BaseException) -> bool:
    """Whether the error means that the connection is gone (rather than the statement wrong)."""
    if isinstance(problem, DBAPIError):
        if problem.connection_invalidated:
            return True
        problem = problem.orig or problem
    if isinstance(problem, (OSError, EOFError)):
        return True
    code = sqlstate(problem)
    if code is not None:
        return code.startswith(("08", "57P")) and code != "08P01"  # 08P01: our own mistake
    text = str(problem).lower()
    return any(words in text for words in ("network error", "connection is closed", "create a connection"))


def sqlstate(problem: BaseException | None) -> str | None:
    """The five-letter PostgreSQL code of an error, e.g. "23505", or None."""
    return _told(problem, "C")


def constraint(problem: BaseException | None) -> str | None:
    """The name of the constraint that an error says was violated, or None."""
    return _told(problem, "n")


def column(problem: BaseException | None) -> str | None:
    """The name of the column that an error says is in question, or None."""
    return _told(problem, "c")


def _told(problem: BaseException | None, what: str) -> str | None:
    if isinstance(problem, DBAPIError):
        problem = problem.orig
    detail = problem.args[0] if problem is not None and problem.args else None
    return detail.get(what) if isinstance(detail, dict) else None
