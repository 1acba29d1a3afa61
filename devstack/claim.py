"""Exclusive use of a port and a state directory by one local system."""

import fcntl
import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from devstack.processes import NotStarted


@dataclass(frozen=True, slots=True)
class Claim:
    """Held until release(), or until the process ends, however it ends."""

    listening: socket.socket
    lock: IO[str]

    @property
    def port(self) -> int:
        """The port number."""
        return int(self.listening.getsockname()[1])

    def release(self) -> None:
        """Release both."""
        self.lock.close()
        self.listening.close()


def claim(port: int, state: Path) -> Claim:
    """Take the port (0: any free one) and the directory. Raises NotStarted, saying which is taken."""
    lock = (state / "lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        holder = ""
    except BlockingIOError:
        lock.seek(0)
        holder = lock.read().strip() or "just starting"
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", port))
    except OSError as problem:
        whose = "by the system that already runs here" if holder else "by something else"
        hint = f"{problem.strerror}; stop that, or choose another port, e.g. PORT=8001"
        raise NotStarted(f"port {port} is in use {whose} ({hint})") from problem
    if holder:
        raise NotStarted(
            f"a system already runs with STATE_DIR {state} ({holder}): stop it, or choose another directory"
        )
    lock.truncate(0)
    lock.write(f"process {os.getpid()}")
    lock.flush()
    return Claim(listening, lock)
