"""Benchmarks that nobody runs daily can at least be imported."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# The servers that are compared with need packages of the benchmark's own environment.
_IMPORTING = """
import pkgutil
from importlib import import_module
import benchmarks

names = [module.name for module in pkgutil.walk_packages(benchmarks.__path__, "benchmarks.")]
names = [name for name in names if not name.startswith("benchmarks.peers.")]
for name in names:
    import_module(name)
print(len(names))
"""


def test_every_benchmark_can_be_imported() -> None:
    done = subprocess.run([sys.executable, "-c", _IMPORTING], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 50
