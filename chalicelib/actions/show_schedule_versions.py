"""Released versions of a schedule: what one says, and what is other in it than in another."""

from typing import Any, Final

from chalicelib import db
from chalicelib.auth.roles import COORGANIZERS
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import Problem
from chalicelib.jsonapi.ground.ids import is_number
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.rights.visibility import visible, visible_to_team
from chalicelib.resources.programme.schedule_snapshot import difference, snapshot

_SINCE: Final = "since"
_TOLD: Final = (
    "json_build_object('event', schedule_version.event_id, 'snapshot', schedule_version.snapshot, "
    "'version', json_build_object('id', schedule_version.id, 'number', schedule_version.number))"
)
_FORMER: Final = """
SELECT id FROM schedule_versions WHERE event_id = $1 AND number < $2 ORDER BY number DESC LIMIT 1
"""
_PLACEMENT: Final = {
    "session": 1,
    "title": "How we moved",
    "starts-at": "2099-12-13T10:00:00+00:00",
    "ends-at": "2099-12-13T11:00:00+00:00",
    "microlocation": 1,
    "room": "Hall 1",
    "further-microlocations": [1],
}
_PLACE: Final = {name: value for name, value in _PLACEMENT.items() if name not in ("session", "title")}
DIFFERENCE: Final = {
    "new": [_PLACEMENT],
    "dropped": [_PLACEMENT],
    "moved": [{"session": 1, "title": "How we moved", "from": _PLACE, "to": _PLACE}],
    "renamed": [{"session": 1, "from": "How we moved", "to": "How we stayed"}],
}
MAY_BE_NULL: Final = ("microlocation", "room")
_VERSION: Final = {"id": 1, "number": 1}


@action("GET", "/v1/schedule-versions/{id}/placements")
@documented(
    who="whoever sees the event",
    open=True,
    response={"placements": [_PLACEMENT]},
    optional_in_response=MAY_BE_NULL,
    errors=(400, 404),
)
def show_placements(context: Context, id: str) -> Answer:
    """{placements: [{session, title, starts-at, ends-at, microlocation, room, further-microlocations}]}: the
    programme as this version of the schedule has it, by time.
    """
    return plain({"placements": _version(context, id)["snapshot"]})


@action("GET", "/v1/schedule-versions/{id}/diff", query=(_SINCE,))
@documented(
    who="whoever sees the event",
    open=True,
    response={"from": _VERSION, "to": _VERSION, **DIFFERENCE},
    optional_in_response=("from", *MAY_BE_NULL),
    errors=(400, 404, 422),
)
def show_difference(context: Context, id: str) -> Answer:
    """{from, to, new, dropped, moved, renamed}: what is other in this version than in the one that `since` is
    the id of; without it, than in the one before. In the first version everything is new.
    """
    later = _version(context, id)
    former = _former(context, later["event"], later["version"]["number"])
    found = difference(former["snapshot"] if former else [], later["snapshot"])
    return plain({"from": former and former["version"], "to": later["version"], **found.as_json()})


@action("GET", "/v1/events/{id}/schedule-diff", query=(_SINCE,))
@documented(
    who="owner, organizers and coorganizers of the event",
    response={"from": _VERSION, **DIFFERENCE},
    optional_in_response=("from", *MAY_BE_NULL),
    errors=(400, 401, 403, 404, 422),
)
def show_unreleased(context: Context, id: str) -> Answer:
    """{from, new, dropped, moved, renamed}: what is other in the programme by now than in the version that
    `since` is the id of; without it, than in the newest one.
    """
    event_id = visible_to_team(context, "event", id, roles=COORGANIZERS).id
    former = _former(context, event_id, 2**31 - 1)
    found = difference(former["snapshot"] if former else [], snapshot(context.session, event_id))
    return plain({"from": former and former["version"], **found.as_json()})


def _former(context: Context, event_id: int, number: int) -> Any:
    """The version that is asked for, or the last one before this number, if there is one."""
    since = context.request.parameter(_SINCE)
    if since is None:
        rows = db.fetch(context.session, _FORMER, [event_id, number])
        return _version(context, str(rows[0][0])) if rows else None
    if not is_number(since):
        raise Problem(422, f"{_SINCE} is the id of a version.", parameter=_SINCE)
    former = _version(context, since, parameter=_SINCE)
    if former["event"] != event_id:
        raise Problem(422, f"The version {since} is of another event.", parameter=_SINCE)
    return former


def _version(context: Context, id: str, parameter: str | None = None) -> Any:
    try:
        return visible(context, "schedule-version", id, _TOLD).value
    except Problem as problem:
        if parameter is None or problem.status != 404:
            raise
        raise Problem(404, problem.detail, parameter=parameter) from None
