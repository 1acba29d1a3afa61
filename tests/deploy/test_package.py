"""The package is small, whole, the same for everyone, and holds nothing that does not belong there."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from chalicelib import settings
from deploy import archive, artefacts, libraries, package, staging
from deploy.artefacts import ROOT, Artefacts
from deploy.requirements import GLIBC, PYTHON
from deploy.stop import Stop

# What Lambda has beside the package.
_RUNTIME = ("boto3", "botocore", "s3transfer", "jmespath", "urllib3")
_AT_WORK = """
import sys
sys.path[:0] = sys.argv[1:]
import app
from chalicelib import entrypoints, migrate, revision
entrypoints.import_all()
from argon2 import PasswordHasher
PasswordHasher(time_cost=1, memory_cost=64).hash("x")
import io, aws_xray_sdk.core, jwt, nh3
from PIL import Image
for kind in ("PNG", "JPEG", "GIF", "WEBP"):
    file = io.BytesIO()
    Image.new("RGB", (9, 9)).save(file, kind)
    Image.open(io.BytesIO(file.getvalue())).load()
nh3.clean("<b>x</b>")
from stdnum.eu import vat
for country in vat.MEMBER_STATES:
    vat.is_valid(country.upper() + "123456789")  # by that country's own module
assert vat.is_valid("DE136695976") and not vat.is_valid("DE136695975")
jwt.encode({}, "k" * 32)
from alembic.script import ScriptDirectory
print(ScriptDirectory.from_config(migrate._config(migrate.SCRIPTS)).get_current_head())
print(revision.newest())
print(sorted(name for name, one in sys.modules.items()
             if getattr(one, "__file__", None) and "-packages" in one.__file__ and "/runtime/" not in one.__file__))
