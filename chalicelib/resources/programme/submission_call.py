"""Further calls of an event for sessions: for some tracks or session types, or for whoever has a link.

The event's speakers-call is its main call. A public call that names the track or the type of a session takes
the place of the main one for it; a private call is one more way in, for requests with its hash.
"""

import secrets
from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKey, Table
from sqlalchemy.orm import Mapped

from chalicelib.auth.roles import COORGANIZERS
from chalicelib.db import Model, SoftDeleted, owned_by
from chalicelib.jsonapi.ground.sql import ROW, sql
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import ToMany, ToOne, attr, fields
from chalicelib.jsonapi.model.policy import column_is
from chalicelib.jsonapi.model.resource import EVERYTHING, Resource
from chalicelib.jsonapi.rights.proofs import HASH, proves
from chalicelib.jsonapi.rights.viewer_parameters import secret
from chalicelib.resources.attributes import Trashable
from chalicelib.resources.policies import has_role, organizers_write
from chalicelib.resources.programme.call_rules import (
    PRIVACIES,
    PRIVATE,
    CallRules,
    CallWindow,
    begin_before_ending,
)

_BYTES: Final = 18  # of a hash: 24 characters in a link
_TEAM = has_role(COORGANIZERS)
_HAS_HASH = proves(HASH, sql(ROW["hash"], " = ", secret(HASH)), "whoever has its hash")


def _named(kind: str) -> Table:
    """The association of calls with what they name: tracks or session_types."""
    call_id = ForeignKey("submission_calls.id", ondelete="CASCADE")
    named_id = ForeignKey(f"{kind}.id", ondelete="CASCADE")
    return Table(
        f"submission_calls_{kind}",
        Model.metadata,
        Column("submission_call_id", BigInteger, call_id, primary_key=True),
        Column(f"{kind.removesuffix('s')}_id", BigInteger, named_id, primary_key=True, index=True),
    )


submission_calls_tracks = _named("tracks")
submission_calls_session_types = _named("session_types")


class SubmissionCall(CallWindow, CallRules, SoftDeleted, Model):
    __tablename__ = "submission_calls"
    name: Mapped[str] = attr(fields.Line, required=True)
    privacy: Mapped[str] = attr(choices=PRIVACIES, default="public")
    # Made by the server. ?hash= in the URL of a request shows a private call, and submits to it.
    hash: Mapped[str] = attr(plain=True, read_only=True, seen_by=_TEAM | _HAS_HASH)
    event_id: Mapped[int] = owned_by("events.id")


_SHARED = organizers_write()
_POLICY = _SHARED.replace(see=_SHARED.see & (~column_is("privacy", PRIVATE) | _TEAM | _HAS_HASH))


class SubmissionCallSchema(Trashable):
    event = ToOne("event", inverse="submission-calls", required=True)
    tracks = ToMany(
        "track",
        inverse="submission-calls",
        through="submission_calls_tracks",
        left="submission_call_id",
        right="track_id",
        same_parent="event",
    )
    session_types = ToMany(
        "session-type",
        inverse="submission-calls",
        through="submission_calls_session_types",
        left="submission_call_id",
        right="session_type_id",
        same_parent="event",
    )


def make_hash(_context: Context, change: Change) -> None:
    """Give a new call its hash, which nobody can guess."""
    if change.is_new:
        change.row.hash = secrets.token_urlsafe(_BYTES)


SUBMISSION_CALL = Resource(
    "submission-call",
    SubmissionCall,
    SubmissionCallSchema,
    path="submission-calls",
    methods=EVERYTHING - {"list"},
    policy=_POLICY,
    before_write=[begin_before_ending, make_hash],
    shared=True,
)
