"""Decision about many sessions at once: all are moved to a state, or none; their mails are held."""

from collections.abc import Sequence
from typing import Any, Final

from chalicelib import db
from chalicelib.actions.plain_object import id_in, ids_in, members_of, number_in
from chalicelib.auth.roles import ORGANIZERS
from chalicelib.docs.documented import documented
from chalicelib.imports.writing import CHANGED, write
from chalicelib.jsonapi.ground.errors import Problem, Problems, conflict, invalid
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.rights.visibility import visible_to_team
from chalicelib.resources.programme.session.states import STATES
from chalicelib.resources.reviews.review_result import RESULTS
from chalicelib.tasks.held_mails import hold_session_mails

_MOST: Final = 100
_MEMBERS: Final = ("sessions", "best", "state", "mails")
_HELD: Final = "held"
_MAILS: Final = (_HELD, "none")
_TARGETS: Final = tuple(state for state in STATES if state != "draft")
_BEST: Final = f"""
SELECT talk.id FROM sessions talk JOIN ({RESULTS}) result ON result.id = talk.id
 WHERE talk.event_id = $1 AND talk.state = 'pending' AND result.mean IS NOT NULL
   AND ($3::bigint IS NULL OR talk.track_id = $3)
 ORDER BY result.mean DESC, result.spread, talk.id LIMIT $2
"""  # noqa: S608 - texts of this file
_LOCK: Final = """
SELECT id FROM sessions WHERE id = ANY ($1::bigint[]) AND event_id = $2 AND deleted_at IS NULL
 ORDER BY id FOR UPDATE
"""


@action("POST", "/v1/events/{id}/sessions/decide")
@documented(
    who="owner and organizers of the event",
    request={"sessions": ["1"], "state": "accepted", "mails": "held"},
    optional=("sessions", "best", "mails"),
    response={"sessions": [{"id": "1", "state": "accepted", "changed": True}], "held_mails": 1},
    errors=(400, 401, 403, 404, 409, 413, 422),
)
def decide_sessions(context: Context, id: str) -> Answer:
    """{sessions or best, state, mails} -> {sessions, held_mails}: moves them all to the state, or none.

    `sessions` is a list of ids; or `best` is {count, track}: the pending sessions of the event, or of one of
    its tracks, with the highest mean of reviews. Each is changed by the rules for one session; the refusal of
    one refuses all, and points at it. `mails` is "held" (default: mails to the speakers are rendered, and
    wait for POST /v1/events/{id}/held-mails/release) or "none".
    """
    event = visible_to_team(context, "event", id, roles=ORGANIZERS)
    content = members_of(context, _MEMBERS, may_be_empty=True)
    state = content.get("state")
    if state not in _TARGETS:
        raise invalid(f"state is one of {', '.join(_TARGETS)}.", "/state")
    if content.get("mails", _HELD) not in _MAILS:
        raise invalid(f"mails is one of {', '.join(_MAILS)}.", "/mails")
    if ("sessions" in content) == ("best" in content):
        raise invalid("Send either sessions or best.", "/sessions")
    ids = ids_in(content, "sessions", _MOST) if "sessions" in content else _best(context, event.id, content)
    _demand_sessions(context, event.id, ids, "sessions" in content)
    changed = {id for position, id in enumerate(ids) if _is_moved(context, id, state, position)}
    held = 0
    if content.get("mails", _HELD) == _HELD:
        held = hold_session_mails(context.session, [id for id in ids if id in changed])
    sessions = [{"id": str(id), "state": state, "changed": id in changed} for id in ids]
    return plain({"sessions": sessions, "held_mails": held})


def _best(context: Context, event_id: int, content: dict[str, Any]) -> list[int]:
    best = content["best"]
    if not isinstance(best, dict) or best.keys() - {"count", "track"}:
        raise invalid("best is {count, track}.", "/best")
    track = id_in(best, "track", "/best/track") if best.get("track") is not None else None
    count = number_in(best, "count", "/best/count", _MOST)
    ids = [id for (id,) in db.fetch(context.session, _BEST, [event_id, count, track])]
    if len(ids) < count:
        raise conflict(f"There are {len(ids)} pending sessions with reviews, and not {count}.", "/best/count")
    return ids


def _demand_sessions(context: Context, event_id: int, ids: Sequence[int], listed: bool) -> None:
    """Lock them, in the order of their ids. Raises Problem 404 for one that is not the event's."""
    here = {id for (id,) in db.fetch(context.session, _LOCK, [list(ids), event_id])}
    for position, id in enumerate(ids):
        if id not in here:
            raise Problem(404, f"The event has no session {id}.", pointer=_pointer(position, listed))


def _is_moved(context: Context, id: int, state: str, position: int) -> bool:
    """Whether the session has changed. Raises Problem as a PATCH of it would, pointing at it."""
    try:
        return write(context, "session", {"state": state}, {}, id).action == CHANGED
    except Problems as several:
        raise _about(several.problems[0], id, position) from several
    except Problem as problem:
        raise _about(problem, id, position) from problem


def _about(problem: Problem, id: int, position: int) -> Problem:
    detail = f"Session {id}: {problem.detail}"
    return Problem(problem.status, detail, pointer=_pointer(position, listed=True), headers=problem.headers)


def _pointer(position: int, listed: bool) -> str:
    return f"/sessions/{position}" if listed else "/best"
