"""Migrations that would hold up everybody who uses a table with many rows are refused before they are merged.

`make check` runs it, and so does a test. It reads the migrations and runs none of them. What to do instead
is told with each refusal, and at length in docs/migrations.md.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from devstack import migrations_calls, migrations_sql
from devstack.architecture import Violation

_NEVER_DEPLOYED = "it was written before the first deployment: where it runs, the tables are empty"
# What is not looked at, and why. A new migration is not added here: it is written so that it need not be.
EXEMPT = dict.fromkeys(
    (
        *("2026_11_21_1_indexes_of_lists", "2026_11_21_2_ordering", "2026_11_21_3_excerpts"),
        *("2026_11_21_4_profiles", "2026_11_21_5_images", "2026_11_21_access", "2026_11_21_accounts"),
        *("2026_11_21_administration", "2026_11_21_events", "2026_11_21_forms", "2026_11_21_groups"),
        *("2026_11_21_news", "2026_11_21_onsite", "2026_11_21_orders", "2026_11_21_programme"),
        *("2026_11_21_tasks_and_uploads", "2026_11_21_tickets", "2026_11_21_video"),
        "2026_11_21_video_rooms",
    ),
    _NEVER_DEPLOYED,
)
_VERSIONS = Path("migrations") / "versions"


def violations(root: Path) -> list[Violation]:
    """Everything in the project's migrations that is dangerous, by file and line."""
    found = []
    names = set()
    for path in sorted((root / _VERSIONS).glob("*.py")):
        names.add(path.stem)
        if path.stem not in EXEMPT:
            tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
            found += [Violation(str(path.relative_to(root)), line, text) for line, text in dangers(tree)]
    for gone in EXEMPT.keys() - names:
        found.append(Violation(str(_VERSIONS / f"{gone}.py"), 1, "is exempt and not there: remove its name"))
    return sorted(found)


def dangers(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """The lines of a migration that are dangerous, with what to do instead."""
    new = migrations_calls.new_tables(tree) | migrations_sql.new_tables(tree)
    yield from migrations_calls.dangers(tree, new)
    yield from migrations_sql.dangers(tree, new)


def main() -> int:
    """Print what is dangerous; the exit code says whether anything is."""
    found = violations(Path.cwd())
    for one in found:
        print(one, file=sys.stderr)
    print(f"migrations: {len(found)} violations" if found else "migrations: none would hold anybody up")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
