"""A file written piece by piece into the bucket, in parts where it is large, by one message or several."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.orm import Session

from chalicelib import db, private_files, task_results
from chalicelib.task_results import File

PART: Final = 8 * 2**20  # bytes; S3 wants 5 MiB at the least
SPARE: Final = 4.0  # seconds that are left for the last batch, and for storing it
_LEFT: Final = "SELECT extract(epoch FROM current_setting('statement_timeout')::interval)"


def seconds_for(session: Session, most: float, spare: float = SPARE) -> float:
    """How long this message may write: statements are cancelled where the process has no time left, of which
    it spares some seconds.
    """
    left = float(db.fetch(session, _LEFT)[0][0])
    return min(most, max(left - spare, 0.0)) if left else most


class PartedFile:
    """The file of a task's result. What is not stored yet is in memory: a part at the most."""

    def __init__(self, result_id: str, media_type: str, file_name: str, state: Mapping[str, Any]) -> None:
        self._result_id, self._media_type, self._file_name = result_id, media_type, file_name
        self._key = task_results.key_of(result_id)
        self._upload: str = state.get("upload", "")
        self._tags: list[str] = list(state.get("tags", ()))
        self._buffer = bytearray()
        if "rest" in state:
            self._buffer += private_files.get(f"{self._key}.rest-{state['rest']}")

    def add(self, content: bytes) -> None:
        """Write on. Raises boto3's errors."""
        self._buffer += content
        self._store(PART)

    def suspend(self, at: int) -> dict[str, Any]:
        """The state to go on with, in the message that begins at `at`: what is in memory is stored for it."""
        private_files.put(f"{self._key}.rest-{at}", bytes(self._buffer), "application/octet-stream")
        return {"upload": self._upload, "tags": self._tags, "rest": at}

    def finish(self, session: Session) -> None:
        """Store what is left, and tell who asked."""
        if not self._upload:
            content = File(self._file_name, self._media_type, bytes(self._buffer))
            task_results.finish_with_file(session, self._result_id, content)
            return
        self._store(1)
        private_files.end_parts(self._key, self._upload, self._tags)
        task_results.finish_with_stored_file(session, self._result_id)

    def _store(self, least: int) -> None:
        """Store the buffer as a part, if it is that large."""
        if len(self._buffer) < least:
            return
        if not self._upload:
            self._upload = private_files.begin_parts(self._key, self._media_type, file_name=self._file_name)
        number, content = len(self._tags) + 1, bytes(self._buffer)
        self._tags.append(private_files.put_part(self._key, self._upload, number, content))
        self._buffer.clear()
