"""`make bench AGAINST=COMMIT`: the cases side by side with a former commit, as ratios.

Each side runs its own code on a server and rows of its own. Both answer ten requests in turn, so that
whatever else the machine does disturbs both alike; the ratio is that of the medians of all rounds.

Resources have got attributes and relationships since then, which cost time and bytes. Reads are therefore
measured twice: whole, and with the members (`fields`) that both sides know. Cold starts are in
against_cold.py.
"""

import io
import json
import statistics
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from benchmarks import against_cold
from benchmarks.cases import CASES, LOGGED_IN, Case
from benchmarks.contestants import ROOT, Contestant, more_of_ours

_ROUNDS, _UNCOUNTED, _REQUESTS = 80, 5, 10
_WORSE_AT_MOST: Final = 1.05
_SAME: Final = "="  # the end of a case's key when members are asked for that both sides know
_KEYS: Final = [
    key
    for case in CASES
    for key in (
        (case.key,)
        if case.method == "POST"
        else (case.key, case.key + LOGGED_IN, case.key + _SAME, case.key + _SAME + LOGGED_IN)
    )
]
_SHOWN: Final = {
    "1": ("event",),
    "2": ("event",),
    "3": ("session", "speaker"),
    "5": ("event", "session", "speaker", "track", "ticket"),
}
_MAKES_A_WORLD: Final = """
import json, sys
from benchmarks.world import made_world
with made_world() as world:
    made = {"brief": str(world.brief), "environment": world.environment}
    print(json.dumps({**made, "read": world.read, "write": world.write}), flush=True)
    sys.stdin.read()
"""


def main(commit: str) -> int:
    """Measure and print. The exit code is 1 where a case is slower by more than the limit."""
    print(f"PostgreSQL and rows for {commit} and for the present tree ...", file=sys.stderr, flush=True)
    with ExitStack() as stack:
        former = stack.enter_context(_checked_out(commit))
        worlds = [stack.enter_context(_world(tree)) for tree in (former, ROOT)]
        sides = [
            stack.enter_context(_side(name, tree, world))
            for name, tree, world in zip(("former", "present"), (former, ROOT), worlds, strict=True)
        ]
        before, now = (_members(side) for side in sides)
        found = _raced(sides, worlds, {name: before[name] & now[name] for name in before})
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-cold-")))
        cold = against_cold.raced((former, ROOT), worlds, folder)
    lines = {f"{_title(key)}, ms": figures for key, figures in found.items()} | cold
    worse = 0
    for title, (of_former, of_present) in lines.items():
        ratio = of_present / of_former
        is_worse = ratio > _WORSE_AT_MOST
        worse += is_worse
        verdict = "  worse" if is_worse else ""
        print(f"{title:68} {of_former:8.2f} {of_present:8.2f}   times {ratio:.2f}{verdict}")
    return 1 if worse else 0


def _title(key: str) -> str:
    title = {case.key: case.title for case in CASES}[key[0]]
    title += ", logged in" if LOGGED_IN in key else ""
    return title + (", members of both" if _SAME in key else "")


def _raced(
    sides: list[Contestant], worlds: list[Mapping[str, Any]], members: Mapping[str, set[str]]
) -> dict[str, tuple[float, float]]:
    """By case the medians in ms: (former, present)."""
    cases = {case.key: case for case in CASES}
    times: dict[str, tuple[list[float], list[float]]] = {key: ([], []) for key in _KEYS}
    for round in range(_ROUNDS):
        for key in _KEYS:
            for side, world, samples in zip(sides, worlds, times[key], strict=True):
                ids = world["write" if key == "4" else "read"]
                asked = [ids[(round * _REQUESTS + number) % len(ids)] for number in range(_REQUESTS)]
                if _SAME in key:  # one path for all of them
                    path = _narrowed(cases[key[0]], asked[0], members)
                    end = LOGGED_IN if key.endswith(LOGGED_IN) else ""
                    samples.append(side.time(path + end, asked)["ms"])
                else:
                    samples.append(side.time(key, asked)["ms"])
    return {
        key: (statistics.median(before[_UNCOUNTED:]), statistics.median(now[_UNCOUNTED:]))
        for key, (before, now) in times.items()
    }


def _narrowed(case: Case, id: int, members: Mapping[str, set[str]]) -> str:
    path = case.path.format(id=id)
    fields = [f"fields[{name}]={','.join(sorted(members[name]))}" for name in _SHOWN[case.key]]
    return f"{path}{'&' if '?' in path else '?'}{'&'.join(fields)}"


def _members(side: Contestant) -> dict[str, set[str]]:
    """By resource type the attributes and relationships that the description of this side names."""
    schemas = json.loads(side.do("show", key="/docs/openapi.json", id=0))["components"]["schemas"]
    return {
        name: {
            member
            for part in ("attributes", "relationships")
            for member in schemas[name]["properties"][part]["properties"]
        }
        for name in {name for names in _SHOWN.values() for name in names}
    }


@contextmanager
def _checked_out(commit: str) -> Iterator[Path]:
    """A directory with the files of a commit. Raises SystemExit for an unknown one."""
    name = ["git", "rev-parse", "--verify", "--quiet", "--end-of-options", f"{commit}^{{commit}}"]
    known = subprocess.run(name, cwd=ROOT, check=False, stdout=subprocess.PIPE, text=True)
    if known.returncode:
        raise SystemExit(f"AGAINST names a commit, and there is no commit {commit} here.")
    archive = subprocess.run(
        ["git", "archive", "--format=tar", known.stdout.strip()], cwd=ROOT, check=True, stdout=subprocess.PIPE
    ).stdout
    with tempfile.TemporaryDirectory(prefix="bench-against-") as directory:
        with tarfile.open(fileobj=io.BytesIO(archive)) as files:
            files.extractall(directory, filter="data")
        Path(directory).chmod(0o711)
        yield Path(directory)


@contextmanager
def _world(tree: Path) -> Iterator[Mapping[str, Any]]:
    """A server with the benchmark's rows, made by the code of this tree."""
    child = subprocess.Popen(
        [sys.executable, "-c", _MAKES_A_WORLD],
        cwd=tree,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdin
    assert child.stdout
    try:
        line = child.stdout.readline()
        if not line:
            raise SystemExit("This commit cannot run the benchmark of today; what it printed is above.")
        yield json.loads(line)
    finally:
        child.stdin.close()
        child.wait()


@contextmanager
def _side(name: str, tree: Path, world: Mapping[str, Any]) -> Iterator[Contestant]:
    started = more_of_ours(name, Path(world["brief"]), world["environment"], tree)
    try:
        yield started
    finally:
        started.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
