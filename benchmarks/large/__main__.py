"""`make bench-large`: lists and searches of each persona among many rows, and among a hundredth of them.

SCALE=1 makes 1,000,000 events with 20,000,000 sessions, 10,000,000 attendees and 50,000,000 rows of outbox
and activities; the default is a tenth of it. Both databases are made by the migrations and filled by copies
of rows that the API made. A list may cost twice as much, and a search 50 ms; what misses this shows its plan.
"""

import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import chalicelib.entrypoints  # noqa: F401 - knows every model
from benchmarks import numbers
from benchmarks.large import checks, filling, template
from benchmarks.large.lists import LISTS, PERSONAS
from benchmarks.large.measuring import Figure, Place, explanation, figure
from chalicelib import db
from chalicelib.settings import settings
from devstack import database, postgres

LIST_AT_MOST: Final = 2.0  # times what it costs at a hundredth of the size
SEARCH_AT_MOST: Final = 50.0  # ms
_PART: Final = 100
_GIGABYTES: Final = 70.0  # of disk at scale 1, while indexes are built
_SERVER: Final = {
    **postgres.FORGETFUL,
    "shared_buffers": "2GB",
    "effective_cache_size": "8GB",
    "maintenance_work_mem": "512MB",
    "max_wal_size": "4GB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
}


def main() -> int:
    """Fill, measure and print; 1 if a list or a search costs more than it may."""
    scale = numbers.positive("SCALE", 0.1)
    parent = Path(os.environ.get("LARGE_DIR") or tempfile.gettempdir())
    _check_room(parent, scale)
    with tempfile.TemporaryDirectory(prefix="large_", dir=parent) as name:
        directory = Path(name)
        directory.chmod(0o711)  # PostgreSQL may run as somebody else, who must get through
        server = postgres.start(directory / "postgres", _SERVER)
        try:
            large = _filled(server, "large", scale)
            small = _filled(server, "small", scale / _PART)
            return _measured(large, small)
        finally:
            db.forget()
            server.stop()


def _check_room(directory: Path, scale: float) -> None:
    needed, free = _GIGABYTES * scale + 1, shutil.disk_usage(directory).free / 1e9
    if free < needed:
        sys.exit(
            f"make bench-large: SCALE={scale:g} needs {needed:.0f} GB in {directory}, where {free:.0f} GB "
            "are free: say a smaller SCALE, or where there is more with LARGE_DIR"
        )


def _filled(server: postgres.Postgres, name: str, scale: float) -> Place:
    began = time.monotonic()
    database.create_if_missing(server.url("postgres"), name)
    url = server.url(name)
    database.migrate(url)
    os.environ |= {
        "DATABASE_URL": url,
        "JWT_KEYS": json.dumps({"large": "large" * 16}),
        "LIMITS": "false",
        "LOG_LEVEL": "ERROR",
    }
    settings.cache_clear()
    db.forget()
    made = template.make()
    db.forget()
    copies = filling.fill(url, made, scale)
    checks.check(url, copies)
    rows = sum(item.many for item in copies)
    with database.connected(url) as connection:
        ((size,),) = connection.run("SELECT pg_size_pretty(pg_database_size(current_database()))")
    seconds = time.monotonic() - began
    print(f"{name}: {rows:,} rows, {size}, made and checked in {seconds:.0f} s", flush=True)
    return Place(url, made.staff_id, scale)


def _measured(large: Place, small: Place) -> int:
    print(f"\n{'ms of all statements, medians by turns':50}{'a hundredth':>12}{'all':>9}{'times':>8}  load")
    missed = 0
    plans: list[str] = []
    for persona in PERSONAS:
        print(persona)
        for question in (item for item in LISTS if item.persona == persona):
            found, statements = figure(question, large, small)
            print(f"{_line(found)}  {os.getloadavg()[0]:.1f}", flush=True)
            if not _is_met(found):
                missed += 1
                plans += ["", f"{persona}: {question.title}", *explanation(large, statements)]
    print(f"\n{len(LISTS) - missed} met, {missed} missed")
    print("\n".join(plans))
    return 1 if missed else 0


def _line(found: Figure) -> str:
    limit = f"at most {SEARCH_AT_MOST:g} ms" if found.asked.is_search else f"at most {LIST_AT_MOST:g} times"
    mark = "met   " if _is_met(found) else "MISSED"
    return (
        f"  {mark}  {found.asked.title:40}{found.small:12.2f}{found.large:9.2f}{found.ratio:8.2f}  ({limit})"
    )


def _is_met(found: Figure) -> bool:
    return found.large <= SEARCH_AT_MOST if found.asked.is_search else found.ratio <= LIST_AT_MOST


if __name__ == "__main__":
    sys.exit(main())
