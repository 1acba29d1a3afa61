"""Helpers of the actions that arrange what an event has: who may, and the positions in the body."""

from collections.abc import Iterable
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Positions by id, and which entry of the body each id is in."""

    positions: dict[int, int]
    entries: dict[int, int]
    item: str

    def pointer_to_others(self, changed: Iterable[int]) -> str:
        """The JSON pointer to the first id that is not among those that were changed."""
        others = self.positions.keys() - set(changed)
        return f"/{min(self.entries[id] for id in others)}/{self.item}"


def arrangement_in(request: Request, item: str, position: str) -> Arrangement:
    """What a body [{item: id, position: n}] wants; of two entries for one id the last counts.

    `item` and `position` are the names of the members. Raises Problem 400, 413, 422.
    """
    entries = read_json(request)
    if not isinstance(entries, list):
        raise bad_document(f"The body is a list of {{{item}, {position}}}.")
    form = f"{{{item}, {position}}}"
    pairs = [
        (_number(entry, item, f"/{place}", form), _number(entry, position, f"/{place}", form))
        for place, entry in enumerate(entries)
    ]
    for place, (id, number) in enumerate(pairs):
        if id == 0 or number > LARGEST_INTEGER:
            raise invalid("This number is out of range.", f"/{place}/{position if id else item}")
    return Arrangement(dict(pairs), {id: place for place, (id, _) in enumerate(pairs)}, item)


def _number(entry: Any, name: str, pointer: str, form: str) -> int:
    if not isinstance(entry, dict):
        raise invalid(f"Every entry is {form}, both numbers.", pointer)
    try:
        number = whole(entry.get(name))
    except (TypeError, ValueError):
        number = -1
    if not 0 <= number < 2**63:
        raise invalid(f"Every entry is {form}, both numbers.", f"{pointer}/{name}")
    return number
