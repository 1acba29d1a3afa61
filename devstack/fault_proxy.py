"""Fault injection: a proxy between processes of functions and one service, which fails as networks do.

It asks its `choose` about every exchange: PostgreSQL's by what the client has sent at once, HTTP's by
request. A fault happens at one of three moments: before the request is forwarded, when its answer has arrived
and is not yet passed on (so it was done, and nobody knows), or in the middle of the answer. It binds
127.0.0.1 alone.
"""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from devstack.fault_messages import HttpMessage, read_request, read_response

BEFORE: Final = "before it was forwarded"
AFTER: Final = "after it was done, before its answer came"
WITHIN: Final = "in the middle of its answer"
CUT: Final = "connection cut"
KILL: Final = "process killed"
SLOW: Final = "slow"
REFUSED: Final = "refused with a status"  # by HTTP alone; AFTER: though it was done
_BLOCK: Final = 65_536
_READY: Final = b"Z\x00\x00\x00\x05"  # PostgreSQL's ReadyForQuery, but for the state that follows


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with one exchange, and when; `answer` is sent instead of the true one."""

    what: str
    moment: str = BEFORE
    seconds: float = 0.0
    answer: bytes = b""


# Which fault, if any, an exchange meets: service, kind, such as "commit" or "sqs SendMessageBatch", message.
Choose = Callable[[str, str, HttpMessage | None], Fault | None]


@dataclass(slots=True)
class Settings:
    """What a proxy is for: the name of the service, its port, and who decides.

    `kill` is told the client's port of the connection whose process dies. `change` may alter a request of
    HTTP, and `done` is told of those that were answered, whoever hears of it.
    """

    service: str
    port: int
    choose: Choose
    kill: Callable[[int], None]
    change: Callable[[HttpMessage], HttpMessage] = lambda message: message
    done: Callable[[HttpMessage], None] = lambda message: None
    kind_of: Callable[[HttpMessage], str] = lambda message: message.method
    speaks_http: bool = True


class FaultProxy:
    """A running proxy. While it is `down`, connections are refused and those that are open are cut."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.exchanges = 0
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self.port = _free_port()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self.up()

    @property
    def url(self) -> str:
        """Its address, for HTTP."""
        return f"http://127.0.0.1:{self.port}"

    def up(self) -> None:
        """Accept connections."""
        self._call(self._listen())

    def down(self) -> None:
        """Refuse connections, and cut those that are open."""
        self._call(self._refuse())

    def close(self) -> None:
        """Stop it."""
        self.down()
        self._call(_end_all())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def _run(self) -> None:
        self._loop.run_forever()

    def _call(self, work: Awaitable[None]) -> None:
        async def done() -> None:
            await work

        asyncio.run_coroutine_threadsafe(done(), self._loop).result(30)

    async def _listen(self) -> None:
        if self._server is None:
            serve = self._http if self.settings.speaks_http else self._postgres
            self._server = await asyncio.start_server(
                self._served(serve), "127.0.0.1", self.port, limit=1 << 26, reuse_address=True
            )

    async def _refuse(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in list(self._open):
            _abort(writer)

    def _served(
        self, serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
    ) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
        async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self._open.add(writer)
            # A connection that is lost is what this is about: both sides are closed, and no more.
            lost = (OSError, EOFError, asyncio.LimitOverrunError, ValueError, asyncio.CancelledError)
            with contextlib.suppress(*lost):
                await serve(reader, writer)
            self._open.discard(writer)
            _abort(writer)

        return one

    def _chosen(self, kind: str, message: HttpMessage | None = None) -> Fault | None:
        self.exchanges += 1
        return self.settings.choose(self.settings.service, kind, message)

    def _kill_owner(self, writer: asyncio.StreamWriter) -> None:
        self.settings.kill(int(writer.get_extra_info("peername")[1]))

    async def _http(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, and on it one request after the other; each goes on by a connection of its own."""
        while True:
            request = await read_request(reader, writer)
            fault = self._chosen(self.settings.kind_of(request), request)
            if fault is not None and fault.what == SLOW:
                await asyncio.sleep(fault.seconds)
            elif fault is not None and fault.moment == BEFORE:
                if fault.what != REFUSED:
                    return self._break(fault, writer)
                writer.write(fault.answer)
                await writer.drain()
                continue
            onward, there = await asyncio.open_connection("127.0.0.1", self.settings.port, limit=1 << 26)
            try:
                there.write(self.settings.change(request).content)
                await there.drain()
                answer, goes_on = await read_response(onward, request.method)
            finally:
                _abort(there)
            self.settings.done(request)
            if fault is not None and fault.what != SLOW:
                if fault.what != REFUSED:
                    if fault.moment == WITHIN:
                        writer.write(answer[: len(answer) // 2])
                        await writer.drain()
                    return self._break(fault, writer)
                answer = fault.answer
            writer.write(answer)
            await writer.drain()
            if not goes_on:
                writer.close()
                return None

    async def _postgres(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        onward, there = await asyncio.open_connection("127.0.0.1", self.settings.port)
        self._open.add(there)
        fate: list[Fault] = []  # of the answer that is awaited
        back = asyncio.create_task(self._answers(onward, writer, fate))
        try:
            kind = "connect"
            while data := await reader.read(_BLOCK):
                fault = self._chosen(kind if kind == "connect" else _kind_of_statements(data))
                kind = ""
                if fault is not None and fault.what == SLOW:
                    await asyncio.sleep(fault.seconds)
                elif fault is not None and fault.moment == BEFORE:
                    return self._break(fault, writer)
                elif fault is not None:
                    fate[:] = [fault]
                there.write(data)
                await there.drain()
        finally:
            back.cancel()
            self._open.discard(there)
            _abort(there)

    async def _answers(
        self, onward: asyncio.StreamReader, writer: asyncio.StreamWriter, fate: list[Fault]
    ) -> None:
        """Pass answers on, until the one whose fate it is not to arrive."""
        with contextlib.suppress(OSError):
            while data := await onward.read(_BLOCK):
                if not fate:
                    writer.write(data)
                    await writer.drain()
                elif fate[0].moment == WITHIN:
                    writer.write(data[: len(data) // 2])
                    await writer.drain()
                    self._break(fate[0], writer)
                    break
                elif data[-6:-1] == _READY:  # it is done, a commit too
                    self._break(fate[0], writer)
                    break
        _abort(writer)

    def _break(self, fault: Fault, writer: asyncio.StreamWriter) -> None:
        if fault.what == KILL:
            self._kill_owner(writer)
        _abort(writer)


async def _end_all() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.wait([*others, asyncio.ensure_future(asyncio.sleep(0))])


def _kind_of_statements(data: bytes) -> str:
    """What a client of PostgreSQL asks for, as far as faults care: the end of a transaction, or else."""
    if b"commit\x00" in data[-16:]:
        return "commit"
    return "rollback" if b"rollback\x00" in data[-16:] else "statement"


def _abort(writer: asyncio.StreamWriter) -> None:
    # At once, and without what is still to be sent: closing would send it first.
    with contextlib.suppress(RuntimeError):
        writer.transport.abort()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
