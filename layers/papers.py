"""Builds the Lambda layer of papers: what tasks draw PDFs, write spreadsheets and
format amounts and days of other languages with.

The libraries are those of layers/papers.txt, in /opt/python, which Lambda's Python searches. Fonts keep their
licenses beside them. They are in a layer of their own, so that the API fetches none of it in a cold start.
"""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

REQUIREMENTS: Final = Path(__file__).with_name("papers.txt")
_IN_LAMBDA: Final = "python"
_USELESS: Final = (
    *("**/__pycache__", "**/*_harfbuzz_test*", "manimgx_fonts/*-Italic*", "bin"),
    "babel/messages",  # catalogs are read by chalicelib/values/messages.py
)
_LOCALES: Final = "babel/locale-data/*.dat"
_TRANSLATIONS: Final = Path(__file__).resolve().parent.parent / "chalicelib/values/translations/mails"

Install = Callable[[Sequence[str], Path], None]
Write = Callable[[Path, Path], None]


def pins() -> list[str]:
    """Every library of the layer, as name==version."""
    lines = (line.partition("#")[0].strip() for line in REQUIREMENTS.read_text().splitlines())
    return [line for line in lines if line]


def languages() -> list[str]:
    """Those that mails are translated into."""
    return sorted(path.stem for path in _TRANSLATIONS.glob("*.po"))


def build(directory: Path, target: Path, install: Install, write: Write) -> None:
    """Install the libraries into an empty directory, and write the layer. Same wheels give the same bytes."""
    content = directory / _IN_LAMBDA
    content.mkdir(parents=True)
    install(pins(), content)
    for pattern in _USELESS:
        for path in list(content.glob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    kept = {"root", "en", *languages()}
    for path in content.glob(_LOCALES):
        if path.stem not in kept:
            path.unlink()
    target.parent.mkdir(parents=True, exist_ok=True)
    write(directory, target)
