"""The database's revision that this code was written for: that of the newest file in migrations/versions.

Nobody has to write it down. The files are read as texts when it is asked for the first time (health does), so
that a function that starts pays nothing for it.
"""

import re
from functools import cache
from pathlib import Path
from typing import Final

# Beside app.py, in the checkout as in the package.
SCRIPTS: Final = Path(__file__).resolve().parent.parent / "migrations"

_ASSIGNED: Final = re.compile(r"^(revision|down_revision)\b[^=\n]*=\s*(\([^)]*\)|.+)$", re.MULTILINE)
_QUOTED: Final = re.compile(r"[\"']([^\"']+)[\"']")


@cache
def newest(scripts: Path = SCRIPTS) -> str:
    """The one revision that none comes after. Raises LookupError, which says what to do."""
    found = heads(scripts)
    if not found:
        raise LookupError(f"there are no migrations in {scripts / 'versions'}: they belong to the package")
    if len(found) > 1:
        raise LookupError(
            f"{len(found)} migrations are the newest ({', '.join(found)}): "
            "write the name of one of them as down_revision into the other"
        )
    return found[0]


def heads(scripts: Path = SCRIPTS) -> list[str]:
    """The revisions that no other one comes after, sorted."""
    before = {revision: former for revision, former in map(declared, sorted(_files(scripts))) if revision}
    return sorted(before.keys() - {one for former in before.values() for one in former})


def declared(file: Path) -> tuple[str, list[str]]:
    """The revision of a migration's file, and those that it comes after."""
    found = {name: _QUOTED.findall(value) for name, value in _ASSIGNED.findall(file.read_text("utf-8"))}
    return "".join(found.get("revision", [])), found.get("down_revision", [])


def _files(scripts: Path) -> list[Path]:
    return list((scripts / "versions").glob("*.py"))
