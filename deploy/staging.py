"""A clean copy of the product, and `chalice package` on it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import yaml

from chalicelib.docs.prerendered import PREFIX
from deploy import edge_cloudfront, snapshots
from deploy.artefacts import ARCHITECTURES, ROOT
from deploy.stop import Stop

MERGED: Final = ".chalice/resources.yaml"
_CONFIG: Final = ".chalice/config.json"
# Chalice needs a region but does not record it.
_REGION: Final = "eu-central-1"
# Ten times as fast, where PyYAML was built with libyaml.
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_RUN_CHALICE: Final = "import sys; from chalice.cli import main; sys.exit(main())"


# Operators run it on a machine of theirs; its tables are the database's, and stay.
_FOR_OPERATORS: Final = ("chalicelib/cli", "chalicelib/moving_in")
_TABLES: Final = ("chalicelib/moving_in/__init__.py", "chalicelib/moving_in/moved_rows.py")


def sources() -> list[Path]:
    """Every file of the project that is packaged, sorted."""
    found = [ROOT / "app.py", ROOT / MERGED, ROOT / _CONFIG]
    found += (ROOT / "migrations").rglob("*.py")
    found += (path for path in (ROOT / "chalicelib").rglob("*") if path.is_file())
    for path in found:
        if not path.exists():
            raise Stop(f"{path} is missing")
    return sorted(path for path in found if _is_packaged(path.relative_to(ROOT)))


def _is_packaged(path: Path) -> bool:
    if "__pycache__" in path.parts or path.suffix == ".pyc":
        return False
    return str(path) in _TABLES or not any(path.is_relative_to(folder) for folder in _FOR_OPERATORS)


def stage_copy(target: Path, machine: str) -> None:
    """Copy the project to `target`, as Chalice expects it. Raises Stop.

    Without requirements.txt: libraries are added afterwards (deploy/libraries.py). Chalice packages vendor/
    as it is, hence the migrations there.
    """
    for path in sources():
        name = path.relative_to(ROOT)
        place = target / ("vendor" if name.parts[0] == "migrations" else "") / name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place)
    config = json.loads((target / _CONFIG).read_text())
    config["lambda_architecture"] = ARCHITECTURES[machine]
    (target / _CONFIG).write_text(json.dumps(config))


def write_manifest(staged: Path) -> None:
    """Write the manifest of resource types into the copy."""
    _run(
        [sys.executable, "-m", "deploy.manifest", str(staged)],
        ROOT,
        "the table of contents cannot be written",
    )


def prerender(staged: Path) -> None:
    """Write the API description into the copy."""
    _run(
        [sys.executable, "-m", "deploy.prerender", str(staged)],
        ROOT,
        "the API description cannot be written",
        API_PREFIX=PREFIX,
    )


def run_chalice(staged: Path, stage: str) -> tuple[dict[str, Any], Path]:
    """(merged template, zip with our own code) from `chalice package`."""
    out = staged / "out"
    command = [sys.executable, "-c", _RUN_CHALICE, "package", "--stage", stage, "--merge-template", MERGED]
    _run([*command, str(out)], staged, "chalice package fails")
    # As JSON: CloudFormation does not support the aliases that YAML is written with.
    template: dict[str, Any] = yaml.load((out / "sam.yaml").read_text(), _LOADER)  # noqa: S506 - a safe one
    edge_cloudfront.merge(template)
    snapshots.call_by_alias(template)
    return template, out / "deployment.zip"


def _run(command: list[str], directory: Path, complaint: str, **settings: str) -> None:
    # A minimal environment, without settings and credentials.
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT")
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    environment |= {"AWS_DEFAULT_REGION": _REGION, "PYTHONDONTWRITEBYTECODE": "1", **settings}
    done = subprocess.run(
        command, cwd=directory, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        raise Stop(f"{complaint}: {lines[-1].strip() if lines else 'no reason was given'}")
