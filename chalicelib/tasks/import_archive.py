"""Imports the archive of an event: its files are recorded, then stored, and then the rows are written.

These are three messages, as the bucket is not asked while rows are locked, and what is stored and then not
used is known and deleted after a day.
"""

import time
import uuid
from dataclasses import replace
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from chalicelib import task_results
from chalicelib.archive.content import Content
from chalicelib.archive.importing import SOURCE, ArchiveImport
from chalicelib.archive.reading_zip import MOST_BYTES, content_in, file_at, files_in
from chalicelib.exports.export import event_of
from chalicelib.exports.parts import seconds_for
from chalicelib.imports.importing import Importing, Outcome, Wish, retry, run
from chalicelib.imports.jobs import end_job, made_event
from chalicelib.imports.received import content_of
from chalicelib.imports.report import BadFile
from chalicelib.jsonapi.ground.errors import Problem
from chalicelib.tasks.registry import task
from chalicelib.tasks.send_archive_mail import IMPORT_FAILED, IMPORTED, tell
from chalicelib.upload_urls import MEDIA
from chalicelib.uploads import temporary
from chalicelib.uploads.temporary import TemporaryUpload
from chalicelib.uploads.upload import public_url

NAME: Final = "import_archive"
RECORD, STORE, WRITE = "record", "store", "write"
SECONDS: Final = 40.0  # of one message for files


@task(NAME, min_seconds=14.0)
def import_archive(
    session: Session,
    event_id: int,
    file: str,
    result_id: str,
    dry_run: bool = False,
    skip_refused: bool = False,
    invite: bool = False,
    mails: bool = False,
    step: str = RECORD,
    at: int = 0,
    tries: int = 1,
) -> None:
    """Import the stored `file` into the event, or as a new one where that is 0.

    `step` is RECORD, STORE (`at` files are stored by now) or WRITE.
    """
    flags = {"dry_run": dry_run, "skip_refused": skip_refused, "invite": invite, "mails": mails}
    arguments = {"event_id": event_id, "file": file, **flags}
    files = _Files(session, file, result_id)
    if step == RECORD and not dry_run and files.record():
        task_results.progress(session, result_id, "Started")
        task_results.go_on(session, result_id, NAME, {**arguments, "step": STORE})
        return
    if step == STORE:
        at = files.store(at)
        rest = {"step": STORE, "at": at} if at else {"step": WRITE}
        task_results.progress(session, result_id, "Uploading media")
        task_results.go_on(session, result_id, NAME, {**arguments, **rest})
        return

    def load(importing: Importing) -> bytes:
        if event_id:
            importing.place = event_of(importing.context, str(event_id))
        files.content_for(importing.context.demand_account())
        return b""

    def write(importing: Importing, _content: bytes) -> None:
        content = files.content_for(importing.context.demand_account())
        ArchiveImport(importing, content, files.urls(content, dry_run=dry_run), invites=invite).run()
        importing.result |= made_event(session, importing.event_id)

    wish = Wish(event_id, SOURCE, dry_run, skip_refused)
    again = retry(session, result_id, NAME, {**arguments, "step": step}, tries)
    outcome = run(session, result_id, wish, write, load, again)
    if outcome is not None:
        end_job(session, result_id, outcome)
        if mails and not dry_run:
            _tell(session, result_id, outcome)


def _tell(session: Session, result_id: str, outcome: Outcome) -> None:
    if outcome.reason:
        tell(session, result_id, IMPORT_FAILED, reason=outcome.reason)
        return
    name, url = str(outcome.result["event_name"]), str(outcome.result["url"])
    tell(session, result_id, IMPORTED, event=name, identifier=url.rpartition("/")[2])


class _Files:
    """The files of the archive on their way to the bucket, as temporary uploads of whoever asked."""

    def __init__(self, session: Session, file: str, result_id: str) -> None:
        self._session, self._file, self._result_id = session, file, result_id
        self._content: Content | None = None

    def content_for(self, creator_id: int) -> Content:
        """What the zip of this account contains; read once. Raises Problem, BadFile."""
        if self._content is None:
            self._content = content_in(content_of(creator_id, self._file, MOST_BYTES))
        return self._content

    def record(self) -> bool:
        """Record the files, if there are any, and nothing is wrong with the archive: WRITE says what is."""
        creator_id = self._creator_id()
        try:
            sent = [
                (path, replace(file, content=b""), len(file.content))
                for path, file in (files_in(self.content_for(creator_id)) if creator_id else ())
            ]
        except (BadFile, Problem):
            return False
        for path, file, size in sent:
            temporary.record(self._session, file, creator_id, self._key(path)).size = size
        return bool(sent)

    def store(self, at: int) -> int:
        """Store files, from the one with this number on; returns at which to go on, 0 once all are stored."""
        creator_id = self._creator_id()
        if not creator_id:
            return 0
        began, seconds = time.monotonic(), seconds_for(self._session, SECONDS)
        try:
            return self._store(self.content_for(creator_id), at, began + seconds)
        except (BadFile, Problem):
            return 0  # WRITE says what is wrong

    def _store(self, content: Content, at: int, ends: float) -> int:
        kinds = temporary.all_kinds()
        uploads = self._uploads(content)
        for number in range(at, len(content.paths)):
            if number > at and time.monotonic() > ends:
                return number
            path = content.paths[number]
            if path not in uploads:
                return 0  # the file is another one by now, which WRITE tells
            temporary.put(uploads[path].media_key, file_at(content, path, kinds))
        return 0

    def urls(self, content: Content, *, dry_run: bool) -> dict[str, str]:
        """The addresses of the files that are recorded, by path. Raises BadFile for a file that is wrong.

        In a dry run files are looked at, and not recorded: then these are no addresses of files.
        """
        urls = {path: upload.url for path, upload in self._uploads(content).items()}
        if dry_run or urls.keys() != set(content.paths):
            checked = {path: public_url(f"{MEDIA}{path.rpartition('/')[2]}") for path, _ in files_in(content)}
            if not dry_run:
                raise BadFile("The file was replaced while it was imported: import it again.")
            return checked
        return urls

    def _uploads(self, content: Content) -> dict[str, TemporaryUpload]:
        paths = {self._key(path): path for path in content.paths}
        rows = self._session.scalars(select(TemporaryUpload).where(TemporaryUpload.key.in_(paths)))
        return {paths[row.key]: row for row in rows}

    def _creator_id(self) -> int:
        viewer = task_results.asker_of(self._session, self._result_id)
        return viewer.id or 0 if viewer is not None else 0

    def _key(self, path: str) -> str:
        """The same for each message of this import, so that a repeated one does nothing twice."""
        return str(uuid.uuid5(uuid.UUID(self._result_id), path))
