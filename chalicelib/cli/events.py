"""event export and import: the archive of an event as a local file, with the permissions of an account."""

import argparse
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final

from chalicelib import db
from chalicelib.archive.importing import SOURCE, ArchiveImport
from chalicelib.archive.media import KINDS
from chalicelib.archive.reading_zip import MOST_BYTES, content_in, files_in
from chalicelib.archive.writing import (
    ArchiveRequest,
    Documents,
    about,
    write_documents,
    write_files,
    write_manifest,
)
from chalicelib.archive.zip_file import ZipFile
from chalicelib.cli.accounts import account_id
from chalicelib.cli.output import Failed
from chalicelib.exports.export import event_of
from chalicelib.imports.importing import Importing, Wish, wait_for_others
from chalicelib.imports.report import BadFile
from chalicelib.jsonapi.model.context import open_context
from chalicelib.resources import REGISTRY
from chalicelib.settings import settings
from chalicelib.uploads import temporary

_OWNER: Final = """
SELECT member.email FROM users_events_roles held JOIN roles role ON role.id = held.role_id
JOIN users member ON member.id = held.user_id JOIN events event ON event.id = held.event_id
WHERE role.name = 'owner' AND (event.identifier = $1 OR event.id::text = $1) ORDER BY held.id LIMIT 1
"""


class _RolledBack(Exception):
    """Ends the transaction of an import without effect."""


class _Local:
    """A local file that is written in order."""

    def __init__(self, target: BinaryIO) -> None:
        self._target = target

    def add(self, content: bytes) -> None:
        self._target.write(content)


def add_to(groups: Any, every: argparse.ArgumentParser) -> None:
    """Add event export and event import."""
    group = groups.add_parser("event", help="one event as a file: docs/archive.md")
    verbs = group.add_subparsers(title="commands", metavar="COMMAND", required=True, dest="verb")
    command = verbs.add_parser("export", parents=[every], help="write the archive of an event")
    command.add_argument("event", help="its id or identifier")
    command.add_argument("file", help="the zip to be written")
    command.add_argument(
        "--as", dest="who", metavar="EMAIL", help="whose permissions count; default: its owner's"
    )
    command.add_argument("--without-people", action="store_true", help="neither speakers nor invitations")
    command.add_argument("--without-files", action="store_true", help="no pictures, slides, sound, film")
    command.set_defaults(run=_export)
    command = verbs.add_parser("import", parents=[every], help="make an event of an archive, or change one")
    command.add_argument("file", help="the zip, of this server or of Open Event Server")
    command.add_argument("--as", dest="who", metavar="EMAIL", required=True, help="who becomes its owner")
    command.add_argument("--into", metavar="EVENT", help="the id or identifier of an event to be changed")
    command.add_argument("--invite", action="store_true", help="invite whom the archive names, by mail")
    command.add_argument("--dry-run", action="store_true", help="only report what would be made")
    command.set_defaults(run=_import, changes=True, lines=_lines, fails_on=lambda report: report["refused"])


def _export(chosen: argparse.Namespace) -> dict[str, Any]:
    media = () if chosen.without_files else KINDS
    with open_context(
        REGISTRY, user_id=account_id(chosen.who or _owner(chosen.event)), options=settings()
    ) as context:
        place = event_of(context, chosen.event)
        request = ArchiveRequest(place.id, not chosen.without_people, media)
        with Path(chosen.file).open("wb") as target:
            archive, documents = ZipFile(_Local(target), {}), Documents(context, request)
            write_documents(documents, archive)
            missing = write_files(documents.media.paths, archive, math.inf) or []
            write_manifest(about(documents, place.key), request, archive, missing)
    made = {name: count for name, count in documents.counts.items() if count}
    return {"file": chosen.file, **made, "files": len(documents.media.paths) - len(missing)}


def _import(chosen: argparse.Namespace) -> dict[str, Any]:
    user_id = account_id(chosen.who)
    path = Path(chosen.file)
    if path.stat().st_size > MOST_BYTES:
        raise Failed(f"the file has more than {MOST_BYTES:,} bytes")
    try:
        content = content_in(path.read_bytes())
        urls = {}
        for name, sent in files_in(content):
            urls[name] = "" if chosen.dry_run else temporary.store([sent], user_id)[0]
    except BadFile as problem:
        raise Failed(problem.detail) from None
    if chosen.dry_run:
        urls = dict.fromkeys(urls, f"{settings().media_url}/file")
    report: dict[str, Any] = {}
    try:
        with open_context(REGISTRY, user_id=user_id, writes=True, options=settings()) as context:
            event_id = event_of(context, chosen.into).id if chosen.into else 0
            wait_for_others(context.session, event_id)
            importing = Importing(context, Wish(event_id, SOURCE, chosen.dry_run), math.inf)
            ArchiveImport(importing, content, urls, invites=chosen.invite).run()
            refused = [entry for entry in importing.report.entries if entry["action"] == "refused"]
            report |= {"event": importing.event_id, "counts": importing.report.counts(), "refused": refused}
            report |= {"notes": importing.notes, "dry run": chosen.dry_run}
            if chosen.dry_run or refused:
                raise _RolledBack
    except _RolledBack:
        report["event"] = None
    except BadFile as problem:
        raise Failed(problem.detail) from None
    return report


def _owner(event: str) -> str:
    with db.transaction() as session:
        found = db.fetch(session, _OWNER, [event])
    if not found:
        raise Failed(f"there is no event {event} with an owner: say --as")
    return str(found[0][0])


def _lines(report: Mapping[str, Any]) -> Iterator[str]:
    for name, of in report["counts"].items():
        yield f"{name}: " + ", ".join(f"{count} {action}" for action, count in of.items() if count)
    yield from report["notes"]
    for entry in report["refused"]:
        yield f"refused: {entry['type']} {entry['label']!r} ({entry.get('path')}): {entry['detail']}"
    if report["event"] is None:
        yield "nothing was changed"
    else:
        yield f"event {report['event']}"
