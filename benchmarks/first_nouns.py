"""Import cost of all resource types, compared with a copy of the product with only the first fourteen."""

import ast
import compileall
import json
import shutil
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Final

from benchmarks.contestants import ROOT

FIRST: Final = (
    "people.user.user", "events.event.event", "access.users_events_roles", "access.role.role",
    "programme.track", "programme.session_type", "programme.microlocation", "programme.session.session",
    "programme.speaker", "events.faq", "events.faq_type", "events.event_topic", "tickets.ticket",
    "events.social_link",
)  # fmt: skip
_NOUNS: Final = "chalicelib.resources"
_TIMES: Final = 9
# Parents are packages, whose nouns are found by looking: an import of one must not bring in all.
_CLOSURE: Final = (
    "import json, pkgutil, sys\n"
    "pkgutil.walk_packages = lambda *_: iter(())\n"
    "from importlib import import_module\n"
    "for name in {names!r}: import_module('chalicelib.resources.' + name)\n"
    "print(json.dumps([name for name in sys.modules if name.startswith('chalicelib.resources.')]))\n"
)
_IMPORT: Final = "import time; began = time.perf_counter(); import app; print(time.perf_counter() - began)"


def measured(folder: Path, environment: dict[str, str]) -> dict[str, float]:
    """Median milliseconds of `import app` with the first nouns and with all of them."""
    folders = {"first nouns": copy_with_first_nouns(folder), "all nouns": ROOT}
    for root in folders.values():
        compileall.compile_dir(str(root / "chalicelib"), quiet=2)
    return import_times(folders, environment)


def copy_with_first_nouns(folder: Path) -> Path:
    """The product with the first nouns, what they need, and what needs no further noun; the folder."""
    folder.mkdir()
    shutil.copy(ROOT / "app.py", folder)
    shutil.copytree(ROOT / "chalicelib", folder / "chalicelib", ignore=shutil.ignore_patterns("__pycache__"))
    told = subprocess.run(
        [sys.executable, "-c", _CLOSURE.format(names=FIRST)], cwd=folder, capture_output=True, check=True
    )
    kept = set(json.loads(told.stdout))
    for file in (folder / "chalicelib" / "resources").rglob("*.py"):
        if _name(folder, file) not in kept and file.name != "__init__.py":
            file.unlink()
    files = [file for file in (folder / "chalicelib").rglob("*.py") if _NOUNS not in _name(folder, file)]
    gone = {_name(folder, file) for file in files if _nouns_imported(file) - kept}
    while True:  # what needs something that is gone goes too
        more = {_name(folder, file) for file in files if _imported(file) & gone} - gone
        if not more:
            break
        gone |= more
    for file in files:
        if _name(folder, file) in gone:
            file.unlink()
    return folder


def import_times(folders: dict[str, Path], environment: dict[str, str]) -> dict[str, float]:
    """Median milliseconds of `import app` in each folder, in turns, from compiled byte-code."""
    samples: dict[str, list[float]] = {name: [] for name in folders}
    for turn in range(_TIMES + 1):
        for name, folder in folders.items():
            told = subprocess.run(
                [sys.executable, "-c", _IMPORT], cwd=folder, env=environment, capture_output=True, check=True
            )
            if turn:
                samples[name].append(float(told.stdout) * 1000)
    return {name: statistics.median(values) for name, values in samples.items()}


def _name(folder: Path, file: Path) -> str:
    name = ".".join(file.relative_to(folder).with_suffix("").parts)
    return name.removesuffix(".__init__")


def _imported(file: Path) -> set[str]:
    """What is imported when the file is: not what its functions import."""
    names: set[str] = set()
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return names


def _nouns_imported(file: Path) -> set[str]:
    modules = {name for name in _imported(file) if name.startswith(f"{_NOUNS}.")}
    return {name for name in modules if (ROOT / Path(*name.split("."))).with_suffix(".py").exists()}
