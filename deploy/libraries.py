"""The libraries that run in Lambda: fetched as wheels for its machine, trimmed, compiled, and kept.

Chalice would fetch them too, but where there is no wheel that Lambda can load it builds one for the
machine at hand, silently; and it takes a minute each time. So it is given what is prepared here.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from deploy.artefacts import BUILD
from deploy.requirements import GLIBC, PYTHON
from deploy.stop import Stop

IN_LAMBDA: Final = "/var/task"  # where the code lies there, and what tracebacks are to say
_KEPT: Final = BUILD / "libraries"
# Nothing imports these at run time. Of a distribution's metadata some libraries read their own version.
_USELESS_DIRECTORIES: Final = re.compile(r"(tests?|testing|__pycache__|bin|licenses)")
_METADATA: Final = "*.dist-info/METADATA"
_USELESS_FILES: Final = re.compile(r".+\.(pyi|pyx|pxd|c|h)|py\.typed")
# Large, and never asked for: AVIF is no kind of image that we take, and the library cffi is for building
# what argon2 brings built (its _cffi_backend stays).
_UNUSED: Final = ("PIL/_avif.*", "pillow.libs/libavif-*", "cffi", "pycparser")


def prepared(pins: Sequence[str], machine: str) -> Path:
    """A directory with these libraries as Lambda's machine takes them. Raises Stop.

    The next call with the same pins finds it made.
    """
    mark = hashlib.sha256("\n".join([*pins, machine, str(PYTHON)]).encode() + Path(__file__).read_bytes())
    target = _KEPT / f"{machine}-{mark.hexdigest()[:16]}"
    if target.exists():
        return target
    unfinished = target.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    install(pins, machine, unfinished)
    trim(unfinished)
    compile_all(unfinished)
    for other in _KEPT.glob(f"{machine}-*"):
        if other != unfinished:
            shutil.rmtree(other)
    return unfinished.rename(target)


def trim(directory: Path) -> None:
    """Remove what nobody imports: tests, types, sources of extensions, and what we do not use.

    Metadata is cut down to names and versions.
    """
    for metadata in directory.glob(_METADATA):
        lines = metadata.read_text().splitlines()
        for path in metadata.parent.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        kept = [line for line in lines if line.startswith(("Metadata-Version:", "Name:", "Version:"))]
        metadata.write_text("\n".join(kept[:3]) + "\n")
    for pattern in _UNUSED:
        for path in directory.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in sorted(directory.rglob("*"), reverse=True):  # what is inside comes before its directory
        if path.is_dir() and _USELESS_DIRECTORIES.fullmatch(path.name):
            shutil.rmtree(path)
        elif path.is_file() and _USELESS_FILES.fullmatch(path.name):
            path.unlink()


def compile_all(directory: Path) -> None:
    """Compile every module once and for all: Lambda cannot write byte-code, nor trust the files' times."""
    command = [sys.executable, "-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash"]
    command += ["-s", str(directory), "-p", IN_LAMBDA, str(directory)]
    # Sets of constants are written in the order of their hashes.
    done = subprocess.run(
        command, env={**os.environ, "PYTHONHASHSEED": "0"}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Stop(f"the code cannot be compiled: {_last_line(done.stdout + done.stderr)}")


def install(pins: Sequence[str], machine: str, target: Path, python: tuple[int, int] = PYTHON) -> None:
    """Put wheels that this Python can load on Lambda's machine into a directory. Raises Stop."""
    platforms = [f"manylinux_2_{minor}_{machine}" for minor in range(GLIBC[python], 16, -1)]
    platforms.append(f"manylinux2014_{machine}")  # pip reads older names into this one
    command = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--quiet"]
    command += ["--no-deps", "--no-compile", "--only-binary=:all:", "--target", str(target)]
    command += [option for name in platforms for option in ("--platform", name)]
    command += ["--python-version", f"{python[0]}.{python[1]}", "--implementation", "cp"]
    done = subprocess.run([*command, *pins], capture_output=True, text=True, check=False)
    if done.returncode:
        missing = re.search(r"No matching distribution found for (\S+)", done.stderr)
        if missing:
            raise Stop(
                f"{missing[1]} has no wheel for Lambda's Python {python[0]}.{python[1]} on {machine} "
                f"(glibc 2.{GLIBC[python]}): name a version that has one in deploy/lambda-versions.txt"
            )
        raise Stop(f"the libraries cannot be fetched: {_last_line(done.stderr)}")


def _last_line(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return lines[-1].strip() if lines else "no reason was given"
