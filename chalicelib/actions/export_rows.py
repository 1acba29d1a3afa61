"""Exports: lists of an event's, a group's or the platform's rows, written to a file by a task."""

import json
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Final

from chalicelib import db, task_results
from chalicelib.docs.documented import documented
from chalicelib.exports.export import Export, event_of, group_of, platform
from chalicelib.exports.files import CSV, FILES, PDF
from chalicelib.exports.kinds import EXPORTS
from chalicelib.exports.selection import COLUMNS, selection_of
from chalicelib.jsonapi.ground.errors import bad_parameter, not_found
from chalicelib.jsonapi.ground.request import Answer
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.query import parameters
from chalicelib.limits.declared import TASKS
from chalicelib.tasks.export_rows import NAME
from chalicelib.values.messages import language_of, languages

_LANGUAGE: Final = "language"
_OTHERS: Final = (COLUMNS, _LANGUAGE, "get_trashed", "with_trashed")
_LONGEST: Final = 18_000  # bytes, as a part of a message
_FAMILIES: Final = ("filter", "sort")
TASK: Final = {"task_url": "/v1/tasks/f0f2a1a8-6f0c-4d3c-9d2a-4a1f5e7b9c11"}
Pairs = Sequence[tuple[str, str]]


@action("POST", "/v1/events/{event}/exports/{file}", query=_OTHERS, families=_FAMILIES, limited_by=(TASKS,))
@documented(
    who="owner, organizers and coorganizers of the event",
    path={"file": "attendees.csv"},
    response=TASK,
    errors=(400, 401, 403, 404),
)
def export_event(context: Context, event: str, file: str) -> Answer:
    """{task_url}, whose result is {download_url} of the list `orders`, `attendees`, `sessions`, `speakers`
    or `check-ins`, as `.csv`, `.xlsx` or `.pdf`.

    `filter` and `sort` are those of the type's lists. `columns` are names with commas between, such as
    `first-name,email,answers`; without it all usual ones are there. Orders that are initializing or expired
    are left out unless the filter speaks of the status. A PDF has 1,000 rows at most. `language`, such as
    `en` or `de`, is that of the headings; without it it is the account's `language-prefrence`.
    """
    return start_export(context, *_meant(file, event_of), event)


@action("POST", "/v1/groups/{group}/exports/{file}", query=_OTHERS, families=_FAMILIES, limited_by=(TASKS,))
@documented(
    who="owner and organizers of the group, and staff",
    path={"file": "followers.csv"},
    response=TASK,
    errors=(400, 401, 403, 404),
)
def export_group(context: Context, group: str, file: str) -> Answer:
    """{task_url}, whose result is {download_url} of the list `followers`, as `.csv`, `.xlsx` or `.pdf`.

    As for events. An address is there where whoever asks may see it.
    """
    return start_export(context, *_meant(file, group_of), group)


@action("POST", "/v1/admin/exports/{file}", query=_OTHERS, families=_FAMILIES, limited_by=(TASKS,))
@documented(who="staff", path={"file": "sales.csv"}, response=TASK, errors=(400, 401, 403, 404))
def export_platform(context: Context, file: str) -> Answer:
    """{task_url}, whose result is {download_url} of the list `sales` of all events, as for events."""
    return start_export(context, *_meant(file, platform), "")


def start_export(
    context: Context,
    export: Export,
    form: str,
    key: str,
    query: Pairs | None = None,
    language: str | None = None,
) -> Answer:
    """Start the task for the list of the event or group `key`. `query` replaces the request's query string.

    Without a `language` it is the one that is asked for, or that of the account; an empty one is the headings
    that scripts know.
    Raises Problem 400, 401, 403, 404, and 429 where an account starts too many tasks.
    """
    parameters.refuse(context.request, but=_FAMILIES)
    pairs = context.request.query if query is None else tuple(query)
    context = context.asking(query=tuple(pair for pair in pairs if _is_understood(pair[0])))
    if language is None:
        language = _language(context)
    place = replace(export.find(context, key), language=language)
    selection_of(context, export, place, listed=form == PDF)  # refuses mistakes
    asked = json.dumps(context.request.query, ensure_ascii=False)
    if len(json.dumps(asked)) > _LONGEST:
        raise bad_parameter("filter", "This is too long: name fewer columns, or ask by a shorter filter.")
    arguments = {
        "kind": export.name,
        "place": str(place.id),
        "form": form,
        "asked": asked,
        "language": language,
    }
    return task_results.start(context, NAME, arguments)


def export_named(name: str, names: Collection[str]) -> Export:
    """The export of this name. Raises Problem 404 for one that is not among `names`."""
    if name not in names:
        raise not_found(f"There is no export of {name}.")
    return EXPORTS[name]


def _meant(file: str, find: object) -> tuple[Export, str]:
    name, _, form = file.rpartition(".")
    if form not in FILES:
        raise not_found(f"There is no such file: exports end in .{CSV} or another of {', '.join(FILES)}.")
    return export_named(name, [each.name for each in EXPORTS.values() if each.find is find]), form


_PREFERENCE: Final = "SELECT language_preference FROM users WHERE id = $1"


def _language(context: Context) -> str:
    """The language that is asked for, or that the account prefers; empty if there are no texts in the latter.

    Raises Problem 400.
    """
    asked = context.request.parameter(_LANGUAGE)
    if asked is None:
        rows = db.fetch(context.session, _PREFERENCE, [context.viewer.id])
        return (rows and language_of(rows[0][0])) or ""
    language = language_of(asked)
    if language is None:
        raise bad_parameter(_LANGUAGE, f"Exports are written in {', '.join(languages())}.")
    return language


def _is_understood(name: str) -> bool:
    return name in _OTHERS or name.partition("[")[0] in _FAMILIES
