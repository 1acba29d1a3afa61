"""Writes the archive of an event to the bucket, in parts; files that take longer are left to another message.

Who asked must still have the right, each time. A message that is repeated writes the same parts again.
"""

import json
import math
from typing import Any, Final

from sqlalchemy.orm import Session

from chalicelib import private_files, task_results
from chalicelib.archive.reading import MOST_ROWS, TooManyRows
from chalicelib.archive.writing import (
    ArchiveRequest,
    Changed,
    Documents,
    about,
    write_documents,
    write_files,
    write_manifest,
)
from chalicelib.archive.zip_file import TooLarge, ZipFile
from chalicelib.exports.export import Place, event_of
from chalicelib.exports.parts import PartedFile, seconds_for
from chalicelib.jsonapi.ground.errors import Problem
from chalicelib.jsonapi.ground.request import Request
from chalicelib.jsonapi.model.context import Context
from chalicelib.resources import REGISTRY
from chalicelib.settings import settings
from chalicelib.tasks.registry import RetryLater, task
from chalicelib.tasks.send_archive_mail import EXPORT_FAILED, EXPORTED, tell

NAME: Final = "export_archive"
SECONDS: Final = 40.0  # of one message for files: others wait for it
SECONDS_PER_ROW: Final = 0.001  # three times what two cores take
TRIES: Final = 5
MEDIA_TYPE: Final = "application/zip"
_REFUSED: Final = "You may not export this any more."
_MANY: Final = f"The event has more than {MOST_ROWS:,} rows, which is more than an archive takes."
_LARGE: Final = "This is more than a zip can hold: ask for fewer kinds of files."


@task(NAME, min_seconds=14.0)
def export_archive(
    session: Session,
    event_id: int,
    people: bool,
    media: str,
    result_id: str,
    at: int = 0,
    mails: bool = False,
    tries: int = 1,
) -> None:
    """Write the archive of the event. `media` are the kinds of files, with commas between; `at` is how many
    files are written by now, after another message has stopped; `mails` says whether who asked is told.

    Where the process has too little time left for the documents, another message tries it.
    """
    viewer = task_results.asker_of(session, result_id)
    if viewer is None:
        task_results.fail(session, result_id, _REFUSED)
        return
    context = Context(session, viewer, Request("GET", (), options=settings()), REGISTRY)
    request = ArchiveRequest(event_id, people, tuple(filter(None, media.split(","))))
    try:
        place = event_of(context, str(event_id))
    except Problem:
        task_results.fail(session, result_id, _REFUSED)
        return
    try:
        documents = None if at else Documents(context, request)
        if documents is None or tries > TRIES or _has_time(documents):
            _write(context, place, request, documents, result_id, at, mails)
            return
        arguments = {"event_id": event_id, "people": people, "media": media, "mails": mails}
        task_results.go_on(session, result_id, NAME, {**arguments, "tries": tries + 1})
    except (TooManyRows, TooLarge) as problem:
        reason = _LARGE if isinstance(problem, TooLarge) else _MANY
        if mails:
            tell(session, result_id, EXPORT_FAILED, event=place.name, reason=reason)
        task_results.fail(session, result_id, reason)
    except Changed as problem:
        raise RetryLater("rows came or went while they were read") from problem


def _has_time(documents: Documents) -> bool:
    """Whether the documents can be written in the time that is left."""
    rows = sum(map(len, documents.numbers.ids.values()))
    return seconds_for(documents.context.session, math.inf) > rows * SECONDS_PER_ROW


def _write(
    context: Context,
    place: Place,
    request: ArchiveRequest,
    documents: Documents | None,
    result_id: str,
    at: int,
    mails: bool,
) -> None:
    state: dict[str, Any] = json.loads(private_files.get(_state_of(result_id, at))) if at else {}
    parts = PartedFile(result_id, MEDIA_TYPE, f"event-{place.key}.zip", state.get("parts", {}))
    archive = ZipFile(parts, state.get("zip", {}))
    if documents is not None:
        write_documents(documents, archive)
        state = {"paths": documents.media.paths, "about": about(documents, place.key)}
    missing = write_files(state["paths"], archive, seconds_for(context.session, SECONDS))
    if missing is None:
        at = len(archive.files)
        rest = {**state, "zip": archive.state(), "parts": parts.suspend(at)}
        private_files.put(_state_of(result_id, at), json.dumps(rest).encode(), "application/json")
        arguments = {"event_id": request.event_id, "people": request.people, "media": ",".join(request.media)}
        task_results.go_on(context.session, result_id, NAME, {**arguments, "at": at, "mails": mails})
        return
    write_manifest(state["about"], request, archive, missing)
    if mails:
        tell(context.session, result_id, EXPORTED, event=place.name, identifier=place.key)
    parts.finish(context.session)


def _state_of(result_id: str, at: int) -> str:
    """Where the state of an export is, for the message that goes on at this file."""
    return f"{task_results.key_of(result_id)}.state-{at}"
