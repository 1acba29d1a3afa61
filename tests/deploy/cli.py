"""A stand-in for the AWS CLI, and an operator who answers its question."""

import json
import os
import sys
from pathlib import Path

import pytest

from deploy import deploy
from deploy.stop import ending_clearly

GOOD = ["--stage", "dev", "--set", "MailFrom=a@example.org", "--set", "WebUrl=https://example.org"]
# Stands in for the AWS CLI: notes what it is asked, and answers as ANSWERS says, by the command's words.
_CLI = """#!{python}
import json, os, sys
words = sys.argv[1:]
with open({log!r}, "a") as log:
    log.write(json.dumps(words) + "\\n")
if words[:2] == ["cloudformation", "package"]:
    at = dict(zip(words, words[1:]))
    template = json.load(open(at["--template-file"]))
    template["Resources"]["Migrate"]["Properties"]["CodeUri"] = "s3://a-bucket/open-event-dev/0123.zip"
    json.dump(template, open(at["--output-template-file"], "w"))
answer = json.load(open({answers!r})).get(" ".join(words[:3] if "wait" in words else words[:2]), {{}})
if words[:2] == ["lambda", "invoke"]:
    json.dump(answer.get("payload"), open(words[-3] if words[-2] == "--region" else words[-1], "w"))
print(answer.get("out", ""), end="")
print(answer.get("err", ""), end="", file=sys.stderr)
sys.exit(answer.get("exit", 0))
"""
_CHANGES = {
    "Changes": [
        {
            "ResourceChange": {
                "Action": "Modify",
                "LogicalResourceId": "Tasks",
                "ResourceType": "AWS::Lambda::Function",
                "Replacement": "False",
            }
        }
    ]
}
_MIGRATED = {"from": "a", "to": "b", "applied": ["b"], "seconds": 0.1}
THERE = {
    "Stacks": [
        {
            "StackStatus": "UPDATE_COMPLETE",
            "Outputs": [{"OutputKey": "MigrateName", "OutputValue": "open-event-dev-Migrate-1"}],
        }
    ]
}


class Cli:
    """A stand-in for the AWS CLI, on the PATH."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._log, self._answers = directory / "log", directory / "answers.json"
        program = directory / "aws"
        program.write_text(_CLI.format(python=sys.executable, log=str(self._log), answers=str(self._answers)))
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{directory}{os.pathsep}{os.environ['PATH']}")
        self.answers: dict[str, dict[str, object]] = {
            "cloudformation describe-stacks": {"out": json.dumps(THERE)},
            "cloudformation describe-change-set": {"out": json.dumps(_CHANGES)},
            "lambda invoke": {"out": "{}", "payload": _MIGRATED},
        }

    def write(self) -> None:
        """Make the answers known."""
        self._answers.write_text(json.dumps(self.answers))

    def asked(self) -> list[str]:
        """The verbs of the commands, in their order."""
        if not self._log.exists():
            return []
        lines = [json.loads(line) for line in self._log.read_text().splitlines()]
        return [words[2] if words[1] == "wait" else words[1] for words in lines]


def run(arguments: list[str], monkeypatch: pytest.MonkeyPatch, says: str = "y") -> int:
    """The exit code of a deployment in which the operator answers so."""
    monkeypatch.setattr("builtins.input", lambda question: says)
    return ending_clearly(lambda: deploy.main(arguments))


UP_TO_ASKING = [
    "describe-stacks",
    "package",
    "cp",
    "create-change-set",
    "change-set-create-complete",
    "describe-change-set",
]
