"""A database that another version of the code has made is named, with what to do, before anything is changed."""

import os
import subprocess
import sys

import pytest

from devstack import database as databases
from devstack.processes import NotStarted
from tests.support.databases import TestDatabase
from tests.support.running_system import ROOT

pytestmark = pytest.mark.new_database


def test_a_revision_that_this_code_does_not_know(database: TestDatabase) -> None:
    database.run("UPDATE alembic_version SET version_num = '2020_01_01_1_elsewhere'")
    with pytest.raises(NotStarted, match=r"2020_01_01_1_elsewhere.*another STATE_DIR, or delete"):
        databases.migrate(database.url)


def test_a_migration_that_was_inserted_before_the_newest(database: TestDatabase) -> None:
    databases.migrate(database.url)
    database.run("ALTER TABLE microlocations DROP COLUMN capacity")
    databases.migrate(database.url)  # nothing to do, as far as the revision says
    done = subprocess.run(
        [sys.executable, "-m", "devstack.prepare"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database.url},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert "has no column microlocations.capacity" in last
    assert "another STATE_DIR" in last
    assert database.one("SELECT count(*) FROM users") == 0
