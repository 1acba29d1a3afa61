"""Deploying goes in the order that was promised, and ends where something goes wrong."""

import json

import pytest

from tests.deploy.cli import GOOD, THERE, UP_TO_ASKING, Cli, run


def test_where_there_is_a_stack_the_database_goes_first(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.write()
    assert run(GOOD, monkeypatch) == 0
    renewing = [
        "update-function-configuration",
        "function-updated-v2",
        "update-function-code",
        "function-updated-v2",
    ]
    changing = ["execute-change-set", "stack-update-complete"]
    assert cli.asked() == [*UP_TO_ASKING, *renewing, "invoke", *changing]
    said = capsys.readouterr().out
    assert "Modify   Tasks (AWS::Lambda::Function)\n" in said
    assert "the database went from a to b: 1 steps in 0.1 s\n" in said
    assert said.endswith("open-event-dev is deployed\n")


def test_where_there_is_none_the_database_comes_after_the_stack(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    left = {"Stacks": [{**THERE["Stacks"][0], "StackStatus": "REVIEW_IN_PROGRESS"}]}
    cli.answers["cloudformation describe-stacks"] = {"out": json.dumps(left)}
    cli.write()
    assert run(GOOD, monkeypatch) == 2  # the stand-in's stack never leaves the state in which nothing is made
    assert cli.asked() == [*UP_TO_ASKING, "execute-change-set", "stack-create-complete", "describe-stacks"]
    assert "the stack has no output MigrateName" in capsys.readouterr().err


def test_rolling_back_leaves_the_database_alone(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.write()
    assert run([*GOOD, "--roll-back", "--dry-run"], monkeypatch) == 0
    assert "lambda" not in capsys.readouterr().out
    assert run([*GOOD, "--roll-back"], monkeypatch) == 0
    assert cli.asked() == [*UP_TO_ASKING, "execute-change-set", "stack-update-complete"]


def test_no_means_no(cli: Cli, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    cli.write()
    assert run(GOOD, monkeypatch, says="") == 0
    assert cli.asked() == [*UP_TO_ASKING, "delete-change-set"]
    assert capsys.readouterr().out.endswith("nothing was changed\n")


def test_a_failing_migration_keeps_the_rest_from_changing(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.answers["lambda invoke"] = {
        "out": '{"FunctionError": "Unhandled"}',
        "payload": {"errorMessage": "b failed"},
    }
    cli.write()
    assert run(GOOD, monkeypatch) == 2
    assert cli.asked()[-1] == "invoke"
    said = capsys.readouterr().err
    assert said.startswith(
        "the database was not migrated, and nothing else was changed: b failed; again: aws lambda"
    )
    assert said.count("\n") == 1


def test_where_nothing_would_change_nothing_is_done(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = {"Changes": [], "StatusReason": "The submitted information didn't contain changes."}
    cli.answers["cloudformation describe-change-set"] = {"out": json.dumps(empty)}
    cli.answers["cloudformation wait change-set-create-complete"] = {"exit": 255}
    cli.write()
    assert run(GOOD, monkeypatch) == 0
    assert cli.asked() == [*UP_TO_ASKING, "delete-change-set"]
    assert capsys.readouterr().out == "nothing has changed since\n"


@pytest.mark.parametrize(
    ("command", "answer", "said"),
    [
        (
            "cloudformation describe-stacks",
            {"exit": 1, "err": "no credentials"},
            "the stack cannot be looked at: no",
        ),
        (
            "cloudformation describe-stacks",
            {"out": json.dumps({"Stacks": [{"StackStatus": "ROLLBACK_COMPLETE"}]})},
            "open-event-dev is left over from a creation that failed",
        ),
        (
            "cloudformation package",
            {"exit": 1, "err": "a\nno bucket\n"},
            "the code cannot be uploaded: no bucket",
        ),
        (
            "cloudformation wait stack-update-complete",
            {"exit": 255, "err": "Waiter failed"},
            "the stack went back",
        ),
    ],
)
def test_what_aws_refuses_is_told_in_one_line(
    cli: Cli,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
    answer: dict[str, object],
    said: str,
) -> None:
    cli.answers[command] = answer
    cli.write()
    assert run(GOOD, monkeypatch) == 2
    told = capsys.readouterr().err
    assert told.startswith(said)
    assert told.count("\n") == 1
