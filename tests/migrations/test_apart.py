"""What must not hold anybody up is done outside of the migrations' transaction, and survives an interruption."""

import shutil
import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.engine import make_url

from chalicelib import ddl, migrate
from chalicelib.migrate import NotMigrated
from devstack import database as servers
from tests.migrations.catalogue import schema_of
from tests.migrations.versions import Versions
from tests.migrations.waiting import eventually
from tests.support.databases import TestDatabase

Change = Callable[[Callable[[], None]], None]
_TABLE = (
    'op.create_table("one", sa.Column("id", sa.BigInteger(), primary_key=True), sa.Column("name", sa.Text()))'
)


@pytest.fixture
def table(empty: TestDatabase) -> TestDatabase:
    """A table with a hundred rows, and one that it could refer to."""
    empty.run("CREATE TABLE two (id bigint PRIMARY KEY)")
    empty.run("CREATE TABLE one (id bigint PRIMARY KEY, name text, two_id bigint, done boolean)")
    empty.run("INSERT INTO two SELECT generate_series(1, 10)")
    empty.run("INSERT INTO one SELECT n, 'name ' || n, n % 10 + 1 FROM generate_series(1, 100) n")
    return empty


def revision_of(database: TestDatabase) -> str:
    found: str = database.one("SELECT version_num FROM alembic_version")
    return found


def test_an_index_is_built_while_somebody_writes(table: TestDatabase, versions: Versions) -> None:
    versions.add("first", 'ddl.create_index("ix_one_name", "one", ["name"])')
    with servers.connected(table.url) as writer:
        writer.run("BEGIN")
        writer.run("UPDATE one SET name = 'another' WHERE id = 1")
        run = threading.Thread(target=migrate.run, kwargs={"scripts": versions.path})
        run.start()
        # It waits for whoever wrote before it began, and lets everybody else write.
        eventually(lambda: table.one("SELECT to_regclass('ix_one_name') IS NOT NULL"))
        table.run("INSERT INTO one (id, name) VALUES (1000, 'meanwhile')")
        table.run("UPDATE one SET name = 'meanwhile' WHERE id = 2")
        assert run.is_alive()
        writer.run("COMMIT")
        run.join()

    assert (
        schema_of(table.url)["index ix_one_name"]
        == "CREATE INDEX ix_one_name ON public.one USING btree (name)"
    )
    assert revision_of(table) == "first"


def test_an_index_whose_building_was_interrupted_is_built_anew(
    table: TestDatabase, versions: Versions
) -> None:
    versions.add("first", 'ddl.create_index("ix_one_name", "one", ["name"])')
    failed: list[NotMigrated] = []

    def run() -> None:
        try:
            migrate.run(scripts=versions.path)
        except NotMigrated as problem:
            failed.append(problem)

    with servers.connected(table.url) as writer:
        writer.run("BEGIN")
        writer.run("UPDATE one SET name = 'another' WHERE id = 1")
        running = threading.Thread(target=run)
        running.start()
        eventually(lambda: table.one("SELECT to_regclass('ix_one_name') IS NOT NULL"))
        table.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND query LIKE 'CREATE INDEX CONCURRENTLY%'"
        )
        running.join()
        writer.run("COMMIT")
    assert "first failed, and the database stays at nothing" in str(failed[0])
    assert schema_of(table.url)["index ix_one_name"].endswith("INVALID")

    assert migrate.run(scripts=versions.path)["applied"] == ["first"]

    assert not schema_of(table.url)["index ix_one_name"].endswith("INVALID")


def test_what_came_before_such_a_step_stays_and_what_comes_after_it_is_all_or_nothing(
    empty: TestDatabase, versions: Versions
) -> None:
    versions.add("first", _TABLE)
    versions.add("second", 'ddl.create_index("ix_one_name", "one", ["name"])')
    versions.add("third", 'op.add_column("one", sa.Column("age", sa.Integer()))')
    versions.add("fourth", 'op.drop_column("one", "there_is_none")')

    with pytest.raises(NotMigrated, match="fourth failed, and the database stays at first: "):
        migrate.run(scripts=versions.path)

    # The index is there to stay; it is the next run that says so.
    assert revision_of(empty) == "first"
    assert schema_of(empty.url)["index ix_one_name"].endswith("(name)")
    assert "column one.age" not in schema_of(empty.url)
    versions.last = "third"
    versions.add("fourth", 'op.add_column("one", sa.Column("size", sa.Integer()))')
    told = migrate.run(scripts=versions.path)
    assert (told["from"], told["applied"]) == ("first", ["second", "third", "fourth"])


