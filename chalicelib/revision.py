"""The schema revision that this code needs: the newest file in migrations/versions.

The files are read when first needed (by health), so that a cold start does not pay for it.
"""

import re
from functools import cache
from pathlib import Path
from typing import Final

# Next to app.py, in the checkout as in the package.
SCRIPTS: Final = Path(__file__).resolve().parent.parent / "migrations"

_ASSIGNED: Final = re.compile(r"^(revision|down_revision)\b[^=\n]*=\s*(\([^)]*\)|.+)$", re.MULTILINE)
_QUOTED: Final = re.compile(r"[\"']([^\"']+)[\"']")


@cache
def newest(scripts: Path = SCRIPTS) -> str:
    """The single head revision. Raises LookupError, which says what to do."""
    newest_revisions = heads(scripts)
    if not newest_revisions:
        raise LookupError(f"there are no migrations in {scripts / 'versions'}: they belong to the package")
    if len(newest_revisions) > 1:
        raise LookupError(
            f"{len(newest_revisions)} migrations are the newest ({', '.join(newest_revisions)}): "
            "write the name of one of them as down_revision into the other"
        )
    return newest_revisions[0]


def heads(scripts: Path = SCRIPTS) -> list[str]:
    """The revisions without a successor, sorted."""
    before = {revision: former for revision, former in map(declared, sorted(_files(scripts))) if revision}
    return sorted(before.keys() - {revision for former in before.values() for revision in former})


def declared(file: Path) -> tuple[str, list[str]]:
    """(revision, its predecessors), as declared in a migration file."""
    assigned = {name: _QUOTED.findall(value) for name, value in _ASSIGNED.findall(file.read_text("utf-8"))}
    return "".join(assigned.get("revision", [])), assigned.get("down_revision", [])


def _files(scripts: Path) -> list[Path]:
    return list((scripts / "versions").glob("*.py"))
