"""Deploys a stage with the AWS CLI: shows what would change, asks, migrates, changes.

    DEPLOY_BUCKET=... python -m deploy.deploy --stage dev|prod [--dry-run] [--set Name=Value ...]
                                              [--machine x86_64|aarch64] [--ca-file FILE] [--roll-back]

Parameters are those of deploy/<stage>.json; `--set` adds to them. `--dry-run` checks them and prints
the commands, without AWS. The order, and why: a migration only adds, so the old code runs on the new
schema, and the new code does not run on the old one. Hence the database comes first, by the migration
function with the new code; where there is no stack yet, it comes right after the stack. `--roll-back`
brings older code back and leaves the database alone.
"""

import argparse
import hashlib
import json
import os
import shlex
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

from chalice.package import YAMLTemplateSerializer

from deploy import package, snapshots, values
from deploy.artefacts import ARCHITECTURES, BUILD, ROOT, Artefacts, check_machine, check_stage
from deploy.commands import Command, Deployment
from deploy.requirements import PYTHON
from deploy.staging import MERGED
from deploy.stop import Stop, ending_clearly


def main(arguments: list[str] | None = None) -> None:
    """Deploy, or tell how."""
    parser = argparse.ArgumentParser(prog="deploy.deploy", description=__doc__)
    parser.add_argument("--stage", default="")
    parser.add_argument("--machine", default="x86_64")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--ca-file", type=Path)
    parser.add_argument("--dry-run", action="store_true")
    parser.add_argument("--roll-back", action="store_true")
    given = parser.parse_args(arguments)
    check_stage(given.stage)
    check_machine(given.machine)
    deployment, parameters = _ordered(given.stage, given.set, given.ca_file)
    if given.dry_run:
        _tell(deployment, parameters, given.machine, migrates=not given.roll_back)
        return
    if shutil.which("aws") is None:
        raise Stop("there is no command aws: install the AWS CLI (docs.aws.amazon.com/cli), or try DRY_RUN=1")
    built = package.build(given.stage, given.machine, given.ca_file)
    _deploy(deployment, built, given.machine, parameters, migrates=not given.roll_back)


def _ordered(stage: str, set_here: list[str], ca_file: Path | None) -> tuple[Deployment, dict[str, str]]:
    """What is to be deployed, with its parameters, all checked as far as that is possible here."""
    file = ROOT / "deploy" / f"{stage}.json"
    ordered = json.loads(file.read_text())
    parameters: dict[str, str] = dict(ordered["parameters"])
    for text in set_here:
        name, equals, value = text.partition("=")
        if not equals:
            raise Stop(f"SET takes Name=Value, not {text!r}")
        parameters[name] = value
    template = YAMLTemplateSerializer().load_template((ROOT / MERGED).read_text())
    wrong = values.complaints(template, parameters) + snapshots.complaints(parameters)
    if parameters.get("DatabaseCaFile") == f"/var/task/{package.CA_FILE}" and ca_file is None:
        wrong.append("DatabaseCaFile is to be packed, and CA_FILE does not say which file it is")
    bucket = os.environ.get("DEPLOY_BUCKET", "")
    if not bucket:
        wrong.append("DEPLOY_BUCKET is missing, the bucket that code is brought to AWS through")
    if wrong:
        raise Stop(f"{file.name}: {'; '.join(wrong)}")
    return Deployment(ordered["stack"], ordered["region"], bucket, BUILD / stage), parameters


def _tell(deployment: Deployment, parameters: dict[str, str], machine: str, *, migrates: bool) -> None:
    """Print every parameter and command in their order; the words in capitals are known only then."""
    for name, value in sorted({**parameters, snapshots.RELEASE: "RELEASE"}.items()):
        print(f"# {name}={value}")
    name, key = "deploy-TIME", f"{deployment.stack}/ZIP"
    template = deployment.switched
    renewed = deployment.renew_migration(
        "MIGRATE", key, f"python{PYTHON[0]}.{PYTHON[1]}", ARCHITECTURES[machine]
    )
    steps: list[tuple[str, list[Command]]] = [
        ("is there a stack?", [deployment.describe()]),
        ("upload", [deployment.package(template), deployment.upload_template("TEMPLATE")]),
        (
            "what would change; then ask",
            [
                deployment.create_change_set(name, "TEMPLATE", "CREATE-OR-UPDATE"),
                deployment.wait_for_change_set(name),
                deployment.describe_change_set(name),
            ],
        ),
        ("where there is a stack: migrate with the new code", [*renewed, deployment.migrate("MIGRATE")]),
        ("change", [deployment.execute_change_set(name), deployment.wait_for_stack("UPDATE")]),
        ("where there was no stack: migrate", [deployment.migrate("MIGRATE")]),
    ]
    if not migrates:
        steps = [step for step in steps if "migrate" not in step[0]]
    for number, (what, commands) in enumerate(steps, 1):
        print(f"# {number}. {what}")
        for command in commands:
            print(shlex.join(command))


