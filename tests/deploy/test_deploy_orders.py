"""What is wrong with an order to deploy is told before anything is sent."""

import shlex
from pathlib import Path

import pytest

from deploy import deploy
from deploy.artefacts import ROOT
from tests.deploy.cli import GOOD, UP_TO_ASKING, Cli, run


def test_a_dry_run_prints_the_commands_and_runs_none(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.write()
    assert run([*GOOD, "--dry-run"], monkeypatch) == 0
    assert cli.asked() == []
    said = capsys.readouterr().out.splitlines()
    assert "# MailFrom=a@example.org" in said
    commands = [shlex.split(line) for line in said if not line.startswith("#")]
    assert all(command[0] == "aws" for command in commands)
    assert all(command[command.index("--region") + 1] == "eu-central-1" for command in commands)
    verbs = [command[3] if command[2] == "wait" else command[2] for command in commands]
    assert verbs[:6] == UP_TO_ASKING
    assert (
        verbs.index("invoke")
        < verbs.index("execute-change-set")
        < len(verbs) - 1 - verbs[::-1].index("invoke")
    )


def test_a_dry_run_needs_no_aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("DEPLOY_BUCKET", "a-bucket")
    assert run([*GOOD, "--dry-run"], monkeypatch) == 0


def test_without_the_cli_nothing_begins(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("DEPLOY_BUCKET", "a-bucket")
    assert run(GOOD, monkeypatch) == 2
    assert capsys.readouterr().err.startswith("there is no command aws: install the AWS CLI")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--stage", "nowhere"], "there is no stage 'nowhere': STAGE is one of dev, prod"),
        ([*GOOD, "--machine", "pdp11"], "Lambda has no machine 'pdp11'"),
        (
            ["--stage", "dev"],
            "dev.json: MailFrom is missing (The sender of mails, verified in SES); WebUrl is",
        ),
        ([*GOOD, "--set", "MailFrom"], "SET takes Name=Value, not 'MailFrom'"),
        ([*GOOD, "--set", "Colour=red"], "dev.json: there is no parameter Colour"),
        ([*GOOD, "--set", "CreateCluster=true"], "dev.json: SubnetIds is missing, where the cluster"),
        (
            [*GOOD, "--set", "DatabaseCaFile=/var/task/certificates/rds.pem"],
            "dev.json: DatabaseCaFile is to be packed, and CA_FILE does not say which file it is",
        ),
    ],
)
def test_a_wrong_order_ends_with_one_line(
    cli: Cli,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    said: str,
) -> None:
    cli.write()
    assert run([*arguments, "--dry-run"], monkeypatch) == 2
    told = capsys.readouterr().err
    assert told.startswith(said)
    assert told.count("\n") == 1


def test_without_a_bucket_nothing_begins(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("DEPLOY_BUCKET", raising=False)
    assert run([*GOOD, "--dry-run"], monkeypatch) == 2
    assert "DEPLOY_BUCKET is missing" in capsys.readouterr().err


def test_nobody_there_to_ask_means_no(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(question: str) -> str:
        raise EOFError

    monkeypatch.setattr("builtins.input", nobody)
    assert deploy._agreed("dev") is False


def test_the_stages_name_no_account() -> None:
    for path in (ROOT / "deploy").glob("*.json"):
        assert "arn:" not in path.read_text()
