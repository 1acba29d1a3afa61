"""Limits of a call that count co-speakers: a session counts for its submitter and for each of its speakers.

A speaker is the account with the verified address of the profile, or else the one that made the profile,
unless that is of the event's team, which makes profiles of others. For the team no limit counts.
"""

from typing import Any, Final

from chalicelib import db
from chalicelib.jsonapi.ground.errors import conflict
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.resources.programme.call_window import NOT_COUNTED, TEAM

_SPEAKERS: Final = "/data/relationships/speakers"
# Whoever takes a place in the call waits here for others who do.
_LOCK_MAIN: Final = """
SELECT max_submissions FROM speakers_calls
 WHERE event_id = $1 AND deleted_at IS NULL AND counts_co_speakers AND max_submissions IS NOT NULL
   FOR NO KEY UPDATE
"""
_LOCK_FURTHER: Final = """
SELECT max_submissions FROM submission_calls
 WHERE id = $1 AND deleted_at IS NULL AND counts_co_speakers AND max_submissions IS NOT NULL
   FOR NO KEY UPDATE
"""
_OF_TEAM: Final = (
    "EXISTS (SELECT FROM users_events_roles held JOIN roles role ON role.id = held.role_id "
    f"WHERE held.event_id = $1 AND held.user_id = {{}} AND role.name IN {tuple(sorted(TEAM))})"
)
# A part is that of one person in one session: of an account, of a speaker's profile, or of both.
_EXCEEDED: Final = f"""
WITH talks AS (
  SELECT id, creator_id FROM sessions
   WHERE event_id = $1 AND submission_call_id IS NOT DISTINCT FROM $2::bigint
     AND deleted_at IS NULL AND state NOT IN {NOT_COUNTED}
), profiles AS (
  SELECT person.id, coalesce(
    (SELECT account.id FROM users account
      WHERE lower(account.email) = lower(person.email) AND account.is_verified
        AND account.deleted_at IS NULL),
    CASE WHEN NOT {_OF_TEAM.format("person.user_id")} THEN person.user_id END) AS account
    FROM speakers person WHERE person.event_id = $1 AND person.deleted_at IS NULL
), parts AS (
  SELECT id AS talk, creator_id AS account, NULL::bigint AS profile FROM talks
  UNION ALL SELECT talk.id, profile.account, profile.id FROM talks talk
    JOIN speakers_sessions link ON link.session_id = talk.id
    JOIN profiles profile ON profile.id = link.speaker_id
)
SELECT 1 FROM parts mine JOIN parts other ON other.account = mine.account OR other.profile = mine.profile
 WHERE mine.talk = $3 AND mine.account IS NOT DISTINCT FROM coalesce($4::bigint, mine.account)
   AND mine.profile IS NOT DISTINCT FROM coalesce($5::bigint, mine.profile)
   AND (mine.account IS NULL OR NOT {_OF_TEAM.format("mine.account")})
 GROUP BY mine.account, mine.profile HAVING count(DISTINCT other.talk) > $6 LIMIT 1
"""  # noqa: S608 - texts of this file
_TALKS: Final = """
SELECT talk.id, talk.event_id, talk.submission_call_id, talk.state
  FROM speakers_sessions link JOIN sessions talk ON talk.id = link.session_id
 WHERE link.speaker_id = $1 AND talk.deleted_at IS NULL ORDER BY talk.id
"""


def count_for_speakers(context: Context, change: Change) -> None:
    """Hook after a session was written: nobody has more in the call than it takes. Raises Problem 409.

    All who have a part in it are looked at where it counts anew, and who joins where its speakers change.
    """
    row, before = change.row, change.before
    state = None if change.is_new else before.get("state", row.state)
    counts_anew = (
        state is None
        or (state in NOT_COUNTED and row.state not in NOT_COUNTED)
        or "submission_call_id" in before
        or change.restores
    )
    if counts_anew:
        demand_room_for_people(context, row)
    elif "speakers" in change.linked:
        demand_room_for_people(context, row, account=context.viewer.id)


def count_for_a_restored_speaker(context: Context, change: Change) -> None:
    """Hook of speakers: who is back from the trash has a part in their sessions again. Raises Problem 409."""
    row = change.row
    if change.restores and not context.viewer.has_role(TEAM, row.event_id):
        for talk in db.fetch(context.session, _TALKS, [row.id]):
            _demand(context, *talk, profile=row.id)


def demand_room_for_people(context: Context, row: Any, *, account: int | None = None) -> None:
    """Raise Problem 409 if somebody (or this account) has more sessions in the call than it takes."""
    if not context.viewer.has_role(TEAM, row.event_id):
        _demand(context, row.id, row.event_id, row.submission_call_id, row.state, account=account)


def _demand(
    context: Context,
    talk: int,
    event_id: int,
    call_id: int | None,
    state: str,
    *,
    account: int | None = None,
    profile: int | None = None,
) -> None:
    if state in NOT_COUNTED:
        return
    lock = _LOCK_MAIN if call_id is None else _LOCK_FURTHER
    limits = db.fetch(context.session, lock, [event_id if call_id is None else call_id])
    for (most,) in limits:
        values = [event_id, call_id, talk, account, profile, most]
        if db.fetch(context.session, _EXCEEDED, values):
            raise conflict(
                f"This call takes {most} submissions by one person at the most, co-speakers included.",
                _SPEAKERS,
            )
