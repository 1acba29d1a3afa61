"""Structured logging: one JSON object per line, with a trace id per invocation.

The id is passed from the request through the outbox to the task, so that one search finds all lines. No
personal data: an exception is logged with its type, code and stack but without its text, which may quote
values, and what looks like an address or a secret is masked.
"""

import json
import logging
import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from typing import Any, Final
from uuid import UUID

from chalicelib import clock
from chalicelib.db_errors import constraint, sqlstate
from chalicelib.settings import NotConfigured, settings

_LEVELS = {"DEBUG": 10, "INFO": 20, "WARNING": 30, "ERROR": 40}
# A line's length is bounded, and each of these patterns takes linear time: none backtracks at every letter of
# a long word.
_LONGEST: Final = 20_000  # characters of a text in a line
_LONGEST_MASKED: Final = 5 * _LONGEST  # characters searched for secrets
_CREDENTIALS: Final = re.compile(r"(?<=://)[^\s/@]+@")
_WORD: Final = re.compile(r"[^\s\"'<>]+")
_RUN: Final = re.compile(r"[\w.-]+")
_E_MAIL: Final = re.compile(r"[^\s\"'<>(),;:=@]{1,64}@[\w-]+(?:\.[\w-]+)+")
_NAMED: Final = re.compile(r"(?i)\b(token|password|secret|authorization)(\\?[\"']?\s*[=:]\s*)[^\s,;&]+")
_trace: ContextVar[str] = ContextVar("trace", default="")
_complaints: set[str] = set()


@contextmanager
def traced(trace_id: str) -> Iterator[None]:
    """Within the block every line carries `trace_id`."""
    token = _trace.set(trace_id)
    try:
        yield
    finally:
        _trace.reset(token)


def trace_id() -> str:
    """The trace id of the current invocation, or "" outside one."""
    return _trace.get()


def info(message: str, **details: object) -> None:
    """Log a normal event that an operator may want to count."""
    _write("INFO", message, details)


def warning(message: str, **details: object) -> None:
    """Log something unusual that needs no action by itself."""
    _write("WARNING", message, details)


def error(message: str, exception: BaseException | None = None, **details: object) -> None:
    """Log a failure. Of an exception, its type, code and stack are logged, not its text."""
    _write("ERROR", message, {**_facts(exception), **details} if exception is not None else details)


def once(message: str, exception: BaseException) -> None:
    """As error(), but only the first time in this process for this message and exception type."""
    met = f"{message} {type(exception).__name__}"
    if met not in _complaints:
        _complaints.add(met)
        error(message, exception)


def audit(to: str, record: object) -> None:
    """Record what is sent to "xray", "metrics" or "logs", if the setting TELEMETRY_AUDIT is on."""
    if not settings().telemetry_audit:
        return
    from chalicelib import telemetry_audit  # lazy: the setting is off in production

    try:
        telemetry_audit.write(to, record)
    except OSError as problem:
        once("the telemetry audit cannot be written", problem)


def adopt_libraries() -> None:
    """Log warnings and errors of libraries in our format; Lambda's own handler would include values."""
    root = logging.getLogger()
    for handler in list(root.handlers):
        if type(handler).__module__.startswith("awslambdaric") or isinstance(handler, _Libraries):
            root.removeHandler(handler)
    root.addHandler(_Libraries(logging.WARNING))


class _Libraries(logging.Handler):
    """Logs a library's message template, without its arguments."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record as a line."""
        exception = record.exc_info[1] if record.exc_info else None
        details = {"library": record.name, **(_facts(exception) if exception is not None else {})}
        _write("ERROR" if record.levelno >= logging.ERROR else "WARNING", str(record.msg), details)


def _facts(exception: BaseException) -> dict[str, object]:
    answer = getattr(exception, "response", None)  # botocore's
    code = answer.get("Error", {}).get("Code") if isinstance(answer, dict) else sqlstate(exception)
    facts = {
        "exception": type(exception).__name__,
        "code": code,
        "constraint": constraint(exception),
        "why": str(exception) if isinstance(exception, NotConfigured) else None,  # its text contains no data
        "errno": exception.errno if isinstance(exception, OSError) else None,
        "stack": "".join(traceback.format_tb(exception.__traceback__)),
    }
    return {name: value for name, value in facts.items() if value is not None}


def _write(level: str, message: str, details: dict[str, object]) -> None:
    if _LEVELS[level] < _LEVELS.get(settings().log_level, 20):
        return
    line = {"time": clock.now().isoformat(), "level": level, "message": _masked(message)}
    if _trace.get():
        line["trace"] = _trace.get()
    line |= {name: _masked(value) for name, value in details.items()}
    print(json.dumps(line), file=sys.stderr, flush=True)
    audit("logs", line)


def _masked(value: object) -> Any:
    """The value for JSON, with secrets masked; an unknown object becomes the name of its type."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, dict):
        return {str(name): _masked(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked(item) for item in value]
    if not isinstance(value, str | UUID | date):
        return f"<{type(value).__name__}>"
    return masked(str(value))


def masked(text: str) -> str:
    """The text with secrets, addresses and query strings masked, and truncated to a line's limit."""
    if len(text) > _LONGEST_MASKED:
        # A secret truncated in the middle might no longer be recognized.
        text = "".join(text[:_LONGEST_MASKED].rsplit(maxsplit=1)[:-1]) + " <cut>"
    text = _CREDENTIALS.sub("<secret>@", text)
    text = _WORD.sub(_without_query, text)
    text = _RUN.sub(_without_token, text)
    text = _E_MAIL.sub("<e-mail>", text)
    text = _NAMED.sub(r"\1\2<secret>", text)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}<cut>"


def _without_query(word: re.Match[str]) -> str:
    """Mask the query string of a URL: from the first question mark after its first slash."""
    text = word[0]
    slash = text.find("/")
    mark = text.find("?", slash) if slash >= 0 else -1
    return f"{text[:mark]}?<query>" if 0 <= mark < len(text) - 1 else text


def _without_token(run: re.Match[str]) -> str:
    """Mask a JWT: three parts joined by dots, of which the first begins with "eyJ" (JSON in base64)."""
    text = run[0]
    begin = text.find("eyJ")
    parts = text[begin:].split(".", 3) if begin >= 0 else []
    if len(parts) < 2:
        return text
    return f"{text[:begin]}<token>" + "".join(f".{part}" for part in parts[3:])
