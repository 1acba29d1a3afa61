"""Builds what is deployed, without Docker: the template, the code and its layers.

    python -m deploy.package [--stage dev|prod] [--machine x86_64|aarch64] [--ca-file FILE]

They go to build/package/<stage>/, and nothing is done when nothing has changed since. Lambda's
Python is the one that this runs with. `--ca-file` packs certificates to trust towards PostgreSQL as
/var/task/certificates/rds.pem.
"""

import argparse
import fcntl
import hashlib
import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy import archive, libraries, requirements, staging
from deploy.artefacts import (
    BUILD,
    LARGEST_CODE,
    LARGEST_PAPERS,
    LARGEST_TEMPLATE,
    ROOT,
    Artefacts,
    check_machine,
    check_stage,
    stages,
)
from deploy.stop import Stop, ending_clearly
from layers import build as libmagic
from layers import papers

CA_FILE = "certificates/rds.pem"
_MADE_OF = "made-of"  # beside the artefacts: the mark of what they were made of


def main(arguments: list[str] | None = None) -> None:
    """Build, and print each artefact with its size."""
    parser = argparse.ArgumentParser(prog="deploy.package", description=__doc__)
    parser.add_argument("--stage", default="dev")
    parser.add_argument("--machine", default="x86_64")
    parser.add_argument("--ca-file", type=Path)
    given = parser.parse_args(arguments)
    built = build(given.stage, given.machine, given.ca_file)
    for path in built.files:
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size:,} bytes")


def build(stage: str, machine: str = "x86_64", ca_file: Path | None = None) -> Artefacts:
    """The package of this stage, built anew only when something has changed. Raises Stop."""
    check_stage(stage)
    check_machine(machine)
    if ca_file is not None and (not ca_file.is_file() or b"BEGIN CERTIFICATE" not in ca_file.read_bytes()):
        raise Stop(f"CA_FILE {ca_file} is no file with certificates in PEM")
    pins = requirements.pins()
    with _alone():
        mark = _mark([*pins, machine], [*staging.sources(), *_own(), *([ca_file] if ca_file else [])])
        built = {other: found for other in stages() if _is_made_of(found := Artefacts(BUILD / other), mark)}
        if stage in built:
            return built[stage]
        with tempfile.TemporaryDirectory(prefix="package-") as name:
            made = Artefacts(Path(name) / stage)
            made.directory.mkdir()
            staged = Path(name) / "staged"
            staging.stage_copy(staged, machine)
            like = next(iter(built.values()), None)
            if like is None:
                staging.write_manifest(staged)
                staging.prerender(staged)
            template, ours = staging.run_chalice(staged, stage)
            made.template.write_text(json.dumps(template, indent=1, sort_keys=True) + "\n")
            if like is None:
                _make_code(made, ours, machine, pins, ca_file, Path(name) / "code")
            else:  # of stages only the templates could differ
                for path in (like.code, *like.layers):
                    shutil.copyfile(path, made.directory / path.name)
            check_sizes(made)
            (made.directory / _MADE_OF).write_text(mark)
            target = BUILD / stage
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(made.directory, target)
    return Artefacts(target)


def check_sizes(made: Artefacts) -> None:
    """Return when the artefacts are as small as a cold start wants them. Raises Stop."""
    magic, fonts = made.layers
    code = made.code.stat().st_size + magic.stat().st_size
    if code > LARGEST_CODE:
        raise Stop(f"the code with libmagic has {code:,} bytes; {LARGEST_CODE:,} are the most")
    if fonts.stat().st_size > LARGEST_PAPERS:
        most = f"{LARGEST_PAPERS:,} are the most"
        raise Stop(f"the layer of papers has {fonts.stat().st_size:,} bytes; {most}")
    template = made.template.stat().st_size
    if template > LARGEST_TEMPLATE:
        raise Stop(f"the template has {template:,} bytes; {LARGEST_TEMPLATE:,} are the most")


def _make_code(
    made: Artefacts, ours: Path, machine: str, pins: list[str], ca_file: Path | None, code: Path
) -> None:
    """Put the zip that Lambda unpacks together in `code`, and the layers beside it."""
    archive.unpack(ours, code)
    libraries.compile_all(code)
    shutil.copytree(libraries.prepared(pins, machine), code, dirs_exist_ok=True)
    if ca_file is not None:
        (code / CA_FILE).parent.mkdir()
        shutil.copyfile(ca_file, code / CA_FILE)
    archive.write(code, made.code)
    magic, fonts = made.layers
    shutil.copyfile(_libmagic(machine), magic)
    shutil.copyfile(_papers(machine), fonts)


def _is_made_of(built: Artefacts, mark: str) -> bool:
    made_of = built.directory / _MADE_OF
    whole = all(path.exists() for path in (*built.files, made_of))
    return whole and made_of.read_text() == mark


def _libmagic(machine: str) -> Path:
    """The layer, which changes only with the version of its wheel."""
    kept = BUILD / "layers" / f"{libmagic.WHEEL}-{machine}.zip"
    if not kept.exists():
        unfinished = kept.with_suffix(".unfinished")
        try:
            libmagic.main([machine, str(unfinished)])
        except subprocess.CalledProcessError as problem:
            raise Stop(f"the wheel {libmagic.WHEEL} cannot be fetched for {machine}") from problem
        unfinished.rename(kept)
    return kept


def _papers(machine: str) -> Path:
    """The layer of papers, which changes only with the versions of its libraries. Raises Stop."""
    mark = hashlib.sha256(
        "\n".join([*papers.pins(), *papers.languages(), str(requirements.PYTHON)]).encode()
    ).hexdigest()[:16]
    kept = BUILD / "layers" / f"papers-{mark}-{machine}.zip"
    if not kept.exists():
        unfinished = kept.with_suffix(".unfinished")
        with tempfile.TemporaryDirectory(prefix="papers-") as name:
            papers.build(
                Path(name),
                unfinished,
                lambda pins, target: libraries.install(pins, machine, target),
                archive.write,
            )
        unfinished.rename(kept)
    return kept


def _own() -> list[Path]:
    """What decides how a package is made."""
    files = (*(ROOT / "deploy").glob("*.py"), *(ROOT / "layers").glob("*.*"), ROOT / "requirements.txt")
    return sorted(files)


def _mark(words: list[str], files: list[Path]) -> str:
    """Different whenever one of the words or files is."""
    mark = hashlib.sha256("\n".join([*words, str(requirements.PYTHON)]).encode())
    for path in files:
        mark.update(f"\n{path}\n".encode() + hashlib.sha256(path.read_bytes()).digest())
    return mark.hexdigest()


@contextmanager
def _alone() -> Iterator[None]:
    """One build at a time; the next one finds what this one made."""
    BUILD.mkdir(parents=True, exist_ok=True)
    with (BUILD / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    raise SystemExit(ending_clearly(main))
