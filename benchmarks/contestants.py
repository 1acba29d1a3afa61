"""Client side of the contestants: one process each, queried one after the other."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PEERS = {
    "fastapi-jsonapi": "benchmarks.peers.with_fastapi",
    "safrs": "benchmarks.peers.with_safrs",
    "drf-jsonapi": "benchmarks.peers.with_django",
}


class Refused(Exception):
    """A contestant could not do what it was asked; the text is its own."""


class Contestant:
    """A running worker, of the code in `tree`. `name` is how the table calls it."""

    def __init__(
        self,
        name: str,
        module: str,
        brief: Path,
        environment: Mapping[str, str],
        log: Path,
        tree: Path = ROOT,
    ) -> None:
        self.name = name
        self._log = log
        with log.open("wb") as errors:
            self._child = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.worker", module, str(brief)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                cwd=tree,
                env={**os.environ, **environment},
                text=True,
            )
        self._read()

    def do(self, what: str, **order: Any) -> Any:
        """Order something and wait for it. Raises Refused."""
        assert self._child.stdin
        print(json.dumps({"do": what, **order}), file=self._child.stdin, flush=True)
        answer = self._read()
        if "problem" in answer:
            raise Refused(f"{self.name}: {answer['problem']}")
        return answer["answer"]

    def time(self, key: str, ids: Sequence[int]) -> dict[str, float]:
        """Medians in ms of asking once for each id: `ms`, `beside` and `python`."""
        return self.times([key], ids)[key]

    def times(self, keys: Sequence[str], ids: Sequence[int]) -> dict[str, dict[str, float]]:
        """The same for several keys, which take turns."""
        found: dict[str, dict[str, float]] = self.do("time", keys=list(keys), ids=list(ids))
        return found

    def stop(self) -> None:
        """Let it end."""
        assert self._child.stdin
        self._child.stdin.close()
        try:
            self._child.wait(10)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()

    def _read(self) -> Any:
        assert self._child.stdout
        line = self._child.stdout.readline()
        if not line:
            last = self._log.read_text(errors="replace").strip().splitlines()[-1:]
            raise Refused(f"{self.name} ended: {' '.join(last)}")
        return json.loads(line)


def more_of_ours(name: str, brief: Path, environment: Mapping[str, str], tree: Path = ROOT) -> Contestant:
    """One more process of ours, which keeps plans, as it is set by default; its log lies beside the brief."""
    environment = {**environment, "DB_PREPARE": "true"}
    return Contestant(name, "benchmarks.ours", brief, environment, brief.with_suffix(".log"), tree)
