"""A clean copy of what is packaged, and what Chalice makes of it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import yaml

from deploy.artefacts import ARCHITECTURES, ROOT
from deploy.stop import Stop

MERGED: Final = ".chalice/resources.yaml"
_CONFIG: Final = ".chalice/config.json"
# Chalice asks for some region and writes none down.
_REGION: Final = "eu-central-1"
_RUN_CHALICE: Final = "import sys; from chalice.cli import main; sys.exit(main())"


def sources() -> list[Path]:
    """Every file of the project that becomes part of a package, sorted."""
    found = [ROOT / "app.py", ROOT / MERGED, ROOT / _CONFIG]
    found += (ROOT / "migrations").rglob("*.py")
    found += (path for path in (ROOT / "chalicelib").rglob("*") if path.is_file())
    for path in found:
        if not path.exists():
            raise Stop(f"{path} is missing")
    return sorted(path for path in found if "__pycache__" not in path.parts)


def stage_copy(target: Path, machine: str) -> None:
    """Copy the project to `target` as Chalice wants it. Raises Stop.

    There is no requirements.txt: the libraries are added afterwards (deploy/libraries.py). Chalice
    packs vendor/ as it lies, and so the migrations come along.
    """
    for path in sources():
        name = path.relative_to(ROOT)
        place = target / ("vendor" if name.parts[0] == "migrations" else "") / name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place)
    config = json.loads((target / _CONFIG).read_text())
    config["lambda_architecture"] = ARCHITECTURES[machine]
    (target / _CONFIG).write_text(json.dumps(config))


def write_contents(staged: Path) -> None:
    """Write the nouns' table of contents into the copy, which spares a cold function most imports."""
    _run(
        [sys.executable, "-m", "deploy.contents", str(staged)],
        ROOT,
        "the table of contents cannot be written",
    )


def run_chalice(staged: Path, stage: str) -> tuple[dict[str, Any], Path]:
    """What `chalice package` makes of the copy: the merged template, and the zip with our own code."""
    out = staged / "out"
    command = [sys.executable, "-c", _RUN_CHALICE, "package", "--stage", stage, "--merge-template", MERGED]
    _run([*command, str(out)], staged, "chalice package fails")
    # As JSON: CloudFormation knows no aliases, which YAML is written with where values are shared.
    template: dict[str, Any] = yaml.safe_load((out / "sam.yaml").read_text())
    return template, out / "deployment.zip"


def _run(command: list[str], directory: Path, complaint: str) -> None:
    # Of the environment only what a program needs: settings of a running system and credentials stay out.
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT")
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    environment |= {"AWS_DEFAULT_REGION": _REGION, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        command, cwd=directory, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        raise Stop(f"{complaint}: {lines[-1].strip() if lines else 'no reason was given'}")
