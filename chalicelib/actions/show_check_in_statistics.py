"""Check-in statistics of an event: who has registered, and who has entered and left sessions, today."""

import re
from typing import Final

from chalicelib import clock
from chalicelib.auth.roles import COORGANIZERS
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import bad_parameter
from chalicelib.jsonapi.ground.request import Answer, json_text
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.rights.visibility import visible_to_team
from chalicelib.resources.onsite.station import CHECK_IN, CHECK_OUT, REGISTRATION
from chalicelib.resources.orders.order import states
from chalicelib.resources.programme.session.states import PUBLIC
from chalicelib.values.zones import zone_sql

_MOST: Final = 100  # sessions or tracks
_IDS: Final = re.compile(r"\s*[0-9]{1,18}\s*(,\s*[0-9]{1,18}\s*)*")
_SPEAKERS: Final = (
    "(SELECT coalesce(json_agg(person.name ORDER BY person.id), '[]') FROM speakers_sessions link "
    "JOIN speakers person ON person.id = link.speaker_id AND person.deleted_at IS NULL "
    "WHERE link.session_id = talk.id)"
)
_TYPE: Final = (
    "coalesce((SELECT kind.name FROM session_types kind WHERE kind.id = talk.session_type_id "
    "AND kind.deleted_at IS NULL), '')"
)
_TRACK: Final = (
    "coalesce((SELECT track.name FROM tracks track WHERE track.id = talk.track_id "
    "AND track.deleted_at IS NULL), '')"
)
# The latest head count of the session, in the members that clients read.
_COUNTED: Final = """
  coalesce((SELECT json_build_object('current_pax', pax.current_pax, 'created_at', pax.created_at,
      'modified_at', pax.modified_at)
    FROM station_store_paxs pax WHERE pax.session_id = talk.id
    ORDER BY pax.created_at DESC, pax.id DESC LIMIT 1
  ), '{}')"""


def _people(kind: str, what: str, where: str = "TRUE") -> str:
    """SQL: how many different values `what` had at stations of this kind today."""
    of_kind = f"came.station_type = '{kind}' AND {where}"
    return f"(SELECT count(DISTINCT {what}) FROM came WHERE {of_kind})"  # noqa: S608 - no user input


