"""Who sees an event, and what of it: drafts are their team's, private events are seen by who knows them."""

from typing import Final

from chalicelib.auth.roles import BUILT_IN, COORGANIZERS
from chalicelib.jsonapi.ground.sql import sql
from chalicelib.jsonapi.model.policy import (
    Policy,
    among,
    column_is,
    holds,
    verified,
)
from chalicelib.jsonapi.rights.proofs import named
from chalicelib.jsonapi.rights.viewer_parameters import addressed, of_viewer
from chalicelib.resources.orders.order.states import ENDED, listed
from chalicelib.resources.policies import permitted

PRIVACIES: Final = ("public", "private")
_BOUGHT = sql("SELECT bought.event_id FROM orders bought WHERE ", of_viewer("bought"))
_TOOK_PART = sql(
    _BOUGHT,
    *(" UNION ALL SELECT coming.event_id FROM attendees coming WHERE ", addressed("coming")),
    " AND coming.deleted_at IS NULL",
    *(" UNION ALL SELECT talk.event_id FROM sessions talk WHERE ", of_viewer("talk", "creator_id")),
    " AND talk.deleted_at IS NULL",
    *(" UNION ALL SELECT speaker.event_id FROM speakers speaker WHERE ", of_viewer("speaker")),
    " AND speaker.deleted_at IS NULL",
)
_ORDERED = sql(_BOUGHT, f" AND bought.status NOT IN {listed(ENDED)}")

TEAM: Final = holds(COORGANIZERS, "id")
PRIVATE: Final = column_is("privacy", "private")
_PUBLISHED = column_is("state", "published")
CREW: Final = holds(frozenset(BUILT_IN), "id")
_TAKES_PART = among(_TOOK_PART, "buyer, attendee or speaker there")
# Where to pay, and what is said after the order, is told to those who have one.
CUSTOMERS: Final = TEAM | among(_ORDERED, "whoever has an order there")

POLICY: Final = Policy(
    see=(_PUBLISHED & (~PRIVATE | named() | CREW | _TAKES_PART)) | TEAM,
    list=~PRIVATE | CREW,
    create=verified | permitted("create_event"),
    change=TEAM,
    remove=TEAM,
)
