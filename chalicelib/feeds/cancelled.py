"""Sessions that were on the programme and are so no more: cancellations (RFC 5546, 3.2.1) for who subscribes.

A session notes when it left the programme. It is told if the schedule was published by then, if a version
with it had been released, or if a stranger had it among their favorites. Of a session that was never on the
programme nothing is told, whoever liked it.
"""

from typing import Final

from chalicelib.resources.programme.session.states import CALLED_OFF

CALLED_OFF_SQL: Final = f"session.state IN ({', '.join(map(repr, CALLED_OFF))})"
# Who sees a session before it is on the programme: its speakers, whoever is invited, the team, and staff.
_STRANGER: Final = """
  fan.id IS DISTINCT FROM session.creator_id AND NOT fan.is_admin AND NOT fan.is_super_admin
  AND NOT EXISTS (SELECT FROM users_events_roles held
    WHERE held.event_id = session.event_id AND held.user_id = fan.id)
  AND NOT EXISTS (SELECT FROM speakers_sessions link JOIN speakers speaker ON speaker.id = link.speaker_id
    WHERE link.session_id = session.id
      AND (speaker.user_id = fan.id OR lower(speaker.email) = lower(fan.email)))
  AND NOT EXISTS (SELECT FROM speaker_invites invite
    WHERE invite.session_id = session.id AND lower(invite.email) = lower(fan.email))
"""
# SQL about rows `session` and `event`.
WAS_PUBLIC: Final = f"""(
  session.deleted_at IS NULL AND {CALLED_OFF_SQL} AND session.left_programme_at IS NOT NULL AND (
    event.schedule_published_on <= session.left_programme_at
    OR EXISTS (SELECT FROM schedule_versions version
      WHERE version.event_id = session.event_id AND version.released_at <= session.left_programme_at
        AND version.snapshot @> jsonb_build_array(jsonb_build_object('session', session.id)))
    OR EXISTS (SELECT FROM user_favourite_sessions favorite JOIN users fan ON fan.id = favorite.user_id
      WHERE favorite.session_id = session.id AND {_STRANGER})
  )
)"""  # noqa: S608 - texts of this file
