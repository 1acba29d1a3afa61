"""The layer for Lambda holds libmagic where the code looks for it."""

import importlib.metadata
from pathlib import Path
from zipfile import ZipFile

import pytest

from chalicelib.settings import settings
from chalicelib.uploads import sniff
from layers import build
from tests.uploads import samples


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """The installed python-magic-standalone, packed again."""
    path = tmp_path / "magic.whl"
    with ZipFile(path, "w") as packed:
        for file in importlib.metadata.files("python-magic-standalone") or ():
            if file.suffix in {".1", ".mgc"} or file.name == "LICENSE":
                packed.write(str(file.locate()), str(file))
    return path


def test_the_layer_is_found_and_works(wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build.build(wheel, tmp_path / "layer.zip")
    with ZipFile(tmp_path / "layer.zip") as layer:
        layer.extractall(tmp_path / "opt")
    monkeypatch.setenv("LAYERS", str(tmp_path / "opt"))
    settings.cache_clear()
    sniff._magic.cache_clear()
    try:
        assert sniff._files()[0] == tmp_path / "opt/lib/libmagic.so.1"
        assert sniff.true_type(samples.image("PNG")) == "image/png"
    finally:
        sniff._magic.cache_clear()


def test_the_same_wheel_gives_the_same_layer(wheel: Path, tmp_path: Path) -> None:
    for name in ("one.zip", "two.zip"):
        build.build(wheel, tmp_path / name)

    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_without_any_libmagic_the_error_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sniff, "find_spec", lambda _name: None)

    with pytest.raises(LookupError, match="python-magic-standalone"):
        sniff._files()
