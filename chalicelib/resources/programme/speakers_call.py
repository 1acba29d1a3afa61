"""Calls for speakers: an event's main one, the period in which it accepts sessions, and what it asks for.

Further ones are submission calls.
"""

from sqlalchemy.orm import Mapped

from chalicelib.auth.roles import COORGANIZERS
from chalicelib.db import Model, SoftDeleted, owned_by
from chalicelib.jsonapi.ground.errors import conflict
from chalicelib.jsonapi.ground.sql import ROW, sql
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import ToOne, attr
from chalicelib.jsonapi.model.policy import column_is
from chalicelib.jsonapi.model.resource import EVERYTHING, Resource
from chalicelib.jsonapi.rights.proofs import HASH, proves
from chalicelib.jsonapi.rights.viewer_parameters import secret
from chalicelib.resources.attributes import Trashable
from chalicelib.resources.columns import FalseInDatabase
from chalicelib.resources.events.one_per_event import has_another, one_living_row
from chalicelib.resources.policies import has_role, organizers_write
from chalicelib.resources.programme.call_rules import (
    PRIVACIES,
    PRIVATE,
    CallRules,
    CallWindow,
    begin_before_ending,
)

_TAKEN = ("/data/relationships/event", "The event has a call for speakers already.")
_TEAM = has_role(COORGANIZERS)
_HAS_HASH = proves(HASH, sql(ROW["hash"], " = ", secret(HASH)), "whoever has its hash")


class SpeakersCall(CallWindow, CallRules, SoftDeleted, Model):
    __tablename__ = "speakers_calls"
    # The URL of a private call contains the hash, which makes it visible.
    hash: Mapped[str | None] = attr(plain=True, seen_by=_TEAM | _HAS_HASH)
    privacy: Mapped[str | None] = attr(choices=PRIVACIES, default="public")
    # Whether a private call takes only sessions that are sent with ?hash=, which former clients do not send.
    is_hash_required: Mapped[FalseInDatabase] = attr()
    event_id: Mapped[int] = owned_by("events.id")

    __table_args__ = (one_living_row("speakers_calls"),)


_SHARED = organizers_write()
_POLICY = _SHARED.replace(see=_SHARED.see & (~column_is("privacy", PRIVATE) | _TEAM | _HAS_HASH))


class SpeakersCallSchema(Trashable):
    event = ToOne("event", inverse="speakers-call", inverse_many=False, inverse_or_404=True, required=True)


def one_for_each_event(context: Context, change: Change) -> None:
    """An event has one call for speakers."""
    matters = change.is_new or change.restores or "event_id" in change.before
    if matters and has_another(context.session, change.row):
        pointer, sentence = _TAKEN
        raise conflict(sentence, pointer)


SPEAKERS_CALL = Resource(
    "speakers-call",
    SpeakersCall,
    SpeakersCallSchema,
    path="speakers-calls",
    methods=EVERYTHING - {"list"},
    policy=_POLICY,
    before_write=[one_for_each_event, begin_before_ending],
    constraint_errors={"uq_speakers_calls_event": _TAKEN},
    shared=True,
)
