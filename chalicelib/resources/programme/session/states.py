"""State machine of sessions: who may move a session from which state to which."""

from typing import Final

from chalicelib.auth.roles import COORGANIZERS, ORGANIZERS
from chalicelib.jsonapi.ground.errors import forbidden
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context

STATES: Final = ("draft", "pending", "accepted", "confirmed", "rejected", "canceled", "withdrawn")
PUBLIC: Final = ("accepted", "confirmed")
CANCELED: Final = "canceled"
# Where a session goes from the programme for good.
CALLED_OFF: Final = (CANCELED, "withdrawn")
# Where a change to it is mailed, if the one who makes it asks for that.
MAILED: Final = frozenset({"accepted", "confirmed", "rejected", "canceled", "withdrawn"})

ORGANIZER_MOVES: Final = {
    "draft": frozenset[str](),
    "pending": frozenset({"accepted", "rejected", "confirmed", "withdrawn"}),
    "accepted": frozenset({"pending", "rejected", "confirmed", "canceled", "withdrawn"}),
    "confirmed": frozenset({"pending", "accepted", "rejected", "canceled", "withdrawn"}),
    "rejected": frozenset({"pending", "accepted", "confirmed", "withdrawn"}),
    "canceled": frozenset({"pending", "accepted", "rejected", "confirmed", "withdrawn"}),
    "withdrawn": frozenset({"pending", "accepted", "rejected", "canceled"}),
}
SPEAKER_MOVES: Final = {
    **dict.fromkeys(STATES, frozenset({"withdrawn"})),
    "draft": frozenset({"pending"}),
    "withdrawn": frozenset[str](),
}
_FIRST_STATES: Final = frozenset({"draft", "pending"})
_POINTER: Final = "/data/attributes/state"


def check_transition(context: Context, change: Change) -> None:
    """Refuse a state that this viewer cannot give.

    A new session without a state is a draft; one with state null is submitted, as old clients expect.
    """
    row = change.row
    if row.state is None:
        is_handed_in = change.is_new and "state" in change.sent
        row.state = "pending" if is_handed_in else change.before.get("state", "draft")
    if change.is_new:
        if row.state not in _FIRST_STATES and not context.viewer.has_role(COORGANIZERS, row.event_id):
            raise forbidden("You may hand in a session as draft or pending.", _POINTER)
        return
    former = change.before.get("state", row.state)
    if row.state != former and row.state not in _moves(context, change, former):
        raise forbidden(f"You may not move a session from {former} to {row.state}.", _POINTER)


def _moves(context: Context, change: Change, former: str) -> frozenset[str]:
    reachable = frozenset[str]()
    is_organizer = context.viewer.has_role(ORGANIZERS, change.row.event_id)
    if is_organizer:
        reachable |= ORGANIZER_MOVES[former]
    # An organizer may submit their own draft, as any speaker.
    if not is_organizer or context.viewer.owns(change.row.creator_id, change.row.profile_id):
        reachable |= SPEAKER_MOVES[former]
    return reachable
