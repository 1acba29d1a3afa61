"""Schedule drafts: placements beside the programme, made by hand or proposed, which nobody but the team sees
until they are accepted.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Mapped, Session, mapped_column

from chalicelib import db
from chalicelib.auth.roles import COORGANIZERS
from chalicelib.db import Model, owned_by
from chalicelib.jsonapi.ground.errors import conflict, forbidden, invalid
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import Schema, ToOne, attr, fields
from chalicelib.jsonapi.model.policy import Policy, visible_with
from chalicelib.jsonapi.model.resource import EVERYTHING, Resource
from chalicelib.resources.policies import has_role
from chalicelib.resources.programme.placements import placements
from chalicelib.resources.programme.session.states import PUBLIC

OPEN: Final = "open"
PROPOSING: Final = "proposing"
FAILED: Final = "failed"
ACCEPTED: Final = "accepted"
_PLACEMENTS: Final = "/data/attributes/placements"
_ROOMS: Final = (
    "SELECT id FROM microlocations WHERE event_id = $1 AND deleted_at IS NULL AND id = ANY ($2::bigint[])"
)
# Where each session is, as one text: a draft rests on it.
_BASIS: Final = f"""
SELECT id, concat_ws(' ', extract(epoch FROM starts_at), extract(epoch FROM ends_at), 'in', microlocation_id,
         'and', (SELECT string_agg(link.microlocation_id::text, ',' ORDER BY link.microlocation_id)
                   FROM sessions_microlocations link WHERE link.session_id = sessions.id),
         state IN {PUBLIC})
  FROM sessions WHERE event_id = $1 AND deleted_at IS NULL AND id = ANY ($2::bigint[])
"""  # noqa: S608 - texts of this file

_TEAM: Final = has_role(COORGANIZERS)


class ScheduleDraft(Model):
    __tablename__ = "schedule_drafts"
    name: Mapped[str] = attr(fields.Line, required=True)
    placements: Mapped[list[Any]] = attr(placements, default=list)
    state: Mapped[str] = attr(read_only=True, choices=[OPEN, PROPOSING, FAILED, ACCEPTED], default=OPEN)
    # How good a proposed one is; null of one that was made by hand.
    quality: Mapped[dict[str, Any] | None] = attr(fields.Dict, read_only=True)
    accepted_at: Mapped[datetime | None] = attr(read_only=True)
    # By session, where it was when it was put here; and what a proposal was asked for.
    basis: Mapped[dict[str, Any]] = mapped_column(default=dict)
    wanted: Mapped[dict[str, Any] | None]
    event_id: Mapped[int] = owned_by("events.id")


class ScheduleDraftSchema(Schema):
    event = ToOne("event", inverse="schedule-drafts", required=True)


def basis_of(session: Session, event_id: int, ids: list[int]) -> dict[str, str]:
    """By the id of each of these sessions of the event, where it is by now."""
    return {str(id): text for id, text in db.fetch(session, _BASIS, [event_id, ids], flush=False)}


def demand_placeable(
    session: Session, event_id: int, placements: Sequence[Mapping[str, Any]], pointer: str
) -> dict[str, str]:
    """By the id of each session of these placements, where it is by now. Raises Problem 422 for a session or
    a room that is not the event's; `pointer` leads to the list.
    """
    now = basis_of(session, event_id, [placement["session"] for placement in placements])
    rooms = {id for placement in placements for id in _rooms(placement)}
    known = {id for (id,) in db.fetch(session, _ROOMS, [event_id, sorted(rooms)], flush=False)}
    for number, placement in enumerate(placements):
        if str(placement["session"]) not in now:
            raise invalid("There is no such session at this event.", f"{pointer}/{number}/session")
        if not known.issuperset(_rooms(placement)):
            raise invalid("There is no such room at this event.", f"{pointer}/{number}/microlocation")
    return now


def place_what_is_there(context: Context, change: Change) -> None:
    """Placements are of sessions and rooms of the event, and rest on where the sessions are."""
    row = change.row
    if not change.is_new and "event_id" in change.before:
        raise forbidden("A draft stays at its event.", "/data/relationships/event")
    if not change.is_new and row.state != OPEN and change.before:
        raise conflict(f"This draft is {row.state}: it is not changed any more.", "/data")
    if not change.is_new and "placements" not in change.before:
        return
    if row.placements is None:  # none were sent, and the default comes with the insert
        row.placements = []
    now = demand_placeable(context.session, row.event_id, row.placements, _PLACEMENTS)
    # What was in the draft before rests on where it was then.
    row.basis = {id: (row.basis or {}).get(id, text) for id, text in now.items()}


def _rooms(placement: Mapping[str, Any]) -> set[int]:
    return {
        id
        for id in (placement.get("microlocation"), *placement.get("further-microlocations", ()))
        if id is not None
    }


SCHEDULE_DRAFT = Resource(
    "schedule-draft",
    ScheduleDraft,
    ScheduleDraftSchema,
    path="schedule-drafts",
    methods=EVERYTHING - {"list"},
    most_bytes=300_000,
    policy=Policy(see=visible_with("event") & _TEAM, create=_TEAM, change=_TEAM, remove=_TEAM),
    before_write=[place_what_is_there],
)
