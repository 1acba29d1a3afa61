"""Copies a whole event, as its archive would be imported."""

from typing import Any, Final

from sqlalchemy.orm import Session

from chalicelib import db, task_results
from chalicelib.archive.copying import copy_into
from chalicelib.archive.importing import SOURCE
from chalicelib.archive.reading import MOST_ROWS, TooManyRows
from chalicelib.archive.writing import ArchiveRequest
from chalicelib.exports.export import event_of
from chalicelib.imports.importing import Importing, Wish, run
from chalicelib.imports.report import BadFile
from chalicelib.settings import settings
from chalicelib.tasks.registry import task

NAME: Final = "copy_event"
_TRIES: Final = 3
_NAMED: Final = "SELECT identifier, name FROM events WHERE id = $1"


@task(NAME, min_seconds=14.0)
def copy_event(
    session: Session,
    event_id: int,
    people: bool,
    invite: bool,
    result_id: str,
    skip_refused: bool = False,
    tries: int = 1,
) -> None:
    """Copy the event for whoever asked; its people and invitations as they want it."""

    def load(importing: Importing) -> bytes:
        importing.place = event_of(importing.context, str(event_id))
        return b""

    def write(importing: Importing, _content: bytes) -> None:
        request = ArchiveRequest(event_id, people, ())
        try:
            copy_into(importing, request, importing.place.key, invites=invite)
        except TooManyRows:
            raise BadFile(f"The event has more than {MOST_ROWS:,} rows.") from None
        importing.result |= told_of(session, importing.event_id)

    def again() -> None:
        arguments = {"event_id": event_id, "people": people, "invite": invite, "skip_refused": skip_refused}
        task_results.go_on(session, result_id, NAME, {**arguments, "tries": tries + 1})

    run(
        session,
        result_id,
        Wish(0, SOURCE, skip_refused=skip_refused),
        write,
        load,
        again if tries < _TRIES else None,
    )


def told_of(session: Session, event_id: int) -> dict[str, Any]:
    """{url, id, event_name} of the event, as the former import page takes it; empty where there is none."""
    for identifier, name in db.fetch(session, _NAMED, [event_id]):
        return {"url": f"{settings().web_url}/events/{identifier}", "id": event_id, "event_name": name}
    return {}
