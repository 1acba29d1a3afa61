"""Who reviews which session: reviewers, conflicts of interest, and what an active phase allows.

A conflict of interest follows from the session itself (its submitter, its speakers, whoever is invited to
speak, by account or address), or is declared. It is evaluated on each read, so that somebody who becomes a
speaker later loses sight of the reviews at once.
"""

from typing import Any, Final, NamedTuple

from chalicelib import clock, db
from chalicelib.auth.roles import COORGANIZERS
from chalicelib.jsonapi.ground.errors import conflict, forbidden
from chalicelib.jsonapi.ground.sql import ROW, Sql, joined, sql
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.policy import among, is_owner, staff, where_sql
from chalicelib.jsonapi.model.rules import Rule
from chalicelib.jsonapi.rights.viewer_parameters import VIEWER_EMAIL, VIEWER_ID
from chalicelib.resources.policies import has_role
from chalicelib.resources.reviews.recorded import is_recorded

# SQL conditions on the aliases `phase`, `person` (a reviewer) and `talk` (a session).
ACTIVE: Final = "phase.opens_at <= now() AND phase.closes_at > now()"
REVIEWING: Final = "person.status = 'accepted' AND person.is_active AND person.user_id IS NOT NULL"
# The address that was invited, and the account's present one, which differs once the account has changed it.
_ADDRESSES: Final = """(
    SELECT lower(person.email) UNION ALL
    SELECT lower(account.email) FROM users account WHERE account.id = person.user_id)"""
IN_CONFLICT: Final = f"""(
    coalesce(talk.creator_id = person.user_id, FALSE)
    OR EXISTS (SELECT FROM speakers_sessions link JOIN speakers speaker ON speaker.id = link.speaker_id
                WHERE link.session_id = talk.id
                  AND (speaker.user_id = person.user_id OR lower(speaker.email) IN {_ADDRESSES}))
    OR EXISTS (SELECT FROM speaker_invites invite WHERE invite.session_id = talk.id
                  AND invite.status <> 'rejected' AND lower(invite.email) IN {_ADDRESSES})
    OR EXISTS (SELECT FROM review_conflicts declared
                WHERE declared.session_id = talk.id AND declared.reviewer_id = person.id))"""  # noqa: S608 - texts of this file
# The same as a SELECT of (session, reviewer) of the event $1, for all pairs at once.
CONFLICTS: Final = """
WITH person AS (SELECT id, user_id, email FROM reviewers WHERE event_id = $1),
address AS (
  SELECT id, lower(email) AS email FROM person UNION
  SELECT person.id, lower(account.email) FROM person JOIN users account ON account.id = person.user_id)
SELECT talk.id, person.id FROM person JOIN sessions talk
    ON talk.creator_id = person.user_id AND talk.event_id = $1
UNION SELECT link.session_id, person.id FROM person
  JOIN speakers speaker ON speaker.user_id = person.user_id AND speaker.event_id = $1
  JOIN speakers_sessions link ON link.speaker_id = speaker.id
UNION SELECT link.session_id, address.id FROM address
  JOIN speakers speaker ON lower(speaker.email) = address.email AND speaker.event_id = $1
  JOIN speakers_sessions link ON link.speaker_id = speaker.id
UNION SELECT invite.session_id, address.id FROM address
  JOIN speaker_invites invite ON lower(invite.email) = address.email AND invite.event_id = $1
   AND invite.status <> 'rejected'
UNION SELECT declared.session_id, declared.reviewer_id FROM review_conflicts declared
 WHERE declared.event_id = $1
"""
_TRACKS: Final = (
    "SELECT covered.track_id FROM review_teams_tracks covered WHERE covered.review_team_id = person.team_id"
)
COVERED: Final = f"(NOT EXISTS ({_TRACKS}) OR talk.track_id IN ({_TRACKS}))"

