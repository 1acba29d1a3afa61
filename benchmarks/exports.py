"""Exports of 100,000 attendees, as CSV and as XLSX: rows per second, and memory at the most.

`make bench` has it, and `python -m benchmarks.exports ROWS` alone. The files are written as the task writes
them, without the bucket.
"""

import resource
import sys
import time
from collections.abc import Callable
from typing import Any

from benchmarks.crowd import asked_about_attendees
from benchmarks.world import World, made_world
from chalicelib.auth.viewer import Viewer
from chalicelib.exports.attendees import ATTENDEES
from chalicelib.exports.files import CSV, FILES, XLSX
from chalicelib.exports.rows import ids_of, values_of
from chalicelib.exports.selection import selection_of
from chalicelib.jsonapi.model.context import Context, open_context
from chalicelib.resources import REGISTRY
from chalicelib.tasks.export_rows import BATCH

ROWS = 100_000
_SOLD = "UPDATE orders SET status = 'completed' WHERE event_id = :event"


def measured(world: World, say: Callable[[str], None], rows: int = ROWS) -> dict[str, float]:
    """Rows per second of each format, and MB of memory of the process after each."""
    say(f"exporting {rows:,} attendees")
    found: dict[str, float] = asked_about_attendees(world, rows, "benchmarks.exports", "written", _SOLD)
    return found


def written(_contestant: Any, event: int) -> dict[str, float]:
    """Write both files. Runs in the worker."""
    found: dict[str, float] = {}
    for form in (CSV, XLSX):
        with open_context(REGISTRY) as context:
            staff = context.acting_as(Viewer(id=1, is_admin=True, is_super_admin=True))
            began = time.perf_counter()
            rows, size = _write(staff, str(event), form)
            seconds = time.perf_counter() - began
        found[f"{form} rows"] = rows
        found[f"{form} rows per second"] = round(rows / seconds)
        found[f"{form} MB"] = round(size / 1e6, 1)
        found[f"{form} MB of memory"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3, 1)
    return found


def _write(context: Context, event: str, form: str) -> tuple[int, int]:
    place = ATTENDEES.find(context, event)
    selection = selection_of(context, ATTENDEES, place)
    file = FILES[form](selection.columns, place, {})
    ids = ids_of(context, ATTENDEES, place, selection, file.most_rows)
    size = len(file.begin())
    for at in range(0, len(ids), BATCH):
        values = values_of(context, ATTENDEES, place, selection.columns, ids[at : at + BATCH])
        size += len(file.rows(values))
    return len(ids), size + len(file.end())


if __name__ == "__main__":
    with made_world() as made:
        figures = measured(made, print, int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)
    for name, value in figures.items():
        print(f"{name}: {value:,}")
