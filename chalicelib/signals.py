"""Signals (domain events, observer pattern): "session.created", "upload.ready".

The sender does not know its receivers. They run in the sender's transaction, so what they write is committed
or rolled back with the change. docs/signals.md lists every signal with its payload.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from importlib import import_module
from typing import Any, TypeVar

from blinker import Namespace
from sqlalchemy.orm import Session

Receiver = TypeVar("Receiver", bound=Callable[..., None])

_signals = Namespace()
_expected: dict[str, Sequence[str]] = {}  # modules by the names of signals: see expect()
# The muted() blocks we are in, per invocation (context variable).
_mutings: ContextVar[frozenset[object]] = ContextVar("silences", default=frozenset())


def on(name: str) -> Callable[[Receiver], Receiver]:
    """Decorator: call `receiver(session, **payload)` whenever `name` is emitted.

    The receiver must end in `**payload`, as signals may gain keys; TypeError otherwise. The order of the
    receivers of one signal is undefined.
    """

    def register(receiver: Receiver) -> Receiver:
        _signals.signal(name).connect(_wrap_receiver(receiver, began_in=frozenset()), weak=False)
        return receiver

    return register


def expect(modules: Mapping[str, Sequence[str]]) -> None:
    """Have these modules imported once a signal is emitted that they receive, by its name.

    Who emits none of them spares the import: a package's manifest lists them, see modules_by_signal().
    """
    _expected.update(modules)


def modules_by_signal() -> dict[str, list[str]]:
    """The modules of all registered receivers, by the names of their signals."""
    return {
        str(name): sorted({receiver.__module__ for receiver in signal.receivers.values()})
        for name, signal in sorted(_signals.items())
        if signal.receivers
    }


def emit(session: Session, name: str, **payload: Any) -> None:
    """Call all receivers of `name`. An exception in one of them propagates and rolls the transaction back."""
    for module in _expected.get(name, ()):
        import_module(module)
    _expected.pop(name, None)  # not before: receivers whose import has failed are expected still
    signal = _signals.get(name)  # None where no receiver was ever registered
    if signal is not None:
        signal.send(session, **payload)


@contextmanager
def muted() -> Iterator[None]:
    """Within the block, mute receivers that were registered before it: for imports and demo data."""
    token = _mutings.set(_mutings.get() | {object()})
    try:
        yield
    finally:
        _mutings.reset(token)


@contextmanager
def temporary_receiver(name: str, receiver: Callable[..., None]) -> Iterator[None]:
    """Register `receiver` for `name` within the block only; an enclosing muted() does not mute it."""
    with _signals.signal(name).connected_to(_wrap_receiver(receiver, began_in=_mutings.get())):
        yield


def _wrap_receiver(receiver: Callable[..., None], began_in: frozenset[object]) -> Callable[..., None]:
    """Wrap a receiver so that muted() blocks which began later mute it. TypeError unless it accepts
    **payload.
    """
    kinds = {parameter.kind for parameter in inspect.signature(receiver).parameters.values()}
    if inspect.Parameter.VAR_KEYWORD not in kinds:
        raise TypeError(f"{receiver.__qualname__} must accept **payload: signals gain keys over time")

    @wraps(receiver)
    def receive(session: Session, **payload: Any) -> None:
        if _mutings.get() <= began_in:
            receiver(session, **payload)

    return receive
