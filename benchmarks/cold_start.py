"""Cold start: time from process start to the first answer, compared with a nearly empty process.

All run from compiled byte-code, alternately; ours with the manifest of a package. The nearly empty process,
and ours that are compared with it, have nothing but the package's zip, as in Lambda. `make cold-start` runs
this part of `make bench` alone.
"""

import compileall
import os
import shutil
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from zipfile import ZipFile

from benchmarks import cold_writes, report
from benchmarks import verdict as verdicts
from benchmarks.cold_function import PROGRAM, event, of_the_zip
from benchmarks.contestants import ROOT
from benchmarks.world import World, made_world
from deploy import package

_TIMES = 15
_MODULES = 25
_EVENT = (
    "import app\n"
    "from devstack import gateway\n"
    "event = gateway.event_from_http(app.app.routes, 'GET', '/v1/events/{id}', [('Accept', '*/*')])\n"
    "print(app.app(event, gateway.LambdaContext())['statusCode'], flush=True)\n"
)
_BARE = """
import sys
sys.path.insert(0, sys.argv[1])
import chalice, sqlalchemy.orm, pg8000, marshmallow
app = chalice.Chalice(app_name='bare')
@app.route('/')
def hello():
    return {'hello': 'world'}
event = {'requestContext': {'httpMethod': 'GET', 'resourcePath': '/', 'identity': {}}, 'headers': {},
         'multiValueHeaders': {}, 'multiValueQueryStringParameters': None, 'pathParameters': None,
         'stageVariables': None, 'body': None, 'isBase64Encoded': False}
print(app(event, None)['statusCode'], flush=True)
"""


def measured(world: World) -> dict[str, float]:
    """Medians in ms, of processes started in turns: bare, ours, and ours with twice the nouns.

    Bare imports what a write needs, and answers without a database.
    """
    environment = {**os.environ, **world.environment, "DB_PREPARE": "true"}
    packaged, twins = world.directory / "packaged", world.directory / "twins"
    for folder in (packaged, twins):
        _copy(folder)
    _add_twins(twins)
    for folder in (packaged, twins):
        contents = [sys.executable, "-m", "deploy.manifest", "."]
        subprocess.run(contents, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
        compileall.compile_dir(str(folder), quiet=2)
    ours = _EVENT.format(id=world.read[0])
    zipped, plain = world.directory / "zip", world.directory / "zip-without-byte-code"
    for folder in (zipped, plain):
        with ZipFile(package.build("prod").code) as code:
            code.extractall(folder)
    for compiled in [*plain.rglob("__pycache__")]:
        shutil.rmtree(compiled)
    asked = event("GET", f"/v1/events/{world.read[0]}")
    writes, writing = cold_writes.events(world)
    commands = {
        "ours": ([sys.executable, "-c", ours], packaged),
        "twice the nouns": ([sys.executable, "-c", ours], twins),
        "ours, all imported": ([sys.executable, "-c", ours], ROOT),
        "bare": of_the_zip(_BARE, zipped),
        "the zip": of_the_zip(PROGRAM, zipped, asked),
        "the zip without byte-code": of_the_zip(PROGRAM, plain, asked),
        **{name: of_the_zip(PROGRAM, zipped, asked_by) for name, asked_by in writes.items()},
    }
    samples: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(_TIMES + 1):
        for name, (command, folder) in commands.items():
            changed = {**writing, "DB_PREPARE": "true"} if name in writes else {}
            command = [part.replace(cold_writes.NONCE, uuid.uuid4().hex) for part in command]
            took = _first_answer(command, folder, environment | changed)
            if turn:  # the first one fills the caches of the disk
                samples[name].append(took * 1000)
    return {name: statistics.median(values) for name, values in samples.items()}


def import_times(world: World) -> list[str]:
    """The modules that take longest to import until the first answer, in us, without what they import."""
    environment = {**os.environ, **world.environment, "DB_PREPARE": "true"}
    program = _EVENT.format(id=world.read[0])
    command = [sys.executable, "-X", "importtime", "-c", program]
    told = subprocess.run(
        command, cwd=world.directory / "packaged", env=environment, capture_output=True, text=True, check=True
    )
    found = [line.removeprefix("import time:").split("|") for line in told.stderr.splitlines()]
    timed = [
        (int(line[0]), line[2].strip()) for line in found if len(line) == 3 and line[0].strip().isdigit()
    ]
    return [f"{us:8} {name}" for us, name in sorted(timed, reverse=True)[:_MODULES]]


def _first_answer(command: Sequence[str], folder: Path, environment: dict[str, str]) -> float:
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=folder, env=environment, text=True) as child:
        assert child.stdout
        line = child.stdout.readline()
        took = time.perf_counter() - began
    if line.strip() not in {"200", "201"}:
        raise AssertionError(f"a cold start in {folder.name} answered {line!r}")
    return took


def _copy(folder: Path) -> None:
    """Copy the product."""
    folder.mkdir()
    shutil.copy(ROOT / "app.py", folder)
    for part in ("chalicelib", "devstack", "deploy"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / part, folder / part, ignore=ignored)


def _add_twins(folder: Path) -> None:
    """Give the copy a twin of every noun, of the same size."""
    from chalicelib.resources import REGISTRY

    area = folder / "chalicelib" / "resources" / "twins"
    area.mkdir()
    (area / "__init__.py").write_text('"""Twins."""\n')
    for number, resource in enumerate(REGISTRY):
        at_event = any(relation.target == "event" for relation in resource.declared.values())
        (area / f"twin_{number}.py").write_text(_twin(number, len(resource.attributes), at_event=at_event))


def _twin(number: int, attributes: int, *, at_event: bool) -> str:
    columns = "".join(f"    field_{n}: Mapped[str | None]\n" for n in range(attributes))
    shown = "".join(f"    field_{n} = fields.Str(allow_none=True)\n" for n in range(attributes))
    column = '    event_id: Mapped[int] = owned_by("events.id")\n' if at_event else ""
    relation = f'    event = ToOne("event", inverse="twins-{number}", required=True)\n' if at_event else ""
    return (
        "from sqlalchemy.orm import Mapped\n"
        "from chalicelib.db import Model, SoftDeleted, owned_by\n"
        "from chalicelib.jsonapi.model.fields import ToOne, fields\n"
        "from chalicelib.jsonapi.model.policy import Policy, anyone, staff\n"
        "from chalicelib.jsonapi.model.resource import Resource\n"
        "from chalicelib.resources.attributes import Trashable\n"
        f'class Twin{number}(SoftDeleted, Model):\n    __tablename__ = "twins_{number}"\n{columns}{column}'
        f"class Twin{number}Schema(Trashable):\n{shown}{relation}    pass\n"
        f'TWIN = Resource("twin-{number}", Twin{number}, Twin{number}Schema, path="twins-{number}", '
        "policy=Policy(see=anyone, create=staff, change=staff, remove=staff))\n"
    )


def main() -> int:
    """Print the medians in ms and the targets. The exit code is 0 also when targets are missed."""
    with made_world() as world:
        figures = measured(world)
    print("medians in ms:", ", ".join(f"{name} {ms:.0f}" for name, ms in figures.items()))
    for line in report.targets(verdicts.of_the_process({"cold start": figures})):
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
