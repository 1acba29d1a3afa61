"""Rewrites old rows in today's normal form, one page of a resource type per message."""

from sqlalchemy.orm import Session

from chalicelib import log, outbox
from chalicelib.resources import REGISTRY
from chalicelib.resources.normalize import TASK, nouns, rewrite
from chalicelib.tasks.registry import task


@task(TASK)
def normalize(session: Session, type: str | None = None, after: int = 0) -> None:
    """Rewrite the page after this id, and enqueue the next page in the same transaction.

    Without a type, all types are started. After an interruption it resumes from the last committed page.
    """
    if type is None:
        for resource in nouns(REGISTRY):
            outbox.add(session, TASK, {"type": resource.type})
        return
    page = rewrite(session, REGISTRY[type], after)
    if page.refused:
        log.warning(
            "rows keep their former form: a constraint refuses the new one", type=type, ids=page.refused
        )
    if page.last is not None:
        outbox.add(session, TASK, {"type": type, "after": page.last})
