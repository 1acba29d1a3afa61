"""Cost of a signal without receivers: `python -m benchmarks.unheard_signal`."""

import timeit
from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from chalicelib import signals

_CALLS, _ROUNDS = 100_000, 7


def measured() -> dict[str, float]:
    """Nanoseconds for each emission, the best of several rounds; the session is connected to nothing."""
    session = Session()

    def emit() -> None:
        signals.emit(session, "kettle.boiled", id=5, changed=["temperature"], viewer_id=7)

    def hear(_session: Session, *, id: int, **_payload: Any) -> None: ...

    found = {"nobody has ever listened": _nanoseconds(emit)}
    with signals.temporary_receiver("kettle.boiled", hear):
        found["one receiver, which does nothing"] = _nanoseconds(emit)
        with signals.muted():
            found["one receiver, silenced"] = _nanoseconds(emit)
    found["nobody listens any more"] = _nanoseconds(emit)
    return found


def _nanoseconds(call: Callable[[], None]) -> float:
    return min(timeit.repeat(call, number=_CALLS, repeat=_ROUNDS)) / _CALLS * 1e9


if __name__ == "__main__":
    for what, nanoseconds in measured().items():
        print(f"{nanoseconds:8,.0f} ns  {what}")
