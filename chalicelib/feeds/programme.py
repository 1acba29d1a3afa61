"""Programme of an event as a stranger sees it: the event, and its accepted and confirmed sessions with times.

Read by one statement. Texts of a large programme are cut, so that what is read and answered stays bounded.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import lru_cache
from typing import Any, Final

from sqlalchemy.orm import Session

from chalicelib import db
from chalicelib.auth.viewer import Kind
from chalicelib.feeds.cancelled import CALLED_OFF_SQL, WAS_PUBLIC
from chalicelib.feeds.slots import Person, Room, Slot, Track, links_in, named_links_in
from chalicelib.jsonapi.ground.errors import not_found
from chalicelib.jsonapi.ground.ids import is_number
from chalicelib.jsonapi.ground.sql import Row, text_of
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.plain_text import plain_text
from chalicelib.jsonapi.model.resource import Registry
from chalicelib.jsonapi.rights.visibility import Visible, visible, visible_where
from chalicelib.resources import REGISTRY
from chalicelib.settings import settings

MOST_SESSIONS: Final = 5_000  # the first ones
# Characters of each text of one session, of the same text of all sessions together, and what each has anyway.
_LONGEST, _TOGETHER, _AT_LEAST = 20_000, 1_500_000, 500
# SQL about a row `event`. Its slot is for the sessions.
_EVENT: Final = """json_build_object(
  'identifier', event.identifier, 'name', event.name, 'timezone', event.timezone, 'begin', event.starts_at,
  'end', event.ends_at, 'created', event.created_at, 'changed', coalesce(event.revised_at, event.created_at),
  'location', event.location_name, 'online', event.online, 'description', event.description,
  'latitude', event.latitude, 'longitude', event.longitude, 'state', event.state, 'privacy', event.privacy,
  'is_released', event.schedule_published_on IS NOT NULL, 'logo', event.logo_url, 'sessions', %s
)"""
_SESSIONS: Final = """(
  SELECT coalesce(json_agg(slot ORDER BY slot.begin, slot.id), '[]') FROM (
    SELECT session.id, session.title, session.starts_at AS begin, session.ends_at AS end,
      session.created_at AS created, greatest(session.last_modified_at, session.created_at) AS changed,
      {off} AS cancelled, CASE WHEN NOT {off} THEN left(session.short_abstract, {cut}) END AS abstract,
      CASE WHEN room.id IS NOT NULL THEN
        json_build_object('id', room.id, 'name', room.name, 'position', room.position) END AS room,
      (SELECT json_agg(further.name ORDER BY further.position, further.id)
        FROM sessions_microlocations link JOIN microlocations further ON further.id = link.microlocation_id
        WHERE link.session_id = session.id AND further.id IS DISTINCT FROM room.id
          AND further.deleted_at IS NULL) AS further_rooms,
      CASE WHEN track.id IS NOT NULL THEN
        json_build_object('name', track.name, 'color', track.color) END AS track{details}
    FROM sessions session
    LEFT JOIN microlocations room ON room.id = session.microlocation_id AND room.deleted_at IS NULL
    LEFT JOIN tracks track ON track.id = session.track_id AND track.deleted_at IS NULL
    LEFT JOIN session_types type ON type.id = session.session_type_id AND type.deleted_at IS NULL
    WHERE session.event_id = event.id AND ({seen} OR {was_public})
      AND session.starts_at IS NOT NULL AND session.ends_at > session.starts_at AND {wanted}
    ORDER BY session.starts_at, session.id LIMIT {most}
  ) slot
)"""
_DETAILS: Final = """,
      session.subtitle, session.language, type.name AS type,
      CASE WHEN NOT {off} THEN left(session.long_abstract, {cut}) END AS description,
      session.website, session.signup_url, session.video_url, session.audio_url, session.slides_url,
      session.slides, (
        SELECT json_agg(json_build_object('id', speaker.id, 'name', speaker.name, 'photo', speaker.photo_url)
          ORDER BY speaker."order", speaker.id)
        FROM speakers_sessions link JOIN speakers speaker ON speaker.id = link.speaker_id
        WHERE link.session_id = session.id AND {speaker_seen}
      ) AS persons"""
# It names no other row of its query, so PostgreSQL evaluates it once.
_CUT: Final = """(
  SELECT least({longest}, greatest({least}, {together} / greatest(count(*), 1)))::int
  FROM sessions session WHERE session.event_id = event.id AND {seen}
)"""
_FAVORITE: Final = """session.id IN (
  SELECT favorite.session_id FROM user_favourite_sessions favorite WHERE favorite.user_id = {fan}
)"""


class Sessions(Enum):
    """Which sessions are read, and how much of each."""

    NONE = "none"
    SLOTS = "when and where"
    WHOLE = "all that is public"


@dataclass(frozen=True, slots=True)
class Programme:
    """An event and sessions of its programme. Texts are plain; times are aware.

    address      of the event's page
    changed      when what calendars tell of the event was changed last
    coordinates  (latitude, longitude) in degrees
    is_released  whether the schedule is published
    is_public    whether who does not know its identifier finds it too
    """

    identifier: str
    name: str
    timezone: str
    begin: datetime
    end: datetime
    created: datetime
    changed: datetime
    address: str
    location: str
    online: bool
    description: str
    coordinates: tuple[float, float] | None
    state: str
    is_released: bool
    is_public: bool
    logo: str
    sessions: Sequence[Slot]

    @property
    def revised(self) -> datetime:
        """When anything of it was changed last."""
        return max([self.changed, *(slot.changed for slot in self.sessions)])


def read(
    context: Context, key: str, sessions: Sessions, fan: int | None = None, *, cancelled: bool = False
) -> Programme:
    """The programme of the published event with this identifier or id. Raises Problem 404.

    `fan` is an account whose favorites alone are read; `cancelled`: with what was on the programme once.
    """
    own = "$4::bigint" if fan is not None else ""
    told = programme_sql(context.registry, sessions, own, cancelled=cancelled)
    row = visible_by_key(context, key, told, [] if fan is None else [fan])
    return published_in(row.value, f"There is no calendar of the event {key}.")


def visible_by_key(context: Context, key: str, told: str, values: Sequence[object] = ()) -> Visible:
    """As visible(), of the event with this identifier or id: who knows its identifier may see one by it."""
    named = context if is_number(key) else context.showing("event", key)
    return visible(named, "event", key, told, values)


def published_in(told: Mapping[str, Any], otherwise: str) -> Programme:
    """As programme_in(). Raises Problem 404 with the sentence for a draft."""
    if told["state"] != "published":
        raise not_found(otherwise)
    return programme_in(told)


def read_as_team(session: Session, event_id: int, sessions: Sessions) -> Programme | None:
    """The programme, also of a draft, for who may see the event. None where it is in the trash."""
    told = programme_sql(REGISTRY, sessions)
    asked = f"SELECT {told} FROM events event WHERE event.id = $1 AND event.deleted_at IS NULL"  # noqa: S608 - no user input
    rows = db.fetch(session, asked, [event_id])
    return programme_in(rows[0][0]) if rows else None


@lru_cache(maxsize=16)
def programme_sql(registry: Registry, sessions: Sessions, fan: str = "", *, cancelled: bool = False) -> str:
    """SQL of an expression about a row `event`: what programme_in() reads.

    `fan` is SQL for the id of the account whose favorites alone are told.
    """
    if sessions is Sessions.NONE:
        return _EVENT % "'[]'::json"
    session = Row("session", visible=frozenset({"event"}))
    speaker = Row("speaker", visible=frozenset({"event"}), reached_from=("sessions", session))
    seen = text_of(visible_where(registry, "session", session, Kind.NOBODY))
    cut = _CUT.format(longest=_LONGEST, least=_AT_LEAST, together=_TOGETHER, seen=seen)
    details = ""
    if sessions is Sessions.WHOLE:
        speaker_seen = text_of(visible_where(registry, "speaker", speaker, Kind.NOBODY))
        details = _DETAILS.format(speaker_seen=speaker_seen, cut=cut, off=CALLED_OFF_SQL)
    return _EVENT % _SESSIONS.format(
        details=details,
        cut=cut,
        seen=seen,
        off=CALLED_OFF_SQL,
        was_public=WAS_PUBLIC if cancelled else "FALSE",
        wanted=_FAVORITE.format(fan=fan) if fan else "TRUE",
        most=MOST_SESSIONS,
    )


def programme_in(told: Mapping[str, Any]) -> Programme:
    """The programme that a statement has told."""
    address = f"{settings().web_url}/e/{told['identifier']}"
    here = told["latitude"], told["longitude"]
    return Programme(
        identifier=told["identifier"],
        name=told["name"],
        timezone=told["timezone"],
        address=address,
        location=told["location"] or "",
        online=told["online"],
        description=plain_text(told["description"]),
        coordinates=None if None in here else (float(here[0]), float(here[1])),
        state=told["state"],
        is_released=told["is_released"],
        is_public=told["privacy"] == "public",
        logo=told["logo"] or "",
        sessions=[_slot(session, address) for session in told["sessions"]],
        **times_in(told),
    )


def _slot(told: Mapping[str, Any], address: str) -> Slot:
    room, track = told["room"], told["track"]
    return Slot(
        id=told["id"],
        title=told["title"],
        address=f"{address}/session/{told['id']}",
        abstract=plain_text(told["abstract"]),
        room=None if room is None else Room(room["id"], room["name"], room["position"] or 0),
        track=None if track is None else Track(track["name"], track["color"]),
        subtitle=told.get("subtitle") or "",
        language=told.get("language") or "",
        type=told.get("type") or "",
        description=plain_text(told.get("description")),
        is_cancelled=told["cancelled"],
        further_rooms=told["further_rooms"] or (),
        persons=[
            Person(person["id"], person["name"], person["photo"] or "")
            for person in told.get("persons") or ()
        ],
        links=links_in(told, _LINKS),
        attachments=[
            *links_in(told, {"slides_url": "Slides"}),
            *named_links_in(told.get("slides")),
        ],
        **times_in(told),
    )


_LINKS: Final = {
    "website": "Website",
    "signup_url": "Sign up",
    "video_url": "Video",
    "audio_url": "Audio",
}


def times_in(told: Mapping[str, Any]) -> dict[str, Any]:
    """Begin, end, when it was created and when it was changed, of what a statement has told."""
    return {name: datetime.fromisoformat(told[name]) for name in ("begin", "end", "created", "changed")}
