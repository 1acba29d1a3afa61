"""trash: lists, restores and purges soft-deleted rows."""

import argparse
from datetime import datetime, timedelta
from typing import Any

from chalicelib import clock, db, retention, signals
from chalicelib.cli.output import Failed, report_progress
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.write import trash
from chalicelib.resources import REGISTRY
from chalicelib.settings import settings


def add_to(groups: Any, every: argparse.ArgumentParser) -> None:
    """Add trash list, restore and purge."""
    group = groups.add_parser("trash", help="soft-deleted rows")
    verbs = group.add_subparsers(title="commands", metavar="COMMAND", required=True, dest="verb")
    command = verbs.add_parser("list", parents=[every], help="count of each type, and since when")
    command.set_defaults(run=_list)
    command = verbs.add_parser("restore", parents=[every], help="restore one row")
    command.add_argument("type", help="its JSON:API type, such as event")
    command.add_argument("id", type=int)
    command.set_defaults(run=_restore, changes=True)
    command = verbs.add_parser(
        "purge", parents=[every], help="permanently delete rows after the retention period"
    )
    command.add_argument("--days", type=int, help="retention period in days; default: TRASH_DAYS")
    command.add_argument("--type", help="only of this type")
    command.add_argument("--dry-run", action="store_true", help="only count")
    command.set_defaults(run=_purge, changes=True)


def _list(_chosen: argparse.Namespace) -> list[dict[str, Any]]:
    with db.read_only() as session:
        counts = trash.count_trash(session, REGISTRY, retention.due_before(settings().trash_days))
    return [
        {"type": entry.type, "count": entry.count, "oldest": entry.oldest, "due": entry.due}
        for entry in counts
    ]


def _restore(chosen: argparse.Namespace) -> dict[str, Any]:
    resource = _noun(chosen.type)
    with db.transaction() as session:
        row: Any = session.get(resource.model_or_raise, chosen.id, with_for_update=True)
        if row is None or row.deleted_at is None:
            raise Failed(f"there is no {resource.singular} {chosen.id} in the trash")
        row.deleted_at = None
        session.flush()
        signals.emit(session, f"{resource.type}.restored", id=row.id, changed=["deleted_at"], viewer_id=None)
    return {"type": resource.type, "id": chosen.id, "restored": True}


def _purge(chosen: argparse.Namespace) -> list[dict[str, Any]]:
    before = retention.due_before(settings().trash_days)
    if chosen.days is not None:
        if chosen.days < 0:
            raise Failed("--days is a number of days, 0 or more")
        before = clock.now() - timedelta(days=chosen.days)
    if before is None:
        raise Failed("TRASH_DAYS is 0, which means never: say --days")
    resources = [_noun(chosen.type)] if chosen.type else list(trash.nouns(REGISTRY))
    if chosen.dry_run:
        with db.read_only() as session:
            counts = trash.count_trash(session, resources, before)
        return [{"type": entry.type, "would go": entry.due} for entry in counts if entry.due]
    return [outcome for outcome in (_purged(resource, before) for resource in resources) if outcome["gone"]]


def _purged(resource: Resource, before: datetime) -> dict[str, Any]:
    gone = 0
    while True:
        with db.transaction() as session:
            removed = trash.purge(session, resource, before)
        gone += removed
        if removed < trash.BATCH:
            return {"type": resource.type, "gone": gone}
        report_progress(f"{resource.type}: {gone}")


def _noun(name: str) -> Resource:
    known = {resource.type: resource for resource in trash.nouns(REGISTRY)}
    if name not in known:
        raise Failed(f"there is no type {name} with a trash; there are {', '.join(sorted(known))}")
    return known[name]
