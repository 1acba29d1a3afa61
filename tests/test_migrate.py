"""The migration function: it does what is missing, once, and leaves the database as it was when it cannot."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

import app
from chalicelib import db, migrate
from chalicelib.migrate import NotMigrated
from chalicelib.revision import newest
from chalicelib.settings import settings
from devstack import database as servers
from devstack.gateway import LambdaContext
from tests.factories import stored
from tests.factories.ticket import make_ticket
from tests.migrations.versions import write
from tests.support.databases import TestDatabase
from tests.support.http_client import Client
from tests.support.servers import DatabaseServer


@pytest.fixture
def empty(
    database_server: DatabaseServer, database: TestDatabase, environment: pytest.MonkeyPatch
) -> Iterator[TestDatabase]:
    """A database in which nothing has ever been, and which the system uses."""
    name = f"{database_server.run}_empty_{database.url.rpartition('_')[2]}"
    servers.create_if_missing(database_server.url, name)
    environment.setenv("DATABASE_URL", servers.named(database_server.url, name))
    db.forget()
    settings.cache_clear()
    empty = TestDatabase(servers.named(database_server.url, name))
    yield empty
    empty.close()
    db.forget()
    servers.drop(database_server.url, name)


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    """Migrations of our own: two that work."""
    (tmp_path / "versions").mkdir()
    write(tmp_path, "first", None, 'op.create_table("one", sa.Column("id", sa.BigInteger()))')
    write(tmp_path, "second", "first", 'op.add_column("one", sa.Column("name", sa.Text()))')
    return tmp_path


def _revision_of(database: TestDatabase) -> str | None:
    if not database.one("SELECT to_regclass('alembic_version') IS NOT NULL"):
        return None
    rows = database.rows("SELECT version_num FROM alembic_version")
    return rows[0]["version_num"] if rows else None


def test_an_empty_database_becomes_the_newest(empty: TestDatabase) -> None:
    told = app.migrate({}, LambdaContext("migrate"))

    config = Config()
    config.set_main_option("script_location", str(migrate.SCRIPTS))
    known = [revision.revision for revision in ScriptDirectory.from_config(config).walk_revisions()]
    assert told["from"] is None
    assert told["to"] == newest() == _revision_of(empty)
    assert told["applied"] == known[::-1]
    assert 0 < told["seconds"] < 60
    assert empty.one("SELECT count(*) FROM events") == 0


def test_where_nothing_is_missing_nothing_is_done(database: TestDatabase) -> None:
    told = app.migrate({"dry_run": False}, LambdaContext("migrate"))

    assert (told["from"], told["to"], told["applied"]) == (newest(), newest(), [])


def test_a_dry_run_only_tells(empty: TestDatabase, scripts: Path) -> None:
    told = migrate.run(dry_run=True, scripts=scripts)

    assert (told["from"], told["to"], told["applied"]) == (None, "second", ["first", "second"])
    assert _revision_of(empty) is None
    assert empty.one("SELECT to_regclass('one') IS NULL")


def test_what_is_there_is_kept_and_only_what_is_missing_is_done(empty: TestDatabase, scripts: Path) -> None:
    migrate.run(scripts=scripts)
    empty.run("INSERT INTO one (id, name) VALUES (1, 'kept')")
    write(scripts, "third", "second", 'op.add_column("one", sa.Column("age", sa.Integer()))')

    told = migrate.run(scripts=scripts)

    assert (told["from"], told["to"], told["applied"]) == ("second", "third", ["third"])
    assert empty.rows("SELECT id, name, age FROM one") == [{"id": 1, "name": "kept", "age": None}]


def test_a_failing_step_takes_those_before_it_along(empty: TestDatabase, scripts: Path) -> None:
    migrate.run(scripts=scripts)
    write(scripts, "third", "second", 'op.add_column("one", sa.Column("age", sa.Integer()))')
    write(scripts, "fourth", "third", 'op.drop_column("one", "there_is_none")')

    with pytest.raises(
        NotMigrated,
        match=r'fourth failed, and the database stays at second: .*"there_is_none".* does not exist',
    ) as told:
        migrate.run(scripts=scripts)

    assert "\n" not in str(told.value)
    assert _revision_of(empty) == "second"
    assert {row["column_name"] for row in _columns(empty)} == {"id", "name"}


def _columns(database: TestDatabase) -> list[dict[str, str]]:
    return database.rows("SELECT column_name FROM information_schema.columns WHERE table_name = 'one'")


def test_it_refuses_to_run_beside_another(empty: TestDatabase, scripts: Path) -> None:
    with servers.connected(empty.url) as other:
        other.run("BEGIN")
        other.run(f"SELECT pg_advisory_xact_lock({migrate._LOCK})")

        with pytest.raises(NotMigrated, match="another migration of this database is under way"):
            migrate.run(scripts=scripts)
        assert _revision_of(empty) is None
        assert migrate.run(dry_run=True, scripts=scripts)["applied"] == ["first", "second"]

        other.run("ROLLBACK")
    assert migrate.run(scripts=scripts)["applied"] == ["first", "second"]


def test_a_database_of_newer_code_is_left_alone(empty: TestDatabase, scripts: Path) -> None:
    write(scripts, "third", "second", "pass")
    migrate.run(scripts=scripts)
    (scripts / "versions" / "third.py").unlink()

    with pytest.raises(NotMigrated, match="is at revision third, which only newer code than this knows"):
        migrate.run(scripts=scripts)


def test_two_newest_revisions_are_refused(empty: TestDatabase, scripts: Path) -> None:
    write(scripts, "third", "first", "pass")

    with pytest.raises(NotMigrated, match="the migrations are in disorder: Multiple heads"):
        migrate.run(scripts=scripts)
    assert _revision_of(empty) is None


def test_a_package_without_its_migrations_says_so(empty: TestDatabase, tmp_path: Path) -> None:
    with pytest.raises(NotMigrated, match="the migrations are not packaged"):
        migrate.run(scripts=tmp_path / "nowhere")


def test_a_database_that_does_not_answer_is_one_clear_line(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DATABASE_URL", "postgresql://somebody:hidden@127.0.0.1:9/nothing")
    db.forget()
    settings.cache_clear()

    with pytest.raises(NotMigrated, match="the database did not do it: ") as told:
        migrate.run()

    assert "hidden" not in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("event", [{"dryrun": True}, {"dry_run": "yes"}, {"dry_run": True, "to": "base"}])
def test_an_order_it_does_not_know_is_refused(database: TestDatabase, event: dict[str, object]) -> None:
    with pytest.raises(NotMigrated, match="and nothing else"):
        app.migrate(event, LambdaContext("migrate"))


def test_a_connection_that_kept_a_plan_answers_after_a_column_has_changed(
    client: Client, database: TestDatabase
) -> None:
    basket = {"tickets": [{"id": stored(make_ticket, name="Before").id}]}
    for _ in range(2):
        assert client.post("/v1/orders/calculate-amount", basket).status == 200
    database.run("ALTER TABLE tickets ALTER COLUMN name TYPE varchar(100)")
    answer = client.post("/v1/orders/calculate-amount", basket)
    assert answer.json["tickets"][0]["name"] == "Before"
