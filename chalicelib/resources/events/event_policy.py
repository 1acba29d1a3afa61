"""Who sees an event, and what of it: drafts are their team's, private events are seen by who knows them."""

from typing import Final

from chalicelib.auth.roles import BUILT_IN, COORGANIZERS
from chalicelib.jsonapi.ask import Ask
from chalicelib.jsonapi.policy import (
    Policy,
    addressed,
    among,
    column_is,
    holds,
    of_viewer,
    verified,
)
from chalicelib.jsonapi.proofs import named
from chalicelib.resources.orders.states import ENDED, listed
from chalicelib.resources.policies import permitted

PRIVACIES: Final = ("public", "private")


def _took_part(ask: Ask) -> str:
    return (
        f"SELECT bought.event_id FROM orders bought WHERE {of_viewer(ask, 'bought')} "  # noqa: S608 - no user input
        "UNION ALL SELECT coming.event_id FROM attendees coming "
        f"WHERE {addressed(ask, 'coming')} AND coming.deleted_at IS NULL "
        "UNION ALL SELECT talk.event_id FROM sessions talk "
        f"WHERE {of_viewer(ask, 'talk', 'creator_id')} AND talk.deleted_at IS NULL "
        "UNION ALL SELECT speaker.event_id FROM speakers speaker "
        f"WHERE {of_viewer(ask, 'speaker')} AND speaker.deleted_at IS NULL"
    )


def _ordered(ask: Ask) -> str:
    return (
        f"SELECT bought.event_id FROM orders bought WHERE {of_viewer(ask, 'bought')} "  # noqa: S608 - no user input
        f"AND bought.status NOT IN {listed(ENDED)}"
    )


TEAM: Final = holds(COORGANIZERS, "id")
PRIVATE: Final = column_is("privacy", "private")
_PUBLISHED = column_is("state", "published")
CREW: Final = holds(frozenset(BUILT_IN), "id")
_TAKES_PART = among(_took_part, "buyer, attendee or speaker there")
# Where to pay, and what is said after the order, is told to those who have one.
CUSTOMERS: Final = TEAM | among(_ordered, "whoever has an order there")

POLICY: Final = Policy(
    see=(_PUBLISHED & (~PRIVATE | named() | CREW | _TAKES_PART)) | TEAM,
    list=~PRIVATE | CREW,
    create=verified | permitted("create_event"),
    change=TEAM,
    remove=TEAM,
)
