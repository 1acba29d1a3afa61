"""PgBouncer in transaction mode, as a stand-in for RDS Proxy: many clients share few connections.

Debian's package `pgbouncer`. Each transaction, or statement outside of one, gets whichever is free.
"""

import os
import pwd
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url

from devstack import processes
from devstack.processes import Child, NotStarted

_ROLES = ("postgres", "open_event", "open_event_requests")


class Pooler:
    """A running PgBouncer."""

    def __init__(self, child: Child, port: int, directory: Path) -> None:
        self._child = child
        self._directory = directory
        self.port = port

    def url(self, url: str) -> str:
        """The same database and role, by way of it."""
        return make_url(url).set(host="127.0.0.1", port=self.port).render_as_string(hide_password=False)

    def stop(self) -> None:
        """Stop it, with what it holds."""
        processes.stop(self._child, how=signal.SIGTERM)  # at once; SIGINT would wait for clients
        shutil.rmtree(self._directory, ignore_errors=True)


def start(
    server: str, *, connections: int = 5, clients: int = 2000, seconds: int = 10, **settings: str
) -> Pooler:
    """Start PgBouncer in front of the server with this URL. Raises NotStarted.

    So many `connections` to the server for each pair of database and role, so many `clients` at the most; one
    that was given no connection for `seconds` is refused. `settings` are PgBouncer's own.
    """
    program = shutil.which("pgbouncer") or shutil.which("/usr/sbin/pgbouncer")
    if program is None:
        raise NotStarted("there is no pgbouncer: apt-get install pgbouncer")
    at = make_url(server)
    directory = Path(tempfile.mkdtemp(prefix="pooler-"))
    port = processes.free_port()
    given = {
        "listen_addr": "127.0.0.1",
        "listen_port": str(port),
        "unix_socket_dir": "",
        "auth_type": "trust",
        "auth_file": str(directory / "users"),
        "pool_mode": "transaction",
        "default_pool_size": str(connections),
        "max_client_conn": str(clients),
        "query_wait_timeout": str(seconds),
        "log_connections": "0",
        "log_disconnections": "0",
        **settings,
    }
    lines = ["[databases]", f"* = host={at.host} port={at.port}", "[pgbouncer]"]
    lines += [f"{name} = {value}" for name, value in given.items()]
    file = directory / "settings.ini"
    file.write_text("\n".join(lines) + "\n")
    (directory / "users").write_text("".join(f'"{role}" ""\n' for role in _ROLES))
    directory.chmod(0o755)
    log = directory / "log"
    child = processes.start([program, str(file)], log=log, user=_unprivileged(), directory=directory)
    try:
        processes.wait_until(lambda: processes.listens(port), child, what="PgBouncer", log=log)
    except BaseException:
        processes.stop(child)
        raise
    return Pooler(child, port, directory)


@contextmanager
def running(server: str, **options: Any) -> Iterator[Pooler]:
    """PgBouncer for the block; the options are those of start()."""
    pooler = start(server, **options)
    try:
        yield pooler
    finally:
        pooler.stop()


def _unprivileged() -> tuple[int, int] | None:
    """(uid, gid) to run as: PgBouncer refuses root, so root uses `nobody`."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid
