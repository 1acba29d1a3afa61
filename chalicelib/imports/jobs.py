"""Import jobs: what staff and whoever imports see of imports that make an event, as formerly."""

from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from chalicelib import clock, task_results
from chalicelib.imports.importing import Outcome
from chalicelib.jsonapi.ground.request import Answer
from chalicelib.jsonapi.model.context import Context
from chalicelib.resources.admin.import_job import ImportJob
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.events.event.pages import organizers_page


def begin_job(context: Context, answer: Answer) -> None:
    """Note the task of this answer as an import of the viewer's."""
    task = task_results.id_in(answer)
    context.session.add(ImportJob(task=task, starts_at=clock.now(), user_id=context.viewer.id))


def end_job(session: Session, result_id: str, outcome: Outcome) -> None:
    """Note how the import of this task has ended, if there is a job of it."""
    ended = update(ImportJob).where(ImportJob.task == result_id)
    text = outcome.reason or str(outcome.result.get("id", ""))
    status = task_results.FAILURE if outcome.reason else task_results.SUCCESS
    session.execute(ended.values(result=text, result_status=status))


def made_event(session: Session, event_id: int) -> dict[str, Any]:
    """{url, id, event_name} of an event that an import has made, as the former import page takes it; empty
    where there is none.
    """
    event = session.get(Event, event_id)
    if event is None:
        return {}
    return {"url": organizers_page(event.identifier), "id": event_id, "event_name": event.name}
