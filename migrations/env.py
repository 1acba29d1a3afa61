"""How Alembic reaches the database and which tables it compares with."""

from alembic import context
from sqlalchemy import create_engine, pool

from chalicelib import db, door  # noqa: F401 - the door knows every module that declares a table


def run() -> None:
    """Bring the database to the wanted revision, in one transaction but for what ddl does apart."""
    # Who calls Alembic from Python may say where; on the command line the settings say it.
    url = context.config.attributes.get("url")
    if context.is_offline_mode():
        context.configure(dialect_name="postgresql", target_metadata=db.Model.metadata, literal_binds=True)
        with context.begin_transaction():
            context.run_migrations()
        return
    engine = (
        create_engine(url, poolclass=pool.NullPool, connect_args={"ssl_context": False})
        if url
        else db.engine()
    )
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=db.Model.metadata)
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