# The viewer's addresses: that of the account, and those that were invited to review.
_ADDRESS: Final = sql(
    *("(SELECT lower(", VIEWER_EMAIL, ") AS email UNION SELECT lower(own.email) FROM reviewers own "),
    *("WHERE own.user_id = ", VIEWER_ID, ") address "),
)
_LINKED: Final = "JOIN speakers_sessions link ON link.speaker_id = speaker.id "
_SPEAKS: Final = sql(
    "SELECT link.session_id FROM speakers speaker ", _LINKED, "WHERE speaker.user_id = ", VIEWER_ID
)
_SPEAKS_BY_ADDRESS: Final = sql(
    *("SELECT link.session_id FROM ", _ADDRESS),
    *("JOIN speakers speaker ON lower(speaker.email) = address.email ", _LINKED),
)
_IS_INVITED: Final = sql(
    *("SELECT invite.session_id FROM ", _ADDRESS, "JOIN speaker_invites invite "),
    "ON lower(invite.email) = address.email AND invite.status <> 'rejected'",
)
_DECLARED: Final = sql(
    "SELECT declared.session_id FROM review_conflicts declared "
    "JOIN reviewers own ON own.id = declared.reviewer_id WHERE own.user_id = ",
    VIEWER_ID,
)
_SUBMITTED: Final = sql("SELECT own.id FROM sessions own WHERE own.creator_id = ", VIEWER_ID)
# Organizers enter sessions of others, so that having entered one is no conflict of theirs.
_OF_ORGANIZERS: Final = (_SPEAKS, _SPEAKS_BY_ADDRESS, _IS_INVITED, _DECLARED)
_OF_REVIEWERS: Final = (*_OF_ORGANIZERS, _SUBMITTED)


def _without_conflict(column: str, conflicts: tuple[Sql, ...]) -> Rule:
    ids = sql(ROW[column], " NOT IN (", joined(" UNION ALL ", conflicts), ")")
    return where_sql(ids, "it is about no session of their own", of_row=True)


def organizes(column: str = "session_id") -> Rule:
    """The event's organizers, except for sessions at which they speak; and staff."""
    return staff | (has_role(COORGANIZERS) & _without_conflict(column, _OF_ORGANIZERS))


def is_their_own(column: str = "session_id") -> Rule:
    """A reviewer's own row, unless they have a conflict of interest by now."""
    return is_owner("user_id") & _without_conflict(column, _OF_REVIEWERS)


# SELECT of session ids: those that the viewer reviews now.
REVIEWED_NOW: Final = sql(
    "SELECT talk.id FROM reviewers person "  # noqa: S608 - texts of this file
    "JOIN events event ON event.id = person.event_id AND event.deleted_at IS NULL "
    f"JOIN review_phases phase ON phase.event_id = person.event_id AND {ACTIVE} "
    "JOIN sessions talk ON talk.event_id = person.event_id "
    "AND talk.state = 'pending' AND talk.deleted_at IS NULL WHERE person.user_id = ",
    VIEWER_ID,
    f" AND {REVIEWING} AND talk.id NOT IN (",
    joined(" UNION ALL ", _OF_REVIEWERS),
    ") AND (EXISTS (SELECT FROM review_assignments assigned "
    "WHERE assigned.phase_id = phase.id AND assigned.session_id = talk.id "
    f"AND assigned.reviewer_id = person.id) OR (phase.reviewers_see = 'tracks' AND {COVERED}))",
)


def shown_to_reviewers(table: str) -> Rule:
    """Rows of the table, what other reviewers say, of sessions that the viewer reviews now, where the active
    phase shows it.
    """
    shown = sql(
        f"SELECT said.id FROM {table} said JOIN review_phases phase ON phase.event_id = said.event_id "  # noqa: S608
        f"AND {ACTIVE} WHERE said.session_id IN (",
        REVIEWED_NOW,
        ") AND (phase.others_visible = 'always' OR (phase.others_visible = 'after-own' "
        "AND EXISTS (SELECT FROM reviews own WHERE own.phase_id = phase.id "
        "AND own.session_id = said.session_id AND own.user_id = ",
        *(VIEWER_ID, ")))"),
    )
    return among(shown, "reviewers of the session, where the active phase shows it")