_PAIR, _ON_TRACK = "(came.session_id, came.ticket_holder_id)", "(came.track_id, came.ticket_holder_id)"
_OF_SESSION, _OF_TRACK = "came.session_id = talk.id", "came.track_id = track.id"
_HAS_TRACK: Final = "came.track_id IS NOT NULL"
# $4 now; $5 and $6 ids of sessions and tracks. Only people whose order admits count; "today" is the day of
# the event's time zone.
_TOLD: Final = f"""(
  WITH day AS (
    SELECT date_trunc('day', $4::timestamptz AT TIME ZONE known.zone) AS begins, known.zone
    FROM (SELECT {zone_sql("event.timezone")} AS zone OFFSET 0) known
  ), guest AS (
    SELECT person.id FROM attendees person JOIN orders bought ON bought.id = person.order_id
    WHERE person.event_id = event.id AND person.deleted_at IS NULL
    AND {states.admits("bought", "event")}
  ), came AS MATERIALIZED (
    SELECT seen.ticket_holder_id, seen.session_id, talk.track_id, place.station_type
    FROM day, stations place JOIN user_check_ins seen ON seen.station_id = place.id
    JOIN guest ON guest.id = seen.ticket_holder_id
    LEFT JOIN sessions talk ON talk.id = seen.session_id
    WHERE place.event_id = event.id AND seen.created_at >= day.begins AT TIME ZONE day.zone
    AND seen.created_at < (day.begins + interval '1 day') AT TIME ZONE day.zone
  )
  SELECT json_build_object(
    'total_attendee', (SELECT count(*) FROM guest),
    'total_registered', {_people(REGISTRATION, "came.ticket_holder_id")},
    'total_not_checked_in',
      (SELECT count(*) FROM guest) - {_people(REGISTRATION, "came.ticket_holder_id")},
    'total_track_checked_in', {_people(CHECK_IN, _ON_TRACK, _HAS_TRACK)},
    'total_track_checked_out', {_people(CHECK_OUT, _ON_TRACK, _HAS_TRACK)},
    'total_session_checked_in', {_people(CHECK_IN, _PAIR)},
    'total_session_checked_out', {_people(CHECK_OUT, _PAIR)},
    'session_stats', (
      SELECT coalesce(json_agg(json_build_object('session_id', talk.id::text, 'session_name', {_TYPE},
        'track_name', {_TRACK}, 'speakers', {_SPEAKERS}, 'check_in', {_people(CHECK_IN, _PAIR, _OF_SESSION)},
        'check_out', {_people(CHECK_OUT, _PAIR, _OF_SESSION)}, 'manual_count', {_COUNTED})
        ORDER BY wanted.place), '[]')
      FROM unnest($5::bigint[]) WITH ORDINALITY wanted (id, place)
      JOIN sessions talk ON talk.id = wanted.id AND talk.event_id = event.id AND talk.deleted_at IS NULL
    ),
    'track_stats', (
      SELECT coalesce(json_agg(json_build_object('track_id', track.id::text, 'track_name', track.name,
        'current_speakers', coalesce(talk.speakers, '[]'), 'current_session', coalesce(talk.kind, ''),
        'check_in', {_people(CHECK_IN, _ON_TRACK, _OF_TRACK)},
        'check_out', {_people(CHECK_OUT, _ON_TRACK, _OF_TRACK)}) ORDER BY wanted.place), '[]')
      FROM unnest($6::bigint[]) WITH ORDINALITY wanted (id, place)
      JOIN tracks track ON track.id = wanted.id AND track.event_id = event.id AND track.deleted_at IS NULL
      LEFT JOIN LATERAL (
        SELECT {_SPEAKERS} AS speakers, {_TYPE} AS kind FROM sessions talk
        WHERE talk.track_id = track.id AND talk.deleted_at IS NULL AND talk.state IN {states.listed(PUBLIC)}
        AND talk.starts_at <= $4 AND talk.ends_at >= $4 ORDER BY talk.starts_at DESC, talk.id LIMIT 1
      ) talk ON TRUE
    )
  )::text
)"""  # noqa: S608 - no user input


@action("GET", "/v1/user-check-in/stats/event/{id}", lenient=True)
@documented(
    who="owner, organizers and coorganizers of the event",
    response={
        "total_attendee": 120,
        "total_registered": 40,
        "total_not_checked_in": 80,
        "total_track_checked_in": 25,
        "total_track_checked_out": 10,
        "total_session_checked_in": 31,
        "total_session_checked_out": 12,
        "session_stats": [
            {
                "session_id": "1",
                "session_name": "Talk",
                "track_name": "Parsing",
                "speakers": ["Ada"],
                "check_in": 31,
                "check_out": 12,
                "manual_count": {"current_pax": 42},
            }
        ],
        "track_stats": [
            {
                "track_id": "1",
                "track_name": "Parsing",
                "current_speakers": ["Ada"],
                "current_session": "Talk",
                "check_in": 25,
                "check_out": 10,
            }
        ],
    },
    open_members=("manual_count",),
    errors=(400, 401, 403, 404),
)
def show_check_in_statistics(context: Context, id: str) -> Answer:
    """The numbers of today, in the event's time zone, of people whose order admits.

    Query parameters: `session_ids` and `track_ids`, each up to 100 ids with commas between, say which
    sessions and tracks of the event are told one by one; without them those lists are empty, and ids of
    other events are skipped. A session is named by its type. `manual_count` is the session's latest head
    count {current_pax, created_at, modified_at}, or {}. Raises Problem 400, 401, 403, 404.
    """
    values = [clock.now(), _ids(context, "session_ids"), _ids(context, "track_ids")]
    return json_text(visible_to_team(context, "event", id, _TOLD, values, roles=COORGANIZERS).value)


def _ids(context: Context, name: str) -> list[int]:
    text = context.request.parameter(name) or ""
    if not text.strip():
        return []
    ids = list(dict.fromkeys(map(int, text.split(",")))) if _IDS.fullmatch(text) else []
    if not 0 < len(ids) <= _MOST:
        raise bad_parameter(name, f"{name} is a list of up to {_MOST} ids with commas between.")
    return ids