"""


@pytest.fixture(scope="session")
def names(packages: dict[str, Artefacts]) -> list[str]:
    """Every file in the zip."""
    with ZipFile(packages["prod"].code) as opened:
        return opened.namelist()


def test_it_is_as_small_as_promised(packages: dict[str, Artefacts]) -> None:
    for built in packages.values():
        package.check_sizes(built)
        assert 1_000_000 < built.code.stat().st_size + built.layers[0].stat().st_size <= 20_000_000
        assert 10_000_000 < built.layers[1].stat().st_size <= 30_000_000
        assert built.template.stat().st_size <= 300_000


def test_what_has_grown_too_large_is_refused(
    packages: dict[str, Artefacts], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grown = Artefacts(shutil.copytree(packages["dev"].directory, tmp_path / "grown"))
    grown.template.write_text(" " * 300_001)
    with pytest.raises(Stop, match="the template has 300,001 bytes; 300,000 are the most"):
        package.check_sizes(grown)
    with grown.layers[0].open("ab") as layer:
        layer.truncate(20_000_001)
    with pytest.raises(Stop, match=r"the code with libmagic has .* bytes; 20,000,000 are the most"):
        package.check_sizes(grown)


def test_compiling_leaves_no_trace_either(tmp_path: Path) -> None:
    """Else each deployment would seem to change every function."""
    for name in ("one", "other"):
        shutil.copytree(
            ROOT / "chalicelib" / "tasks", tmp_path / name, ignore=shutil.ignore_patterns("__pycache__")
        )
        libraries.compile_all(tmp_path / name)
        archive.write(tmp_path / name, tmp_path / f"{name}.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "other.zip").read_bytes()


def test_times_and_order_of_files_leave_no_trace(tmp_path: Path) -> None:
    for name, files in {"one": ["a", "b/c"], "other": ["b/c", "a"]}.items():
        for file in files:
            path = tmp_path / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file)
        archive.write(tmp_path / name, tmp_path / f"{name}.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "other.zip").read_bytes()
    archive.unpack(tmp_path / "one.zip", tmp_path / "again")
    assert (tmp_path / "again" / "b" / "c").read_text() == "b/c"


def test_it_has_what_it_needs(names: list[str]) -> None:
    assert {
        "app.py",
        "chalice/app.py",
        "chalicelib/entrypoints.py",
        "chalicelib/migrate.py",
        "chalicelib/manifest.json",
        "chalicelib/manifest/event.json",
        "chalicelib/docs/texts/openapi.json.xz",
        "chalicelib/docs/texts/page.html.xz",
        "migrations/env.py",
        "sqlalchemy/__init__.py",
        "alembic/__init__.py",
    } <= set(names)
    ours = {path.relative_to(ROOT).as_posix() for path in staging.sources()}
    assert {name for name in ours if not name.startswith(".")} <= set(names)


def test_it_has_nothing_that_does_not_belong_there(names: list[str]) -> None:
    tops = {name.partition("/")[0] for name in names}
    assert not tops & {
        *_RUNTIME,
        "tests",
        "devstack",
        "benchmarks",
        "deploy",
        "layers",
        "docs",
        "moto",
        "pytest",
    }
    assert not tops & {"pip", "setuptools", "wheel", "click", "inquirer", "yaml"}
    unwanted = re.compile(
        r"(^|/)(tests?|\.env[^/]*|\.git|\.chalice|[^/]+\.dist-info(?!/METADATA)|\.local|vendor)(/|$)|\.pyi$"
    )
    assert [name for name in names if unwanted.search(name)] == []


def test_every_module_has_byte_code_that_is_never_checked(packages: dict[str, Artefacts]) -> None:
    tag = f"cpython-{PYTHON[0]}{PYTHON[1]}"
    with ZipFile(packages["prod"].code) as opened:
        names = set(opened.namelist())
        modules = [name for name in names if name.endswith(".py")]
        for name in modules:
            folder, _, file = f"/{name}".rpartition("/")
            compiled = f"{folder}/__pycache__/{file.removesuffix('.py')}.{tag}.pyc".lstrip("/")
            assert compiled in names
            assert opened.read(compiled)[4:8] == b"\x01\x00\x00\x00", name  # PEP 552: a hash, unchecked
        assert b"/var/task/chalicelib/entrypoints.py" in opened.read(
            f"chalicelib/__pycache__/entrypoints.{tag}.pyc"
        )
    assert len(modules) > 500


def test_no_library_asks_for_a_newer_system_than_lambda_is(packages: dict[str, Artefacts]) -> None:
    newest = {}
    with ZipFile(packages["prod"].code) as opened:
        for name in opened.namelist():
            if re.search(r"\.so(\.|$)", name):
                asked = re.findall(rb"GLIBC_2\.(\d+)", opened.read(name))
                newest[name] = max(map(int, asked), default=0)
    assert len(newest) > 20
    assert {name: value for name, value in newest.items() if value > GLIBC[PYTHON]} == {}


def test_the_layer_is_libmagic(packages: dict[str, Artefacts]) -> None:
    with ZipFile(packages["prod"].layers[0]) as opened:
        assert {"lib/libmagic.so.1", "share/misc/magic.mgc"} <= set(opened.namelist())


def test_the_layer_of_papers_has_fonts_with_their_licenses(packages: dict[str, Artefacts]) -> None:
    with ZipFile(packages["prod"].layers[1]) as opened:
        names = opened.namelist()
        newest = [
            int(request)
            for name in names
            if ".so" in name
            for request in re.findall(rb"GLIBC_2\.(\d+)", opened.read(name))
        ]
    assert "python/manimgx_fonts/NotoSans[wght].ttf" in names
    assert "python/manimgx_fonts_cjk/NotoSansCJK-VF.otf.ttc" in names
    assert "python/uharfbuzz/__init__.py" in names
    assert "python/cryptography/__init__.py" in names
    assert sum(name.endswith("licenses/LICENSE") for name in names) == 5
    assert max(newest) <= GLIBC[PYTHON]


def test_it_works_by_itself(packages: dict[str, Artefacts], tmp_path: Path) -> None:
    """Unpacked, beside what Lambda brings, with no other library in reach."""
    archive.unpack(packages["prod"].code, tmp_path / "task")
    runtime = tmp_path / "runtime"
    runtime.mkdir()
    for name in _RUNTIME:
        (found,) = (Path(entry) / name for entry in sys.path if (Path(entry) / name / "__init__.py").exists())
        (runtime / name).symlink_to(found)
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", _AT_WORK, str(tmp_path / "task"), str(runtime)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    from chalicelib.revision import newest

    assert done.stdout.splitlines() == [newest(), newest(), "[]"]


def test_what_is_built_is_found(packages: dict[str, Artefacts]) -> None:
    assert artefacts.of("dev").files == packages["dev"].files
    assert all(path.exists() for path in artefacts.of("prod").files)


def test_nothing_is_built_twice() -> None:
    first = package.build("dev").code.stat().st_mtime_ns
    assert package.build("dev").code.stat().st_mtime_ns == first


def test_certificates_are_packed_where_they_are_looked_for(sam: dict[str, dict[str, object]]) -> None:
    given = json.loads((ROOT / "deploy" / "prod.json").read_text())["parameters"]
    assert given["DatabaseCaFile"] == f"{libraries.IN_LAMBDA}/{package.CA_FILE}"
    assert "DB_CA_FILE" in json.dumps(sam["Globals"])
    assert settings.Settings().db_ca_file == ""
