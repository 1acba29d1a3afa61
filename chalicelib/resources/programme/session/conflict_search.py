"""Constraint check of a schedule: one query finds what is in the way of placements, or of a whole programme.

Where a placement is tried, or what is there is listed, the conflicts are the same ones, by the same SQL.
Rooms in the trash are none: nobody sees that a session is there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from chalicelib import db
from chalicelib.resources.programme.availability import covers_sql
from chalicelib.resources.programme.session.states import PUBLIC

MOST_COUNTED: Final = 10_000  # sessions at one time make pairs by the square of their number
# The kinds, the gravest first.
OUTSIDE: Final = "outside"
ROOM: Final = "room"
CLOSED: Final = "room-unavailable"
BREAK: Final = "break"
SPEAKER: Final = "speaker"
AWAY: Final = "speaker-unavailable"
FULL: Final = "capacity"
KINDS: Final = (OUTSIDE, ROOM, CLOSED, BREAK, SPEAKER, AWAY, FULL)

ON_PROGRAMME: Final = (
    f"talk.event_id = $1 AND talk.deleted_at IS NULL AND talk.state IN {PUBLIC} "
    "AND talk.ends_at > talk.starts_at"
)
_SUBJECTS_GIVEN: Final = f"""
subjects AS (
  SELECT * FROM unnest($2::bigint[], $3::timestamptz[], $4::timestamptz[], $5::boolean[], $6::boolean[])
    AS given(id, starts_at, ends_at, is_moved, is_whole)
), subject_rooms AS (
  SELECT DISTINCT * FROM unnest($7::bigint[], $8::bigint[]) AS given(id, room)
), subject_people AS (
  SELECT DISTINCT * FROM unnest($9::bigint[], $10::bigint[]) AS given(id, speaker)
), others AS (
  SELECT talk.id, talk.starts_at, talk.ends_at, talk.microlocation_id FROM sessions talk, event
   WHERE {ON_PROGRAMME} AND talk.id <> ALL ($2::bigint[])
     AND talk.starts_at < (SELECT max(ends_at) FROM subjects) + event.gap
     AND talk.ends_at > (SELECT min(starts_at) FROM subjects) - event.gap
)"""  # noqa: S608 - texts of this file


def _rooms_of(talks: str) -> str:
    return f"""
  SELECT talk.id, talk.microlocation_id AS room FROM {talks} talk WHERE talk.microlocation_id IS NOT NULL
  UNION SELECT talk.id, link.microlocation_id FROM {talks} talk
    JOIN sessions_microlocations link ON link.session_id = talk.id"""  # noqa: S608 - names of tables


_SUBJECTS_ALL: Final = f"""
subjects AS (
  SELECT talk.id, talk.starts_at, talk.ends_at, TRUE AS is_moved, TRUE AS is_whole, talk.microlocation_id
    FROM sessions talk WHERE {ON_PROGRAMME}
), subject_rooms AS ({_rooms_of("subjects")}
), subject_people AS (
  SELECT talk.id, link.speaker_id AS speaker FROM subjects talk
    JOIN speakers_sessions link ON link.session_id = talk.id
    JOIN speakers person ON person.id = link.speaker_id AND person.deleted_at IS NULL
), others AS (
  SELECT talk.id, talk.starts_at, talk.ends_at, talk.microlocation_id FROM subjects talk WHERE FALSE
)"""  # noqa: S608 - texts of this file


_PAIR: Final = "mine.id <> yours.id AND (NOT yours.is_subject OR mine.id < yours.id)"
_IN_FOUND: Final = f"""
  SELECT '{ROOM}' AS kind, least(mine.starts_at, yours.starts_at) AS starts_at, mine.id AS subject,
         yours.id AS other, mine.room, NULL::bigint AS speaker, NULL::bigint AS pause
    FROM event, mine_in_rooms mine JOIN all_in_rooms yours ON yours.room = mine.room
   WHERE {_PAIR} AND yours.starts_at < mine.ends_at + event.gap AND mine.starts_at < yours.ends_at + event.gap
  UNION ALL
  SELECT '{SPEAKER}', least(mine.starts_at, yours.starts_at), mine.id, yours.id, NULL, mine.speaker, NULL
    FROM mine_on_stage mine JOIN all_on_stage yours ON yours.speaker = mine.speaker
   WHERE {_PAIR} AND yours.starts_at < mine.ends_at AND mine.starts_at < yours.ends_at
  UNION ALL
  SELECT '{OUTSIDE}', mine.starts_at, mine.id, NULL, NULL, NULL, NULL FROM event, subjects mine
   WHERE mine.is_moved AND (mine.starts_at < event.starts_at OR mine.ends_at > event.ends_at)
  UNION ALL
  SELECT '{CLOSED}', mine.starts_at, mine.id, NULL, mine.room, NULL, NULL
    FROM mine_in_rooms mine JOIN microlocations place ON place.id = mine.room
   WHERE NOT {covers_sql("place.availability", "mine.starts_at", "mine.ends_at")}
  UNION ALL
  SELECT '{AWAY}', mine.starts_at, mine.id, NULL, NULL, mine.speaker, NULL
    FROM mine_on_stage mine JOIN speakers person ON person.id = mine.speaker
   WHERE NOT {covers_sql("person.availability", "mine.starts_at", "mine.ends_at")}
  UNION ALL
  SELECT '{BREAK}', mine.starts_at, mine.id, NULL, NULL, NULL, pause.id
    FROM subjects mine JOIN schedule_breaks pause
      ON pause.event_id = $1 AND pause.deleted_at IS NULL
     AND pause.starts_at < mine.ends_at AND mine.starts_at < pause.ends_at
   WHERE EXISTS (SELECT FROM schedule_breaks_microlocations place JOIN mine_in_rooms taken
           ON taken.id = mine.id AND taken.room = place.microlocation_id
          WHERE place.schedule_break_id = pause.id)
      OR (mine.is_moved AND NOT EXISTS (SELECT FROM schedule_breaks_microlocations place
          WHERE place.schedule_break_id = pause.id))
  UNION ALL
  SELECT '{FULL}', mine.starts_at, mine.id, NULL, min(mine.room), NULL, NULL
    FROM event JOIN mine_in_rooms mine ON mine.is_whole AND event.checks_capacity
    JOIN microlocations place ON place.id = mine.room JOIN sessions talk ON talk.id = mine.id
   GROUP BY mine.id, mine.starts_at, talk.id
  HAVING bool_and(place.capacity IS NOT NULL)
     AND greatest(talk.expected_audience, talk.sign_up_places, talk.favourite_count) > sum(place.capacity)
  LIMIT {MOST_COUNTED}
