"""Packaging stops early, with one line that says what is wrong."""

import json
from pathlib import Path

import pytest

from deploy import artefacts, libraries, package, requirements, staging
from deploy.artefacts import ROOT
from deploy.stop import Stop, ending_clearly


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--stage", "nowhere"], "there is no stage 'nowhere': STAGE is one of dev, prod"),
        (["--machine", "pdp11"], "Lambda has no machine 'pdp11': MACHINE is one of x86_64, aarch64"),
        (["--ca-file", "nothing.pem"], "CA_FILE nothing.pem is no file with certificates in PEM"),
        (["--ca-file", "app.py"], "CA_FILE app.py is no file with certificates in PEM"),
    ],
)
def test_a_wrong_order_ends_with_one_line(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    assert ending_clearly(lambda: package.main(arguments)) == 2
    assert capsys.readouterr().err == said + "\n"


def test_a_stage_that_was_not_built_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(artefacts, "BUILD", tmp_path)
    with pytest.raises(Stop, match="is missing: make package STAGE=dev builds it"):
        artefacts.of("dev")


@pytest.mark.parametrize(
    ("asked", "otherwise", "said"),
    [
        ("chalice-of-nobody==1", "", "chalice-of-nobody is not installed, which asked.txt needs"),
        ("blinker==0.1", "", "blinker==0.1 is asked for, and .* is installed"),
        ("blinker>=1", "", "blinker>=1 is not pinned to one version"),
        ("", "blinker==1", "otherwise.txt names what is not packaged: blinker"),
    ],
)
def test_requirements_that_cannot_be_met_are_told(
    asked: str, otherwise: str, said: str, tmp_path: Path
) -> None:
    (tmp_path / "asked.txt").write_text(asked)
    (tmp_path / "otherwise.txt").write_text(otherwise)
    with pytest.raises(Stop, match=said):
        requirements.pins(tmp_path / "asked.txt", tmp_path / "otherwise.txt")


def test_missing_requirements_are_told(tmp_path: Path) -> None:
    with pytest.raises(Stop, match=r"requirements\.txt is missing"):
        requirements.pins(tmp_path / "requirements.txt")


def test_a_python_that_lambda_lacks_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requirements, "PYTHON", (3, 9))
    with pytest.raises(Stop, match=r"Lambda has no Python 3\.9 that was tried: package with one of 3\.11"):
        requirements.pins()


def test_what_is_needed_in_turn_is_taken_as_it_is_tested() -> None:
    pins = dict(pin.split("==") for pin in requirements.pins())
    assert {"sqlalchemy", "mako", "cffi", "scramp", "python-dateutil"} <= pins.keys()
    assert not pins.keys() & {"boto3", "botocore", "urllib3", "chalice", "click", "pytest"}


def test_another_version_for_lambda_is_named_only_where_it_differs() -> None:
    asked = {
        item.name.lower(): requirements._version(item)
        for item in requirements._read(ROOT / "requirements.txt")
    }
    for item in requirements._read(requirements.OTHERWISE):
        assert requirements._version(item) != asked[item.name.lower()], f"{item}: the entry can go"


def test_a_library_without_a_wheel_for_lambda_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(
        Stop, match=r"pillow==13\.0\.0 has no wheel for Lambda's Python .* on x86_64 \(glibc 2\."
    ):
        libraries.install(["pillow==13.0.0"], "x86_64", tmp_path / "target")


def test_code_that_does_not_compile_is_told(tmp_path: Path) -> None:
    (tmp_path / "wrong.py").write_text("def")
    with pytest.raises(Stop, match="the code cannot be compiled: "):
        libraries.compile_all(tmp_path)


def test_a_template_that_chalice_refuses_is_told(tmp_path: Path) -> None:
    staging.stage_copy(tmp_path, "aarch64")
    config = json.loads((tmp_path / ".chalice" / "config.json").read_text())
    assert config["lambda_architecture"] == "arm64"
    (tmp_path / "app.py").write_text("1 / 0")
    with pytest.raises(Stop, match=r"chalice package fails: .*division by zero"):
        staging.run_chalice(tmp_path, "dev")