def test_the_command_line_does_such_a_step_too(table: TestDatabase, versions: Versions) -> None:
    shutil.copy(migrate.SCRIPTS / "env.py", versions.path)
    versions.add("first", 'op.add_column("one", sa.Column("age", sa.Integer()))')
    versions.add("second", 'ddl.narrow("one", "name", 20)')
    config = Config()
    config.set_main_option("script_location", str(versions.path))
    config.set_main_option("path_separator", "os")
    config.attributes["url"] = make_url(table.url).set(drivername="postgresql+pg8000")

    command.upgrade(config, "head")

    assert revision_of(table) == "second"
    assert schema_of(table.url)["column one.name"] == "character varying(20)"


def test_nobody_else_migrates_between_two_such_steps(table: TestDatabase, versions: Versions) -> None:
    versions.add("first", 'ddl.create_index("ix_one_name", "one", ["name"])')
    versions.add("second", 'ddl.create_index("ix_one_two_id", "one", ["two_id"])')
    with servers.connected(table.url) as writer:
        writer.run("BEGIN")
        writer.run("UPDATE one SET name = 'another' WHERE id = 1")
        run = threading.Thread(target=migrate.run, kwargs={"scripts": versions.path})
        run.start()
        eventually(lambda: table.one("SELECT to_regclass('ix_one_name') IS NOT NULL"))
        lock = "SELECT pg_try_advisory_lock(:key)"
        assert table.one(lock, key=migrate._LOCK) is False
        writer.run("COMMIT")
        run.join()

    assert table.one(lock, key=migrate._LOCK) is True
    assert revision_of(table) == "second"


def test_an_index_is_removed_and_one_that_is_gone_is_no_mistake(table: TestDatabase, change: Change) -> None:
    change(lambda: ddl.create_index("ix_one_name", "one", ["name"], postgresql_where=sa.text("name > 'b'")))
    assert "WHERE (name > 'b'::text)" in schema_of(table.url)["index ix_one_name"]
    change(lambda: ddl.drop_index("ix_one_name", "one"))
    change(lambda: ddl.drop_index("ix_one_name", "one"))

    assert "index ix_one_name" not in schema_of(table.url)


def test_an_index_of_another_table_is_not_taken_for_ours(table: TestDatabase, change: Change) -> None:
    change(lambda: ddl.create_index("ix_name", "one", ["name"]))

    for step in (
        lambda: ddl.create_index("ix_name", "two", ["id"]),
        lambda: ddl.drop_index("ix_name", "two"),
    ):
        with pytest.raises(ddl.Refused, match="ix_name is an index of another table than two"):
            change(step)


def test_rows_that_are_alike_leave_no_broken_index(table: TestDatabase, change: Change) -> None:
    with pytest.raises(ddl.Refused, match="rows of one are alike that should be unique"):
        change(lambda: ddl.add_unique("one", "uq_one_two_id", ["two_id"]))

    assert "index uq_one_two_id" not in schema_of(table.url)


def test_a_unique_constraint_takes_an_index_that_was_built_before(
    table: TestDatabase, change: Change
) -> None:
    change(lambda: ddl.add_unique("one", "uq_one_name", ["name"]))
    change(lambda: ddl.add_unique("one", "uq_one_name", ["name"]))

    assert schema_of(table.url)["constraint uq_one_name of one"] == "UNIQUE (name)"


def test_a_check_holds_for_what_is_there_and_for_what_comes(table: TestDatabase, change: Change) -> None:
    change(lambda: ddl.add_check("one", "ck_one_name", "name <> ''"))

    assert schema_of(table.url)["constraint ck_one_name of one"] == "CHECK ((name <> ''::text))"
    for _ in range(2):  # one that is gone is no mistake
        change(lambda: ddl.drop_check("one", "ck_one_name"))
        assert "constraint ck_one_name of one" not in schema_of(table.url)


@pytest.mark.parametrize(
    ("step", "told"),
    [
        (lambda: ddl.add_check("one", "ck", "id NOT IN (3, 8)"), "ck does not hold for rows 3, 8 of one"),
        (lambda: ddl.add_check("one", "ck", "id > 70"), r"for rows 1, 2, .*, 20 and more of one"),
        (lambda: ddl.set_not_null("one", "done"), "done_is_not_null does not hold for rows 1, 2, "),
        (
            lambda: ddl.add_foreign_key("one", "id", "two", ondelete="CASCADE"),
            "fk_one_id does not hold for rows 11, 12, ",
        ),
        (lambda: ddl.add_check("one", "ck", "size > 0"), 'column "size" does not exist'),
        (lambda: ddl.set_not_null("one", "size"), "there is no column one.size"),
        (lambda: ddl.set_defaults("one", {"size": "1"}), "there is no column one.size"),
        (lambda: ddl.add_check("three", "ck", "true"), "there is no table three"),
    ],
)
def test_a_constraint_that_does_not_hold_is_refused_with_the_rows(
    table: TestDatabase, change: Change, step: Callable[[], None], told: str
) -> None:
    before = schema_of(table.url)

    with pytest.raises((ddl.Refused, sa.exc.DatabaseError), match=told):
        change(step)

    assert schema_of(table.url) == before


