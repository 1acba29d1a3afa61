"""Linter of migrations: refuses statements that would block users of large tables, and wrong names or order.

Run by `make check` and by a test. Static analysis. Each message says what to do instead; docs/migrations.md
says more.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from chalicelib import revision
from devstack import migrations_calls, migrations_sql
from devstack.architecture import Violation
from devstack.new_migration import LONGEST_ID

_NEVER_DEPLOYED = "it was written before the first deployment: where it runs, the tables are empty"
# Exceptions, with reasons. Not for new migrations, which must pass.
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
    """All dangerous statements in the project's migrations, by file and line."""
    found = []
    names = set()
    for path in sorted((root / _VERSIONS).glob("*.py")):
        names.add(path.stem)
        if path.stem not in EXEMPT:
            tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
            found += [Violation(str(path.relative_to(root)), line, text) for line, text in dangers(tree)]
        found += [Violation(str(path.relative_to(root)), 1, text) for text in _disorder(path)]
    for gone in EXEMPT.keys() - names:
        found.append(Violation(str(_VERSIONS / f"{gone}.py"), 1, "is exempt and not there: remove its name"))
    newest = revision.heads(root / _VERSIONS.parent)
    for name in newest if len(newest) > 1 else ():
        others = ", ".join(other for other in newest if other != name)
        found.append(
            Violation(
                str(_VERSIONS / f"{name}.py"),
                1,
                f"{others} is the newest too: write its name as down_revision here, or the other way round",
            )
        )
    return sorted(found)


def _disorder(path: Path) -> Iterator[str]:
    name, former = revision.declared(path)
    if name != path.stem:
        yield f'the file is called as its revision: {name}.py, or revision = "{path.stem}" in it'
    if len(name) > LONGEST_ID:
        yield f"a revision has {LONGEST_ID} letters at most, which is what alembic_version holds"
    for revision_id in former:
        if not path.with_name(f"{revision_id}.py").exists():
            yield f"its down_revision {revision_id} is not there: write the name of the newest file before it"


def dangers(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """The dangerous lines of a migration, with what to do instead."""
    new = migrations_calls.new_tables(tree) | migrations_sql.new_tables(tree)
    yield from migrations_calls.dangers(tree, new)
    yield from migrations_sql.dangers(tree, new)


def main() -> int:
    """Print what is dangerous; the exit code says whether anything is."""
    found = violations(Path.cwd())
    for violation in found:
        print(violation, file=sys.stderr)
    print(f"migrations: {len(found)} violations" if found else "migrations: none would hold anybody up")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
