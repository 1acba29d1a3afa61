"""pg8000 with prepared statements and pipelining: one network round trip per statement.

pg8000 itself needs three for a statement with parameters, and parses its text for placeholders each time.
Here all messages of a statement are sent at once (together with BEGIN, for the first of a transaction), and
placeholders are PostgreSQL's own: $1, $2 ... Source: the PostgreSQL manual, "Frontend/Backend Protocol",
Extended Query and Pipelining.
"""

import socket
import struct
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pg8000.dbapi
from pg8000.converters import make_param
from pg8000.converters import string_in as _text
from pg8000.core import EXECUTE_MSG, SYNC_MSG, Context

from chalicelib.driver_cursor import Cursor

LARGE = 1_000_000  # bytes
_MOST_PREPARED = 200  # prepared statements; each has its plan in the server's memory
_HEADER, _COUNTS, _LENGTH = struct.Struct("!ci"), struct.Struct("!HH"), struct.Struct("!i")
_ENDS = {b"C", b"I", b"E"}  # message types: CommandComplete, EmptyQueryResponse, ErrorResponse
_STALE = {"0A000", "26000"}  # the tables have changed since it was planned; unknown to the server


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


class Connection(pg8000.dbapi.Connection):  # type: ignore[misc]
    """A connection. With `prepare`, statements are prepared once and reused by name."""

    def __init__(self, *arguments: Any, prepare: bool = False, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # TCP_NODELAY: a statement over 8 KB is sent in two segments, and Nagle's algorithm would delay the
        # second by some 40 ms.
        self._usock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._prepare = prepare
        self._kept: OrderedDict[str, PreparedStatement] = OrderedDict()
        self._named = 0
        self._to_close: list[bytes] = []
        self._asked: list[Pending] = []

    def run(
        self, sql: str, values: Sequence[object] = (), *, begin: bool = False, large: bool = False
    ) -> Context:
        """Execute one statement; the result has its `rows`. `begin` opens a transaction if none is open.

        With `large`, texts of LARGE bytes or more stay UTF-8 bytes: a str with one code point above U+FFFF
        takes four bytes per character. Raises pg8000's errors.
        """
        answer = self.enqueue(sql, values, begin=begin, large=large)
        self.flush_pending()
        return answer

    def enqueue(
        self, sql: str, values: Sequence[object] = (), *, begin: bool = False, large: bool = False
    ) -> Context:
        """Queue a statement, sent with the next one or with the commit, which then raises its errors."""
        if begin and not self._in_transaction and not self._asked:
            self.enqueue("begin transaction")
        kept = self._kept.get(sql)
        new = kept is None
        if kept is None:
            kept = PreparedStatement(self._new_name() if self._prepare else b"\x00")
        else:
            self._kept.move_to_end(sql)
        sent = bytearray()
        for name in self._to_close:
            sent += _message(b"C", b"S" + name)
        self._to_close.clear()
        if new:
            sent += _message(b"P", kept.name + sql.encode(self._client_encoding) + b"\x00\x00\x00")
            sent += _message(b"D", b"S" + kept.name)
        sent += _message(b"B", self._bound(kept.name, values))
        sent += EXECUTE_MSG
        answer = Context(sql, columns=kept.columns, input_funcs=kept.converters)
        answer.keeps_bytes = large
        self._asked.append(Pending(bytes(sent), answer, kept))
        return answer

    @property
    def has_pending(self) -> bool:
        """Whether statements are queued."""
        return bool(self._asked)

    def discard(self) -> None:
        """Discard the queued statements."""
        self._asked.clear()

    def cursor(self) -> Cursor:
        """A DB-API cursor on this connection."""
        return Cursor(self)

    def commit(self) -> None:
        """Commit, in one round trip; does nothing if no transaction is open."""
        if self._in_transaction or self._asked:
            self._end("commit")

    def rollback(self) -> None:
        """Roll back, in one round trip; does nothing if no transaction is open."""
        self.discard()
        if self._in_transaction:
            self._end("rollback")

    def execute_simple(self, statement: str) -> Context:
        """Execute statements without parameters (simple query protocol). Raises pg8000's errors."""
        self.flush_pending()
        return super().execute_simple(statement)

    def _end(self, how: str) -> None:
        self._asked.append(Pending(_message(b"Q", how.encode() + b"\x00"), Context(how)))
        self.flush_pending()

    def flush_pending(self) -> None:
        """Send the queue and read all results. Raises the first error returned by the server."""
        queue, self._asked = self._asked, []
        if not queue:
            return
        runs = _runs(queue)
        sent = bytearray()
        for run in runs:
            for pending in run:
                sent += pending.message
            if run[0].kept is not None:
                sent += SYNC_MSG
        try:
            self._sock.write(sent)
            self._sock.flush()
            for run in runs:
                self._read(run)
        except (AttributeError, ValueError) as problem:
            raise pg8000.dbapi.InterfaceError("connection is closed") from problem
        except BaseException:
            # A partly read result must not be taken for that of another statement.
            with suppress(OSError):
                self._usock.shutdown(socket.SHUT_RDWR)
            raise
        for pending in queue:
            if pending.answer.error is not None:
                raise pending.answer.error

    def _read(self, run: list[Pending]) -> None:
        """Read results until ReadyForQuery. After an error the server skips the rest."""
        waiting = iter(run)
        current = next(waiting)
        while True:
            code, length = _HEADER.unpack(self._received(5))
            self.message_types[code](self._received(length - 4), current.answer)
            if code == b"Z":
                return
            if code in _ENDS:
                if current.kept is not None and self._prepare:
                    self._remember(current.kept, current.answer)
                current = next(waiting, current)

    def handle_DATA_ROW(self, data: bytes, context: Context) -> None:
        """Handle a DataRow message (called by pg8000)."""
        if len(data) < LARGE or not getattr(context, "keeps_bytes", False):
            super().handle_DATA_ROW(data, context)
            return
        row: list[Any] = []
        at = 2
        for convert in context.input_funcs:
            (length,) = _LENGTH.unpack_from(data, at)
            at += 4
            if length < 0:
                row.append(None)
                continue
            value = data[at : at + length]
            at += length
            keeps = length >= LARGE and convert is _text
            row.append(value if keeps else convert(value.decode(self._client_encoding)))
        context.rows.append(row)

    def _received(self, size: int) -> bytes:
        data: bytes = self._sock.read(size)
        if len(data) < size:
            raise pg8000.dbapi.InterfaceError("network error")
        return data

    def _remember(self, kept: PreparedStatement, answer: Context) -> None:
        present = self._kept.get(answer.statement)
        known = present is kept
        if answer.error is None and present is None:
            kept.columns, kept.converters = answer.columns, answer.input_funcs
            self._kept[answer.statement] = kept
            if len(self._kept) > _MOST_PREPARED:
                self._to_close.append(self._kept.popitem(last=False)[1].name)
        elif not known:
            self._to_close.append(kept.name)  # queued twice, or parsed before it failed
        elif answer.error is not None:
            detail = answer.error.args[0] if answer.error.args else None
            if isinstance(detail, dict) and detail.get("C") in _STALE:
                self._to_close.append(self._kept.pop(answer.statement).name)

    def _bound(self, name: bytes, values: Sequence[object]) -> bytes:
        bound = bytearray(b"\x00" + name + _COUNTS.pack(0, len(values)))
        for value in values:
            # Texts need no conversion, and many columns of a new row hold nothing; pg8000 knows the rest.
            if value is None:
                text = None
            else:
                text = value if type(value) is str else make_param(self.py_types, value)
            if text is None:
                bound += b"\xff\xff\xff\xff"
            else:
                encoded = text.encode(self._client_encoding)
                bound += _LENGTH.pack(len(encoded)) + encoded
        return bytes(bound + b"\x00\x00")

    def _new_name(self) -> bytes:
        self._named += 1
        return b"s%d\x00" % self._named


def _runs(queue: list[Pending]) -> list[list[Pending]]:
    """Split the queue: consecutive extended queries share one Sync; a simple query stands alone."""
    runs: list[list[Pending]] = []
    for pending in queue:
        if runs and pending.kept is not None and runs[-1][0].kept is not None:
            runs[-1].append(pending)
        else:
            runs.append([pending])
    return runs


def _message(code: bytes, content: bytes) -> bytes:
    return code + struct.pack("!i", len(content) + 4) + content
