"""tasks: lists pending and failed tasks; redrives or purges dead letters."""

import argparse
from typing import Any, Final

from chalicelib import db
from chalicelib.cli.output import Failed, report_progress
from chalicelib.tasks import dead_letters

_STATES: Final = {
    "waiting": "sent_at IS NULL AND done_at IS NULL AND failed_at IS NULL",
    "underway": "sent_at IS NOT NULL AND done_at IS NULL AND failed_at IS NULL AND held_at IS NULL",
    "held": "held_at IS NOT NULL AND done_at IS NULL",
    "failed": "failed_at IS NOT NULL AND done_at IS NULL",
    "done": "done_at IS NOT NULL",
}


def add_to(groups: Any, every: argparse.ArgumentParser) -> None:
    """Add tasks list, redrive and purge."""
    group = groups.add_parser("tasks", help="pending and failed tasks, and dead letters")
    verbs = group.add_subparsers(title="commands", metavar="COMMAND", required=True, dest="verb")
    command = verbs.add_parser("list", parents=[every], help="the outbox's messages in a state, newest first")
    command.add_argument("--state", choices=sorted(_STATES), default="failed")
    command.add_argument("--limit", type=int, default=50)
    command.set_defaults(run=_list)
    command = verbs.add_parser("redrive", parents=[every], help="move every dead letter back to the queue")
    command.set_defaults(run=_redrive, changes=True)
    command = verbs.add_parser("purge", parents=[every], help="delete the dead letters permanently")
    command.add_argument("--yes", action="store_true", help="confirm the deletion")
    command.set_defaults(run=_purge, changes=True)


def _list(chosen: argparse.Namespace) -> list[dict[str, Any]]:
    names = ("id", "task", "created_at", "due_at", "sent_at", "done_at", "failed_at", "failure")
    with db.read_only() as session:
        rows = db.fetch(
            session,
            f"SELECT {', '.join(names)} FROM outbox WHERE {_STATES[chosen.state]} "  # noqa: S608 - our own texts
            "ORDER BY id DESC LIMIT $1",
            [chosen.limit],
        )
    return [dict(zip(names, row, strict=True)) for row in rows]


def _redrive(_chosen: argparse.Namespace) -> dict[str, int]:
    return {
        "redriven": dead_letters.redrive(lambda count: report_progress(f"{count} are in the queue again"))
    }


def _purge(chosen: argparse.Namespace) -> dict[str, int]:
    if not chosen.yes:
        raise Failed(
            f"{dead_letters.count()} dead letters would be lost for good: say --yes if that is meant"
        )
    return {"purged": dead_letters.purge(lambda count: report_progress(f"{count} are gone"))}
