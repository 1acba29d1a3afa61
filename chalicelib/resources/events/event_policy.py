"""Who sees an event, and what of it: drafts are their team's, private events are seen by who knows them."""

from typing import Final

from chalicelib.auth.roles import BUILT_IN, COORGANIZERS
from chalicelib.auth.viewer import Kind
from chalicelib.jsonapi.ask import Ask
from chalicelib.jsonapi.policy import (
    FALSE,
    Policy,
    addressed,
    column_is,
    holds,
    of_viewer,
    verified,
    where_sql,
)
from chalicelib.jsonapi.proofs import named
from chalicelib.resources.policies import permitted

PRIVACIES: Final = ("public", "private")


def _took_part(ask: Ask, t: str) -> str:
    if ask.kind is Kind.NOBODY:
        return FALSE
    # As an array, which is looked up once, and only where a private event is met.
    return (
        f"{t}.id = ANY(ARRAY(SELECT bought.event_id FROM orders bought WHERE {of_viewer(ask, 'bought')} "  # noqa: S608
        "UNION ALL SELECT coming.event_id FROM attendees coming "
        f"WHERE {addressed(ask, 'coming')} AND coming.deleted_at IS NULL "
        "UNION ALL SELECT talk.event_id FROM sessions talk "
        f"WHERE {of_viewer(ask, 'talk', 'creator_id')} AND talk.deleted_at IS NULL "
        "UNION ALL SELECT speaker.event_id FROM speakers speaker "
        f"WHERE {of_viewer(ask, 'speaker')} AND speaker.deleted_at IS NULL))"
    )


def _ordered(ask: Ask, t: str) -> str:
    if ask.kind is Kind.NOBODY:
        return FALSE
    return (
        f"{t}.id = ANY(ARRAY(SELECT bought.event_id FROM orders bought WHERE {of_viewer(ask, 'bought')} "  # noqa: S608
        "AND bought.status NOT IN ('cancelled', 'expired')))"
    )


TEAM: Final = holds(COORGANIZERS, "id")
PRIVATE: Final = column_is("privacy", "private")
_PUBLISHED = column_is("state", "published")
CREW: Final = holds(frozenset(BUILT_IN), "id")
_TAKES_PART = where_sql(_took_part, "buyer, attendee or speaker there")
# Where to pay, and what is said after the order, is told to those who have one.
CUSTOMERS: Final = TEAM | where_sql(_ordered, "whoever has an order there")

POLICY: Final = Policy(
    see=(_PUBLISHED & (~PRIVATE | named() | CREW | _TAKES_PART)) | TEAM,
    list=~PRIVATE | CREW,
    create=verified | permitted("create_event"),
    change=TEAM,
    remove=TEAM,
)
