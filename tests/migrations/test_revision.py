"""The newest revision is found in the files, and a new one gets a name like those before it."""

from datetime import date
from pathlib import Path

import pytest

from chalicelib import revision
from devstack import new_migration
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
