"""Drafts of a schedule: what one would change, accepting one, and having one proposed."""

from typing import Any, Final

from chalicelib import clock, task_results
from chalicelib.actions.placing import WARNINGS, place, with_warnings
from chalicelib.actions.plain_object import object_of
from chalicelib.actions.show_schedule_versions import DIFFERENCE, MAY_BE_NULL
from chalicelib.auth.roles import COORGANIZERS
from chalicelib.docs.documented import documented
from chalicelib.imports.writing import write
from chalicelib.jsonapi.ground.errors import conflict, invalid
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import Schema, fields, validate
from chalicelib.jsonapi.model.texts import LONGEST_ANSWER
from chalicelib.jsonapi.rights.visibility import visible_to_team
from chalicelib.jsonapi.write.changing import lock_editable
from chalicelib.limits.declared import TASKS
from chalicelib.resources.programme.placements import PlacementSchema, placements
from chalicelib.resources.programme.schedule_draft import (
    ACCEPTED,
    OPEN,
    PROPOSING,
    ScheduleDraft,
    basis_of,
    demand_placeable,
)
from chalicelib.resources.programme.schedule_snapshot import difference, snapshot, with_placements
from chalicelib.tasks.propose_schedule import NAME

_TEAM: Final = "owner, organizers and coorganizers of the event"
_TIME: Final = validate.Regexp(r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z", error="A time of day is as in 09:00.")
_OF_PLACEMENTS: Final = "/placements"


class _Release(Schema):
    release = fields.Bool()
    note = fields.String(longest=LONGEST_ANSWER, allow_none=True)


class _Wish(PlacementSchema):
    """When and where a session is wished to be: within these times, in this room."""


class _Request(Schema):
    name = fields.Line()
    opens = fields.String(validate=_TIME)
    closes = fields.String(validate=_TIME)
    grid_minutes = fields.Int(strict=True, validate=validate.OneOf([5, 10, 15, 20, 30, 60]))
    default_minutes = fields.Int(strict=True, validate=validate.Range(5, 720))
    replace = fields.Bool()
    seed = fields.Int(strict=True, validate=validate.Range(0))
    wishes = placements(_Wish)


@action("GET", "/v1/schedule-drafts/{id}/diff")
@documented(who=_TEAM, response=DIFFERENCE, optional_in_response=MAY_BE_NULL, errors=(400, 401, 403, 404))
def show_what_a_draft_changes(context: Context, id: str) -> Answer:
    """{new, dropped, moved, renamed}: what the programme would be, were the draft accepted by now."""
    draft_id = visible_to_team(context, "schedule-draft", id, roles=COORGANIZERS).id
    draft = context.session.get_one(ScheduleDraft, draft_id)
    now = snapshot(context.session, draft.event_id)
    later = with_placements(context.session, draft.event_id, now, draft.placements)
    return plain(difference(now, later).as_json())


@action("POST", "/v1/schedule-drafts/{id}/accept")
@documented(
    who=_TEAM,
    request={"release": True, "note": "The keynote is earlier"},
    optional=("release", "note"),
    response={"changed": [1], "version": 1, "meta": WARNINGS},
    optional_in_response=("version", "meta"),
    errors=(400, 401, 403, 404, 409, 413, 422),
)
def accept_draft(context: Context, id: str) -> Answer:
    """{release, note} -> {changed: ids of sessions, version}: the draft becomes the programme, all of it or
    nothing; with `release` as a new version of the schedule, whose id is `version`. 409 where a session of it
    is elsewhere by now than when it was put into the draft, and for conflicts: those of a proposed draft in
    any case, others where the event refuses them.
    """
    body = object_of(
        context,
        _Release,
        otherwise="The body is {release, note}.",
        members="There are release and note.",
    )
    draft: ScheduleDraft = lock_editable(context, context.registry["schedule-draft"], id)
    if draft.state != OPEN:
        raise conflict(f"This draft is {draft.state}.", "")
    context.collect_warnings()
    changed = place(
        context,
        draft.event_id,
        draft.placements,
        _OF_PLACEMENTS,
        always=draft.quality is not None,
        first=lambda: _demand_basis(context, draft),
    )
    draft.state, draft.accepted_at = ACCEPTED, clock.now()
    context.session.flush()
    version = None
    if body.get("release"):
        said = {"note": body.get("note")}
        version = write(context, "schedule-version", said, {"event": draft.event_id}).row.id
    return with_warnings(context, {"changed": changed, "version": version})


@action("POST", "/v1/events/{id}/schedule-proposals", limited_by=(TASKS,))
@documented(
    who=_TEAM,
    request={
        "name": "Proposal",
        "opens": "09:00",
        "closes": "18:00",
        "grid-minutes": 15,
        "default-minutes": 30,
        "replace": False,
        "seed": 1,
        "wishes": [
            {"session": 1, "starts-at": "2099-12-13T09:00:00Z", "ends-at": "2099-12-13T12:00:00Z"},
        ],
    },
    optional=(
        *("name", "opens", "closes", "grid-minutes", "default-minutes", "replace", "seed", "wishes"),
        *("starts-at", "ends-at"),
    ),
    response={"task_url": "/v1/tasks/7d0f6c1e-0a3b-4a57-8f53-5be6c2d2a9e4"},
    errors=(400, 401, 403, 404, 413, 422),
)
def propose_schedule(context: Context, id: str) -> Answer:
    """{name, opens, closes, grid-minutes, default-minutes, replace, seed, wishes} -> {task_url}, whose result
    is {draft, quality}: the id of a draft with a place for each accepted and confirmed session, as far as
    there is one. Sessions that have a place keep it, unless `replace` says so. Each day has the hours from
    `opens` to `closes` in the event's zone; a session lasts as long as it does now, or as its type says, or
    `default-minutes`. `wishes` are placements that are granted where possible. The same `seed` gives the same
    proposal.
    """
    event_id = visible_to_team(context, "event", id, roles=COORGANIZERS).id
    wanted: dict[str, Any] = object_of(
        context,
        _Request,
        otherwise="The body is an object.",
        members="There is no such member: see the API description.",
        nested=True,
    )
    if wanted.get("opens", "09:00") >= wanted.get("closes", "18:00"):
        raise invalid("A day closes after it opens.", "/closes")
    demand_placeable(context.session, event_id, wanted.get("wishes", []), "/wishes")
    draft = ScheduleDraft(
        name=wanted.pop("name", "Proposal"),
        placements=[],
        state=PROPOSING,
        wanted=wanted,
        basis={},
        event_id=event_id,
    )
    context.session.add(draft)
    context.session.flush()
    return task_results.start(context, NAME, {"draft_id": draft.id})


def _demand_basis(context: Context, draft: ScheduleDraft) -> None:
    """Raise Problem 409 for a session that is elsewhere than when it was put into the draft."""
    ids = [placement["session"] for placement in draft.placements]
    now = basis_of(context.session, draft.event_id, ids)
    for number, placement in enumerate(draft.placements):
        if now.get(str(placement["session"])) != draft.basis.get(str(placement["session"])):
            detail = f"The session {placement['session']} was moved, or its state changed, meanwhile."
            raise conflict(detail, f"{_OF_PLACEMENTS}/{number}/session")
