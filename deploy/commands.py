"""AWS CLI command lines for deploying a stage. None is run here."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

Command = list[str]

MIGRATION_SECONDS: Final = 900  # the function's timeout


@dataclass(frozen=True, slots=True)
class Deployment:
    """One CloudFormation stack in one region, and the bucket for code and templates."""

    stack: str
    region: str
    bucket: str
    directory: Path  # of the artefacts

    @property
    def switched(self) -> Path:
        """The template as it is deployed with these parameters."""
        return self.directory / "switched.json"

    @property
    def packaged(self) -> Path:
        """The template with the uploaded files' URLs."""
        return self.directory / "packaged.json"

    @property
    def answer(self) -> Path:
        """The migration function's response."""
        return self.directory / "migrated.json"

    @property
    def parameters(self) -> Path:
        """The parameters in the CLI's format."""
        return self.directory / "parameters.json"

    @property
    def event(self) -> Path:
        """The migration function's event."""
        return self.directory / "migrate.json"

    def write_files(self, values: dict[str, str]) -> None:
        """Write the parameter and event files."""
        self.event.write_text("{}")
        listed = [{"ParameterKey": key, "ParameterValue": value} for key, value in sorted(values.items())]
        self.parameters.write_text(json.dumps(listed, indent=1) + "\n")

    def describe(self) -> Command:
        """Print the stack with its status and outputs; fails when there is none."""
        return self._cloudformation("describe-stacks", "--output", "json")

    def package(self, template: Path) -> Command:
        """Upload the code and the layer."""
        command = self._aws("cloudformation", "package", "--template-file", str(template), "--use-json")
        command += ["--s3-bucket", self.bucket, "--s3-prefix", self.stack]
        return [*command, "--output-template-file", str(self.packaged)]

    def upload_template(self, name: str) -> Command:
        """Upload the template, which is too large to be sent inline."""
        return self._aws("s3", "cp", str(self.packaged), f"s3://{self.bucket}/{self.stack}/{name}.template")

    def create_change_set(self, name: str, template: str, kind: str) -> Command:
        """Create a change set. `kind` is CREATE or UPDATE."""
        url = f"https://{self.bucket}.s3.{self.region}.amazonaws.com/{self.stack}/{template}.template"
        command = self._change_set("create-change-set", name)
        command += ["--change-set-type", kind, "--template-url", url]
        command += ["--parameters", f"file://{self.parameters}"]
        return [*command, "--capabilities", "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]

    def wait_for_change_set(self, name: str) -> Command:
        """Wait for the change set; fails when it is empty or invalid."""
        command = self._aws("cloudformation", "wait", "change-set-create-complete")
        return [*command, "--stack-name", self.stack, "--change-set-name", name]

    def describe_change_set(self, name: str) -> Command:
        """Print the change set."""
        return [*self._change_set("describe-change-set", name), "--output", "json"]

    def delete_change_set(self, name: str) -> Command:
        """Delete the change set."""
        return self._change_set("delete-change-set", name)

    def execute_change_set(self, name: str) -> Command:
        """Start the change set."""
        return self._change_set("execute-change-set", name)

    def wait_for_stack(self, kind: str) -> Command:
        """Wait for the stack; fails when it was rolled back."""
        done = "stack-create-complete" if kind == "CREATE" else "stack-update-complete"
        return [*self._aws("cloudformation", "wait", done), "--stack-name", self.stack]

    def renew_migration(self, function: str, key: str, runtime: str, architecture: str) -> list[Command]:
        """Update the code of the migration function only. `key` is the zip's key in the bucket."""
        named = ["--function-name", function]
        wait = [*self._aws("lambda", "wait", "function-updated-v2"), *named]
        configured = [*self._aws("lambda", "update-function-configuration"), *named, "--runtime", runtime]
        renewed = [*self._aws("lambda", "update-function-code"), *named, "--architectures", architecture]
        renewed += ["--s3-bucket", self.bucket, "--s3-key", key]
        return [[*configured, "--output", "json"], wait, [*renewed, "--output", "json"], wait]

    def migrate(self, function: str) -> Command:
        """Run the migration; its response is written to `answer`."""
        # As a file: versions 1 and 2 of the CLI parse an inline payload differently.
        command = [*self._aws("lambda", "invoke"), "--function-name", function]
        command += ["--payload", f"fileb://{self.event}", "--output", "json"]
        return [*command, "--cli-read-timeout", str(MIGRATION_SECONDS + 20), str(self.answer)]

    def _aws(self, *words: str) -> Command:
        return ["aws", *words, "--region", self.region]

    def _cloudformation(self, verb: str, *words: str) -> Command:
        return [*self._aws("cloudformation", verb), "--stack-name", self.stack, *words]

    def _change_set(self, verb: str, name: str) -> Command:
        return self._cloudformation(verb, "--change-set-name", name)
