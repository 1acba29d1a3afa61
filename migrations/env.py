"""How Alembic reaches the database and which tables it compares with."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic import context
from sqlalchemy import create_engine, pool
from sqlalchemy.engine import URL, Engine

from chalicelib import db, entrypoints
from chalicelib.db_engine import migrating
from chalicelib.ddl.partitions import partitions


def run() -> None:
    """Bring the database to the wanted revision, in one transaction but for what ddl does apart."""
    # Who calls Alembic from Python may say where; on the command line the settings say it.
    url = context.config.attributes.get("url")
    if context.is_offline_mode():
        context.configure(dialect_name="postgresql", target_metadata=db.Model.metadata, literal_binds=True)
        with context.begin_transaction():
            context.run_migrations()
        return
    with _engine(url) as engine, engine.connect() as connection:
        parts = partitions(connection)
        connection.rollback()
        context.configure(
            connection=connection,
            target_metadata=db.Model.metadata,
            compare_server_default=True,
            include_name=lambda name, kind, _: kind != "table" or name not in parts,
            process_revision_directives=_named,
        )
        with context.begin_transaction():
            context.run_migrations()


def _named(_context: object, _revision: object, directives: list[Any]) -> None:
    """Give a new migration the project's kind of id, made of the day and of what it does."""
    from devstack.new_migration import revision_id  # of the checkout: a package makes no migrations

    if getattr(context.config.cmd_opts, "rev_id", None) is None:
        for script in directives:
            script.rev_id = revision_id(script.message or "")


@contextmanager
def _engine(url: URL | None) -> Iterator[Engine]:
    if url is None:
        with migrating() as made:
            yield made
        return
    made = create_engine(url, poolclass=pool.NullPool, connect_args={"ssl_context": False})
    yield made
    made.dispose()


entrypoints.import_all()  # every table is compared, also where a package's manifest spares their imports
run()
