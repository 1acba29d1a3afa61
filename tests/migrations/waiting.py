"""Waiting for something to become true, which another thread brings about."""

import time
from collections.abc import Callable

_PATIENCE = 60.0  # seconds; only a test that fails needs them


def eventually(is_true: Callable[[], object]) -> None:
    """Return as soon as it is. Raises AssertionError when it does not become true."""
    end = time.monotonic() + _PATIENCE
    while not is_true():
        assert time.monotonic() < end, "it did not become true"
        time.sleep(0.01)
