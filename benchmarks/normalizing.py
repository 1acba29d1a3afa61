"""`make normalizing`: 100,000 old sessions rewritten in today's form by a process that is killed twice.

It is the operators' command in a process of its own. At the end no row has forbidden markup or lacks its
excerpt, and another run writes nothing.
"""

import os
import resource
import signal
import subprocess
import sys
import time

import pg8000.native

from benchmarks.rows import copy_rows
from chalicelib import db, signals
from chalicelib.resources.programme.session.session import Session
from chalicelib.settings import settings
from devstack import database, postgres
from tests.factories.session import make_session

ROWS = 100_000
_KILLED_WITH = (80_000, 40_000)  # rows left
_HOSTILE = '<p>Come & see</p><img src=x onerror="alert(1)"><script>steal()</script>'
_LEFT = "SELECT count(*) FROM sessions WHERE excerpt IS NULL OR long_abstract LIKE '%onerror%'"
_COMMAND = (sys.executable, "-m", "chalicelib.cli", "normalize", "--json")


def main() -> int:
    """Make the rows, rewrite them, and print what it took. It takes about a minute."""
    with postgres.temporary() as server:
        database.create_if_missing(server.url("postgres"), "old")
        url = server.url("old")
        database.migrate(url)
        os.environ["DATABASE_URL"] = url
        settings.cache_clear()
        with database.connected(url) as connection:
            _make_rows(connection)
            began = time.monotonic()
            for least in _KILLED_WITH:
                _run_until(connection, least)
            _run()
            seconds = time.monotonic() - began
            ((left,),) = connection.run(_LEFT)
            again = _run()
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"{ROWS:,} rows in {seconds:.1f} s, killed {len(_KILLED_WITH)} times; {memory:.0f} MB at most")
    print(f"{left} rows left; once more: {again}")
    return int(left != 0 or again != "[]")


def _make_rows(connection: pg8000.native.Connection) -> None:
    with signals.muted(), db.transaction() as session:
        first = make_session(session).id
    db.forget()
    source = f"sessions r, generate_series(2, {ROWS}) WHERE r.id = {first}"
    copy_rows(connection, Session, source, {})
    connection.run(
        "UPDATE sessions SET long_abstract = :text, short_abstract = '', excerpt = NULL", text=_HOSTILE
    )
    connection.run("VACUUM ANALYZE sessions")


def _run_until(connection: pg8000.native.Connection, least: int) -> None:
    """Let the command work until no more than so many rows are left, and kill it."""
    child = subprocess.Popen(_COMMAND, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while child.poll() is None and connection.run(_LEFT)[0][0] > least:
        time.sleep(0.2)
    child.send_signal(signal.SIGKILL)
    child.wait()


def _run() -> str:
    done = subprocess.run(_COMMAND, capture_output=True, text=True, check=True)
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
