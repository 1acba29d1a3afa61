"""Benchmarks that nobody runs daily can at least be imported, and say what they are given wrongly."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import numbers

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


@pytest.mark.parametrize("text", ["x", "0", "-3", "2.5"])
def test_a_wrong_number_is_one_line_that_names_the_variable(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROWS", text)
    with pytest.raises(SystemExit, match=r"ROWS is (a whole number|1 at least), not "):
        numbers.whole("ROWS", 5)


def test_a_variable_that_is_empty_or_missing_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROWS", "")
    assert numbers.whole("ROWS", 5) == 5
    monkeypatch.setenv("SECONDS", "0.5")
    assert numbers.seconds("SECONDS", 20) == 0.5
    for wrong in ("nan", "inf", "0", "soon"):
        monkeypatch.setenv("SECONDS", wrong)
        with pytest.raises(SystemExit, match="SECONDS is "):
            numbers.seconds("SECONDS", 20)
