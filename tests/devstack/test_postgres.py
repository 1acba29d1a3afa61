"""The embedded PostgreSQL starts whatever an earlier start left behind, and ends without a trace."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from devstack import database, postgres
from devstack.processes import NotStarted
from tests.support.running_system import ROOT, eventually

START_AND_WAIT = """
import sys, time
from pathlib import Path
from devstack import postgres
server = postgres.start(Path(sys.argv[1]), postgres.FORGETFUL)
print(server.url("postgres"), flush=True)
time.sleep(60)
"""


def test_data_survives_a_stop_and_no_process_does(tmp_path: Path) -> None:
    first = postgres.start(tmp_path)
    database.create_if_missing(first.url("postgres"), "kept")
    first.stop()
    assert not first.runs()
    assert servers_of(tmp_path) == []

    second = postgres.start(tmp_path)
    try:
        database.check_reachable(second.url("kept"))
    finally:
        second.stop()


def test_a_half_made_data_directory_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "data.unfinished" / "base").mkdir(parents=True)
    (tmp_path / "data.unfinished" / "PG_VERSION").write_text("18\n")

    server = postgres.start(tmp_path, postgres.FORGETFUL)
    try:
        database.check_reachable(server.url("postgres"))
    finally:
        server.stop()


def test_a_process_number_left_behind_and_given_to_somebody_else_is_ignored(tmp_path: Path) -> None:
    postgres.start(tmp_path, postgres.FORGETFUL).stop()
    stale = [str(os.getpid()), str(tmp_path / "data"), "1700000000", "5432", "", "127.0.0.1", "", "ready"]
    (tmp_path / "data" / "postmaster.pid").write_text("\n".join(stale) + "\n")

    server = postgres.start(tmp_path, postgres.FORGETFUL)
    try:
        database.check_reachable(server.url("postgres"))
    finally:
        server.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children that their parent died")
def test_the_server_ends_when_its_starter_is_killed(tmp_path: Path) -> None:
    starter = subprocess.Popen(
        [sys.executable, "-c", START_AND_WAIT, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert starter.stdout
    assert starter.stdout.readline().startswith("postgresql://")
    assert servers_of(tmp_path)

    starter.send_signal(signal.SIGKILL)
    starter.communicate()

    eventually(lambda: not servers_of(tmp_path), "the end of the server")


def test_an_unreachable_database_is_named_without_its_password() -> None:
    with pytest.raises(NotStarted) as refusal:
        database.check_reachable("postgresql://me:secret@127.0.0.1:9/none")

    assert "127.0.0.1:9/none" in str(refusal.value)
    assert "secret" not in str(refusal.value)


def servers_of(directory: Path) -> list[int]:
    found = psutil.process_iter(["cmdline"])
    return [item.pid for item in found if str(directory / "data") in (item.info["cmdline"] or [])]
