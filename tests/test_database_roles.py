"""Requests are answered in a role that owns nothing, and another one migrates: made and limited by the migration."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pg8000.exceptions import DatabaseError
from sqlalchemy.engine import make_url

from chalicelib import db, db_roles, migrate
from chalicelib.migrate import NotMigrated
from chalicelib.settings import settings
from devstack import database as servers
from tests.migrations.versions import write
from tests.support.databases import TestDatabase
from tests.support.servers import DatabaseServer

PASSWORD = "earl grey, hot: 'quoted' and \"so\" on €"


@dataclass
class Both:
    """A database whose owner is no superuser, as on Aurora, and the role that is to answer requests."""

    owner: str
    requests: str
    url: str

    def run(self, role: str, sql: str) -> Any:
        """What the database answers to this role."""
        with servers.connected(servers.in_role(self.url, role)) as connection:
            return connection.run(sql)


@pytest.fixture
def both(database_server: DatabaseServer, environment: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Both]:
    """Nothing is migrated yet, and the role of requests does not exist."""
    mark = uuid.uuid4().hex[:8]
    owner, requests, name = f"Owner {mark}", f"requests-{mark}", f"{database_server.run}_{mark}_roles"
    with servers.connected(database_server.url) as connection:
        connection.run(f'CREATE ROLE "{owner}" LOGIN CREATEROLE')
        connection.run(f'CREATE DATABASE "{name}" OWNER "{owner}"')
    url = servers.named(database_server.url, name)
    given = make_url(url).set(username=requests, password=PASSWORD)
    environment.setenv("DATABASE_URL", given.render_as_string(hide_password=False))
    environment.setenv("MIGRATION_DATABASE_URL", servers.in_role(url, owner))
    _forget()
    yield Both(owner, requests, url)
    db.forget()
    servers.drop(database_server.url, name)
    with servers.connected(database_server.url) as connection:
        connection.run(f'DROP ROLE IF EXISTS "{requests}"')
        connection.run(f'DROP ROLE "{owner}"')


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    """A migration of our own."""
    (tmp_path / "versions").mkdir()
    write(tmp_path, "first", None, 'op.create_table("one", sa.Column("id", sa.BigInteger(), sa.Identity()))')
    return tmp_path


def _forget() -> None:
    db.forget()
    settings.cache_clear()


REFUSED = [
    "ALTER TABLE one ADD COLUMN name text",
    "DROP TABLE one",
    "TRUNCATE one",
    "CREATE TABLE two (id bigint)",
    "CREATE TEMPORARY TABLE two (id bigint)",
    "CREATE SCHEMA two",
    "CREATE INDEX ix_one ON one (id)",
    "CREATE ROLE mallory",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE TRIGGER t BEFORE UPDATE ON one FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "UPDATE alembic_version SET version_num = 'none'",
    "DELETE FROM alembic_version",
    "COMMENT ON TABLE one IS 'mine'",
    "SET session_replication_role = replica",
]


def test_requests_write_rows_and_nothing_else(both: Both, scripts: Path) -> None:
    migrate.run(scripts=scripts)

    both.run(both.requests, "INSERT INTO one DEFAULT VALUES")
    both.run(both.requests, "UPDATE one SET id = 7")
    assert both.run(both.requests, "SELECT id FROM one") == [[7]]
    both.run(both.requests, "DELETE FROM one")
    assert both.run(both.requests, "SELECT version_num FROM alembic_version") == [["first"]]
    for statement in REFUSED:
        with pytest.raises(DatabaseError) as told:
            both.run(both.requests, statement)
        assert told.value.args[0]["C"] == "42501", statement
    owned = "SELECT count(*) FROM pg_shdepend WHERE refobjid = to_regrole('\"{}\"') AND deptype = 'o'"
    assert both.run(both.owner, owned.format(both.requests)) == [[0]]


def test_the_limits_of_both_are_in_force_after_a_migration(both: Both, scripts: Path) -> None:
    migrate.run(scripts=scripts)

    for role, limits in ((both.requests, db_roles.REQUESTS), (both.owner, db_roles.MIGRATIONS)):
        for name, value in limits.items():
            assert both.run(role, f"SHOW {name}") == [[value]]


def test_tables_of_later_migrations_are_the_requests_too(both: Both, scripts: Path) -> None:
    migrate.run(scripts=scripts)
    # Between the commit of a step that is done apart and the end of the run, too.
    both.run(both.owner, "CREATE TABLE made_apart (id bigserial, name text)")
    both.run(both.requests, "INSERT INTO made_apart (name) VALUES ('here')")
    write(
        scripts, "second", "first", 'op.create_table("two", sa.Column("id", sa.BigInteger(), sa.Identity()))'
    )

    assert migrate.run(scripts=scripts)["applied"] == ["second"]

    both.run(both.requests, "INSERT INTO two DEFAULT VALUES")


def test_a_second_run_changes_nothing(both: Both, scripts: Path) -> None:
    migrate.run(scripts=scripts)
    state = """
        SELECT (SELECT array_agg((relname, relacl)::text ORDER BY relname) FROM pg_class WHERE relkind = 'r'),
               (SELECT array_agg(setconfig::text ORDER BY 1) FROM pg_db_role_setting),
               (SELECT array_agg(defaclacl::text ORDER BY 1) FROM pg_default_acl)
    """
    before = both.run(both.owner, state)
    both.run(both.owner, f"ALTER ROLE \"{both.requests}\" SET statement_timeout = '1h'")

    assert migrate.run(scripts=scripts)["applied"] == []

    assert both.run(both.owner, state) == before, "what was changed by hand is as it was"


def test_a_dry_run_makes_no_role(both: Both, scripts: Path) -> None:
    migrate.run(dry_run=True, scripts=scripts)
    assert both.run(both.owner, f"SELECT to_regrole('\"{both.requests}\"')") == [[None]]


def test_the_password_is_the_urls_and_is_told_to_nobody(
    both: Both, scripts: Path, database_server: DatabaseServer
) -> None:
    from scramp import ScramMechanism  # type: ignore[import-untyped]

    migrate.run(scripts=scripts)

    with servers.connected(database_server.url) as connection:
        ((kept,),) = connection.run("SELECT rolpassword FROM pg_authid WHERE rolname = :n", n=both.requests)
    method, iterations, rest = kept.split("$", 1)[0], kept.split("$")[1].split(":")[0], kept.split("$")
    assert method == "SCRAM-SHA-256"
    salt = __import__("base64").b64decode(rest[1].split(":")[1])
    _, stored, server, _ = ScramMechanism(method).make_auth_info(PASSWORD, int(iterations), salt)
    told = [__import__("base64").b64decode(item) for item in rest[2].split(":")]
    assert told == [stored, server]


def test_what_the_only_role_of_before_owned_goes_to_the_owner(
    both: Both, scripts: Path, database_server: DatabaseServer, environment: pytest.MonkeyPatch
) -> None:
    with servers.connected(database_server.url) as connection:
        connection.run(f'CREATE ROLE "{both.requests}" LOGIN')
        connection.run(f'GRANT "{both.requests}" TO "{both.owner}" WITH ADMIN OPTION')
        connection.run(f'GRANT CREATE ON DATABASE "{make_url(both.url).database}" TO "{both.requests}"')
    with servers.connected(both.url) as connection:
        connection.run(f'GRANT ALL ON SCHEMA public TO "{both.requests}"')
    both.run(both.requests, "CREATE TABLE old (id bigint)")
    with servers.connected(both.url) as connection:
        connection.run(f'REVOKE ALL ON SCHEMA public FROM "{both.requests}"')

    migrate.run(scripts=scripts)

    assert both.run(both.owner, "SELECT tableowner FROM pg_tables WHERE tablename = 'old'") == [[both.owner]]
    both.run(both.requests, "INSERT INTO old VALUES (1)")


def test_a_role_of_requests_that_may_more_is_refused(
    both: Both, scripts: Path, database_server: DatabaseServer
) -> None:
    migrate.run(scripts=scripts)
    with servers.connected(both.url) as connection:
        connection.run(f'GRANT CREATE ON SCHEMA public TO "{both.requests}"')

    with pytest.raises(NotMigrated, match="may make tables: take that from it"):
        migrate.run(scripts=scripts)


def test_one_role_for_all_is_limited_as_requests_are(
    both: Both, scripts: Path, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("DATABASE_URL", servers.in_role(both.url, both.owner))
    environment.delenv("MIGRATION_DATABASE_URL")
    _forget()

    migrate.run(scripts=scripts)

    assert both.run(both.owner, "SHOW statement_timeout") == [[db_roles.REQUESTS["statement_timeout"]]]


def test_the_suite_itself_runs_in_a_role_that_owns_nothing(database: TestDatabase) -> None:
    with db.transaction() as session:
        ((role, owned),) = db.fetch(
            session,
            "SELECT current_user::text, (SELECT count(*) FROM pg_tables WHERE tableowner = current_user)",
        )
    assert (role, owned) == (make_url(database.requests_url).username, 0)
