"""move-in: takes over a whole installation of Open Event Server, by its database and its files."""

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from chalicelib.cli.output import Failed, report_progress
from chalicelib.moving_in.report import Report
from chalicelib.moving_in.run import PAGE, Options, move_in
from chalicelib.moving_in.source import NotReadable

_REPORT = "move-in-report.jsonl"


def add_to(groups: Any, every: argparse.ArgumentParser) -> None:
    """Add move-in."""
    command = groups.add_parser(
        "move-in", parents=[every], help="take over a database of Open Event Server; repeat it at will"
    )
    command.add_argument(
        "--from",
        required=True,
        dest="address",
        metavar="URL",
        help="its database: postgresql://..., or - to read that from standard input",
    )
    command.add_argument("--media", metavar="PLACE", help="its files: a folder, or s3://BUCKET/PREFIX")
    command.add_argument("--dry-run", action="store_true", help="only report what would come")
    command.add_argument(
        "--report", default=_REPORT, metavar="FILE", help=f"a line of JSON for each remark: {_REPORT}"
    )
    command.add_argument("--page", type=int, default=PAGE, metavar="ROWS", help=f"at once: {PAGE}")
    command.set_defaults(run=_move_in, changes=True, lines=_lines, fails_on=_is_wrong)


def _move_in(chosen: argparse.Namespace) -> dict[str, Any]:
    if chosen.page < 1:
        raise Failed("--page is at least 1")
    if chosen.media and not chosen.media.startswith("s3://") and not Path(chosen.media).is_dir():
        raise Failed("--media is neither a folder nor s3://BUCKET")
    report = Report(Path(chosen.report))
    address = sys.stdin.readline().strip() if chosen.address == "-" else chosen.address
    options = Options(address, chosen.media, chosen.dry_run, chosen.page)
    try:
        move_in(options, report, report_progress)
    except NotReadable as problem:
        raise Failed(str(problem)) from problem
    return {
        "tables": report.summary(),
        "files": report.files,
        "remarks": [
            {"kind": kind, "about": about, "count": count}
            for (kind, about), count in sorted(report.reasons.items())
        ],
        "report": str(report.path),
        "dry run": chosen.dry_run,
    }


def _is_wrong(outcome: Mapping[str, Any]) -> bool:
    return any(table["adds up"] != "yes" for table in outcome["tables"])


def _lines(outcome: Mapping[str, Any]) -> Iterator[str]:
    tables = outcome["tables"]
    names = [name for name in (tables[0] if tables else ()) if name != "adds up"]
    rows = [names, *([str(table[name]) for name in names] for table in tables)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(names))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
    for table in tables:
        if table["adds up"] != "yes":
            yield f"{table['table']}: not every row is accounted for"
    yield ""
    yield "files: " + ", ".join(f"{count} {name}" for name, count in outcome["files"].items())
    for remark in outcome["remarks"]:
        yield f"{remark['kind']}  {remark['about']}: {remark['count']}"
    yield f"each of them, by id: {outcome['report']}"
    if outcome["dry run"]:
        yield "dry run: nothing was changed"
