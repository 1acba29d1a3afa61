"""Copies a whole event, as its archive would be imported."""

from typing import Final

from sqlalchemy.orm import Session

from chalicelib.archive.copying import copy_into
from chalicelib.archive.importing import SOURCE
from chalicelib.archive.reading import MOST_ROWS, TooManyRows
from chalicelib.archive.writing import ArchiveRequest
from chalicelib.exports.export import event_of
from chalicelib.imports.importing import Importing, Wish, retry, run
from chalicelib.imports.jobs import made_event
from chalicelib.imports.report import BadFile
from chalicelib.tasks.registry import task

NAME: Final = "copy_event"


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
        importing.result |= made_event(session, importing.event_id)

    arguments = {"event_id": event_id, "people": people, "invite": invite, "skip_refused": skip_refused}
    again = retry(session, result_id, NAME, arguments, tries)
    run(session, result_id, Wish(0, SOURCE, skip_refused=skip_refused), write, load, again)
