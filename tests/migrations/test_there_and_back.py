"""Every migration can be taken back and done again on data, and the rows that both sides know stay as they are."""

from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any, Final

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from pg8000.native import Connection
from sqlalchemy.engine import make_url

from chalicelib import db, migrate, signals
from chalicelib.ddl import Refused
from chalicelib.resources import REGISTRY
from devstack import database as servers
from devstack import demo
from tests.factories import maker, stored
from tests.migrations.catalogue import differences, schema_by, schema_of
from tests.migrations.conftest import Make
from tests.support.databases import TestDatabase

Rows = dict[str, dict[str, list[Any]]]
# Types whose values JSON does not tell apart: 1.5 and 1.50, an absent value and the null of JSON.
_COARSE: Final = "'json'::regtype, 'jsonb'::regtype, 'numeric'::regtype, 'real'::regtype, 'float8'::regtype"
_AS_TEXT: Final = "as text: "


def _config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrate.SCRIPTS))
    config.set_main_option("path_separator", "os")
    config.attributes["url"] = make_url(url).set(drivername="postgresql+pg8000")
    return config


def _revisions() -> list[str]:
    """Newest first."""
    return [
        revision.revision
        for revision in ScriptDirectory.from_config(_config("postgresql:///")).walk_revisions()
    ]


def _rows(connection: Connection) -> Rows:
    """Each table's values, column by column, in the order of the rows; read by one statement."""
    tables = connection.run(
        "SELECT c.relname, array_agg(a.attname::text), array_agg(a.attname::text) FILTER (WHERE a.atttypid "
        f"IN ({_COARSE})) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
        "WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace AND a.attnum > 0 "
        "AND NOT a.attisdropped AND c.relname <> 'alembic_version' GROUP BY 1"
    )
    read = connection.run(" UNION ALL ".join(_values(*table) for table in tables))
    rows = {table: values or [] for table, values in read}
    return {
        table: {
            name: [row[_AS_TEXT + name if name in (coarse or ()) else name] for row in rows[table]]
            for name in sorted(columns)
        }
        for table, columns, coarse in tables
    }


def _values(table: str, columns: list[str], coarse: list[str] | None) -> str:
    """A statement that gives the name of a table, and its rows as one JSON array of objects.

    It names none but the coarse columns: PostgreSQL would spend most of the time on planning some 2,000.
    """
    order = "t.id" if "id" in columns else "t::text"
    # The stock of a session goes with the places that it counts.
    where = "WHERE session_id IS NULL" if table == "stocks" and "session_id" in columns else ""
    texts = "".join(f', "{name}"::text AS "{_AS_TEXT}{name}"' for name in coarse or ())
    rows = f'(SELECT *{texts} FROM "{table}" {where}) t'
    return f"(SELECT '{table}', json_agg(row_to_json(t) ORDER BY {order}) FROM {rows})"


def _shared(ours: Rows, theirs: Rows) -> Rows:
    """Of ours, the tables and columns that are in theirs too."""
    return {
        table: {name: values for name, values in columns.items() if name in theirs[table]}
        for table, columns in ours.items()
        if table in theirs
    }


@pytest.fixture(autouse=True)
def _scripts_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Alembic reads every migration for each of its commands, which was a fifth of these tests."""
    read = cache(lambda: ScriptDirectory(str(migrate.SCRIPTS)))
    monkeypatch.setattr(ScriptDirectory, "from_config", lambda _config: read())


@pytest.fixture
def full(database: TestDatabase) -> TestDatabase:
    """The demo's world, and a row of every noun that is not in it."""
    with signals.muted():
        with db.transaction() as session:
            demo.create(session)
        for resource in REGISTRY:
            if resource.model is not None and not database.one(f'SELECT count(*) FROM "{resource.table}"'):
                stored(maker(resource.type))
    db.forget()
    return database


@pytest.fixture
def schemas(make_empty: Make, worker: str) -> dict[str, dict[str, str]]:
    """The schema of each revision, when nothing but the migrations up to it was ever done."""
    made = make_empty(f"steps_{worker}")
    config = _config(made.url)
    schemas = {}
    with servers.connected(made.url) as reading:
        for revision in reversed(_revisions()):
            command.upgrade(config, revision)
            schemas[revision] = schema_by(reading)
    return schemas


@pytest.fixture(autouse=True)
def _nobody_is_connected(database: TestDatabase) -> Iterator[None]:
    yield
    db.forget()


def test_every_migration_is_taken_back_and_done_again_on_data(
    full: TestDatabase, schemas: dict[str, dict[str, str]]
) -> None:
    config = _config(full.url)
    # One connection reads all: a new one would look up every table again.
    with servers.connected(full.url) as reading:
        before = _rows(reading)
        for newer, older in pairwise(_revisions()):
            assert before["users"]["id"], "there must be data, or this shows nothing"

            command.downgrade(config, older)
            back = _rows(reading)
            assert differences(schema_by(reading), schemas[older]) == [], f"{newer} is not taken back whole"
            assert _shared(before, back) == _shared(back, before), f"taking back {newer} changes rows"

            command.upgrade(config, newer)
            again = _rows(reading)
            assert differences(schema_by(reading), schemas[newer]) == [], f"{newer} is not the same again"
            assert _shared(again, back) == _shared(back, again), f"{newer} changes rows when it is done again"

            command.downgrade(config, older)
            before = _rows(reading)
            if "users" not in before:
                break


def test_people_with_endless_names_are_told_before_an_index_is_built(full: TestDatabase) -> None:
    config = _config(full.url)
    command.downgrade(config, "2026_11_21_7_addresses")
    before = schema_of(full.url)
    id = full.one("SELECT min(id) FROM attendees")
    full.run(
        "UPDATE attendees SET firstname = :name, deleted_at = now() WHERE id = :id", name="x" * 201, id=id
    )
    with pytest.raises(Refused, match=f"ck_attendees_lengths does not hold for rows {id} of attendees"):
        command.upgrade(config, "head")
    assert differences(schema_of(full.url), before) == []
    full.run("UPDATE attendees SET firstname = :name WHERE id = :id", name="x" * 200, id=id)
    command.upgrade(config, "head")
    assert "index ix_attendees_of_event" in schema_of(full.url)


def test_the_first_migration_leaves_nothing_when_it_is_taken_back(make_empty: Make, worker: str) -> None:
    made = make_empty(f"back_{worker}")
    command.upgrade(_config(made.url), "head")
    command.downgrade(_config(made.url), "base")

    assert schema_of(made.url).keys() == {
        "column alembic_version.version_num",
        "constraint alembic_version_pkc of alembic_version",
        "index alembic_version_pkc",
    }
