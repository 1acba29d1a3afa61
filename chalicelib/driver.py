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
from typing import Any

import pg8000.dbapi
from pg8000.converters import TIMESTAMPTZ
from pg8000.core import EXECUTE_MSG, SYNC_MSG, Context, CoreConnection

from chalicelib.driver_answers import AnswerReader
from chalicelib.driver_cursor import Cursor
from chalicelib.driver_messages import Pending, PreparedStatement, bind, message, moment_in, runs_of

_MOST_PREPARED = 200  # prepared statements; each has its plan in the server's memory
_BEGIN = "begin transaction"
_WHO = "select pg_backend_pid()"  # asked once, along with the first statement
_LENGTH = struct.Struct("!i")
_STALE = {"0A000", "26000"}  # the tables have changed since it was planned; unknown to the server


def announced_pid(connection: CoreConnection) -> int:
    """The process id of the session, as the server or a pooler has announced it by BackendKeyData."""
    pid: int = _LENGTH.unpack_from(connection._backend_key_data or b"\0\0\0\0")[0]
    return pid


class Connection(AnswerReader):
    """A connection. With `prepare`, statements are prepared once and reused by name.

    Not through a connection pooler, which gives each transaction another server: a name would be unknown
    there, or another client's. Until the first answer has told, no statement has a name.
    """

    def __init__(self, *arguments: Any, prepare: bool = False, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.register_in_adapter(TIMESTAMPTZ, moment_in)
        # TCP_NODELAY: a statement over 8 KB is sent in two segments, and Nagle's algorithm would delay the
        # second by some 40 ms.
        self._usock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._prepare = prepare
        self._is_pooled: bool | None = None  # unknown
        self._asked: Pending | None = None  # whether it is
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
            if self._is_pooled is None:
                self._find_out()
            kept = PreparedStatement(self._new_name() if self._names_statements else b"\x00")
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

    @property
    def is_pooled(self) -> bool:
        """Whether it leads to a pooler: the session that answers is not the one that was announced."""
        if self._is_pooled is None:
            self.run("SELECT")
            self._find_out()
        return bool(self._is_pooled)

    def _find_out(self) -> None:
        """Ask who answers, along with the first statement; or read what was answered."""
        asked = self._asked
        if asked is not None and asked.answer.rows:
            self._is_pooled = asked.answer.rows[0] != [announced_pid(self)]
            self._names_statements = self._prepare and not self._is_pooled
        elif not self._in_transaction and not any(pending is asked for pending in self._queue):
            self._asked = Pending(message(b"Q", _WHO.encode() + b"\x00"), Context(_WHO))
            self._queue.insert(0, self._asked)

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
