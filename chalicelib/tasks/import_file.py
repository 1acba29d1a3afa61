"""Imports a file that was stored for whoever asked, into an event of theirs or as a new one."""

import json
from typing import Any, Final

from sqlalchemy.orm import Session

from chalicelib.exports.export import event_of
from chalicelib.imports.importing import Importing, Wish, retry, run
from chalicelib.imports.jobs import end_job
from chalicelib.imports.kinds import EVENT_KINDS, KINDS
from chalicelib.imports.received import content_of
from chalicelib.settings import settings
from chalicelib.tasks.registry import task

NAME: Final = "import_file"
EVENT: Final = "import_event"


@task(NAME, min_seconds=14.0)
def import_file(
    session: Session,
    kind: str,
    event_id: int,
    file: str,
    options: str,
    result_id: str,
    tries: int = 1,
) -> None:
    """Import the stored `file` as this kind into the event; see wish_of() for the options."""
    known = KINDS[kind]

    def load(importing: Importing) -> bytes:
        importing.place = event_of(importing.context, str(event_id))
        owner_id = importing.context.demand_account()
        return content_of(owner_id, file, settings().max_upload_body_bytes)

    arguments = {"kind": kind, "event_id": event_id, "file": file, "options": options}
    again = retry(session, result_id, NAME, arguments, tries)
    run(session, result_id, wish_of(event_id, known.source, options), known.run, load, again)


@task(EVENT, min_seconds=14.0)
def import_event(
    session: Session, kind: str, file: str, options: str, result_id: str, tries: int = 1
) -> None:
    """Make an event of the stored `file`, and end the import job of this task."""
    known = EVENT_KINDS[kind]

    def load(importing: Importing) -> bytes:
        return content_of(importing.context.demand_account(), file, settings().max_upload_body_bytes)

    again = retry(session, result_id, EVENT, {"kind": kind, "file": file, "options": options}, tries)
    wish = wish_of(0, known.source, options, create_missing=True)
    outcome = run(session, result_id, wish, known.run, load, again)
    if outcome is not None:
        end_job(session, result_id, outcome)


def wish_of(event_id: int, source: str, options: str, **more: Any) -> Wish:
    """The wish in a task's arguments: `options` are {dry_run, skip_refused, ...} as JSON."""
    wished: dict[str, Any] = {**json.loads(options), **more}
    dry_run, skip = wished.get("dry_run") is True, wished.get("skip_refused") is True
    return Wish(event_id, source, dry_run, skip, wished)
