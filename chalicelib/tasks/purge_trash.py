"""Daily purge of the trash: permanently deletes rows after the retention period."""

from sqlalchemy.orm import Session

from chalicelib import log, outbox, retention, scheduled
from chalicelib.jsonapi.write import trash
from chalicelib.resources import REGISTRY
from chalicelib.settings import settings
from chalicelib.tasks.registry import task


@task(trash.TASK)
def purge_trash(session: Session) -> None:
    """Delete a batch of each resource type; more batches follow in messages of their own."""
    before = retention.due_before(settings().trash_days)
    if before is None:
        return
    removed = {resource.type: trash.purge(session, resource, before) for resource in trash.nouns(REGISTRY)}
    if any(removed.values()):
        log.info("the trash was emptied", **{name: count for name, count in removed.items() if count})
    is_last = max(removed.values(), default=0) < trash.BATCH
    if not is_last:
        outbox.add(session, trash.TASK, {})
    scheduled.handled(session, trash.TASK, sum(removed.values()), is_last=is_last)
