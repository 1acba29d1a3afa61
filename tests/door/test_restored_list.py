"""A door's list after the database was restored: told anew, though its transactions have caught up with the cursor."""

import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chalicelib import db
from chalicelib.settings import settings
from devstack import database as databases
from devstack import postgres
from devstack.postgres import Postgres
from tests.door.scene import Scene
from tests.door.test_door_snapshot import DeviceList
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client


class Installation:
    """A server of its own, which is stopped, copied, and put back."""

    def __init__(self, directory: Path, environment: pytest.MonkeyPatch) -> None:
        self.directory, self.backup, self._environment = (
            directory / "server",
            directory / "backup",
            environment,
        )
        self.server: Postgres = postgres.start(self.directory, postgres.FORGETFUL)
        databases.create_if_missing(self.server.url("postgres"), "system")
        databases.migrate(self.server.url("system"))
        self.name = "system"
        self._use()

    def _use(self) -> None:
        self._environment.setenv("DATABASE_URL", self.server.url(self.name))
        db.forget()
        settings.cache_clear()
        self.database = TestDatabase(self.server.url(self.name))

    def while_it_is_down(self, *command: str) -> None:
        """Stop the server, do this, and start it again."""
        self.database.close()
        db.forget()
        self.server.stop()
        subprocess.run(command, check=True)
        self.server = postgres.start(self.directory, postgres.FORGETFUL)
        self._use()

    def move_to_a_copy(self) -> None:
        """As from a dump that was loaded beside it."""
        self.database.close()
        db.forget()
        databases.clone(self.server.url("postgres"), self.name, "copy")
        self.name = "copy"
        self._use()

    def end(self) -> None:
        self.database.close()
        db.forget()
        self.server.stop()


@pytest.fixture
def installation(environment: pytest.MonkeyPatch) -> Iterator[Installation]:
    # Not in tmp_path, whose folder other sessions of pytest close for the user that PostgreSQL runs as.
    with tempfile.TemporaryDirectory(prefix="test-", ignore_cleanup_errors=True) as directory:
        Path(directory).chmod(0o755)
        made = Installation(Path(directory), environment)
        yield made
        made.end()


def test_a_restored_database_is_noticed_though_its_transactions_have_caught_up(
    installation: Installation,
) -> None:
    scene = Scene(Client(), installation.database)
    first, second = scene.holder(firstname="Ada"), scene.holder(firstname="Bob")
    codes = [scene.code(first), scene.code(second)]
    door = DeviceList(scene)
    door.sync()
    installation.while_it_is_down("cp", "-a", str(installation.directory), str(installation.backup))
    noted(scene, first, "lost with the backup")
    door.sync()
    assert door.look_up(codes[0])[3]["n"] == "lost with the backup"
    base = int(door.cursor.split(".")[2])
    data = installation.directory / "data"
    installation.while_it_is_down(
        "sh", "-c", f"rm -r '{data}' && cp -a '{installation.backup}/data' '{data}'"
    )
    noted(scene, second, "after it")
    while installation.database.one("SELECT pg_current_xact_id()::text::bigint") <= base + 5:
        pass  # the numbers alone say nothing any more
    door.sync()
    assert door.last["reset"] is True
    assert len(door.look_up(codes[0])) == 2
    assert door.look_up(codes[1])[3]["n"] == "after it"
    assert door.sync() == set()
    assert door.last["reset"] is False


@pytest.mark.parametrize(
    "move",
    [
        lambda installation: installation.move_to_a_copy(),
        lambda installation: installation.database.run("TRUNCATE door_marks"),
    ],
    ids=["a copy of the database", "a table that is loaded anew"],
)
def test_another_database_or_table_is_noticed(
    installation: Installation, move: Callable[[Installation], Any]
) -> None:
    scene = Scene(Client(), installation.database)
    scene.holder()
    door = DeviceList(scene)
    door.sync()
    assert door.sync() == set()
    move(installation)
    door.sync()
    assert door.answers == 3
    assert door.last["reset"] is True


def noted(scene: Scene, holder: Any, text: str) -> None:
    sent = document("attendee", {"attendee-notes": text}, holder.id)
    reply = scene.crew.patch(f"/v1/attendees/{holder.id}", sent)
    assert reply.status == 200, reply.text
