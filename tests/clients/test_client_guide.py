"""The recipes in docs/clients.md, run in all three languages against the running system."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from tests.clients.guide import GUIDE, recipes
from tests.support.node import NODE, installed
from tests.support.running_system import RunningSystem

HERE = Path(__file__).parent
LANGUAGES = ("sh", "js", "python")
# How a language says where a recipe begins.
SAYING = {"sh": "echo '== {}'", "js": "console.log('== {}');", "python": "print('== {}')"}


def test_there_are_ten_recipes_each_in_three_languages() -> None:
    before, told = recipes()
    assert set(before) == set(LANGUAGES)
    assert [item.title.partition(".")[0] for item in told] == [str(number) for number in range(1, 11)]
    for recipe in told:
        assert set(recipe.snippets) == set(LANGUAGES), recipe.title
        assert recipe.prints, recipe.title


def test_the_guide_names_the_versions_that_its_snippets_are_run_with() -> None:
    text = " ".join(GUIDE.read_text(encoding="utf-8").split())
    kitsu = json.loads((HERE / "package.json").read_text())["dependencies"]["kitsu"]
    assert f"kitsu) {kitsu}," in text
    assert f"requests/) {version('requests')}." in text


def test_every_recipe_prints_the_same_in_every_language(system: RunningSystem, tmp_path: Path) -> None:
    _, told = recipes()
    expected = {recipe.title: recipe.prints for recipe in told}
    (tmp_path / "node_modules").symlink_to(installed(HERE))
    for language in LANGUAGES:
        assert run(language, system.address, tmp_path) == expected, language


def run(language: str, address: str, directory: Path) -> dict[str, list[str]]:
    """What each recipe prints in this language, all run one after the other as a reader would."""
    before, told = recipes()
    parts = [before[language]]
    for recipe in told:
        parts += [SAYING[language].format(recipe.title), recipe.snippets[language]]
    script = "\n".join(parts)
    ended = subprocess.run(
        command(language, script, directory),
        cwd=directory,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "API": address},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, f"{language}: {ended.stdout[-500:]}\n{ended.stderr[-3000:]}"
    return dict(printed(ended.stdout))


def command(language: str, script: str, directory: Path) -> list[str]:
    if language == "sh":
        assert shutil.which("curl"), "the guide is told with curl, which is not here: apt-get install curl"
        return ["sh", "-eu", "-c", script]
    name = directory / {"js": "recipes.mjs", "python": "recipes.py"}[language]
    name.write_text(script, encoding="utf-8")
    return [str(NODE), str(name)] if language == "js" else [sys.executable, str(name)]


def printed(output: str) -> Iterator[tuple[str, list[str]]]:
    _, *parts = re.split(r"^== (.+)\n", output, flags=re.MULTILINE)
    for title, lines in zip(parts[::2], parts[1::2], strict=True):
        yield title, lines.splitlines()
