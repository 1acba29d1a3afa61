"""Writes an exported list to a file in the bucket: in batches, and in parts where it is large.

An export that takes longer than one message may leaves the rest to another one, with the ids of its rows,
what is not stored yet, and the state of the file. Who asked must still have the right, each time.
"""

import json
import time
from array import array
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from sqlalchemy.orm import Session

from chalicelib import private_files, task_results
from chalicelib.exports.export import Export, Place
from chalicelib.exports.files import FILES, PDF, ListFile
from chalicelib.exports.kinds import EXPORTS
from chalicelib.exports.parts import PartedFile, seconds_for
from chalicelib.exports.rows import Ids, ids_of, values_of
from chalicelib.exports.selection import Selection, selection_of
from chalicelib.exports.wording import title_of
from chalicelib.exports.xlsx_file import TooLong
from chalicelib.jsonapi.ground.errors import Problem
from chalicelib.jsonapi.ground.request import Request
from chalicelib.jsonapi.model.context import Context
from chalicelib.resources import REGISTRY
from chalicelib.tasks.registry import task

NAME: Final = "export_rows"
BATCH: Final = 1000  # rows read at once
SECONDS: Final = 40.0  # of one message at the most: others wait for it
_CHANGED: Final = "The event's form has changed meanwhile: ask for the export again."
_REFUSED: Final = "You may not export this any more."
_LONG: Final = "This is more than a spreadsheet can hold: ask for CSV, or for fewer rows or columns."


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
        writing.parts.finish(session)


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
        self.key, self.known = task_results.key_of(result_id), known
        title = {"title": title_of(export)}
        self.file: ListFile = FILES[form](selection.columns, place, {**title, **known.get("file", {})})
        file_name = f"{export.name}{'-' if place.key else ''}{place.key}.{form}"
        self.parts = PartedFile(result_id, self.file.media_type, file_name, known)
        self.at: int = known.get("at", 0)
        self.refusal = ""
        self.can_stop = form != PDF

    def run(self) -> dict[str, Any] | None:
        """Write until all is written, or the time is over: then the state for another message."""
        began, seconds = time.monotonic(), seconds_for(self.context.session, SECONDS)
        ids = self._begin()
        if self.refusal:
            return None
        first = self.at
        while self.at < len(ids):
            if self.can_stop and self.at > first and time.monotonic() - began > seconds:
                return self._stop(ids)
            batch = ids[self.at : self.at + BATCH]
            values = values_of(self.context, self.export, self.place, self.selection.columns, batch)
            self.at += len(batch)
            self.parts.add(self.file.rows(values))
        self.parts.add(self.file.end())
        return None

    def _begin(self) -> Ids:
        if self.known:
            ids = array("q")
            ids.frombytes(private_files.get(f"{self.key}.ids"))
            return ids
        most = self.file.most_rows
        ids = ids_of(self.context, self.export, self.place, self.selection, most)
        if len(ids) > most:
            self.refusal = (
                f"These are more than {most:,} rows: ask for fewer by a filter, or for another format."
            )
        self.parts.add(self.file.begin())
        return ids

    def _stop(self, ids: Ids) -> dict[str, Any]:
        rest, state = self.file.suspend()
        self.parts.add(rest)
        if not self.known:
            private_files.put(f"{self.key}.ids", ids.tobytes(), "application/octet-stream")
        columns = [column.name for column in self.selection.columns]
        return {**self.parts.suspend(self.at), "at": self.at, "file": state, "columns": columns}