"""  # noqa: S608 - texts of this file


def _search(subjects: str) -> str:
    """CTEs, the last of which is `found`: (kind, starts_at, subject, other, room, speaker, pause).

    `starts_at` is that of the earlier session, `pause` a break. Of two subjects there is one row.
    """
    return f"""
WITH event AS (
  SELECT starts_at, ends_at, make_interval(mins => changeover_minutes) AS gap, checks_capacity
    FROM events WHERE id = $1
), {subjects}, mine_in_rooms AS (
  SELECT subject_rooms.room, subjects.* FROM subjects JOIN subject_rooms USING (id)
    JOIN microlocations place ON place.id = subject_rooms.room AND place.deleted_at IS NULL
), all_in_rooms AS (
  SELECT room, id, starts_at, ends_at, TRUE AS is_subject FROM mine_in_rooms
  UNION ALL SELECT room, others.id, starts_at, ends_at, FALSE
    FROM others JOIN ({_rooms_of("others")}) taken ON taken.id = others.id
), mine_on_stage AS (
  SELECT speaker, subjects.* FROM subjects JOIN subject_people USING (id)
), all_on_stage AS (
  SELECT speaker, id, starts_at, ends_at, TRUE AS is_subject FROM mine_on_stage
  UNION ALL SELECT link.speaker_id, others.id, starts_at, ends_at, FALSE
    FROM others JOIN speakers_sessions link ON link.session_id = others.id
), found AS ({_IN_FOUND})"""  # noqa: S608 - texts of this file


LISTED: Final = _search(_SUBJECTS_ALL)
"""SQL: CTEs of all conflicts of the event $1, the last of which is `found`."""

_OF_GIVEN: Final = f"""{_search(_SUBJECTS_GIVEN)}
SELECT found.kind, found.subject, mine.title, yours.title, coalesce(yours.starts_at, pause.starts_at),
       coalesce(yours.ends_at, pause.ends_at), coalesce(room.name, ''), coalesce(speaker.name, pause.name, '')
  FROM found
  LEFT JOIN sessions mine ON mine.id = found.subject
  LEFT JOIN sessions yours ON yours.id = found.other
  LEFT JOIN microlocations room ON room.id = found.room
  LEFT JOIN speakers speaker ON speaker.id = found.speaker
  LEFT JOIN schedule_breaks pause ON pause.id = found.pause
 ORDER BY array_position(ARRAY{list(KINDS)}, found.kind), coalesce(yours.starts_at, found.starts_at),
          found.other, found.subject, found.room, found.speaker, found.pause
 LIMIT $11
"""  # noqa: S608 - texts of this file


@dataclass(frozen=True, slots=True)
class Placement:
    """A session at a time, in rooms, with speakers, as it is tried. `id` 0 is one that is not stored yet.

    `is_moved`: its time is tried too, and not only these rooms and speakers at it. `is_whole`: these are all
    of its rooms, so that it is known for how many there is room.
    """

    id: int
    starts_at: datetime
    ends_at: datetime
    rooms: Sequence[int] = ()
    speakers: Sequence[int] = ()
    is_moved: bool = False
    is_whole: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A conflict of a placement: with another session, or with a room, a speaker, a break or the event.

    `starts_at` and `ends_at` are those of the other session, or of the break.
    """

    kind: str
    session: int
    title: str | None
    other: str | None
    starts_at: datetime | None
    ends_at: datetime | None
    room: str
    name: str


def first_conflict(session: Session, event_id: int, placements: Sequence[Placement]) -> Found | None:
    """The gravest conflict of these placements with each other and with the programme, if there is one."""
    return next(iter(conflicts_of(session, event_id, placements, most=1)), None)


def conflicts_of(
    session: Session, event_id: int, placements: Sequence[Placement], *, most: int
) -> list[Found]:
    """The conflicts of these placements with each other and with the programme, the gravest first."""
    rows = db.fetch(
        session,
        _OF_GIVEN,
        [
            event_id,
            [each.id for each in placements],
            [each.starts_at for each in placements],
            [each.ends_at for each in placements],
            [each.is_moved for each in placements],
            [each.is_whole for each in placements],
            *_pairs(placements, "rooms"),
            *_pairs(placements, "speakers"),
            most,
        ],
        flush=False,
    )
    return [Found(*row) for row in rows]


def _pairs(placements: Sequence[Placement], name: str) -> tuple[list[Any], list[Any]]:
    pairs = [(each.id, id) for each in placements for id in getattr(each, name)]
    return [id for id, _ in pairs], [linked for _, linked in pairs]
