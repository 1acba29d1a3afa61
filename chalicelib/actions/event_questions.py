"""Questions about one event: finding it, checking who asks and making the answer are one statement."""

from collections.abc import Sequence
from typing import Any

from chalicelib import db
from chalicelib.jsonapi.context import Context
from chalicelib.jsonapi.errors import forbidden, not_found, unauthorized
from chalicelib.jsonapi.read import is_number
from chalicelib.jsonapi.request import Answer


def told_to_all(
    context: Context, event: str, team: frozenset[str], told: str, values: Sequence[object] = ()
) -> Any:
    """What the SQL expression `told` gives for the row `event`; values are its parameters $4, $5 ...

    `event.is_own` says whether the viewer holds one of the team's roles there; staff does. Raises
    Problem 404 where the event is not seen.
    """
    return _asked(context, event, team, told, values)[1]


def told_to_team(
    context: Context, event: str, team: frozenset[str], told: str, values: Sequence[object] = ()
) -> Any:
    """As told_to_all, but for the team alone. Raises Problem 401, 403, and 404 where it is not seen."""
    if context.viewer.id is None:
        raise unauthorized()
    is_own, answer = _asked(context, event, team, f"CASE WHEN event.is_own THEN {told} END", values)
    if not is_own:
        raise forbidden("This is for the event's team.")
    return answer


def finished(text: str) -> Answer:
    """An answer of JSON that PostgreSQL has written."""
    return Answer(200, text, {"Content-Type": "application/json"})


def _asked(
    context: Context, event: str, team: frozenset[str], told: str, values: Sequence[object]
) -> tuple[bool, Any]:
    viewer = context.viewer
    by, id = ("id = $1::bigint", int(event)) if is_number(event) else ("identifier = $1::text", event)
    found = db.fetch(
        context.session,
        f"SELECT event.is_own, {told} FROM ("  # noqa: S608 - no user input
        "SELECT *, $2::boolean OR id = ANY($3::bigint[]) AS is_own FROM events "
        f"WHERE {by} AND deleted_at IS NULL) event WHERE event.is_own OR event.state = 'published'",
        [id, viewer.is_staff, viewer.events_as(team), *values],
    )
    if not found:
        raise not_found(f"There is no event {event}.")
    return found[0][0], found[0][1]
