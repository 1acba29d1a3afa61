"""The conflicts in an event's schedule."""

from typing import Final

from chalicelib import db
from chalicelib.auth.roles import TRACK_ORGANIZERS
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.request import Answer, json_text
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.rights.visibility import visible_to_team
from chalicelib.resources.programme.session.conflict_search import (
    AWAY,
    BREAK,
    CLOSED,
    LISTED,
    OUTSIDE,
    ROOM,
    SPEAKER,
)

MOST: Final = 1000
_KEY: Final = (
    f"starts_at, array_position(ARRAY{[ROOM, SPEAKER, OUTSIDE, CLOSED, AWAY, BREAK]}, kind), "
    "least(subject, other), greatest(subject, other), room, speaker, pause"
)
_CONFLICTS: Final = f"""{LISTED}
SELECT json_build_object('count', (SELECT count(*) FROM found), 'conflicts', coalesce(json_agg(
  json_build_object('kind', kind, 'sessions', sessions, 'microlocation', room, 'speaker', speaker,
    'schedule-break', pause)
  ORDER BY {_KEY}), '[]'))::text
  FROM (SELECT found.*, CASE WHEN other IS NULL THEN json_build_array(subject)
      WHEN (mine.starts_at, mine.id) < (yours.starts_at, yours.id) THEN json_build_array(subject, other)
      ELSE json_build_array(other, subject) END AS sessions
    FROM found JOIN subjects mine ON mine.id = found.subject
    LEFT JOIN subjects yours ON yours.id = found.other
    ORDER BY found.{_KEY} LIMIT {MOST}) shown
"""  # noqa: S608 - texts of this file


@action("GET", "/v1/events/{id}/schedule-conflicts")
@documented(
    who="owner, organizers, coorganizers and track organizers of the event",
    response={
        "count": 1,
        "conflicts": [
            {"kind": "room", "sessions": [1, 2], "microlocation": 1, "speaker": 1, "schedule-break": 1}
        ],
    },
    optional_in_response=("microlocation", "speaker", "schedule-break"),
    errors=(400, 401, 403, 404),
)
def show_schedule_conflicts(context: Context, id: str) -> Answer:
    """{count, conflicts: [{kind, sessions, microlocation, speaker, schedule-break}]}: what collides among
    accepted and confirmed sessions, by time. `kind` is "room" (two sessions at once, or without the
    changeover-minutes between them), "speaker" (in two places), "outside" (of the event's time),
    "room-unavailable", "speaker-unavailable" or "break". 10,000 are counted at most, and 1,000 of those
    listed.
    """
    event_id = visible_to_team(context, "event", id, roles=TRACK_ORGANIZERS).id
    return json_text(db.fetch(context.session, _CONFLICTS, [event_id])[0][0])
