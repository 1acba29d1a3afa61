"""The conflicts in an event's schedule."""

from typing import Final

from chalicelib import db
from chalicelib.auth.roles import TRACK_ORGANIZERS
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.request import Answer, json_text
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.rights.visibility import visible_to_team
from chalicelib.resources.programme.session.states import PUBLIC

MOST: Final = 1000
MOST_COUNTED: Final = 10_000  # sessions at one time make pairs by the square of their number
_KEY: Final = "starts_at, place, sessions::text"
# Overlapping pairs of the sessions of a room, with the change-over, and of a speaker.
_CONFLICTS: Final = f"""
WITH event AS (SELECT starts_at, ends_at, changeover_minutes FROM events WHERE id = $1),
talks AS (
  SELECT id, microlocation_id, starts_at, ends_at FROM sessions
   WHERE event_id = $1 AND deleted_at IS NULL AND state IN {PUBLIC} AND ends_at > starts_at
), found AS (
  SELECT 1 AS place, 'room' AS kind, early.starts_at, json_build_array(early.id, late.id) AS sessions,
         early.microlocation_id AS room, NULL::bigint AS speaker
    FROM event, talks early JOIN talks late ON late.microlocation_id = early.microlocation_id
   WHERE (early.starts_at, early.id) < (late.starts_at, late.id)
     AND late.starts_at < early.ends_at + make_interval(mins => event.changeover_minutes)
  UNION ALL
  SELECT 2, 'speaker', early.starts_at, json_build_array(early.id, late.id), NULL, speaker.id
    FROM talks early JOIN speakers_sessions link ON link.session_id = early.id
    JOIN speakers speaker ON speaker.id = link.speaker_id AND speaker.deleted_at IS NULL
    JOIN speakers_sessions other ON other.speaker_id = speaker.id
    JOIN talks late ON late.id = other.session_id
   WHERE (early.starts_at, early.id) < (late.starts_at, late.id) AND late.starts_at < early.ends_at
  UNION ALL
  SELECT 3, 'outside', talk.starts_at, json_build_array(talk.id), NULL, NULL
    FROM event, talks talk WHERE talk.starts_at < event.starts_at OR talk.ends_at > event.ends_at
  LIMIT {MOST_COUNTED}
)
SELECT json_build_object('count', (SELECT count(*) FROM found), 'conflicts', coalesce(json_agg(
  json_build_object('kind', kind, 'sessions', sessions, 'microlocation', room, 'speaker', speaker)
  ORDER BY {_KEY}), '[]'))::text
  FROM (SELECT * FROM found ORDER BY {_KEY} LIMIT {MOST}) shown
"""  # noqa: S608 - texts of this file


@action("GET", "/v1/events/{id}/schedule-conflicts")
@documented(
    who="owner, organizers, coorganizers and track organizers of the event",
    response={
        "count": 1,
        "conflicts": [{"kind": "room", "sessions": [1, 2], "microlocation": 1, "speaker": 1}],
    },
    optional_in_response=("microlocation", "speaker"),
    errors=(401, 403, 404),
)
def show_schedule_conflicts(context: Context, id: str) -> Answer:
    """{count, conflicts: [{kind, sessions, microlocation, speaker}]}: what collides among accepted and
    confirmed sessions, by time. `kind` is "room" (two sessions at once, or without the changeover-minutes
    between them), "speaker" (in two places) or "outside" (of the event's time). 10,000 are counted at most,
    and 1,000 of those listed.
    """
    event_id = visible_to_team(context, "event", id, roles=TRACK_ORGANIZERS).id
    return json_text(db.fetch(context.session, _CONFLICTS, [event_id])[0][0])
