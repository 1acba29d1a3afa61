"""Child processes that never outlive their parent, and free ports.

A child has its own session, so that Ctrl-C reaches only the supervisor, which then stops its children in
order. On Linux a child also gets a signal when its parent dies.
"""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil

Child = subprocess.Popen[bytes]
_SET_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG in linux/prctl.h
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class NotStarted(Exception):
    """Something could not be started; the text is one line for the user."""


def lives(process: psutil.Process) -> bool:
    """Whether it still runs: it is there, and nobody has merely to collect its exit status."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False  # it ended between the two questions


def start(
    command: Sequence[str],
    *,
    log: Path,
    environment: Mapping[str, str] | None = None,
    user: tuple[int, int] | None = None,
    directory: Path | None = None,
    keep_open: Sequence[int] = (),
    when_parent_dies: int = signal.SIGTERM,
) -> Child:
    """Start a child whose output goes to `log`; call it from a long-lived thread.

    `user` is (uid, gid) to run as. `when_parent_dies` is the signal sent then, on Linux.
    """
    as_whom = {"user": user[0], "group": user[1], "extra_groups": []} if user else {}
    with log.open("ab") as output:
        child: Child = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environment) if environment is not None else None,
            cwd=directory,
            start_new_session=True,
            pass_fds=tuple(keep_open),
            preexec_fn=tie_to_parent(when_parent_dies),
            **as_whom,  # type: ignore[call-overload]
        )
    return child


def stop(child: Child, *, how: int = signal.SIGTERM, patience: float = 10.0) -> None:
    """Stop a child and wait; after `patience` seconds it is killed."""
    if child.poll() is not None:
        return
    child.send_signal(how)
    try:
        child.wait(patience)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def stop_orphan(pid: int, *, how: int, patience: float = 10.0) -> None:
    """Stop a process left behind by a killed supervisor."""
    try:
        orphan = psutil.Process(pid)
        orphan.send_signal(how)
        try:
            orphan.wait(patience)
        except psutil.TimeoutExpired:
            orphan.kill()
            orphan.wait(patience)
    except psutil.NoSuchProcess:
        return


def free_port() -> int:
    """An unused TCP port on 127.0.0.1."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(
    ready: Callable[[], bool], child: Child, *, what: str, log: Path, patience: float = 60.0
) -> None:
    """Wait until `ready()` is true. Raises NotStarted when the child ends or time runs out."""
    deadline = time.monotonic() + patience
    while not ready():
        if child.poll() is not None:
            raise NotStarted(f"{what} ended with {child.returncode}: {last_line(log)} (see {log})")
        if time.monotonic() > deadline:
            raise NotStarted(f"{what} did not answer within {patience:.0f} s (see {log})")
        time.sleep(0.02)


def listens(port: int) -> bool:
    """Whether a server accepts connections at this port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def last_line(log: Path) -> str:
    """The last non-empty line of a log, or ""."""
    if not log.exists():
        return ""
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1].strip() if lines else ""


def tie_to_parent(sent: int) -> Callable[[], None] | None:
    """What a child calls first so that it gets this signal when the calling process dies; None elsewhere than
    on Linux.
    """
    if _libc is None:
        return None
    parent = os.getpid()
    prctl = _libc.prctl

    def tie() -> None:
        prctl(_SET_PARENT_DEATH_SIGNAL, int(sent), 0, 0, 0)
        if os.getppid() != parent:  # it died before prctl took effect
            os._exit(1)

    return tie
