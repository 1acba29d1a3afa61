"""Time zones by their names in the IANA database: which are taken, and what an unknown one counts as."""

from collections.abc import Iterator
from datetime import tzinfo
from functools import cache
from typing import Final

# No places: an entry that stands for none, and names of files of the machine that looks.
_NO_ZONES: Final = frozenset({"Factory", "localtime", "posixrules"})
_FALLBACK: Final = "UTC"


@cache
def known() -> frozenset[str]:
    """All names that are taken, old ones such as Asia/Calcutta too: those of the tzdata package.

    What else lies where the machine keeps its zones does not count, so that every machine knows the same.
    """
    return frozenset(_listed())


def _listed() -> Iterator[str]:
    from importlib.resources import files  # few requests say a zone

    for name in files("tzdata").joinpath("zones").read_text(encoding="utf-8").split():
        if name not in _NO_ZONES and not name.startswith(("posix/", "right/")):
            yield name


def zone(name: str) -> tzinfo:
    """The zone with this name; UTC for a name that is none, as old rows may hold it."""
    from zoneinfo import ZoneInfo

    return ZoneInfo(name if name in known() else _FALLBACK)


def zone_sql(name: str) -> str:
    """SQL for a zone that PostgreSQL knows, whatever `name` (SQL) holds; UTC where it does not know it.

    AT TIME ZONE fails for an unknown name, even in a row that only a plan came across.
    """
    return f"known_zone({name})"