def seen_by_reviewers(table: str) -> Rule:
    """Rows of the table, which belong to an event, for its reviewers."""
    theirs = sql(
        f"SELECT kept.id FROM {table} kept JOIN reviewers person ON person.event_id = kept.event_id "  # noqa: S608
        f"WHERE {REVIEWING} AND person.user_id = ",
        VIEWER_ID,
    )
    return among(theirs, "reviewers of the event")


TEAM: Final = has_role(COORGANIZERS)
# For the relationships of an event.
TEAM_AT_EVENT: Final = has_role(COORGANIZERS, "id")

REVIEWER: Final = "/data/relationships/reviewer"
_ACTIVE: Final = f"""
SELECT phase.id, phase.allows_reviews, phase.allows_discussion
  FROM review_phases phase WHERE phase.event_id = $1 AND {ACTIVE}
"""  # noqa: S608 - texts of this file
_REVIEWER: Final = f"""
SELECT person.user_id, {REVIEWING} FROM reviewers person WHERE person.id = $1 FOR UPDATE
"""  # noqa: S608 - texts of this file
_IS_PENDING: Final = "SELECT 1 FROM sessions WHERE id = $1 AND state = 'pending' AND deleted_at IS NULL"


class ActivePhase(NamedTuple):
    """The active phase of an event."""

    id: int
    allows_reviews: bool
    allows_discussion: bool


def active_phase(context: Context, event_id: int) -> ActivePhase:
    """The active phase of the event. Raises Problem 409 while there is none."""
    for row in db.fetch(context.session, _ACTIVE, [event_id], flush=False):
        return ActivePhase(*row)
    raise conflict("There is no active review phase.", "/data/relationships/event")


def demand_pending(context: Context, session_id: int) -> None:
    """Raise Problem 409 for a session that is not pending."""
    if not is_recorded(context) and not db.fetch(context.session, _IS_PENDING, [session_id], flush=False):
        raise conflict("Only pending sessions are reviewed.", "/data/relationships/proposal")


def demand_own_reviewer(
    context: Context, event_id: int, reviewer_id: int, roles: frozenset[str] = frozenset()
) -> int | None:
    """Lock the reviewer, and return their account. Raises Problem 403 unless that is the viewer's, or they
    hold one of the roles at the event, and 409 for one who does not review.

    Load and conflicts of a reviewer are looked at, and changed, by one at a time.
    """
    user_id: int | None
    user_id, is_reviewing = db.fetch(context.session, _REVIEWER, [reviewer_id], flush=False)[0]
    if is_recorded(context):
        return user_id
    if user_id != context.viewer.id and not context.viewer.has_role(roles, event_id):
        raise forbidden("This is for the reviewer alone.", REVIEWER)
    if not is_reviewing:
        raise conflict("This reviewer has not accepted the invitation, or is inactive.", REVIEWER)
    return user_id


def stay_there(*names: str) -> Any:
    """A hook: the row stays at its event, session, phase or reviewer. Raises Problem 403."""

    def refuse_a_move(_context: Context, change: Change) -> None:
        """It stays where it belongs."""
        for name in names:
            if f"{name}_id" in change.before:
                wire = "proposal" if name == "session" else name
                raise forbidden(f"It stays at its {wire}.", f"/data/relationships/{wire}")

    return refuse_a_move


def note_its_time(_context: Context, change: Change) -> None:
    """Set the time of the last change."""
    if change.is_new or change.before:
        change.row.changed_at = clock.now()


_CONFLICT: Final = f"""
SELECT {IN_CONFLICT} FROM reviewers person CROSS JOIN sessions talk WHERE person.id = $1 AND talk.id = $2
"""  # noqa: S608 - texts of this file


def is_in_conflict(context: Context, reviewer_id: int, session_id: int) -> bool:
    """Whether the reviewer has a conflict of interest about the session."""
    rows = db.fetch(context.session, _CONFLICT, [reviewer_id, session_id], flush=False)
    return bool(rows and rows[0][0])