def test_a_foreign_key_is_checked_for_all_rows(table: TestDatabase, change: Change) -> None:
    change(lambda: ddl.add_foreign_key("one", "two_id", "two", ondelete="SET NULL"))

    told = schema_of(table.url)["constraint fk_one_two_id of one"]
    assert told == "FOREIGN KEY (two_id) REFERENCES two(id) ON DELETE SET NULL"


def test_a_column_is_made_not_null_without_a_trace_of_how(table: TestDatabase, change: Change) -> None:
    change(lambda: ddl.set_not_null("one", "name"))
    change(lambda: ddl.set_not_null("one", "name"))

    schema = schema_of(table.url)
    assert schema["column one.name"] == "text NOT NULL"
    assert not [name for name in schema if "is_not_null" in name]


def test_a_default_is_set_and_dropped(table: TestDatabase, change: Change) -> None:
    before = schema_of(table.url)
    for _ in range(2):
        change(lambda: ddl.set_defaults("one", {"done": "false", "name": "'nobody'"}))
    schema = schema_of(table.url)
    assert schema["column one.done"] == before["column one.done"] + " DEFAULT false"
    assert "'nobody'" in schema["column one.name"]

    for _ in range(2):
        change(lambda: ddl.drop_defaults("one", "done", "name"))
    assert schema_of(table.url) == before


def test_rows_are_changed_in_batches_also_those_that_somebody_holds(
    table: TestDatabase, change: Change
) -> None:
    def step() -> None:
        ddl.update_in_batches("one", "done = true", "done IS NULL", batch=7)

    with servers.connected(table.url) as writer:
        writer.run("BEGIN")
        writer.run("UPDATE one SET name = 'held' WHERE id = 50")
        running = threading.Thread(target=change, args=(step,))
        running.start()
        eventually(lambda: table.one("SELECT count(*) FROM one WHERE done") == 99)
        table.run("UPDATE one SET name = 'free' WHERE id = 49")
        writer.run("COMMIT")
        running.join()

    assert table.one("SELECT count(*) FROM one WHERE done") == 100
    assert table.one("SELECT name FROM one WHERE id = 50") == "held"


def test_rows_are_inserted_in_batches_from_the_newest_versions_of_others(
    table: TestDatabase, change: Change
) -> None:
    def step() -> None:
        ddl.insert_in_batches("copied", {"one_id": "id", "name": "name"}, "one", "name IS NOT NULL", batch=7)

    table.run("CREATE TABLE copied (one_id bigint PRIMARY KEY, name text)")
    table.run("INSERT INTO copied VALUES (3, 'by a trigger')")
    with servers.connected(table.url) as writer:
        writer.run("BEGIN")
        writer.run("UPDATE one SET name = 'newest' WHERE id = 50")
        writer.run("UPDATE one SET name = NULL WHERE id = 51")
        running = threading.Thread(target=change, args=(step,))
        running.start()
        eventually(lambda: table.one("SELECT count(*) FROM copied") == 49)
        writer.run("COMMIT")
        running.join()
    change(step)

    assert table.one("SELECT count(*) FROM copied") == 99
    assert table.one("SELECT name FROM copied WHERE one_id = 3") == "by a trigger"
    assert table.one("SELECT name FROM copied WHERE one_id = 50") == "newest"
    table.run("DROP TABLE copied")


def test_a_short_step_never_lets_others_wait_behind_it(table: TestDatabase, change: Change) -> None:
    with servers.connected(table.url) as reader:
        reader.run("BEGIN")
        reader.run("SELECT count(*) FROM one")
        running = threading.Thread(target=change, args=(lambda: ddl.add_check("one", "ck", "id > 0"),))
        running.start()
        eventually(lambda: table.one("SELECT count(*) FROM pg_locks WHERE NOT granted") == 1)
        table.run("INSERT INTO one (id) VALUES (1000)")  # while the step waits, or between two attempts
        assert running.is_alive()
        reader.run("COMMIT")
        running.join()

    assert schema_of(table.url)["constraint ck of one"] == "CHECK ((id > 0))"


def test_what_looks_at_the_database_is_not_written_down_as_sql(empty: TestDatabase) -> None:
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext

    context = MigrationContext.configure(dialect_name="postgresql", opts={"as_sql": True})
    with Operations.context(context), pytest.raises(ddl.Refused, match="cannot be written down as SQL"):
        ddl.narrow("one", "name", 10)