def _deploy(
    deployment: Deployment, built: Artefacts, machine: str, parameters: dict[str, str], *, migrates: bool
) -> None:
    stack = _stack(deployment)
    kind = "UPDATE" if stack else "CREATE"
    snapshots.write_switched(built.template, parameters, deployment.switched)
    _run(deployment.package(deployment.switched), "the code cannot be uploaded")
    packaged = deployment.packaged.read_bytes()
    deployment.write_files({**parameters, snapshots.RELEASE: snapshots.release(packaged, parameters)})
    template, name = hashlib.sha256(packaged).hexdigest()[:32], f"deploy-{int(time.time())}"
    _run(deployment.upload_template(template), "the template cannot be uploaded")
    _run(deployment.create_change_set(name, template, kind), "there can be no change set")
    if not _shown(deployment, name):
        print("nothing has changed since")
        return
    if not _agreed(deployment.stack):
        _run(deployment.delete_change_set(name), "the change set cannot be removed")
        print("nothing was changed")
        return
    if stack and migrates:
        function = json.loads(packaged)["Resources"]["Migrate"]["Properties"]
        key = str(function["CodeUri"]).removeprefix(f"s3://{deployment.bucket}/")
        for command in deployment.renew_migration(
            _migrate_name(stack), key, function["Runtime"], ARCHITECTURES[machine]
        ):
            _run(command, "the migration function cannot be renewed")
        _migrate(deployment, stack, "the database was not migrated, and nothing else was changed")
    _run(deployment.execute_change_set(name), "the change set cannot be executed")
    why = shlex.join(["aws", "cloudformation", "describe-stack-events", "--stack-name", deployment.stack])
    _run(deployment.wait_for_stack(kind), f"the stack went back to what it was ({why} says why)")
    if not stack and migrates:
        _migrate(deployment, _stack(deployment), "the stack stands, and the database was not migrated")
    print(f"{deployment.stack} is deployed")


def _stack(deployment: Deployment) -> dict[str, Any]:
    """The stack as it stands; empty when there is none, or one of which nothing was ever made."""
    done = subprocess.run(deployment.describe(), capture_output=True, text=True, check=False)
    if done.returncode and "does not exist" in done.stderr:
        return {}
    if done.returncode:
        raise Stop(f"the stack cannot be looked at: {_last_line(done.stderr)}")
    found: dict[str, Any] = json.loads(done.stdout)["Stacks"][0]
    if found["StackStatus"] in {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED"}:
        raise Stop(f"{deployment.stack} is left over from a creation that failed: delete the stack first")
    return {} if found["StackStatus"] == "REVIEW_IN_PROGRESS" else found


def _shown(deployment: Deployment, name: str) -> bool:
    """Print what would change; whether anything would."""
    waited = subprocess.run(deployment.wait_for_change_set(name), capture_output=True, text=True, check=False)
    found = json.loads(_run(deployment.describe_change_set(name), "the change set cannot be looked at"))
    if waited.returncode:
        reason = found.get("StatusReason", "")
        _run(deployment.delete_change_set(name), "the change set cannot be removed")
        if "didn't contain changes" in reason or "No updates" in reason:
            return False
        raise Stop(f"the change set cannot be used: {reason or _last_line(waited.stderr)}")
    for resource in (change["ResourceChange"] for change in found["Changes"]):
        replaced = " REPLACED" if resource.get("Replacement") in {"True", "Conditional"} else ""
        print(
            f"{resource['Action']:8} {resource['LogicalResourceId']} ({resource['ResourceType']}){replaced}"
        )
    return True


def _agreed(stack: str) -> bool:
    try:
        return input(f"change {stack}? [y/N] ").strip().lower() in {"y", "yes"}
    except EOFError:  # nobody is there to ask
        return False


def _migrate_name(stack: dict[str, Any]) -> str:
    for output in stack.get("Outputs", ()):
        if output["OutputKey"] == "MigrateName":
            return str(output["OutputValue"])
    raise Stop("the stack has no output MigrateName: it is not one of ours")


def _migrate(deployment: Deployment, stack: dict[str, Any], complaint: str) -> None:
    command = deployment.migrate(_migrate_name(stack))
    again = f"; again: {shlex.join(command)}"
    told = json.loads(_run(command, complaint))
    answer = json.loads(deployment.answer.read_text())
    if "FunctionError" in told:
        raise Stop(f"{complaint}: {answer.get('errorMessage', told['FunctionError'])}{again}")
    steps = f"{len(answer['applied'])} steps in {answer['seconds']} s"
    print(f"the database went from {answer['from'] or 'nothing'} to {answer['to']}: {steps}")


def _run(command: Command, complaint: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Stop(f"{complaint}: {_last_line(done.stderr)}")
    return done.stdout


def _last_line(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return lines[-1].strip() if lines else "no reason was given"


if __name__ == "__main__":
    raise SystemExit(ending_clearly(main))
