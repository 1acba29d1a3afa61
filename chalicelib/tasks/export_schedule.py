"""Writes an event's programme, also of a draft, as a file: iCalendar, xCal or Pentabarf's XML."""

from collections.abc import Callable, Mapping
from typing import Final

from sqlalchemy.orm import Session

from chalicelib import calendar_file, task_results
from chalicelib.feeds import flat_xcal, schedule_xml
from chalicelib.feeds.ical import calendar
from chalicelib.feeds.programme import Programme, Sessions, read_as_team
from chalicelib.task_results import File
from chalicelib.tasks.registry import task

NAME: Final = "export_schedule"
# (file name, media type, writer) by form.
_FORMS: Final[Mapping[str, tuple[str, str, Callable[[Programme], bytes]]]] = {
    "ical": ("event_ical.ics", calendar_file.MEDIA_TYPE, lambda programme: calendar(programme).content()),
    "xcal": ("xcal.xcs", flat_xcal.MEDIA_TYPE, flat_xcal.flat_xcal),
    "pentabarf": (
        "pentabarf.xml",
        schedule_xml.MEDIA_TYPE,
        lambda programme: schedule_xml.schedule_xml(programme, pentabarf=True),
    ),
}


@task(NAME)
def export_schedule(session: Session, event_id: int, form: str, result_id: str) -> None:
    """Write the programme in this form: ical, xcal or pentabarf."""
    programme = read_as_team(session, event_id, Sessions.WHOLE)
    if programme is None:
        task_results.fail(session, result_id, "The event is not there any more.")
        return
    name, media_type, written = _FORMS[form]
    task_results.finish_with_file(session, result_id, File(name, media_type, written(programme)))
