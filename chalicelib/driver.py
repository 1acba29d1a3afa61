"""pg8000 with one network round trip for each statement, and with plans that are kept.

The driver as it comes needs three for a statement with parameters, and parses the statement's text
for placeholders each time. Here everything that belongs to a statement is sent at once (BEGIN too,
where it is the transaction's first), and placeholders are PostgreSQL's own: $1, $2 ...
Source: the PostgreSQL manual, "Frontend/Backend Protocol", Extended Query and Pipelining.
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
_MOST_KEPT = 200  # statements; each holds its plan in the server's memory
_HEADER, _COUNTS, _LENGTH = struct.Struct("!ci"), struct.Struct("!HH"), struct.Struct("!i")
_ENDS = {b"C", b"I", b"E"}  # a statement is done, was empty, or went wrong
_STALE = {"0A000", "26000"}  # the tables have changed since it was planned; the server has lost it


@dataclass(slots=True)
class _Kept:
    """A statement that the server knows by name, and what its rows look like."""

    name: bytes
    columns: Any = None
    converters: Any = None


@dataclass(slots=True)
class _Asked:
    """What is to be sent, and where its answer goes; `kept` is None for a simple query."""

    message: bytes
    answer: Context
    kept: _Kept | None = None


class Connection(pg8000.dbapi.Connection):  # type: ignore[misc]
    """A connection. With `keeps_plans`, statements are planned once and known to the server by name."""

    def __init__(self, *arguments: Any, keeps_plans: bool = False, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # A statement over 8 KB goes out in two pieces, and without this the second one waits
        # some 40 ms for the first to be acknowledged.
        self._usock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._keeps_plans = keeps_plans
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._named = 0
        self._to_close: list[bytes] = []
        self._asked: list[_Asked] = []

    def run(
        self, sql: str, values: Sequence[object] = (), *, begin: bool = False, large: bool = False
    ) -> Context:
        """Do one statement; its rows are in the answer's `rows`. `begin` opens a transaction if none is.

        With `large`, texts from LARGE bytes on stay bytes in UTF-8: a text in which one letter is beyond the
        first 65,536 takes four bytes of memory for each of its letters. Raises pg8000's errors.
        """
        answer = self.later(sql, values, begin=begin, large=large)
        self.exchange()
        return answer

    def later(
        self, sql: str, values: Sequence[object] = (), *, begin: bool = False, large: bool = False
    ) -> Context:
        """Do a statement together with the next one, or with the commit, which then raise its errors."""
        if begin and not self._in_transaction and not self._asked:
            self.later("begin transaction")
        kept = self._kept.get(sql)
        new = kept is None
        if kept is None:
            kept = _Kept(self._new_name() if self._keeps_plans else b"\x00")
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
        self._asked.append(_Asked(bytes(sent), answer, kept))
        return answer

    @property
    def waits(self) -> bool:
        """Whether something was asked for later."""
        return bool(self._asked)

    def drop(self) -> None:
        """Forget what was asked for later."""
        self._asked.clear()

    def cursor(self) -> Cursor:
        """A DB-API cursor over the same way of asking."""
        return Cursor(self)

    def commit(self) -> None:
        """Commit, in one round trip; nothing where no transaction is open."""
        if self._in_transaction or self._asked:
            self._end("commit")

    def rollback(self) -> None:
        """Roll back, in one round trip; nothing where no transaction is open."""
        self.drop()
        if self._in_transaction:
            self._end("rollback")

    def execute_simple(self, statement: str) -> Context:
        """Do statements without parameters. Raises pg8000's errors."""
        self.exchange()
        return super().execute_simple(statement)

    def _end(self, how: str) -> None:
        self._asked.append(_Asked(_message(b"Q", how.encode() + b"\x00"), Context(how)))
        self.exchange()

    def exchange(self) -> None:
        """Send all that was asked, and read an answer to each. Raises the first error that is told."""
        asked, self._asked = self._asked, []
        if not asked:
            return
        runs = _runs(asked)
        sent = bytearray()
        for run in runs:
            for one in run:
                sent += one.message
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
            # Half an answer may wait to be read: nobody must take it for that to another question.
            with suppress(OSError):
                self._usock.shutdown(socket.SHUT_RDWR)
            raise
        for one in asked:
            if one.answer.error is not None:
                raise one.answer.error

    def _read(self, run: list[_Asked]) -> None:
        """Read the answers up to where the server is ready again. After an error it skips the rest."""
        waiting = iter(run)
        one = next(waiting)
        while True:
            code, length = _HEADER.unpack(self._received(5))
            self.message_types[code](self._received(length - 4), one.answer)
            if code == b"Z":
                return
            if code in _ENDS:
                if one.kept is not None and self._keeps_plans:
                    self._remember(one.kept, one.answer)
                one = next(waiting, one)

    def handle_DATA_ROW(self, data: bytes, context: Context) -> None:
        """Take a row, as pg8000 calls this."""
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

    def _remember(self, kept: _Kept, answer: Context) -> None:
        present = self._kept.get(answer.statement)
        known = present is kept
        if answer.error is None and present is None:
            kept.columns, kept.converters = answer.columns, answer.input_funcs
            self._kept[answer.statement] = kept
            if len(self._kept) > _MOST_KEPT:
                self._to_close.append(self._kept.popitem(last=False)[1].name)
        elif not known:
            self._to_close.append(kept.name)  # asked twice at once, or parsed before it failed
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


def _runs(asked: list[_Asked]) -> list[list[_Asked]]:
    """Statements that follow one another make a run, which one Sync ends; a simple query ends itself."""
    runs: list[list[_Asked]] = []
    for one in asked:
        if runs and one.kept is not None and runs[-1][0].kept is not None:
            runs[-1].append(one)
        else:
            runs.append([one])
    return runs


def _message(code: bytes, content: bytes) -> bytes:
    return code + struct.pack("!i", len(content) + 4) + content
