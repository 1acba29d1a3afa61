"""Writes an exported list to a file in the bucket: in batches, and in parts where it is large.

An export that takes longer than one message may leaves the rest to another one, with the ids of its rows,
what is not stored yet, and the state of the file. Who asked must still have the right, each time.
"""

import json
import time
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from sqlalchemy.orm import Session

from chalicelib import db, private_files, task_results
from chalicelib.exports.export import Export, Place
from chalicelib.exports.files import FILES, PDF, ListFile
from chalicelib.exports.kinds import EXPORTS
from chalicelib.exports.rows import Ids, ids_of, values_of
from chalicelib.exports.selection import Selection, selection_of
from chalicelib.exports.wording import title_of
from chalicelib.exports.xlsx_file import TooLong
from chalicelib.jsonapi.ground.errors import Problem
from chalicelib.jsonapi.ground.request import Request
from chalicelib.jsonapi.model.context import Context
from chalicelib.resources import REGISTRY
from chalicelib.task_results import File
from chalicelib.tasks.registry import task

NAME: Final = "export_rows"
BATCH: Final = 1000  # rows read at once
PART: Final = 8 * 2**20  # bytes; S3 wants 5 MiB at the least
SECONDS: Final = 40.0  # of one message at the most: others wait for it
SPARE: Final = 4.0  # seconds that are left for the last batch, and for storing it
_LEFT: Final = "SELECT extract(epoch FROM current_setting('statement_timeout')::interval)"
_CHANGED: Final = "The event's form has changed meanwhile: ask for the export again."
_REFUSED: Final = "You may not export this any more."
_LONG: Final = "This is more than a spreadsheet can hold: ask for CSV, or for fewer rows or columns."


@dataclass(slots=True)
class _Progress:
    """How far an export is: the next row, the parts that are stored, and what is not stored yet."""

    at: int = 0
    upload: str = ""
    tags: list[str] = field(default_factory=list)
    buffer: bytearray = field(default_factory=bytearray)


@task(NAME, min_seconds=14.0)
def export_rows(
    session: Session,
    kind: str,
    place: str,
    form: str,
    asked: str,
    result_id: str,
    at: int = 0,
    language: str = "",
) -> None:
    """Write the list `kind` of the event or group `place` as `form` (csv, xlsx, pdf), in this language.

    `asked` is the query string as JSON: [[name, value], ...]; `at` is the row where another message has
    stopped.
    """
    viewer = task_results.asker_of(session, result_id)
    if viewer is None:
        task_results.fail(session, result_id, _REFUSED)
        return
    query = tuple((name, value) for name, value in json.loads(asked))
    context = Context(session, viewer, Request("GET", (), query=query), REGISTRY)
    export = EXPORTS[kind]
    try:
        found = replace(export.find(context, place), language=language)
        selection = selection_of(context, export, found, listed=form == PDF)
    except Problem as problem:
        # Whoever asked has lost the right, or a column is gone.
        task_results.fail(session, result_id, problem.detail if problem.status == 400 else _REFUSED)
        return
    known = json.loads(private_files.get(_state_of(result_id, at))) if at else {}
    if known and known["columns"] != [column.name for column in selection.columns]:
        task_results.fail(session, result_id, _CHANGED)
        return
    writing = _Writing(context, export, found, selection, form, result_id, known)
    try:
        rest = writing.run()
    except TooLong:
        task_results.fail(session, result_id, _LONG)
        return
    if writing.refusal:
        task_results.fail(session, result_id, writing.refusal)
    elif rest is not None:
        state = json.dumps(rest).encode()
        private_files.put(_state_of(result_id, rest["at"]), state, "application/json")
        again = {"kind": kind, "place": place, "form": form, "asked": asked, "language": language}
        task_results.go_on(session, result_id, NAME, {**again, "at": rest["at"]})
    else:
        writing.finish(session)


