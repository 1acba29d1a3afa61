"""Cold start of two trees: time of a process until its first answer, and its memory then, in turns.

Each tree is run as a package is: compiled, with the manifest that its own code writes.
"""

import compileall
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

_TURNS: Final = 16
_PARTS: Final = ("chalicelib", "devstack", "deploy")
_PROGRAM: Final = """
import app, resource
from devstack import gateway
event = gateway.event_from_http(app.app.routes, "GET", "/v1/events/{id}", [("Accept", "*/*")])
status = app.app(event, gateway.LambdaContext())["statusCode"]
print(status, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, flush=True)
"""


def raced(
    trees: Sequence[Path], worlds: Sequence[Mapping[str, Any]], folder: Path
) -> dict[str, tuple[float, float]]:
    """By what is measured, the medians of both trees: ms until the answer, and MB of memory."""
    folders = [_packaged(tree, folder / str(place)) for place, tree in enumerate(trees)]
    samples: list[list[tuple[float, float]]] = [[] for _ in trees]
    for turn in range(_TURNS + 1):
        for at, world, taken in zip(folders, worlds, samples, strict=True):
            answer = _first_answer(at, world)
            if turn:  # the first one fills the caches of the disk
                taken.append(answer)
    (former, present) = (
        [statistics.median(values) for values in zip(*taken, strict=True)] for taken in samples
    )
    titles = ("cold start, ms", "memory after the first answer, MB")
    return {title: (former[place], present[place]) for place, title in enumerate(titles)}


def _packaged(tree: Path, folder: Path) -> Path:
    folder.mkdir(parents=True)
    shutil.copy(tree / "app.py", folder)
    for part in _PARTS:
        shutil.copytree(tree / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    # Formerly the manifest was called contents.
    writer = "deploy.manifest" if (folder / "deploy" / "manifest.py").exists() else "deploy.contents"
    command = [sys.executable, "-m", writer, "."]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    compileall.compile_dir(str(folder), quiet=2)
    return folder


def _first_answer(folder: Path, world: Mapping[str, Any]) -> tuple[float, float]:
    """ms until the first answer, and the process's greatest memory in MB."""
    environment = {**os.environ, **world["environment"], "DB_PREPARE": "true"}
    program = _PROGRAM.format(id=world["read"][0])
    began = time.perf_counter()
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=folder, env=environment, text=True) as child:
        assert child.stdout
        line = child.stdout.readline()
        took = time.perf_counter() - began
    status, memory = line.split() or ("nothing", "0")
    if status != "200":
        raise AssertionError(f"a cold start answered {line!r}")
    return took * 1000, int(memory) / 1024
