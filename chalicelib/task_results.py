"""Asynchronous request-reply: results of background tasks, which the client that asked for them polls.

start() stores a waiting result along with the task's message, in the request's transaction. The task finishes
it in its own transaction. A result is for who asked, and expires; a file is given out as a presigned URL.
"""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import IO, Any, Final

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from chalicelib import clock, db, log, outbox, private_files
from chalicelib.auth import viewer as viewers
from chalicelib.auth.viewer import Viewer
from chalicelib.db import Model, owned_by
from chalicelib.jsonapi.ground.errors import not_found
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http import delivery
from chalicelib.jsonapi.http.limited import demand
from chalicelib.jsonapi.model.context import Context
from chalicelib.limits.declared import TASKS

WAITING: Final = "WAITING"
SUCCESS: Final = "SUCCESS"
FAILURE: Final = "FAILURE"

STORING: Final = "store_report"  # the task that stores a report

RESULTS: Final = "results/"  # files in the bucket; its lifecycle rule deletes them
LIFETIME: Final = timedelta(days=1)  # since the last sign of the task
PATIENCE: Final = timedelta(hours=6)  # without a sign, the task is taken for dead
LINK_LIFETIME: Final = timedelta(minutes=10)

_FIND: Final = """
    SELECT result.user_id, result.profile_id, result.state, result.progress, result.result, result.file_key,
           message.failed_at IS NOT NULL OR result.expires_at <= $3
      FROM task_results result LEFT JOIN outbox message ON message.key = result.message_key
     WHERE result.key = $1 AND result.expires_at > $2
"""

_ASKER: Final = """
    SELECT result.user_id, result.profile_id, asker.token_version
      FROM task_results result JOIN users asker ON asker.id = result.user_id
     WHERE result.key = $1 AND result.state = 'WAITING'
"""


class TaskResult(Model):
    """The result of one task. `key` is its id for clients, `message_key` the message in the outbox that the
    task waits for.
    """

    __tablename__ = "task_results"
    key: Mapped[str] = mapped_column(unique=True)
    task: Mapped[str]
    message_key: Mapped[str]
    state: Mapped[str] = mapped_column(default=WAITING)
    progress: Mapped[str | None]
    result: Mapped[dict[str, Any] | None]
    file_key: Mapped[str | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    user_id: Mapped[int] = owned_by("users.id")
    profile_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("profiles.id", ondelete="CASCADE"))

    __table_args__ = (
        CheckConstraint(state.in_((WAITING, SUCCESS, FAILURE)), name="state"),
        Index("ix_task_results_profile_id", "profile_id", postgresql_where=text("profile_id IS NOT NULL")),
    )


@dataclass(frozen=True, slots=True)
class File:
    """A file that a task has made. `content` is read once; the name is the one that browsers save it by."""

    name: str
    media_type: str
    content: bytes | IO[bytes]


def start(context: Context, task: str, arguments: Mapping[str, Any]) -> Answer:
    """Enqueue the task for the viewer; 200 {"task_url": "/v1/tasks/<uuid>"}, which is relative.

    The task is given `arguments`, and `result_id` besides. The caller has checked what the viewer may do.
    Raises Problem 401 for nobody, TooMany (429) where an account starts too many, and what outbox.add() does.
    """
    viewer, now, key = context.viewer, clock.now(), str(uuid.uuid4())
    context.demand_account()
    context.session.add(
        TaskResult(
            key=key,
            task=task,
            message_key=key,
            created_at=now,
            expires_at=now + LIFETIME,
            user_id=viewer.id,
            profile_id=viewer.profile_id,
        )
    )
    outbox.add(context.session, task, {**arguments, "result_id": key}, key=key)
    demand(context, TASKS.counter(f"account {viewer.id}"))
    return plain({"task_url": f"/v1/tasks/{key}"}, headers={"Cache-Control": delivery.NEVER})


def id_in(answer: Answer) -> str:
    """The id of the task in an answer of start()."""
    return str(json.loads(answer.text)["task_url"]).rpartition("/")[2]


def progress(session: Session, result_id: str, sentence: str) -> None:
    """Let clients see `sentence` as the state, such as "Importing sessions (3/10)", once this commits.

    Only clients of imports understand a state other than WAITING: others take it for a failure.
    """
    _update(session, result_id, progress=sentence)


def go_on(session: Session, result_id: str, task: str, arguments: Mapping[str, Any]) -> None:
    """Leave the rest to another task, or to the same one: work in batches, each a transaction of its own."""
    key = str(uuid.uuid4())
    _update(session, result_id, message_key=key)
    outbox.add(session, task, {**arguments, "result_id": result_id}, key=key)


