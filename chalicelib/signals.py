"""What happened, told to whoever wants to know: "session.created", "upload.ready".

A noun tells and never knows who listens; what follows is decided where it is done. Receivers
run inside the teller's transaction, so whatever they write stands or falls with the news.
docs/signals.md lists every signal with what it carries.
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
# The blocks of silence that we are in. Of this wake-up alone: another one in this process is not muted.
_silences: ContextVar[frozenset[object]] = ContextVar("silences", default=frozenset())


def on(name: str) -> Callable[[Receiver], Receiver]:
    """Decorator: call `receiver(session, **payload)` whenever `name` is emitted.

    The receiver must end in `**payload`, because news may carry more tomorrow than today;
    TypeError otherwise. The order among receivers of one signal is not promised.
    """

    def register(receiver: Receiver) -> Receiver:
        _signals.signal(name).connect(_ear(receiver, began_in=frozenset()), weak=False)
        return receiver

    return register


def emit(session: Session, name: str, **payload: Any) -> None:
    """Tell all receivers of `name`. An exception of one of them ends the transaction, as it should."""
    signal = _signals.get(name)  # there is none of a name that nobody ever wanted to hear
    if signal is not None:
        signal.send(session, **payload)


@contextmanager
def silent() -> Iterator[None]:
    """Within the block nobody is told anything who listened before it began: for imports and demo data."""
    token = _silences.set(_silences.get() | {object()})
    try:
        yield
    finally:
        _silences.reset(token)


@contextmanager
def listening(name: str, receiver: Callable[..., None]) -> Iterator[None]:
    """Within the block, and only there, `receiver` hears `name`; also in a silence that is older than it."""
    with _signals.signal(name).connected_to(_ear(receiver, began_in=_silences.get())):
        yield


def _ear(receiver: Callable[..., None], began_in: frozenset[object]) -> Callable[..., None]:
    """The receiver, deaf in silences that began after it. Raises TypeError for a narrow one."""
    kinds = {parameter.kind for parameter in inspect.signature(receiver).parameters.values()}
    if inspect.Parameter.VAR_KEYWORD not in kinds:
        raise TypeError(f"{receiver.__qualname__} must accept **payload: signals gain keys over time")

    def hear(session: Session, **payload: Any) -> None:
        if _silences.get() <= began_in:
            receiver(session, **payload)

    return hear
