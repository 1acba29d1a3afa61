"""Messages to PostgreSQL, as bytes. Source: the PostgreSQL manual, "Frontend/Backend Protocol"."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pg8000.converters import make_param, timestamptz_in
from pg8000.core import Context

_COUNTS, _LENGTH = struct.Struct("!HH"), struct.Struct("!i")
_NULL = b"\xff\xff\xff\xff"  # the length of a value that is NULL


@dataclass(slots=True)
class PreparedStatement:
    """A prepared statement: its name on the server, and its row description."""

    name: bytes
    columns: Any = None
    converters: Any = None


@dataclass(slots=True)
class Pending:
    """A queued message and where its result goes; `kept` is None for a simple query."""

    message: bytes
    answer: Context
    kept: PreparedStatement | None = None


def message(code: bytes, content: bytes) -> bytes:
    """A message of this type."""
    return code + _LENGTH.pack(len(content) + 4) + content


def bind(name: bytes, values: Sequence[object], py_types: Any, encoding: str) -> bytes:
    """The content of a Bind message: the values, as texts, for the prepared statement of this name."""
    parts = [b"\x00", name, _COUNTS.pack(0, len(values))]
    append, length_of = parts.append, _LENGTH.pack  # this is the innermost loop of a write
    for value in values:
        # Most values are nothing, texts and numbers; pg8000 converts the rest.
        if value is None:
            append(_NULL)
            continue
        kind = type(value)
        text: Any = value if kind is str else str(value) if kind is int else as_text(value, py_types)
        if text is None:
            append(_NULL)
        else:
            encoded = text.encode(encoding)
            append(length_of(len(encoded)))
            append(encoded)
    append(b"\x00\x00")
    return b"".join(parts)


def as_text(value: object, py_types: Any) -> str | None:
    """The value in PostgreSQL's text format; None is NULL."""
    if value is None:
        return None
    if type(value) is list and all(type(number) is int for number in value):
        return "{" + ",".join(map(str, value)) + "}"  # ids; pg8000 takes ten times as long
    text: str | None = make_param(py_types, value)
    return text


def runs_of(queue: list[Pending]) -> list[list[Pending]]:
    """Split the queue: consecutive extended queries share one Sync; a simple query stands alone."""
    runs: list[list[Pending]] = []
    for pending in queue:
        if runs and pending.kept is not None and runs[-1][0].kept is not None:
            runs[-1].append(pending)
        else:
            runs.append([pending])
    return runs


def moment_in(text: str) -> Any:
    """The datetime of a timestamp with time zone in PostgreSQL's format; its text if Python has none such."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:  # a year after 9999, infinity
        return timestamptz_in(text)  # takes ten times as long