def finish(session: Session, result_id: str, result: Mapping[str, Any]) -> None:
    """The task has succeeded; clients get `result` once this commits."""
    _update(session, result_id, state=SUCCESS, result=dict(result), progress=None)


def finish_with_file(session: Session, result_id: str, file: File) -> None:
    """The task has succeeded; clients get {"download_url": a presigned URL of the file} once this commits.

    Raises boto3's errors where the file cannot be stored. It is deleted after a day or two.
    """
    private_files.put(key_of(result_id), file.content, file.media_type, file_name=file.name)
    finish_with_stored_file(session, result_id)


def finish_with_report(
    session: Session, result_id: str, result: Mapping[str, Any], report: Mapping[str, Any], *, failed: bool
) -> None:
    """The task is over: clients get {**result, "download_url": a presigned URL of the report as JSON}, of a
    SUCCESS or a FAILURE, once another task has stored the report.

    That is done by a task of its own, as the bucket is not asked while rows are locked.
    """
    key = str(uuid.uuid4())
    held = {"result": dict(result), "report": dict(report), "failed": failed}
    _update(session, result_id, result=held, message_key=key, progress=None)
    outbox.add(session, STORING, {"result_id": result_id}, key=key)


def store_report(session: Session, result_id: str) -> None:
    """Store the report that finish_with_report() has left, and finish the result. Raises boto3's errors."""
    waiting = select(TaskResult.result).where(TaskResult.key == result_id, TaskResult.state == WAITING)
    held = session.scalar(waiting)
    if held is None:
        log.warning("nobody waits for this report any more", result_id=result_id)
        return
    content = json.dumps(held["report"], ensure_ascii=False, indent=1).encode()
    private_files.put(key_of(result_id), content, "application/json", file_name="report.json")
    state, key = FAILURE if held["failed"] else SUCCESS, key_of(result_id)
    _update(session, result_id, state=state, result=held["result"], file_key=key)


def key_of(result_id: str) -> str:
    """Where the file of a result is stored: for tasks that store it themselves, in parts."""
    return RESULTS + result_id


def finish_with_stored_file(session: Session, result_id: str) -> None:
    """As finish_with_file(), of a file that is stored at key_of() by now."""
    _update(session, result_id, state=SUCCESS, file_key=key_of(result_id), progress=None)


def asker_of(session: Session, result_id: str) -> Viewer | None:
    """Who started the task, with the permissions that they have by now; None where they may not act any more,
    or nobody waits for the result.
    """
    rows = db.fetch(session, _ASKER, [result_id])
    if not rows:
        return None
    user_id, profile_id, version = rows[0]
    return viewers.load(session, user_id, profile_id, version=version)


def fail(session: Session, result_id: str, reason: str) -> None:
    """The task cannot succeed; `reason` is a sentence for who asked, never the text of an exception."""
    _update(session, result_id, state=FAILURE, result={"reason": reason}, progress=None)


def answer_of(context: Context, result_id: str) -> Answer:
    """200 {state, result} for who asked and for staff. Raises Problem 401, 404.

    The state is WAITING, a sentence of progress, SUCCESS or FAILURE. Who is not told of a result cannot tell
    it from one that is not there. A task whose message is a dead letter has failed, until it is redriven.
    """
    viewer, now = context.viewer, clock.now()
    context.demand_account()
    found = db.fetch(context.session, _FIND, [result_id, now, now + LIFETIME - PATIENCE])
    if not found or not (viewer.is_staff or viewer.owns(*found[0][:2])):
        raise not_found(f"There is no task {result_id}.")
    *_, state, sentence, result, file_key, is_dead = found[0]
    told: dict[str, Any] = {"state": state}
    if state == WAITING:
        told["state"] = FAILURE if is_dead else sentence or WAITING
    else:
        file = {"download_url": private_files.presigned(file_key, LINK_LIFETIME)} if file_key else {}
        told["result"] = {**(result or {}), **file} if file else result
    return plain(told, headers={"Cache-Control": delivery.NEVER})


def forget_old() -> int:
    """Delete expired results. Returns how many."""
    return db.delete_until(TaskResult.expires_at, clock.now())


def _update(session: Session, result_id: str, **values: Any) -> None:
    change = update(TaskResult).where(TaskResult.key == result_id, TaskResult.state == WAITING)
    changed = session.scalar(
        change.values(**values, expires_at=clock.now() + LIFETIME).returning(TaskResult.id)
    )
    if changed is None:
        log.warning("nobody waits for this result any more", result_id=result_id)
