"""The newest revision is found in the files, and a new one gets a name like those before it."""

import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from chalicelib import revision
from devstack import new_migration
from devstack.database import ROOT
from devstack.new_migration import LONGEST_ID, revision_id
from tests.migrations.versions import write

DAY = date(2026, 12, 1)


@pytest.fixture
def versions(tmp_path: Path) -> Path:
    (tmp_path / "versions").mkdir()
    return tmp_path / "versions"


def test_the_newest_is_the_one_that_none_comes_after(versions: Path) -> None:
    write(versions.parent, "second", "first", "pass")
    write(versions.parent, "first", None, "pass")

    assert revision.newest(versions.parent) == "second"


def test_two_newest_are_named_with_what_to_do(versions: Path) -> None:
    for name, after in (("first", None), ("mine", "first"), ("theirs", "first")):
        write(versions.parent, name, after, "pass")

    with pytest.raises(LookupError, match=r"2 migrations are the newest \(mine, theirs\): write the name of"):
        revision.newest(versions.parent)


def test_a_migration_that_comes_after_both_makes_them_one_again(versions: Path) -> None:
    for name, after in (("first", None), ("mine", "first"), ("theirs", "first")):
        write(versions.parent, name, after, "pass")
    (versions / "both.py").write_text(
        'revision: str = "both"\ndown_revision = (\n    "mine",\n    "theirs",\n)\n'
    )

    assert revision.newest(versions.parent) == "both"


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ("price of benefits", "2026_12_01_price_of_benefits"),
        ("Benefits, at last!", "2026_12_01_benefits_at_last"),
        ("the favourite sessions of users", "2026_12_01_the_favourite"),
        ("x" * 40, f"2026_12_01_{'x' * 21}"),
        ("", "2026_12_01_migration"),
    ],
)
def test_a_name_is_the_day_and_as_many_words_as_fit(versions: Path, message: str, name: str) -> None:
    assert revision_id(message, versions, DAY) == name
    assert len(name) <= LONGEST_ID


def test_a_name_that_is_taken_gets_a_number(versions: Path) -> None:
    for expected in ("2026_12_01_prices", "2026_12_01_prices_2", "2026_12_01_prices_3"):
        assert revision_id("prices", versions, DAY) == expected
        (versions / f"{expected}.py").touch()


def test_what_autogenerate_writes_is_named_and_formatted_like_the_rest(tmp_path: Path) -> None:
    for name in ("alembic.ini", "pyproject.toml", "app.py"):
        shutil.copy(ROOT / name, tmp_path)
    for name in ("chalicelib", "devstack", "migrations"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    faq = tmp_path / "chalicelib/resources/events/faq.py"
    column = "    event_id: Mapped[int]"
    assert column in faq.read_text()
    faq.write_text(faq.read_text().replace(column, f"    rank: Mapped[int | None]\n{column}"))
    before = {path.name for path in (tmp_path / "migrations/versions").glob("*.py")}

    command = [sys.executable, "-m", "devstack.new_migration", "rank of FAQs"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    (made,) = [path for path in (tmp_path / "migrations/versions").glob("*.py") if path.name not in before]
    assert made.stem.endswith("_rank_of_faqs")
    assert revision.newest(tmp_path / "migrations") == made.stem
    text = made.read_text()
    assert text.startswith('"""Rank of FAQs."""\n\nimport sqlalchemy as sa\n')
    assert (
        'def upgrade() -> None:\n    op.add_column("faqs", sa.Column("rank", sa.Integer(), nullable=True))\n'
        in text
    )
    ruff = [sys.executable, "-m", "ruff"]
    subprocess.run([*ruff, "format", "--check", str(made)], cwd=tmp_path, check=True)
    subprocess.run([*ruff, "check", str(made)], cwd=tmp_path, check=True)


def test_without_a_message_it_says_how_it_is_called(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["new_migration", " "])

    assert new_migration.main() == 2
    assert "make migration MESSAGE=" in capsys.readouterr().err


def test_where_the_models_have_nothing_new_no_migration_is_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = list(new_migration.VERSIONS.iterdir())
    monkeypatch.setattr("sys.argv", ["new_migration", "nothing"])

    assert new_migration.main() == 1
    assert "nothing was written" in capsys.readouterr().err
    assert list(new_migration.VERSIONS.iterdir()) == before
