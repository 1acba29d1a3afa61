"""Who writes a speaker's profile, and whose address stands in it."""

from typing import TYPE_CHECKING

from chalicelib import db
from chalicelib.auth.roles import COORGANIZERS, MODERATORS, ORGANIZERS, TRACK_ORGANIZERS
from chalicelib.jsonapi.ground.errors import forbidden
from chalicelib.jsonapi.ground.sql import ROW, joined, sql
from chalicelib.jsonapi.model.policy import (
    Policy,
    among,
    holds,
    logged_in,
    myself,
    seen_with,
    where_sql,
)
from chalicelib.jsonapi.rights.viewer_parameters import of_viewer
from chalicelib.resources.policies import addressed_to
from chalicelib.resources.programme.session.states import PUBLIC
from chalicelib.resources.programme.session_rules import INVITED_TO, SPEAKS_AT

if TYPE_CHECKING:
    from chalicelib.jsonapi.model.change import Change
    from chalicelib.jsonapi.model.context import Context

_EMAIL = "/data/attributes/email"

# Sessions of the event's programme, by which their speakers are known to everybody.
_ON_STAGE = f"talk.state IN ('{PUBLIC[0]}', '{PUBLIC[1]}')"
_GIVES_A_TALK = sql(
    "EXISTS (SELECT 1 FROM speakers_sessions link JOIN sessions talk ON talk.id = link.session_id "
    "WHERE link.speaker_id = ",
    *(ROW["id"], f" AND talk.deleted_at IS NULL AND {_ON_STAGE})"),
)
# The viewer has handed in a talk of the speaker's, speaks at it too, or is asked to.
_HANDED_IN = sql("SELECT own.id FROM sessions own WHERE ", of_viewer("own", "creator_id"))
_ON_A_TALK_OF_THEIRS = sql(
    "SELECT link.speaker_id FROM sessions talk JOIN speakers_sessions link ON link.session_id = talk.id "
    "WHERE talk.deleted_at IS NULL AND talk.id IN (",
    *(joined(" UNION ALL ", (_HANDED_IN, SPEAKS_AT, INVITED_TO)), ")"),
)

_THEMSELVES = myself("user_id") | addressed_to("email")
_TEAM = holds(TRACK_ORGANIZERS | MODERATORS)
# What no programme shows: for the speaker, and for those who make the programme.
PERSONAL = _TEAM | _THEMSELVES
_KNOWN = where_sql(sql(ROW["is_featured"]), "featured") | where_sql(_GIVES_A_TALK, "speaker of the programme")
POLICY = Policy(
    see=seen_with("event")
    & (_TEAM | _KNOWN | _THEMSELVES | among(_ON_A_TALK_OF_THEIRS, "colleague on a session")),
    create=logged_in & seen_with("event"),
    change=holds(COORGANIZERS) | myself("user_id"),
    remove=holds(COORGANIZERS) | myself("user_id"),
)


def belong_to_the_caller(context: "Context", change: "Change") -> None:
    """A profile is made by its speaker, under the address they sign in with.

    Only organizers may choose another address, or none at all.
    """
    row = change.row
    if change.is_new:
        row.user_id, row.profile_id = context.viewer.id, context.viewer.profile_id
    if not context.viewer.holds(ORGANIZERS, row.event_id):
        if change.is_new:
            row.email = context.viewer.email
        change.undo({"email"})
    if row.is_email_overridden:
        row.email = None


def one_for_each_address(context: "Context", change: "Change") -> None:
    """An event has one profile for each address."""
    row = change.row
    if row.email is None:
        return
    taken = db.fetch(
        context.session,
        "SELECT 1 FROM speakers WHERE event_id = $1 AND lower(email) = lower($2) "
        "AND deleted_at IS NULL AND id IS DISTINCT FROM $3::bigint",
        [row.event_id, row.email, row.id],
    )
    if taken:
        raise forbidden("The event has a speaker with this e-mail address.", _EMAIL)
