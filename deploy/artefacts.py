"""Build artifacts of a stage: the files for AWS and their paths."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from deploy.stop import Stop

ROOT: Final = Path(__file__).resolve().parent.parent
BUILD: Final = ROOT / "build" / "package"
# Machine names: Python's -> Lambda's.
ARCHITECTURES: Final = {"x86_64": "x86_64", "aarch64": "arm64"}
LARGEST_CODE: Final = 20_000_000  # bytes, zip and libmagic together: fetched by a cold start of the API
LARGEST_PAPERS: Final = 30_000_000  # bytes, the layer of papers, fetched by a cold start of tasks
LARGEST_TEMPLATE: Final = 300_000  # bytes; CloudFormation's limit is a million


@dataclass(frozen=True, slots=True)
class Artefacts:
    """One package: SAM template, function code and layers, in one directory."""

    directory: Path

    @property
    def template(self) -> Path:
        """The SAM template, which refers to the other files by relative path."""
        return self.directory / "sam.json"

    @property
    def code(self) -> Path:
        """The zip of /var/task."""
        return self.directory / "deployment.zip"

    @property
    def layers(self) -> tuple[Path, Path]:
        """The zips of /opt: libmagic, and papers."""
        return self.directory / "libmagic.zip", self.directory / "papers.zip"

    @property
    def files(self) -> tuple[Path, ...]:
        """All of them."""
        return (self.template, self.code, *self.layers)

    def document(self) -> dict[str, Any]:
        """The parsed template."""
        found: dict[str, Any] = json.loads(self.template.read_text())
        return found


def stages() -> tuple[str, ...]:
    """The stages that have a parameter file."""
    return tuple(sorted(path.stem for path in (ROOT / "deploy").glob("*.json")))


def check_stage(stage: str) -> None:
    """Raise Stop unless there is such a stage."""
    if stage not in stages():
        raise Stop(f"there is no stage {stage!r}: STAGE is one of {', '.join(stages())}")


def check_machine(machine: str) -> None:
    """Raise Stop unless Lambda has such a machine."""
    if machine not in ARCHITECTURES:
        raise Stop(f"Lambda has no machine {machine!r}: MACHINE is one of {', '.join(ARCHITECTURES)}")


def of(stage: str) -> Artefacts:
    """The artifacts that `make package` has built for this stage. Raises Stop when it has not."""
    check_stage(stage)
    found = Artefacts(BUILD / stage)
    for path in found.files:
        if not path.exists():
            raise Stop(f"{path} is missing: make package STAGE={stage} builds it")
    return found
