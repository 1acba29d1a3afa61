"""Batch update of a schedule: several sessions get their times and rooms at once, all or none."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from chalicelib import db
from chalicelib.imports.writing import CHANGED, write
from chalicelib.jsonapi.ground.errors import Problem, Problems, conflict, invalid
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.model.context import Context
from chalicelib.resources.attributes import MomentText
from chalicelib.resources.programme.session.conflicts import SessionConflict, checked_afterwards

_TIMES: Final = ("starts-at", "ends-at")
_ROOMS: Final = ("microlocation", "further-microlocations")
_SEEN: Final = "last-modified-at"
_SESSIONS: Final = (
    "SELECT id, last_modified_at FROM sessions "
    "WHERE event_id = $1 AND id = ANY ($2::bigint[]) AND deleted_at IS NULL"
)


def place(
    context: Context,
    event_id: int,
    placements: Sequence[Mapping[str, Any]],
    pointer: str,
    *,
    always: bool = False,
    first: Callable[[], None] = lambda: None,
) -> list[int]:
    """Write these placements by the rules of sessions; returns the ids of the sessions that have changed.

    They are checked for conflicts together, once all are written: where the event refuses them, or `always`.
    `first` is called once they are locked. `pointer` leads to the list in the document. Raises Problem 409,
    422 and what the engine does.
    """
    ids = [placement["session"] for placement in placements]
    changed = []
    try:
        with checked_afterwards(context, event_id, ids, always=always):
            first()
            _demand_as_seen(context, event_id, placements, pointer)
            for number, placement in enumerate(placements):
                if _write(context, placement, f"{pointer}/{number}"):
                    changed.append(placement["session"])
    except SessionConflict as problem:
        problem.pointer = _pointer(f"{pointer}/{ids.index(problem.session)}", problem.pointer)
        raise
    return changed


def with_warnings(context: Context, members: Mapping[str, Any]) -> Answer:
    """These members, and `meta.warnings` where the event allows conflicts that were made."""
    warned = context.warnings
    return plain({**members, **({"meta": {"warnings": list(warned)}} if warned else {})})


WARNINGS: Final = {
    "warnings": [
        {
            "kind": "room",
            "session": 1,
            "detail": "The room Hall is taken: Opening, 2099-12-13 10:00 to 11:00 (UTC).",
            "pointer": "/data/relationships/microlocation",
        }
    ]
}


def _demand_as_seen(
    context: Context, event_id: int, placements: Sequence[Mapping[str, Any]], pointer: str
) -> None:
    ids = [placement["session"] for placement in placements]
    now = dict(db.fetch(context.session, _SESSIONS, [event_id, ids]))
    for number, placement in enumerate(placements):
        id = placement["session"]
        if id not in now:
            raise invalid(f"There is no session {id} at this event.", f"{pointer}/{number}/session")
        if _SEEN in placement and MomentText.read(placement[_SEEN]) != now[id]:
            detail = f"The session {id} was changed meanwhile: read it again."
            raise conflict(detail, f"{pointer}/{number}/{_SEEN}")


def _write(context: Context, placement: Mapping[str, Any], pointer: str) -> bool:
    attributes = {name: placement[name] for name in _TIMES if name in placement}
    links = {name: placement[name] for name in _ROOMS if name in placement}
    try:
        return write(context, "session", attributes, links, placement["session"]).action == CHANGED
    except Problem as problem:
        problem.pointer = _pointer(pointer, problem.pointer)
        raise
    except Problems as several:
        for each in several.problems:
            each.pointer = _pointer(pointer, each.pointer)
        raise


def _pointer(placement: str, of_document: str | None) -> str:
    """The pointer to a member of a placement, for one into the document of a session."""
    member = (of_document or "").removeprefix("/data").split("/")[2:3]
    return "/".join([placement, *(name for name in member if name in (*_TIMES, *_ROOMS))])
