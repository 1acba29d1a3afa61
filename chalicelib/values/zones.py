"""Time zones by IANA name: which are valid, and the fallback for an unknown one."""

from collections.abc import Iterator
from datetime import datetime, tzinfo
from functools import cache
from importlib.resources import files
from typing import Final

# Not time zones: a placeholder, and files that depend on the machine.
_NO_ZONES: Final = frozenset({"Factory", "localtime", "posixrules"})
_FALLBACK: Final = "UTC"


@cache
def known() -> frozenset[str]:
    """All valid names, including old ones such as Asia/Calcutta: those of the tzdata package.

    The machine's own zone files do not count, so that all machines agree.
    """
    return frozenset(_listed())


def _listed() -> Iterator[str]:
    for name in files("tzdata").joinpath("zones").read_text(encoding="utf-8").split():
        if name not in _NO_ZONES and not name.startswith(("posix/", "right/")):
            yield name


def zone(name: str) -> tzinfo:
    """The zone with this name; UTC for an unknown one, as old rows may hold it."""
    from zoneinfo import ZoneInfo  # lazy: few requests name a zone

    return ZoneInfo(name if name in known() else _FALLBACK)


def local(moment: datetime, where: tzinfo) -> datetime:
    """The moment in this zone; as it is where it would be before the year 1 there, or after 9999."""
    try:
        return moment.astimezone(where)
    except OverflowError:
        return moment


def in_words(moment: datetime, zone_name: str) -> str:
    """The moment as people in the zone read it, such as 2030-05-01 18:00 (Europe/Berlin)."""
    return f"{local(moment, zone(zone_name)):%Y-%m-%d %H:%M} ({zone_name})"


def zone_sql(name: str) -> str:
    """SQL for a zone that PostgreSQL knows, for `name` (SQL); UTC where it is unknown.

    AT TIME ZONE fails for an unknown name, even in a row that only the plan touches.
    """
    return f"known_zone({name})"
