"""What `make noun` writes is complete: formatted, served, migrated, and as every other noun is; the rest it refuses."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from chalicelib import revision
from devstack import new_noun
from devstack.architecture import violations as broken
from devstack.migrations_check import violations as dangerous
from devstack.new_noun import ROOT, Refused, checked, plural_of, with_line
from tests.support.servers import DatabaseServer

# Of the tests of every noun those that meet each file: noun, migration, factory, demo, rights, CHANGELOG.
# Not the rights of each viewer: they are written by trying them, for one of the two.
GENERIC = [
    "tests/resources/test_every_resource.py::test_it_is_created_read_changed_and_removed",
    "tests/test_factories.py",
    "tests/devstack/test_demo.py",
    "tests/permissions/test_the_matrix.py",
    "tests/description/test_the_promises.py::test_what_is_promised_is_what_clients_rely_on_or_the_changelog_says_so",
    "tests/migrations/test_models.py::test_autogenerate_finds_nothing_to_do",
]
CHOSEN = "((benefit or lightning-talk) and not viewer) or promised or autogenerate or page_shows or looked_at"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the project that may be written to."""
    for name in ("chalicelib", "devstack", "migrations", "tests", "docs"):
        shutil.copytree(
            ROOT / name, tmp_path / name
        )  # with what is compiled, which takes longer than the rest
    for name in ("app.py", "alembic.ini", "pyproject.toml", "CHANGELOG.md"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def write(copy: Path, name: str, area: str) -> None:
    """Write a noun's files in the copy, without its rights."""
    code = f"from devstack import new_noun; new_noun.write(new_noun.checked({name!r}, {area!r}))"
    ran(copy, "-c", code)


def ran(copy: Path, *arguments: str, **environment: str) -> str:
    """What Python says in the copy, where it ends well."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=copy,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def new_files(copy: Path) -> list[str]:
    """The modules that the copy has more."""
    found = (path.relative_to(copy) for path in copy.rglob("*.py"))
    return [str(path) for path in found if not (ROOT / path).exists()]


def test_a_new_noun_is_complete_and_passes_the_tests_of_every_noun(
    copy: Path, database_server: DatabaseServer
) -> None:
    before = revision.newest()

    write(copy, "benefit", "events")
    told = ran(copy, "-m", "devstack.new_noun", "lightning-talk", "programme")

    assert "/v1/lightning-talks and /v1/events/{id}/lightning-talks are served" in told
    for name in ("chalicelib/resources/programme/lightning_talk.py", "tests/factories/lightning_talk.py"):
        assert name in told
        assert (copy / name).exists()
    assert (copy / "tests/permissions/matrix.txt").read_text().count("\nlightning-talk ") > 10
    assert "- API: lightning talks of events: `lightning-talk*`." in (copy / "CHANGELOG.md").read_text()
    newest = revision.newest(copy / "migrations")
    assert newest.endswith("_lightning_talks")
    _, (former,) = revision.declared(copy / "migrations" / "versions" / f"{newest}.py")
    assert former.endswith("_benefits")
    assert revision.declared(copy / "migrations" / "versions" / f"{former}.py") == (former, [before])
    made = new_files(copy)
    assert len(made) == 6
    ran(copy, "-m", "ruff", "format", "--check", *made)
    ran(copy, "-m", "ruff", "check", *made)
    assert [str(item) for item in (*broken(copy), *dangerous(copy))] == []
    passed = ran(copy, "-m", "pytest", "-q", "-k", CHOSEN, *GENERIC, DATABASE_URL=database_server.url)
    assert "8 passed" in passed


@pytest.mark.parametrize(
    ("name", "area", "plural", "why"),
    [
        ("", "events", "", "it needs a NAME and an AREA: make noun NAME="),
        ("benefit", "", "", "AREA is one of access, admin, events"),
        ("benefit", "nowhere", "", "there is no area 'nowhere'. AREA is one of access, admin"),
        ("Benefit", "events", "", "'Benefit' is no name: words of small letters"),
        ("lightning_talk", "events", "", "'lightning_talk' is no name"),
        ("../benefit", "events", "", "is no name"),
        ("benefit-", "events", "", "is no name"),
        ("b" * 41, "events", "", "40 letters at most"),
        ("sheep", "events", "sheep", "is singular and plural: PLURAL="),
        ("class", "events", "", "'class' means something else in Python"),
        ("model", "events", "", "'model' means something else in Python"),
        ("helper", "events", "", "choose a name that says more"),
        ("faq", "events", "", "there is a noun faq (make map shows it)"),
        ("benefit", "events", "faqs", "/v1/faqs is taken"),
        ("benefit", "events", "uploads", "/v1/uploads is taken"),
        ("benefit", "events", "name", "events have name already"),
        ("benefit", "events", "notification-contents", "a table cannot be called notification_contents"),
        ("benefit", "events", "references", "a table cannot be called references"),
        ("code-rules", "tickets", "", "chalicelib/resources/tickets/code_rules.py is there"),
        ("basket", "orders", "", "chalicelib/resources/orders/basket is there"),
        (
            "submission",
            "programme",
            "",
            "programme/submission_rules.py is called as if it belonged to submission",
        ),
    ],
)
def test_what_would_not_work_is_refused_with_what_to_do(name: str, area: str, plural: str, why: str) -> None:
    with pytest.raises(Refused) as told:
        checked(name, area, plural)
    assert why in str(told.value)


def test_a_refusal_is_one_line_and_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    before = new_noun.CHANGELOG.read_text()

    assert new_noun.main(["faq", "events"]) == 2

    assert capsys.readouterr().err == (
        "make noun: there is a noun faq (make map shows it): choose another NAME, or another PLURAL\n"
    )
    assert new_noun.CHANGELOG.read_text() == before


@pytest.mark.parametrize(
    ("one", "several"),
    [("benefit", "benefits"), ("category", "categories"), ("key-day", "key-days"), ("match", "matches"), ("class", "classes")],
)  # fmt: skip
def test_plurals_are_regular(one: str, several: str) -> None:
    assert plural_of(one) == several


_HEAD = "# Changelog\n\n## [Unreleased]\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"{_HEAD}\n### Added\n- A.\n\n### Changed\n- B.\n", f"{_HEAD}\n### Added\n- A.\n- N.\n\n### Changed\n- B.\n"),
        (f"{_HEAD}\n### Added\n- A.\n", f"{_HEAD}\n### Added\n- A.\n- N.\n"),
        (f"{_HEAD}\n## [0.1.0]\n\n### Added\n- A.\n", f"{_HEAD}\n### Added\n- N.\n\n## [0.1.0]\n\n### Added\n- A.\n"),
        (f"{_HEAD}\n### Added\n- A.\n\n## [0.1.0]\n- B.\n", f"{_HEAD}\n### Added\n- A.\n- N.\n\n## [0.1.0]\n- B.\n"),
    ],
    ids=["before what changed", "at the end", "after a release", "before a release"],
)  # fmt: skip
def test_the_changelog_gets_one_line_more(before: str, after: str) -> None:
    assert with_line(before, "- N.\n") == after


def test_without_a_place_in_the_changelog_nothing_is_written() -> None:
    with pytest.raises(Refused, match="where the line about the noun belongs"):
        with_line("# Changelog\n", "- N.\n")