def _state_of(result_id: str, at: int) -> str:
    """Where the state of an export is, for the message that goes on at this row."""
    return f"{task_results.key_of(result_id)}.state-{at}"


class _Writing:
    """One message's share of an export."""

    def __init__(
        self,
        context: Context,
        export: Export,
        place: Place,
        selection: Selection,
        form: str,
        result_id: str,
        known: Mapping[str, Any],
    ) -> None:
        self.context, self.export, self.place, self.selection = context, export, place, selection
        self.result_id, self.key, self.known = result_id, task_results.key_of(result_id), known
        title = {"title": title_of(export)}
        self.file: ListFile = FILES[form](selection.columns, place, {**title, **known.get("file", {})})
        self.file_name = f"{export.name}{'-' if place.key else ''}{place.key}.{form}"
        self.progress = _Progress()
        self.refusal = ""
        self.can_stop = form != PDF

    def run(self) -> dict[str, Any] | None:
        """Write until all is written, or the time is over: then the state for another message."""
        began, seconds = time.monotonic(), self._seconds()
        ids, progress = self._begin(), self.progress
        if self.refusal:
            return None
        first = progress.at
        while progress.at < len(ids):
            if self.can_stop and progress.at > first and time.monotonic() - began > seconds:
                return self._stop(ids)
            batch = ids[progress.at : progress.at + BATCH]
            values = values_of(self.context, self.export, self.place, self.selection.columns, batch)
            progress.buffer += self.file.rows(values)
            progress.at += len(batch)
            self._store(PART)
        progress.buffer += self.file.end()
        return None

    def finish(self, session: Session) -> None:
        """Store what is left, and tell who asked."""
        progress = self.progress
        if not progress.upload:
            content = File(self.file_name, self.file.media_type, bytes(progress.buffer))
            task_results.finish_with_file(session, self.result_id, content)
            return
        self._store(1)
        private_files.end_parts(self.key, progress.upload, progress.tags)
        task_results.finish_with_stored_file(session, self.result_id)

    def _seconds(self) -> float:
        """How long this message may take: statements are cancelled where the process has no time left."""
        left = float(db.fetch(self.context.session, _LEFT)[0][0])
        return min(SECONDS, max(left - SPARE, 0.0)) if left else SECONDS

    def _begin(self) -> Ids:
        if self.known:
            known = self.known
            self.progress = _Progress(known["at"], known["upload"], known["tags"])
            self.progress.buffer += private_files.get(f"{self.key}.rest-{known['at']}")
            ids = array("q")
            ids.frombytes(private_files.get(f"{self.key}.ids"))
            return ids
        most = self.file.most_rows
        ids = ids_of(self.context, self.export, self.place, self.selection, most)
        if len(ids) > most:
            self.refusal = (
                f"These are more than {most:,} rows: ask for fewer by a filter, or for another format."
            )
        self.progress.buffer += self.file.begin()
        return ids

    def _store(self, least: int) -> None:
        """Store the buffer as a part, if it is that large."""
        progress = self.progress
        if len(progress.buffer) < least:
            return
        if not progress.upload:
            media_type = self.file.media_type
            progress.upload = private_files.begin_parts(self.key, media_type, file_name=self.file_name)
        number, content = len(progress.tags) + 1, bytes(progress.buffer)
        progress.tags.append(private_files.put_part(self.key, progress.upload, number, content))
        progress.buffer.clear()

    def _stop(self, ids: Ids) -> dict[str, Any]:
        progress = self.progress
        rest, state = self.file.suspend()
        progress.buffer += rest
        if not self.known:
            private_files.put(f"{self.key}.ids", ids.tobytes(), "application/octet-stream")
        private_files.put(
            f"{self.key}.rest-{progress.at}", bytes(progress.buffer), "application/octet-stream"
        )
        columns = [column.name for column in self.selection.columns]
        return {
            "at": progress.at,
            "upload": progress.upload,
            "tags": progress.tags,
            "file": state,
            "columns": columns,
        }
