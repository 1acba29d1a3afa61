"""Databases on a PostgreSQL server: create, migrate, clone and drop."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pg8000.native
from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import create_engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError

from chalicelib import db_roles
from chalicelib.driver import announced_pid
from devstack.processes import NotStarted

# What to do about a database whose migrations are not those of this code, as between branches.
ANOTHER_VERSION: Final = (
    "another version of the code has made it. Start with another STATE_DIR, or delete this one to begin anew"
)
ROOT = Path(__file__).resolve().parent.parent


def named(url: str, database: str) -> str:
    """The URL of another database on the same server, with the same user."""
    return make_url(url).set(database=database).render_as_string(hide_password=False)


@contextmanager
def connected(url: str, timeout: float | None = None) -> Iterator[pg8000.native.Connection]:
    """A plain autocommit connection for maintenance.

    `timeout`, in seconds, is for connecting and for every statement. Raises NotStarted for a connection
    pooler: a statement with parameters takes several round trips, and each may reach another session.
    """
    where: URL = make_url(url)
    connection = pg8000.native.Connection(
        where.username or "postgres",
        host=where.host or "127.0.0.1",
        port=where.port or 5432,
        database=where.database,
        password=where.password,
        timeout=timeout,
        ssl_context=False,
    )
    try:
        _refuse_pooler(connection, where)
        yield connection
    finally:
        connection.close()


def _refuse_pooler(connection: pg8000.native.Connection, where: URL) -> None:
    if connection.run("SELECT pg_backend_pid()") != [[announced_pid(connection)]]:
        raise NotStarted(f"{where.render_as_string()} leads to a connection pooler, not to PostgreSQL itself")


def check_reachable(url: str) -> None:
    """Check that the database is usable. Raises NotStarted with one clear line."""
    shown = make_url(url).render_as_string(hide_password=True)
    try:
        with connected(url, timeout=10) as connection:
            connection.run("SELECT 1")
    except pg8000.native.DatabaseError as problem:
        detail = problem.args[0]
        reason = detail.get("M", detail) if isinstance(detail, dict) else detail
        raise NotStarted(f"cannot use DATABASE_URL {shown}: {reason}") from problem
    except (pg8000.native.InterfaceError, OSError) as problem:
        raise NotStarted(f"cannot reach DATABASE_URL {shown}: {problem.__cause__ or problem}") from problem


def create_if_missing(server: str, name: str) -> None:
    """Create the database unless it exists. `server` is the URL of any database of the server."""
    with connected(server) as connection:
        if not connection.run("SELECT 1 FROM pg_database WHERE datname = :name", name=name):
            connection.run(f'CREATE DATABASE "{name}"')


def clone(server: str, template: str, name: str) -> None:
    """Create the database `name` as a copy of `template`, which must have no connections."""
    with connected(server) as connection:
        (version,) = connection.run("SHOW server_version_num")[0]
        # Since PostgreSQL 15 there is a choice; without fsync, copying files is three times faster.
        how = " STRATEGY FILE_COPY" if int(version) >= 150_000 else ""
        connection.run(f'CREATE DATABASE "{name}" TEMPLATE "{template}"{how}')


def drop(server: str, name: str) -> None:
    """Drop a database, with its connections."""
    with connected(server) as connection:
        connection.run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def migrate(url: str, requests: str = "") -> None:
    """Migrate the database to the newest revision, and grant access to the role of the URL `requests`.

    Raises NotStarted for a database that another version of the code has made.
    """
    config = Config()  # without alembic.ini, whose logging is for the command line
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["url"] = make_url(url).set(drivername="postgresql+pg8000")
    try:
        command.upgrade(config, "head")
    except (CommandError, DBAPIError) as problem:
        why = str(getattr(problem, "orig", None) or problem).splitlines()[0]
        raise NotStarted(
            f"the database cannot be brought up to date ({why:.200}): {ANOTHER_VERSION}"
        ) from problem
    if requests:
        engine = create_engine(config.attributes["url"], connect_args={"ssl_context": False})
        with engine.connect() as connection:
            db_roles.settle(connection, make_url(requests))
        engine.dispose()


def in_role(url: str, role: str) -> str:
    """The same URL for another role, without a password."""
    return make_url(url).set(username=role, password=None).render_as_string(hide_password=False)


@contextmanager
def locked(server: str, key: int) -> Iterator[pg8000.native.Connection]:
    """An advisory lock among all who use the same server and key."""
    with connected(server) as connection:
        connection.run("SELECT pg_advisory_lock(:key)", key=key)
        yield connection
