"""Counts network round trips of a connection: the first read after a write.

The driver writes and reads through one file object over its socket; this wraps it.
"""

from typing import Any


class CountedSocket:
    """What pg8000 takes for its socket's file, with the number of round trips so far."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self._sent = False
        self.count = 0

    def write(self, data: bytes) -> int:
        """Pass it on; the other side hears of it at the next flush."""
        return int(self._inner.write(data))

    def flush(self) -> None:
        """Send; whoever reads next waits for the other side."""
        self._inner.flush()
        self._sent = True

    def read(self, size: int) -> bytes:
        """Exactly `size` bytes; the first time after a flush it is a round trip."""
        self._begin_to_read()
        return bytes(self._inner.read(size))

    def read1(self, size: int) -> bytes:
        """Up to `size` bytes: what has arrived, after at least one; counted as `read` is."""
        self._begin_to_read()
        return bytes(self._inner.read1(size))

    def _begin_to_read(self) -> None:
        if self._sent:
            self.count += 1
            self._sent = False

    def close(self) -> None:
        """Close the file below."""
        self._inner.close()


def counted(driver: Any) -> CountedSocket:
    """The counter of a pg8000 connection, put in on the first call."""
    if not isinstance(driver._sock, CountedSocket):
        driver._sock = CountedSocket(driver._sock)
    counter: CountedSocket = driver._sock
    return counter
