"""Calendar of an event: the event itself, and sessions of its programme, read in one statement."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from chalicelib import db
from chalicelib.calendar_file import CalendarFile, Occasion
from chalicelib.resources.orders.order.states import listed
from chalicelib.resources.programme.session.states import PUBLIC
from chalicelib.settings import settings
from chalicelib.tasks.plain_text import plain_lines

_MOST: Final = 2000  # sessions
# SQL about a row `event`: what its calendar tells. It has two slots: the sessions, and their condition.
_TOLD: Final = """json_build_object(
  'identifier', event.identifier, 'name', event.name, 'timezone', event.timezone, 'begin', event.starts_at,
  'end', event.ends_at, 'created', event.created_at, 'changed', coalesce(event.revised_at, event.created_at),
  'location', event.location_name, 'online', event.online, 'description', event.description,
  'latitude', event.latitude, 'longitude', event.longitude, 'state', event.state, 'sessions', %s
)"""
_SESSIONS: Final = f"""(
  SELECT coalesce(json_agg(talk ORDER BY talk.begin, talk.id), '[]') FROM (
    SELECT session.id, session.title, session.starts_at AS begin, session.ends_at AS end,
      session.created_at AS created, greatest(session.last_modified_at, session.created_at) AS changed,
      session.short_abstract AS description, room.name AS room, track.name AS track
    FROM sessions session
    LEFT JOIN microlocations room ON room.id = session.microlocation_id AND room.deleted_at IS NULL
    LEFT JOIN tracks track ON track.id = session.track_id AND track.deleted_at IS NULL
    WHERE session.event_id = event.id AND session.deleted_at IS NULL AND session.state IN {listed(PUBLIC)}
      AND session.starts_at IS NOT NULL AND session.ends_at > session.starts_at AND %s
    ORDER BY session.starts_at, session.id LIMIT {_MOST}
  ) talk
)"""  # noqa: S608 - no user input
WITHOUT_SESSIONS: Final = _TOLD % "'[]'::json"
WITH_SESSIONS: Final = _TOLD % (_SESSIONS % "TRUE")
# $4 the account whose favorites they are.
WITH_FAVORITES: Final = _TOLD % (
    _SESSIONS
    % (
        "session.id IN (SELECT favorite.session_id FROM user_favourite_sessions favorite "
        "WHERE favorite.user_id = $4::bigint)"
    )
)


def calendar_of_event(session: Session, event_id: int) -> CalendarFile:
    """The calendar with the event alone."""
    asked = f"SELECT {WITHOUT_SESSIONS} FROM events event WHERE event.id = $1"  # noqa: S608 - no user input
    ((told,),) = db.fetch(session, asked, [event_id])
    return calendar(told)


def calendar(told: Mapping[str, Any]) -> CalendarFile:
    """The calendar of what a statement has told."""
    address = f"{settings().web_url}/e/{told['identifier']}"
    about = "\n".join(plain_lines(told["description"]))
    here = None
    if told["latitude"] is not None and told["longitude"] is not None:
        here = (float(told["latitude"]), float(told["longitude"]))
    whole = Occasion(
        uid=told["identifier"],
        summary=told["name"],
        url=address,
        location=told["location"] or (address if told["online"] else ""),
        description=about,
        coordinates=here,
        **_times(told),
    )
    talks = (
        Occasion(
            uid=f"{talk['id']}-{told['identifier']}",
            summary=talk["title"],
            url=f"{address}/session/{talk['id']}",
            location=talk["room"] or told["location"] or "",
            description="\n".join(plain_lines(talk["description"])),
            coordinates=here,
            categories=[talk["track"]] if talk["track"] else (),
            **_times(talk),
        )
        for talk in told["sessions"]
    )
    return CalendarFile(told["name"], about, told["timezone"], (whole, *talks))


def _times(told: Mapping[str, Any]) -> dict[str, Any]:
    return {name: datetime.fromisoformat(told[name]) for name in ("begin", "end", "created", "changed")}
