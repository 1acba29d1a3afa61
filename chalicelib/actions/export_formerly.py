"""Exports at the addresses of the former server, as its web client asks for them."""

from typing import Any, Final

from chalicelib import clock
from chalicelib.actions.export_rows import TASK, Pairs, export_named, start_export
from chalicelib.docs.documented import documented
from chalicelib.exports.files import CSV, PDF
from chalicelib.exports.others import FOLLOWERS, SALES
from chalicelib.jsonapi.ground.errors import bad_document
from chalicelib.jsonapi.ground.request import Answer
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.write.document import read_json
from chalicelib.limits.declared import TASKS
from chalicelib.resources.programme.session.states import STATES

_BY_GET: Final = {
    CSV: ("orders", "attendees"),
    PDF: ("orders", "attendees", "sessions", "speakers"),
}
_AS_SCRIPTS_KNOW: Final = ""  # headings in English, which clients read
_TEAM: Final = "owner, organizers and coorganizers of the event"
_ERRORS: Final = (400, 401, 403, 404)
_WITHOUT: Final = '[{"name": "sessions", "op": "eq", "val": null}]'
_SPEAKS: Final = '[{"name": "sessions", "op": "any", "val": {"name": "state", "op": "eq", "val": "%s"}}]'


@action("GET", "/v1/events/{event}/export/{kind}/{form}", lenient=True, limited_by=(TASKS,), acts=True)
@documented(who=_TEAM, path={"kind": "orders", "form": "csv"}, response=TASK, errors=_ERRORS)
def export_by_get(context: Context, event: str, kind: str, form: str) -> Answer:
    """{task_url} of an export: `orders/csv`, `orders/pdf`, `attendees/csv`, `attendees/pdf`, `sessions/pdf`
    or `speakers/pdf`. A PDF is in the language that the account prefers.
    """
    export = export_named(kind, _BY_GET.get(form, ()))
    return start_export(context, export, form, event, (), _AS_SCRIPTS_KNOW if form == CSV else None)


@action("POST", "/v1/events/{event}/export/{kind}/csv", lenient=True, limited_by=(TASKS,))
@documented(
    who=_TEAM,
    path={"kind": "sessions"},
    request={"status": "accepted"},
    optional=("status",),
    response=TASK,
    errors=(*_ERRORS, 413),
)
def export_by_status(context: Context, event: str, kind: str) -> Answer:
    """{status} -> {task_url} of the CSV of `sessions` in this state, or of the `speakers` who have such a
    session, or none (`without_session`). Any other status means all.
    """
    export = export_named(kind, ("sessions", "speakers"))
    query = _in_state(kind, _status(context))
    return start_export(context, export, CSV, event, query, _AS_SCRIPTS_KNOW)


@action("POST", "/v1/group/{group}/export/followers/csv", lenient=True, limited_by=(TASKS,))
@documented(who="owner and organizers of the group, and staff", response=TASK, errors=_ERRORS)
def export_followers(context: Context, group: str) -> Answer:
    """{task_url} of the CSV of a group's followers."""
    return start_export(context, FOLLOWERS, CSV, group, (), _AS_SCRIPTS_KNOW)


@action("POST", "/v1/admin/export/sales/csv", lenient=True, limited_by=(TASKS,))
@documented(
    who="staff",
    request={"status": "live"},
    optional=("status",),
    response=TASK,
    errors=(400, 401, 403, 413),
)
def export_sales(context: Context) -> Answer:
    """{status} -> {task_url} of the CSV of all events' sales: of those that are `live` (running now), or
    `past`. Any other status means all.
    """
    now = f"{clock.now():%Y-%m-%dT%H:%M:%SZ}"
    over = f'{{"name": "ends-at", "op": "lt", "val": "{now}"}}'
    live = f'{{"name": "starts-at", "op": "le", "val": "{now}"}}, {{"not": {over}}}'
    chosen = {"live": live, "past": over}.get(_status(context))
    query = [("filter", f"[{chosen}]")] if chosen else ()
    return start_export(context, SALES, CSV, "", query, _AS_SCRIPTS_KNOW)


def _in_state(kind: str, status: str) -> Pairs:
    if kind == "speakers" and status == "without_session":
        return [("filter", _WITHOUT)]
    if status not in STATES or status == "draft":
        return ()
    return [("filter", _SPEAKS % status)] if kind == "speakers" else [("filter[state]", status)]


def _status(context: Context) -> str:
    """The member `status` of the body, which may be empty. Raises Problem 400."""
    if not context.request.body.strip():
        return ""
    content: Any = read_json(context.request)
    if not isinstance(content, dict):
        raise bad_document("The body is an object with a status.")
    status = content.get("status")
    if not isinstance(status, str | None):
        raise bad_document("status is a text.", "/status")
    return status or ""
