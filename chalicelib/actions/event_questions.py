"""Queries about one event: lookup, permission check and answer in one SQL statement."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from chalicelib import db
from chalicelib.auth.viewer import Kind
from chalicelib.jsonapi.ground.errors import Problem, forbidden, not_found, unauthorized
from chalicelib.jsonapi.ground.request import Answer
from chalicelib.jsonapi.ground.sql import Row, Statement, render, sql
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.resource import Registry
from chalicelib.jsonapi.read.find import is_number
from chalicelib.jsonapi.rights import viewer_parameters
from chalicelib.jsonapi.rights.compiler import Compiler


def told_to_all(
    context: Context, event: str, team: frozenset[str], told: str, values: Sequence[object] = ()
) -> Any:
    """Evaluate the SQL expression `told` for the visible event (id or identifier), aliased `event`.

    `values` are its parameters from $4 on. `event.is_own` in it says whether the viewer has one of the team's
    roles; staff does. Raises Problem 404 where the event is not visible.
    """
    return _asked(context, event, team, told, values)[1]


def told_to_team(
    context: Context, event: str, team: frozenset[str], told: str, values: Sequence[object] = ()
) -> Any:
    """As told_to_all, but for the team only. Raises Problem 401, 403, and 404 where it is not visible."""
    if context.viewer.id is None:
        raise unauthorized()
    is_own, answer = _asked(context, event, team, f"CASE WHEN event.is_own THEN {told} END", values)
    if not is_own:
        raise forbidden("This is for the event's team.")
    return answer


def works_there(context: Context, event_id: int, team: frozenset[str]) -> bool:
    """Whether the viewer has one of the team's roles at an event visible to them."""
    if not context.viewer.holds(team, event_id):
        return False
    try:
        return bool(_asked(context, str(event_id), team, "TRUE", ())[0])
    except Problem:
        return False


def finished(text: str) -> Answer:
    """An answer of JSON text from PostgreSQL."""
    return Answer(200, text, {"Content-Type": "application/json"})


def _asked(
    context: Context, event: str, team: frozenset[str], told: str, values: Sequence[object]
) -> tuple[bool, Any]:
    viewer, numbered = context.viewer, is_number(event)
    proofs = frozenset(viewer.proofs)
    statement = _question(context.registry, viewer.kind, proofs, numbered, told, len(values))
    mine = [int(event) if numbered else event, viewer.is_staff, viewer.events_as(team), *values]
    given: dict[object, object] = dict(enumerate(mine))
    found = db.fetch(context.session, statement.text, viewer_parameters.values(statement, viewer, given))
    if not found:
        raise not_found(f"There is no event {event}.")
    return found[0][0], found[0][1]


@lru_cache(maxsize=256)
def _question(
    registry: Registry, kind: Kind, proofs: frozenset[str], numbered: bool, told: str, values: int
) -> Statement:
    """The statement. Visibility is the event policy's own rule."""
    noun, row = registry["event"], Row("event", identified=not numbered)
    by = "id = $1::bigint" if numbered else "identifier = $1::text"
    seen = Compiler(registry, kind, proofs).condition(noun.policy.see, noun, row)
    asked = (
        f"SELECT event.is_own, {told} FROM ("  # noqa: S608 - no user input
        "SELECT *, $2::boolean OR id = ANY($3::bigint[]) AS is_own FROM events "
        f"WHERE {by} AND deleted_at IS NULL) {row} WHERE "
    )
    return render(sql(asked, seen), first=range(3 + values))
