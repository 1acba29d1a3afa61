"""restored: puts a database in order that was restored to a moment, and decides about what was held."""

import argparse
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

from chalicelib import bucket_versions, restoration
from chalicelib.cli.output import Failed, report_progress
from chalicelib.resources.orders.payment import lost_payments
from chalicelib.tasks.registry import TASKS

_MOMENT: Final = "ISO 8601 with a zone, such as 2031-05-02T09:00:00Z"


def add_to(groups: Any, every: argparse.ArgumentParser) -> None:
    """Add restored begin, list, release, drop, files and payments."""
    group = groups.add_parser("restored", help="after a backup was restored: docs/disaster.md")
    verbs = group.add_subparsers(title="commands", metavar="COMMAND", required=True, dest="verb")
    command = verbs.add_parser(
        "begin", parents=[every], help="put the restored database in order, before the system runs"
    )
    command.add_argument("--moment", type=_moment, required=True, help=f"what it is restored to: {_MOMENT}")
    command.add_argument(
        "--lost-until", type=_moment, required=True, help="when the lost system had ended for certain"
    )
    command.add_argument(
        "--gap", type=int, default=restoration.GAP, help="ids left out in each table (1,000,000)"
    )
    command.add_argument("--unpair", action="store_true", help="revoke the tokens of paired devices, too")
    command.set_defaults(run=_begin, changes=True)
    command = verbs.add_parser("list", parents=[every], help="what is held, by task")
    command.set_defaults(run=_list)
    for name, what in (("release", "have what is held done"), ("drop", "never do what is held")):
        command = verbs.add_parser(name, parents=[every], help=what)
        command.add_argument("--task", help="only of this task")
        command.set_defaults(run=_release if name == "release" else _drop, changes=True)
    command = verbs.add_parser(
        "files", parents=[every], help="bring back files that were deleted or replaced after the moment"
    )
    command.add_argument("--moment", type=_moment, required=True, help=_MOMENT)
    command.add_argument("--dry-run", action="store_true", help="only count")
    command.set_defaults(run=_files, changes=True)
    command = verbs.add_parser(
        "payments", parents=[every], help="ask Stripe for payments that were made after the moment"
    )
    command.add_argument("--moment", type=_moment, required=True, help=_MOMENT)
    command.add_argument("--refund", action="store_true", help="refund those whose orders are lost")
    command.set_defaults(run=_payments, changes=True)


def _moment(text: str) -> datetime:
    moment: datetime | None = None
    with suppress(ValueError):
        moment = datetime.fromisoformat(text)
    if moment is None or moment.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no moment: {_MOMENT}")
    return moment


def _task(name: str | None) -> str | None:
    """The name of a task, or None for all of them. Raises Failed."""
    if name is not None and name not in TASKS:
        raise Failed(f"there is no task {name}: restored list names those that are held")
    return name


def _begin(chosen: argparse.Namespace) -> dict[str, Any]:
    if chosen.gap < 1:
        raise Failed("--gap is a number of ids, 1 or more")
    try:
        return dict(restoration.begin(chosen.moment, chosen.lost_until, gap=chosen.gap, unpair=chosen.unpair))
    except restoration.Refused as problem:
        raise Failed(f"nothing was changed: {problem}") from problem


def _list(_chosen: argparse.Namespace) -> list[dict[str, Any]]:
    waiting = restoration.in_doubt()
    if waiting:
        report_progress(f"{waiting} tasks in doubt were neither done nor held yet")
    return restoration.held()


def _release(chosen: argparse.Namespace) -> dict[str, int]:
    return {"released": restoration.release(_task(chosen.task))}


def _drop(chosen: argparse.Namespace) -> dict[str, int]:
    return {"dropped": restoration.drop(_task(chosen.task))}


def _files(chosen: argparse.Namespace) -> dict[str, int]:
    return bucket_versions.bring_back(chosen.moment, dry_run=chosen.dry_run)


def _payments(chosen: argparse.Namespace) -> list[dict[str, Any]]:
    return lost_payments.look(chosen.moment, refunds=chosen.refund)
