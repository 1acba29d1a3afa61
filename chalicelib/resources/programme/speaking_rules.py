"""Speakers of a session: who may add and remove them."""

from collections.abc import Sequence
from typing import Any

from chalicelib import db
from chalicelib.auth.roles import COORGANIZERS
from chalicelib.jsonapi.ground.errors import forbidden
from chalicelib.jsonapi.model.context import Context
from chalicelib.resources.programme.session.conflicts import refuse_busy_speakers
from chalicelib.resources.programme.session.edits import demand_edits
from chalicelib.resources.programme.session.rules import demand_unlocked

_OWN = """
SELECT id FROM speakers WHERE id = ANY ($1::bigint[]) AND (
  (user_id = $2::bigint AND profile_id IS NOT DISTINCT FROM $3::bigint)
  OR ($4::boolean AND lower(email) = lower($5))
)
"""


def speak_for_oneself(context: Context, session: Any, added: Sequence[int], removed: Sequence[int]) -> None:
    """Only the team adds another person's profile; the submitter may remove one."""
    viewer = context.viewer
    demand_unlocked(context, session)
    demand_edits(context, session)
    if added:
        refuse_busy_speakers(context, session, added)
    if viewer.has_role(COORGANIZERS, session.event_id):
        return
    speaker_ids = [*added, *removed]
    values = [speaker_ids, viewer.id, viewer.profile_id, viewer.is_verified, viewer.email]
    own = {row[0] for row in db.fetch(context.session, _OWN, values)}
    if not own.issuperset(added):
        raise forbidden("You may put your own profile on this session; invite others to speak.")
    if not own.issuperset(removed) and not viewer.owns(session.creator_id, session.profile_id):
        raise forbidden("You may take your own profile off this session, and not somebody else's.")
