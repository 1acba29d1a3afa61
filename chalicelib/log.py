"""One line of JSON per thing worth knowing, all lines of one wake-up under one id.

The id travels from the request through the outbox to the task, so that one search shows
the whole story.
"""

import json
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from chalicelib import clock
from chalicelib.settings import settings

_LEVELS = {"DEBUG": 10, "INFO": 20, "WARNING": 30, "ERROR": 40}
_trace: ContextVar[str] = ContextVar("trace", default="")


@contextmanager
def traced(trace_id: str) -> Iterator[None]:
    """Within the block every line carries `trace_id`."""
    token = _trace.set(trace_id)
    try:
        yield
    finally:
        _trace.reset(token)


def trace_id() -> str:
    """The id of the current wake-up, or an empty string outside one."""
    return _trace.get()


def info(message: str, **details: object) -> None:
    """Something normal that an operator may want to count."""
    _write("INFO", message, details)


def warning(message: str, **details: object) -> None:
    """Something odd that needs no action by itself."""
    _write("WARNING", message, details)


def error(message: str, exception: BaseException | None = None, **details: object) -> None:
    """Something failed. With an exception, the stack goes along."""
    if exception is not None:
        details["exception"] = type(exception).__name__
        details["stack"] = "".join(traceback.format_tb(exception.__traceback__))
    _write("ERROR", message, details)


def _write(level: str, message: str, details: dict[str, object]) -> None:
    if _LEVELS[level] < _LEVELS.get(settings().log_level, 20):
        return
    line = {"time": clock.now().isoformat(), "level": level, "message": message}
    if _trace.get():
        line["trace"] = _trace.get()
    print(json.dumps({**line, **details}, default=str), file=sys.stderr, flush=True)
