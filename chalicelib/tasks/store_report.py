"""Stores the report of a task, such as an import, once no rows are locked any more."""

from sqlalchemy.orm import Session

from chalicelib import task_results
from chalicelib.tasks.registry import task


@task(task_results.STORING)
def store_report(session: Session, result_id: str) -> None:
    """Put the report into the bucket, and finish the result."""
    task_results.store_report(session, result_id)
