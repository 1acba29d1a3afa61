"""Twice the nouns cost a cold read next to nothing: counted in instructions, which no other process disturbs."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from chalicelib.jsonapi.http import sources
from tests.factories import stored
from tests.factories.event import make_event
from tests.support.databases import TestDatabase
from tests.support.packages import ROOT, packaged

MORE: Final = 1.02  # the files that are listed at the start, of which there are twice as many
EQUAL: Final = 1.005  # the driver may read an answer in more pieces
_COUNTING: Final = """
import sys
import chalice.app, dateutil.parser, pg8000.native, scramp
sys.path.append(sys.argv[2])
from tests.support.instructions import executed

def start():
    import app

at_start = executed(start)
import app
from devstack import gateway
event = gateway.event_from_http(app.app.routes, "GET", sys.argv[1], [("Accept", "*/*")], b"")
answers = []
asking = executed(lambda: answers.append(app.app(event, gateway.LambdaContext())))
print(answers[0]["statusCode"], at_start, asking)
"""


def doubled(package: Path, folder: Path) -> Path:
    """The package with a twin of each noun, of the same size, at an address of its own."""
    shutil.copytree(package, folder)
    product = folder / "chalicelib"
    table = json.loads((product / "manifest.json").read_text())
    resources = product / "resources"
    for number, file in enumerate(sorted(resources.rglob("*.py"))):
        twin = resources / "twins" / f"twin_{number}.py"
        twin.parent.mkdir(exist_ok=True)
        shutil.copy(file, twin)
    for noun, (_, variable) in list(table["nouns"].items()):
        table["nouns"][f"twin-{noun}"] = [f"chalicelib.resources.twins.{noun}", variable]
        shutil.copy(product / "manifest" / f"{noun}.json", product / "manifest" / f"twin-{noun}.json")
    table["paths"] |= {f"twin-{path}": f"twin-{noun}" for path, noun in table["paths"].items()}
    table["sizes"] = sources.sizes(product, sources.DECLARING)
    (product / "manifest.json").write_text(json.dumps(table))
    return folder


def instructions(folder: Path, path: str) -> tuple[int, int]:
    """Of a start, without the libraries, and of the first answer."""
    done = subprocess.run(
        [sys.executable, "-c", _COUNTING, path, str(ROOT)],
        cwd=folder, env={**os.environ}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    status, at_start, asking = map(int, done.stdout.split())
    assert status == 200
    return at_start, asking


def test_twice_the_nouns_add_little_to_a_cold_start_and_nothing_to_the_answer(
    tmp_path: Path, database: TestDatabase
) -> None:
    (tmp_path / "package").mkdir()
    package = packaged(tmp_path / "package")
    path = f"/v1/events/{stored(make_event).id}"
    start, answer = instructions(package, path)
    later_start, later_answer = instructions(doubled(package, tmp_path / "doubled"), path)
    assert later_answer <= answer * EQUAL
    assert later_start <= start * MORE
