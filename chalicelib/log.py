"""One line of JSON per thing worth knowing, all lines of one wake-up under one id.

The id travels from the request through the outbox to the task, so that one search shows
the whole story. Nobody's data is in a line: of an exception it has the kind, the code and the
stack but never the words, which quote values, and what looks like an address or a secret is masked.
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
from chalicelib.settings import NotConfigured, settings

_LEVELS = {"DEBUG": 10, "INFO": 20, "WARNING": 30, "ERROR": 40}
# A line's text is bounded, and each of these takes time that grows with the text alone: none begins anew
# at every letter of a long word.
_LONGEST: Final = 20_000  # characters of a text in a line
_LONGEST_MASKED: Final = 5 * _LONGEST  # what is looked at for it
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
    """The id of the current wake-up, or an empty string outside one."""
    return _trace.get()


def info(message: str, **details: object) -> None:
    """Something normal that an operator may want to count."""
    _write("INFO", message, details)


def warning(message: str, **details: object) -> None:
    """Something odd that needs no action by itself."""
    _write("WARNING", message, details)


def error(message: str, exception: BaseException | None = None, **details: object) -> None:
    """Something failed. With an exception, its kind, its code and the stack go along, not its words."""
    _write("ERROR", message, {**_facts(exception), **details} if exception is not None else details)


def once(message: str, exception: BaseException) -> None:
    """As error(), but only the first time in this process that an exception of this kind is met so."""
    met = f"{message} {type(exception).__name__}"
    if met not in _complaints:
        _complaints.add(met)
        error(message, exception)


def audit(to: str, told: object) -> None:
    """Write down what leaves for "xray", "metrics" or "logs", if the setting TELEMETRY_AUDIT says so."""
    if not settings().telemetry_audit:
        return
    from chalicelib import telemetry_audit

    try:
        telemetry_audit.write(to, told)
    except OSError as problem:
        once("the telemetry audit cannot be written", problem)


def adopt_libraries() -> None:
    """Let the warnings and errors of libraries come as our lines; those that Lambda makes have values."""
    root = logging.getLogger()
    for handler in list(root.handlers):
        if type(handler).__module__.startswith("awslambdaric") or isinstance(handler, _Libraries):
            root.removeHandler(handler)
    root.addHandler(_Libraries(logging.WARNING))


class _Libraries(logging.Handler):
    """What a library has to say: the sentence without what it would fill in."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record as a line."""
        exception = record.exc_info[1] if record.exc_info else None
        details = {"library": record.name, **(_facts(exception) if exception is not None else {})}
        _write("ERROR" if record.levelno >= logging.ERROR else "WARNING", str(record.msg), details)


def _facts(exception: BaseException) -> dict[str, object]:
    from chalicelib.db_errors import (
        constraint,
        sqlstate,
    )  # it brings SQLAlchemy, which not every failure needs

    answer = getattr(exception, "response", None)  # botocore's
    code = answer.get("Error", {}).get("Code") if isinstance(answer, dict) else sqlstate(exception)
    facts = {
        "exception": type(exception).__name__,
        "code": code,
        "constraint": constraint(exception),
        "why": str(exception) if isinstance(exception, NotConfigured) else None,  # its words are ours alone
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
    """As JSON takes it, without what looks like a secret; of an object that we do not know, its kind."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, dict):
        return {str(name): _masked(one) for name, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked(one) for one in value]
    if not isinstance(value, str | UUID | date):
        return f"<{type(value).__name__}>"
    return masked(str(value))


def masked(text: str) -> str:
    """The text without what looks like a secret, an address or a query, and no longer than a line takes."""
    if len(text) > _LONGEST_MASKED:
        # What is cut in the middle of a word might not be known for what it is any more.
        text = "".join(text[:_LONGEST_MASKED].rsplit(maxsplit=1)[:-1]) + " <cut>"
    text = _CREDENTIALS.sub("<secret>@", text)
    text = _WORD.sub(_without_query, text)
    text = _RUN.sub(_without_token, text)
    text = _E_MAIL.sub("<e-mail>", text)
    text = _NAMED.sub(r"\1\2<secret>", text)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}<cut>"


def _without_query(word: re.Match[str]) -> str:
    """An address's query, which begins at the first question mark behind its first slash, is masked."""
    text = word[0]
    slash = text.find("/")
    mark = text.find("?", slash) if slash >= 0 else -1
    return f"{text[:mark]}?<query>" if 0 <= mark < len(text) - 1 else text


def _without_token(run: re.Match[str]) -> str:
    """A signed token is three parts with dots between, of which the first begins like JSON in base64."""
    text = run[0]
    begin = text.find("eyJ")
    parts = text[begin:].split(".", 3) if begin >= 0 else []
    if len(parts) < 2:
        return text
    return f"{text[:begin]}<token>" + "".join(f".{part}" for part in parts[3:])
