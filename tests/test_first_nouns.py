"""The copy of the product that the benchmark of imports compares with starts, with its own resource types."""

import json
import subprocess
import sys
from pathlib import Path

from benchmarks.first_nouns import FIRST, copy_with_first_nouns

_TYPES = "import app, json; from chalicelib.resources import REGISTRY; print(json.dumps([r.type for r in REGISTRY]))"


def test_the_copy_with_the_first_nouns_starts(tmp_path: Path) -> None:
    folder = copy_with_first_nouns(tmp_path / "first")
    done = subprocess.run(
        [sys.executable, "-c", _TYPES], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    types = set(json.loads(done.stdout))
    assert {name.rpartition(".")[2].replace("_", "-") for name in FIRST} <= types
    assert "video-channel" not in types
