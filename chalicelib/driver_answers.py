"""Reads PostgreSQL's answers to pipelined statements (driver.py), in blocks as they arrive."""

import struct
from typing import Any

import pg8000.dbapi
from pg8000.converters import string_in as _text
from pg8000.core import Context

from chalicelib.db_errors import is_crowded
from chalicelib.driver_messages import Pending, PreparedStatement

LARGE = 1_000_000  # bytes
_BLOCK = 65_536  # bytes read at once, at most
_HEADER = 5  # bytes before a message's content: its type, and the length of the rest
_LENGTH = struct.Struct("!i")
_EMPTY = {b"1", b"2", b"3"}  # ParseComplete, BindComplete, CloseComplete: nothing is in them
_ENDS = {b"C", b"I", b"E"}  # message types: CommandComplete, EmptyQueryResponse, ErrorResponse


class AnswerReader(pg8000.dbapi.Connection):  # type: ignore[misc]
    """A connection of pg8000 that reads the results of several statements after one another."""

    _unread = b""
    _names_statements = False  # whether new statements are prepared under a name

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
                if current.answer.error is not None and is_crowded(current.answer.error):
                    raise current.answer.error  # the last word of a pooler, which hangs up
                if current.kept is not None and self._names_statements:
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
        """Note what became of a statement with a name."""
        raise NotImplementedError
