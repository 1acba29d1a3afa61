"""The archive of an event: one zip with all that belongs to it, written by a task."""

from collections.abc import Mapping
from typing import Final

from chalicelib import task_results
from chalicelib.actions.export_rows import TASK
from chalicelib.actions.plain_object import members_of
from chalicelib.archive.media import KINDS
from chalicelib.docs.documented import documented
from chalicelib.exports.export import event_of
from chalicelib.jsonapi.ground.errors import invalid
from chalicelib.jsonapi.ground.request import Answer
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.limits.declared import TASKS
from chalicelib.tasks.export_archive import NAME

_TEAM: Final = "owner, organizers and coorganizers of the event"
_ERRORS: Final = (400, 401, 403, 404, 413, 422)
_PEOPLE: Final = "people"
_WHOLE: Final = {_PEOPLE: True, **dict.fromkeys(KINDS, True)}


@action("POST", "/v1/events/{event}/exports/archive", limited_by=(TASKS,))
@documented(who=_TEAM, request=_WHOLE, optional=tuple(_WHOLE), response=TASK, errors=_ERRORS)
def export_archive(context: Context, event: str) -> Answer:
    """{people, image, video, audio, document} -> {task_url}, whose result is {download_url} of a zip.

    All are true unless the body, which may be empty, says false: without `people` there are neither speakers
    nor invitations; without a kind of files these stay addresses.
    """
    return _start(context, event, flags_of(context, _WHOLE))


@action("POST", "/v1/events/{event}/export/json", limited_by=(TASKS,))
@documented(
    who=_TEAM,
    request=dict.fromkeys(KINDS, True),
    optional=KINDS,
    response=TASK,
    errors=_ERRORS,
)
def export_formerly(context: Context, event: str) -> Answer:
    """{image, video, document, audio} -> {task_url}: the same archive, with these kinds of files.

    A mail says when it is there, or why it could not be made.
    """
    return _start(
        context, event, {_PEOPLE: True, **flags_of(context, dict.fromkeys(KINDS, False))}, mails=True
    )


def _start(context: Context, event: str, flags: dict[str, bool], *, mails: bool = False) -> Answer:
    place = event_of(context, event)
    media = ",".join(kind for kind in KINDS if flags[kind])
    arguments = {"event_id": place.id, "people": flags[_PEOPLE], "media": media, "mails": mails}
    return task_results.start(context, NAME, arguments)


def flags_of(context: Context, defaults: Mapping[str, bool]) -> dict[str, bool]:
    """The members of the body, which may be empty, in place of these. Raises Problem 400, 413, 422."""
    content = members_of(
        context,
        defaults,
        otherwise="The body is an object of flags.",
        unknown=lambda name: f"There is no flag {name!r:.50}: {', '.join(defaults)}.",
        may_be_empty=True,
    )
    for name, value in content.items():
        if not isinstance(value, bool):
            raise invalid(f"{name} is true or false.", f"/{name}")
    return {**defaults, **content}
