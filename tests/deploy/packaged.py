"""A package at work: its functions, unpacked and running, behind what the pump and the client call."""

import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from deploy import libraries
from deploy.artefacts import Artefacts
from deploy.requirements import PYTHON, pins
from tests.deploy.given import FUNCTIONS
from tests.deploy.lambda_runtime import Function, Unpacked, function, make_runtime


@dataclass
class Packaged:
    """The functions by their logical ids. Its methods are what app.py has, one for each handler."""

    functions: dict[str, Function] = field(default_factory=dict)

    def app(self, event: Any, _context: object = None) -> Any:
        """Answer an event of API Gateway."""
        return self.functions["APIHandler"].invoke(event)

    def tasks(self, event: Any, _context: object = None) -> Any:
        """Do a batch of the queue."""
        return self.functions["Tasks"].invoke(event)

    def files(self, event: Any, _context: object = None) -> Any:
        """Look at a file."""
        return self.functions["Files"].invoke(event)

    def sweep_outbox(self, event: Any, _context: object = None) -> Any:
        """Let the clock strike."""
        return self.functions["SweepOutbox"].invoke(event)

    def probe_health(self, event: Any, _context: object = None) -> Any:
        """Let the clock strike."""
        return self.functions["ProbeHealth"].invoke(event)

    def migrate(self, event: Any) -> Any:
        """Bring the database to the newest revision."""
        return self.functions["Migrate"].invoke(event)


@contextmanager
def running(
    unpacked: Unpacked, resources: Mapping[str, Any], here: Mapping[str, str], logs: Path
) -> Iterator[Packaged]:
    """All functions of the package, each with the variables that the template gives it.

    `resources` are the template's, `here` what those variables are on this machine; a variable that
    the template does not name is not given.
    """
    with ExitStack() as stack:
        packaged = Packaged()
        for name in FUNCTIONS:
            properties = resources[name]["Properties"]
            named = properties["Environment"]["Variables"]
            given = {variable: here.get(variable, str(value)) for variable, value in named.items()}
            layers = str(properties.get("Layers", ""))
            layer = unpacked.papers if "PapersLayer" in layers else logs / "no-layer"
            layer = unpacked.layer if "MagicLayer" in layers else layer
            packaged.functions[name] = stack.enter_context(
                function(
                    properties["Handler"],
                    unpacked,
                    layer,
                    {**given, **{item: here[item] for item in here if item.startswith("AWS_")}},
                    logs / f"{name}.log",
                )
            )
        yield packaged


def unpack(artefacts: Artefacts, target: Path, python: str) -> Unpacked:
    """Unpack code and layer as Lambda does, for nobody to write.

    For another Python than the one that the package is for, the libraries are exchanged for the
    same versions that it can load; the code is the package's own.
    """
    asked = "import sys; print(sys.version_info[0], sys.version_info[1])"
    told = subprocess.run([python, "-c", asked], capture_output=True, text=True, check=True)
    major, minor = map(int, told.stdout.split())
    found = Unpacked(target, python, is_compiled=(major, minor) == PYTHON)
    magic, papers = artefacts.layers
    for archive, folder in (
        (artefacts.code, found.task), (magic, found.layer), (papers, found.papers)
    ):  # fmt: skip
        with ZipFile(archive) as packed:
            packed.extractall(folder)
    if not found.is_compiled:
        for path in found.task.iterdir():
            if path.name not in {"app.py", "chalicelib", "chalice", "migrations", "certificates"}:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        libraries.install(pins(), platform.machine(), found.task, (major, minor))
    make_runtime(found.runtime, platform.machine(), (major, minor))
    for folder in (found.task, found.layer, found.papers):
        for path in folder.rglob("*"):
            path.chmod(0o555 if path.is_dir() else 0o444)
    return found


def pythons() -> list[str]:
    """The Pythons to try the package with: this one, and 3.13 where there is one."""
    others = [shutil.which("python3.13"), *Path.home().glob(".pyenv/versions/3.13*/bin/python3.13")]
    for other in map(str, filter(None, others)):
        if subprocess.run([other, "--version"], capture_output=True, check=False).returncode == 0:
            return [sys.executable, other]
    return [sys.executable]


def fingerprint(directory: Path) -> str:
    """Different when any file below is."""
    found = sha256()
    for path in sorted(directory.rglob("*")):
        found.update(str(path.relative_to(directory)).encode())
        if path.is_file():
            found.update(path.read_bytes())
    return found.hexdigest()
