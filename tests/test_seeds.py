"""The table of small systems names files and commands that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "seeds.md").read_text()


def test_every_file_that_the_table_names_is_there() -> None:
    named = set(re.findall(r"(?:chalicelib|tests|devstack)/[\w/]*(?:\.py)?", PAGE))
    assert len(named) > 40
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_every_page_that_it_leads_to_is_there() -> None:
    linked = set(re.findall(r"\]\((\w+\.md)\)", PAGE))
    assert linked
    assert [name for name in sorted(linked) if not (ROOT / "docs" / name).exists()] == []


def test_every_command_is_in_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`(?:[A-Z_]+=\S+ )*make ([a-z]+)", PAGE)) <= targets
    tried = set(re.findall(r"make test TESTS=([\w/.]+)", PAGE))
    assert [path for path in sorted(tried) if not (ROOT / path).exists()] == []
