"""Benchmarks that nobody runs daily can at least be imported, and say what they are given wrongly."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import cost, figures, numbers, prices, scale
from benchmarks.rush_story import Read, Story

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


def test_a_number_without_a_unit_is_not_told_to_be_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    for wrong, complaint in {
        "soon": "SCALE is a number, not 'soon'",
        "-1": "SCALE is more than 0, not -1",
    }.items():
        monkeypatch.setenv("SCALE", wrong)
        with pytest.raises(SystemExit, match=f"^{complaint}$"):
            numbers.positive("SCALE", 0.1)


def test_the_pages_of_cost_and_scale_are_what_their_generators_write() -> None:
    for name, page in (("cost.md", cost.page), ("scale.md", scale.page)):
        written = (ROOT / "docs" / name).read_text()
        assert written == page(figures.kept()), f"python3 -m benchmarks.{name.removesuffix('.md')}"


def test_each_price_says_where_and_when_it_was_seen() -> None:
    assert len({price.name for price in prices.LISTED}) == len(prices.LISTED) > 30
    for price in prices.LISTED:
        assert price.page.startswith("aws.amazon.com/"), price
        assert re.search(r"20\d\d|says no date", price.seen), price
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", prices.LOOKED_UP)


@pytest.mark.parametrize(
    ("asked", "version", "age"),
    [(10, 0, 0), (30, 0, 5), (30, 1, 0), (60, None, 0), (60, 1, 10), (99, None, 9), (99, 2, 0), (85, 2, 0)],
)
def test_how_old_an_answer_of_the_rush_is(asked: float, version: int | None, age: float) -> None:
    """Version 1 from second 25 on, nothing from 50 on, version 2 from 90 on."""
    story = Story([(0.0, 0), (25.0, 1), (50.0, None), (90.0, 2)])
    assert story.age(Read(asked, version)) == age
