"""What happened, told to whoever wants to know: "session.created", "upload.ready".

A noun tells and never knows who listens; what follows is decided where it is done. Receivers
run inside the teller's transaction, so whatever they write stands or falls with the news.
"""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from blinker import Namespace
from sqlalchemy.orm import Session

Receiver = TypeVar("Receiver", bound=Callable[..., None])

_signals = Namespace()
_muted: ContextVar[bool] = ContextVar("muted", default=False)


def on(name: str) -> Callable[[Receiver], Receiver]:
    """Decorator: call `receiver(session, **payload)` whenever `name` is emitted.

    The receiver must end in `**payload`, because news may carry more tomorrow than today;
    TypeError otherwise. The order among receivers of one signal is not promised.
    """

    def register(receiver: Receiver) -> Receiver:
        _signals.signal(name).connect(_open_ended(receiver), weak=False)
        return receiver

    return register


def emit(session: Session, name: str, **payload: Any) -> None:
    """Tell all receivers of `name`. An exception of one of them ends the transaction, as it should."""
    if not _muted.get():
        _signals.signal(name).send(session, **payload)


@contextmanager
def silent() -> Iterator[None]:
    """Within the block nobody is told anything: for imports and demo data."""
    token = _muted.set(True)
    try:
        yield
    finally:
        _muted.reset(token)


@contextmanager
def listening(name: str, receiver: Callable[..., None]) -> Iterator[None]:
    """Within the block, and only there, `receiver` hears `name`."""
    with _signals.signal(name).connected_to(_open_ended(receiver)):
        yield


def _open_ended(receiver: Callable[..., None]) -> Callable[..., None]:
    kinds = {parameter.kind for parameter in inspect.signature(receiver).parameters.values()}
    if inspect.Parameter.VAR_KEYWORD not in kinds:
        raise TypeError(f"{receiver.__qualname__} must accept **payload: signals gain keys over time")
    return receiver
