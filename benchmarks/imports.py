"""Imports: rows per second of a table of 2,000 speakers, new and once more, and of an event that is copied.

`make bench` has it, and `python -m benchmarks.imports ROWS` alone. The rows are written as the tasks write
them, without the bucket, and taken back. A task has 120 seconds.
"""

import resource
import sys
import time
from collections.abc import Callable
from typing import Any, Final

from benchmarks.contestants import more_of_ours
from benchmarks.world import World, made_world
from chalicelib import db
from chalicelib.archive.copying import copy_into
from chalicelib.archive.importing import SOURCE
from chalicelib.archive.writing import ArchiveRequest
from chalicelib.auth.viewer import Viewer
from chalicelib.exports.export import event_of
from chalicelib.imports.importing import Importing, Wish
from chalicelib.imports.kinds import KINDS
from chalicelib.jsonapi.ground.request import Request
from chalicelib.jsonapi.model.context import Context
from chalicelib.resources import REGISTRY
from chalicelib.settings import settings

ROWS: Final = 2_000
_HEAD: Final = "Name,Email,Organisation,City\n"
_ROW: Final = "Speaker {0},speaker.{0}@example.org,Harbour {0},Kiel\n"


class _Taken(Exception):
    """Takes the rows back."""


def measured(world: World, say: Callable[[str], None], rows: int = ROWS) -> dict[str, float]:
    """Rows per second of each import, and MB of memory of the process at the end."""
    say(f"importing {rows:,} speakers, and copying an event")
    brief, environment = world.other_database("imports")
    ours = more_of_ours("ours for imports", brief, environment)
    try:
        about = {"module": "benchmarks.imports", "function": "written", "event": world.read[0], "rows": rows}
        figures: dict[str, float] = ours.do("call", **about)
        return figures
    finally:
        ours.stop()


def written(_contestant: Any, event: int, rows: int) -> dict[str, float]:
    """Import the table twice, and copy the event. Runs in the worker."""
    table = (_HEAD + "".join(_ROW.format(number) for number in range(rows))).encode()
    rates: dict[str, float] = {}
    try:
        with db.transaction() as session:
            staff = Viewer(id=1, is_admin=True, is_super_admin=True)
            context = Context(session, staff, Request("GET", (), options=settings()), REGISTRY)
            for name in ("new rows", "unchanged rows"):
                rates[f"{name} per second"] = _rate(lambda: _imported(context, event, table))
            rates["rows of a copied event per second"] = _rate(lambda: _copied(context, event))
            raise _Taken
    except _Taken:
        rates["MB of memory"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3, 1)
    return rates


def _rate(run: Callable[[], Importing]) -> float:
    began = time.perf_counter()
    report = run().report
    seconds = time.perf_counter() - began
    if report.refused or not report.entries:
        raise AssertionError(f"the import was refused: {report.entries[:3]}")
    return round(len(report.entries) / seconds)


def _imported(context: Context, event: int, table: bytes) -> Importing:
    kind = KINDS["speakers"]
    importing = Importing(context, Wish(event, kind.source))
    importing.place = event_of(context, str(event))
    kind.run(importing, table)
    return importing


def _copied(context: Context, event: int) -> Importing:
    importing = Importing(context, Wish(0, SOURCE))
    importing.place = event_of(context, str(event))
    copy_into(importing, ArchiveRequest(event, True, ()), importing.place.key, invites=False)
    return importing


if __name__ == "__main__":
    with made_world() as made:
        figures = measured(made, print, int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)
    for title, value in figures.items():
        print(f"{title}: {value:,}")
