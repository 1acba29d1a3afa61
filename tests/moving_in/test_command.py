"""The operators' command: what it prints, and what it refuses."""

from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.conftest import run as run
from tests.moving_in.conftest import Installation
from tests.support.databases import TestDatabase
from tests.support.http_client import Client


def test_a_dry_run_says_what_would_come_and_changes_nothing(
    run: Run, installation: Installation, client: Client, database: TestDatabase, tmp_path: Path
) -> None:
    options = ("--media", str(installation.files), "--report", str(tmp_path / "report.jsonl"))
    ended = run("move-in", "--from", installation.url, *options, "--dry-run")
    assert ended.code == 0
    assert "mails: 45 of 45" in ended.err.splitlines()
    assert "dry run: nothing was changed" in ended.out
    assert database.one("SELECT count(*) FROM users") == 0
    assert database.one("SELECT count(*) FROM moved_rows") == 0
    assert (tmp_path / "report.jsonl").read_text().count("\n") > 50


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--from", "postgresql://nobody@127.0.0.1:9/none"), "cannot be reached"),
        (("--from", "no address"), "move-in: "),
        (("--from", "postgresql://x@127.0.0.1:9/x", "--media", "/no/such/folder"), "neither a folder"),
        (("--from", "postgresql://x@127.0.0.1:9/x", "--page", "0"), "--page"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(
    arguments: tuple[str, ...], reason: str, run: Run, client: Client, tmp_path: Path
) -> None:
    ended = run("move-in", *arguments, "--report", str(tmp_path / "report.jsonl"))
    assert (ended.code, ended.out) == (1, "")
    assert reason in ended.err
    assert ended.err.count("\n") == 1


def test_another_database_is_refused(
    run: Run, client: Client, database: TestDatabase, tmp_path: Path
) -> None:
    report = ("--report", str(tmp_path / "report.jsonl"))
    for address in (database.requests_url, database.requests_url.rpartition("/")[0] + "/postgres"):
        ended = run("move-in", "--from", address, *report)
        assert (ended.code, ended.out) == (1, "")
        assert "no database of Open Event Server" in ended.err
    assert database.one("SELECT count(*) FROM moved_rows") == 0
