"""Runs schema migrations (Alembic) up to the revision that the code needs.

A Lambda function of its own does so, in a role of its own (db_roles.py), never a request. All steps are one
transaction: the database is either fully migrated or unchanged. Only online changes (chalicelib/ddl) run
outside it, and resume after an interruption.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from chalicelib import db, db_roles, log, revision
from chalicelib.db_engine import migrating

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

SCRIPTS: Final = revision.SCRIPTS

_LOCK: Final = 7_264_918  # advisory lock; any number that is unused otherwise in this database
_PATIENCE: Final = "30s"  # lock_timeout; a longer wait would block everybody queued behind it


class NotMigrated(Exception):
    """The database is unchanged; the text says why, in one line."""


def run(*, dry_run: bool = False, scripts: Path = SCRIPTS) -> dict[str, Any]:
    """Migrate the database to the newest revision, or report what that would do.

    {"from": revision or None, "to": revision, "applied": [revisions in order], "seconds": n}; with `dry_run`
    nothing is changed and "applied" is what would be. Raises NotMigrated when another run is in progress,
    when the database is newer than the code, or when a step fails.
    """
    began = time.monotonic()
    try:
        with migrating() as engine, engine.connect() as connection, _alone(connection, dry_run=dry_run):
            if not dry_run:
                db_roles.take_over(connection, db.database_url())
            outcome = _migrated(connection, scripts, dry_run=dry_run)
            if not dry_run:
                db_roles.settle(connection, db.database_url())
    except db_roles.Refused as problem:
        raise NotMigrated(str(problem)) from problem
    except (DBAPIError, OSError) as problem:
        why = problem.orig if isinstance(problem, DBAPIError) else problem
        raise NotMigrated(f"the database did not do it: {_one_line(why)}") from problem
    outcome["seconds"] = round(time.monotonic() - began, 3)
    log.info("the database was looked at" if dry_run else "the database is migrated", **outcome)
    return outcome


def _migrated(connection: Connection, scripts: Path, *, dry_run: bool) -> dict[str, Any]:
    from alembic.runtime.environment import EnvironmentContext  # lazy: Alembic is slow

    config = _config(scripts)
    script = _script(config)
    before = _revision(connection)
    pending = _pending(script, before)
    newest = pending[-1] if pending else before
    applied: list[str] = []
    if not dry_run and pending:
        # As migrations/env.py does for the command line, but holding our lock.
        steps = EnvironmentContext(config, script, fn=lambda at, _: script._upgrade_revs("head", at))
        with steps as migration:
            migration.configure(
                connection=connection,
                on_version_apply=lambda step, **_: applied.append(step.up_revision_id),
            )
            try:
                with migration.begin_transaction():
                    migration.run_migrations()
            except Exception as problem:
                step, why = pending[len(applied)], _one_line(getattr(problem, "orig", None) or problem)
                log.error("a migration failed", problem, revision=step, why=why)
                # Steps before one that leaves the transaction are committed.
                now = _revision(connection) or "nothing"
                raise NotMigrated(f"{step} failed, and the database stays at {now}: {why}") from problem
    return {"from": before, "to": newest, "applied": pending if dry_run else applied}


def _revision(connection: Connection) -> str | None:
    from alembic.runtime.migration import MigrationContext  # lazy: Alembic is slow

    connection.rollback()  # after an error, and where the connection was lost
    with connection.begin():
        return MigrationContext.configure(connection).get_current_revision()


@contextmanager
def _alone(connection: Connection, *, dry_run: bool) -> Iterator[None]:
    """Hold the advisory lock for the block, across its transactions. Raises NotMigrated."""
    if dry_run:
        yield
        return
    if _is_pooled(connection):
        raise NotMigrated(
            "this leads to a connection pooler, which gives each transaction another session: a migration is "
            "one session, with its lock and timeouts. Let MIGRATION_DATABASE_URL lead to PostgreSQL itself"
        )
    with connection.begin():
        if not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": _LOCK}):
            raise NotMigrated("another migration of this database is under way: wait for its end")
        connection.execute(text(f"SET lock_timeout = '{_PATIENCE}'"))
        # With a single role, its timeout is meant for requests.
        connection.execute(text(f"SET statement_timeout = '{db_roles.MIGRATIONS['statement_timeout']}'"))
    try:
        yield
    finally:
        # The connection returns to the pool. A lost one has lost lock and settings already.
        connection.rollback()
        with connection.begin():
            connection.execute(text("RESET lock_timeout"))
            connection.execute(text("RESET statement_timeout"))
            connection.execute(text("SELECT pg_advisory_unlock_all()"))


def _is_pooled(connection: Connection) -> bool:
    driver: Any = connection.connection.driver_connection
    return bool(driver.is_pooled)


def _config(scripts: Path) -> "Config":
    from alembic.config import Config  # lazy: Alembic is slow

    config = Config()  # without alembic.ini, which is for the command line
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _script(config: "Config") -> "ScriptDirectory":
    from alembic.script import ScriptDirectory  # lazy: Alembic is slow
    from alembic.util import CommandError

    try:
        return ScriptDirectory.from_config(config)
    except CommandError as problem:
        raise NotMigrated(f"the migrations are not packaged: {_one_line(problem)}") from problem


def _pending(script: "ScriptDirectory", before: str | None) -> list[str]:
    """The revisions that the database lacks, oldest first."""
    from alembic.script.revision import RevisionError  # lazy: Alembic is slow
    from alembic.util import CommandError

    try:
        if before is not None and before not in {revision.revision for revision in script.walk_revisions()}:
            raise NotMigrated(f"the database is at revision {before}, which only newer code than this knows")
        steps = [step.revision for step in script.iterate_revisions("head", before or "base")]
    except (CommandError, RevisionError) as problem:
        raise NotMigrated(f"the migrations are in disorder: {_one_line(problem)}") from problem
    return steps[::-1]


def _one_line(problem: object) -> str:
    """What went wrong, without the statement and its values."""
    arguments = getattr(problem, "args", ())
    if arguments and isinstance(arguments[0], dict):  # PostgreSQL's own words, as the driver hands them on
        code = str(arguments[0].get("C", ""))
        # These messages quote values, and are logged.
        return (
            f"a value is not as it should be ({code})"
            if code[:2] == "22"
            else str(arguments[0].get("M", "unknown"))
        )
    return (str(problem).strip() or type(problem).__name__).splitlines()[0]
