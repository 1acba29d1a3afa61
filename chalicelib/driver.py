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
from datetime import datetime
from typing import Any

import pg8000.dbapi
from pg8000.converters import TIMESTAMPTZ, timestamptz_in
from pg8000.converters import string_in as _text
from pg8000.core import EXECUTE_MSG, SYNC_MSG, Context

from chalicelib.driver_cursor import Cursor
from chalicelib.driver_messages import Pending, PreparedStatement, bind, message, runs_of

LARGE = 1_000_000  # bytes
_MOST_PREPARED = 200  # prepared statements; each has its plan in the server's memory
_BLOCK = 65_536  # bytes read at once, at most
_BEGIN = "begin transaction"
_HEADER = 5  # bytes before a message's content: its type, and the length of the rest
_LENGTH = struct.Struct("!i")
_EMPTY = {b"1", b"2", b"3"}  # ParseComplete, BindComplete, CloseComplete: nothing is in them
_ENDS = {b"C", b"I", b"E"}  # message types: CommandComplete, EmptyQueryResponse, ErrorResponse
_STALE = {"0A000", "26000"}  # the tables have changed since it was planned; unknown to the server


class Connection(pg8000.dbapi.Connection):  # type: ignore[misc]
    """A connection. With `prepare`, statements are prepared once and reused by name."""

    _unread = b""

    def __init__(self, *arguments: Any, prepare: bool = False, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.register_in_adapter(TIMESTAMPTZ, moment_in)
        # TCP_NODELAY: a statement over 8 KB is sent in two segments, and Nagle's algorithm would delay the
        # second by some 40 ms.
        self._usock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._prepare = prepare
        self._prepared: OrderedDict[str, PreparedStatement] = OrderedDict()
        self._named = 0
        self._to_close: list[bytes] = []
        self._queue: list[Pending] = []
        self.only_reads = False  # whether the next transaction is read-only

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
        if begin and not self._in_transaction and not self._queue:
            self.enqueue(f"{_BEGIN} read only" if self.only_reads else _BEGIN)
        kept = self._prepared.get(sql)
        new = kept is None
        if kept is None:
            kept = PreparedStatement(self._new_name() if self._prepare else b"\x00")
        else:
            self._prepared.move_to_end(sql)
        sent = bytearray()
        for name in self._to_close:
            sent += message(b"C", b"S" + name)
        self._to_close.clear()
        if new:
            sent += message(b"P", kept.name + sql.encode(self._client_encoding) + b"\x00\x00\x00")
            sent += message(b"D", b"S" + kept.name)
        sent += message(b"B", bind(kept.name, values, self.py_types, self._client_encoding))
        sent += EXECUTE_MSG
        answer = Context(sql, columns=kept.columns, input_funcs=kept.converters)
        answer.keeps_bytes = large
        self._queue.append(Pending(bytes(sent), answer, kept))
        return answer

    @property
    def has_pending(self) -> bool:
        """Whether statements are queued."""
        return bool(self._queue)

    def discard(self) -> None:
        """Discard the queued statements."""
        self._queue.clear()

    def cursor(self) -> Cursor:
        """A DB-API cursor on this connection."""
        return Cursor(self)

    def commit(self) -> None:
        """Commit, in one round trip; does nothing if no transaction is open."""
        self.only_reads = False
        if self._in_transaction or self._queue:
            self._end("commit")

    def rollback(self) -> None:
        """Roll back, in one round trip; does nothing if no transaction is open."""
        self.discard()
        self.only_reads = False
        if self._in_transaction:
            self._end("rollback")

    def execute_simple(self, statement: str) -> Context:
        """Execute statements without parameters (simple query protocol). Raises pg8000's errors."""
        self.flush_pending()
        begins_reading = statement == _BEGIN and self.only_reads  # pg8000's own
        return super().execute_simple(f"{_BEGIN} read only" if begins_reading else statement)

    def _end(self, how: str) -> None:
        self._queue.append(Pending(message(b"Q", how.encode() + b"\x00"), Context(how)))
        self.flush_pending()

    def flush_pending(self) -> None:
        """Send the queue and read all results. Raises the first error returned by the server."""
        queue, self._queue = self._queue, []
        if not queue:
            return
        runs = runs_of(queue)
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
            # A partly read result must not be taken for another's.
            with suppress(OSError):
                self._usock.shutdown(socket.SHUT_RDWR)
            raise
        for pending in queue:
            if pending.answer.error is not None:
                raise pending.answer.error

    def handle_messages(self, context: Context) -> None:
        """Read results until ReadyForQuery (called by pg8000). Raises the server's error."""
        self._read([Pending(b"", context)])
        if context.error is not None:
            raise context.error

    def _read(self, run: list[Pending]) -> None:
        """Read results until ReadyForQuery. After an error the server skips the rest.

        Messages are taken from blocks as they arrive: reading each costs more than handling it.
        """
        handlers, waiting, length_at = self.message_types, iter(run), _LENGTH.unpack_from
        current = next(waiting)
        data, at = self._unread, 0
        end = len(data)
        while True:
            start = at + _HEADER
            after = at + 1 + length_at(data, at + 1)[0] if start <= end else start
            code = data[at : at + 1]
            if after <= end:
                if code in _EMPTY:
                    at = after
                    continue
                content, at = data[start:after], after
            elif after - end > _BLOCK:  # a large message is copied once
                content = data[start:] + self._exactly(after - end)
                data, at, end = b"", 0, 0
            else:
                data, at = data[at:] + self._received(after - end), 0
                end = len(data)
                continue
            handlers[code](content, current.answer)
            if code == b"Z":
                self._unread = data[at:]  # a notice may follow at any time
                return
            if code in _ENDS:
                if current.kept is not None and self._prepare:
                    self._remember(current.kept, current.answer)
                current = next(waiting, current)

    def handle_DATA_ROW(self, data: bytes, context: Context) -> None:
        """Handle a DataRow message (called by pg8000)."""
        encoding, keeps_bytes = self._client_encoding, getattr(context, "keeps_bytes", False)
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
            keeps = keeps_bytes and length >= LARGE and convert is _text
            row.append(value if keeps else convert(str(value, encoding)))
        context.rows.append(row)

    def _received(self, size: int) -> bytes:
        """At least `size` bytes, and what has arrived with them."""
        data: bytes = self._sock.read1(_BLOCK)
        return data if len(data) >= size else data + self._exactly(size - len(data))

    def _exactly(self, size: int) -> bytes:
        data: bytes = self._sock.read(size)
        if len(data) < size:
            raise pg8000.dbapi.InterfaceError("network error")
        return data

    def _remember(self, kept: PreparedStatement, answer: Context) -> None:
        present = self._prepared.get(answer.statement)
        known = present is kept
        if answer.error is None and present is None:
            kept.columns, kept.converters = answer.columns, answer.input_funcs
            self._prepared[answer.statement] = kept
            if len(self._prepared) > _MOST_PREPARED:
                self._to_close.append(self._prepared.popitem(last=False)[1].name)
        elif not known:
            self._to_close.append(kept.name)  # queued twice, or parsed before it failed
        elif answer.error is not None:
            detail = answer.error.args[0] if answer.error.args else None
            if isinstance(detail, dict) and detail.get("C") in _STALE:
                self._to_close.append(self._prepared.pop(answer.statement).name)

    def _new_name(self) -> bytes:
        self._named += 1
        return b"s%d\x00" % self._named


def moment_in(text: str) -> Any:
    """The datetime of a timestamp with time zone in PostgreSQL's format; its text if Python has none such."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:  # a year after 9999, infinity
        return timestamptz_in(text)  # takes ten times as long
