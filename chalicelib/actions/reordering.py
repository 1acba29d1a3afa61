"""Helpers of the actions that arrange what an event has: who may, and the positions in the body."""

from typing import Any

from chalicelib.auth.roles import COORGANIZERS
from chalicelib.jsonapi.ground.errors import bad_document, invalid
from chalicelib.jsonapi.ground.request import Request
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import LARGEST_INTEGER
from chalicelib.jsonapi.model.whole_numbers import whole
from chalicelib.jsonapi.rights.verdicts import demand
from chalicelib.jsonapi.write.changing import lock_visible
from chalicelib.jsonapi.write.document import read_json
from chalicelib.resources.policies import has_role

_TEAM = has_role(COORGANIZERS, "id")


def event_to_arrange(context: Context, id: str, refusal: str) -> Any:
    """The event, locked, for its owner, organizers and coorganizers. Raises Problem 401, 403, 404."""
    events = context.registry["event"]
    event = lock_visible(context, events, id)
    demand(context, events, event, _TEAM, refusal)
    return event


def resets(context: Context) -> bool:
    """Whether ?reset asks for position 0 of all."""
    return any(name == "reset" for name, _ in context.request.query)


def pairs_in(request: Request, item: str, position: str) -> dict[int, int]:
    """Positions by id, of a body [{item: id, position: n}]; of two entries for one id the last counts.

    `item` and `position` are the names of the members. Raises Problem 400, 413, 422.
    """
    entries = read_json(request)
    if not isinstance(entries, list):
        raise bad_document(f"The body is a list of {{{item}, {position}}}.")
    return dict(_pair(entry, item, position) for entry in entries)


def _pair(entry: Any, item: str, position: str) -> tuple[int, int]:
    mistake = invalid(f"Every entry is {{{item}, {position}}}, both numbers.", "")
    try:
        id, number = whole(entry[item]), whole(entry[position])
    except (TypeError, KeyError, ValueError):
        raise mistake from None
    if not (0 < id < 2**63 and 0 <= number <= LARGEST_INTEGER):
        raise mistake
    return id, number
