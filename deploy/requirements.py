"""Versions of the libraries for Lambda: those that the tests ran with.

requirements.txt pins direct dependencies. Transitive ones are taken as installed, so that nothing is deployed
in an untested version.
"""

import importlib.metadata as metadata
import sys
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from deploy.artefacts import ROOT
from deploy.stop import Stop

# The newest glibc that a wheel may ask for, by Python version. Source: the Lambda guide, "Lambda
# runtimes": Amazon Linux 2 has 2.26, Amazon Linux 2023 has 2.34.
GLIBC: Final = {(3, 11): 26, (3, 12): 34, (3, 13): 34}
PYTHON: Final = (sys.version_info.major, sys.version_info.minor)
# Lambda provides boto3 and its dependencies. Chalice packages its own runtime.
LEFT_OUT: Final = frozenset({"boto3", "botocore", "s3transfer", "jmespath", "urllib3", "chalice"})
OTHERWISE: Final = ROOT / "deploy" / "lambda-versions.txt"


def pins(requirements: Path = ROOT / "requirements.txt", otherwise: Path = OTHERWISE) -> list[str]:
    """Every library to package, as name==version, sorted. Raises Stop.

    `otherwise` is a file with other versions for some of them.
    """
    if PYTHON not in GLIBC:
        known = ", ".join(f"{major}.{minor}" for major, minor in GLIBC)
        raise Stop(
            f"Lambda has no Python {PYTHON[0]}.{PYTHON[1]} that was tried: package with one of {known}"
        )
    if not requirements.exists():
        raise Stop(f"{requirements} is missing")
    asked = _read(requirements)
    replaced: dict[str, str] = {
        canonicalize_name(requirement.name): _version(requirement) for requirement in _read(otherwise)
    }
    found: dict[str, str] = {}
    for requirement in asked:
        name = canonicalize_name(requirement.name)
        installed = _installed(requirement.name, needed_by=requirements.name)
        if installed != _version(requirement):
            raise Stop(f"{requirement} is asked for, and {installed} is installed: run make test first")
        _add(name, found)
    unknown = replaced.keys() - found.keys()
    if unknown:
        raise Stop(f"{otherwise.name} names what is not packaged: {', '.join(sorted(unknown))}")
    found.update(replaced)
    return [f"{name}=={version}" for name, version in sorted(found.items())]


def _add(name: str, found: dict[str, str], needed_by: str = "requirements.txt") -> None:
    """Add a library and its dependencies, in the installed versions."""
    if name in found or name in LEFT_OUT:
        return
    found[name] = _installed(name, needed_by)
    for text in metadata.requires(name) or ():
        needed = Requirement(text)
        if needed.marker is None or needed.marker.evaluate({"extra": ""}):
            _add(canonicalize_name(needed.name), found, name)


def _installed(name: str, needed_by: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        raise Stop(f"{name} is not installed, which {needed_by} needs: run make test first") from None


def _read(path: Path) -> list[Requirement]:
    """The requirements in a file that apply to this Python."""
    lines = (line.partition("#")[0].strip() for line in path.read_text().splitlines())
    found = [Requirement(line) for line in lines if line]
    return [
        requirement for requirement in found if requirement.marker is None or requirement.marker.evaluate()
    ]


def _version(one: Requirement) -> str:
    pinned = [clause.version for clause in one.specifier if clause.operator == "=="]
    if len(pinned) != 1:
        raise Stop(f"{one} is not pinned to one version")
    return pinned[0]
