"""Claiming an offer: its places become those of an order, of exactly these tickets, for whom it was made."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from chalicelib import signals
from chalicelib.auth.viewer import Viewer
from chalicelib.jsonapi.ground.errors import Problem, conflict, invalid, not_found
from chalicelib.jsonapi.ground.ids import is_number
from chalicelib.jsonapi.model.context import Context
from chalicelib.resources.orders.basket.basket_request import BasketRequest
from chalicelib.resources.orders.waiting_list_entry import line
from chalicelib.resources.orders.waiting_list_entry.waiting_list_entry import (
    CLAIMED,
    OFFERED,
    WaitingListEntry,
)

_MEMBER: Final = "/waiting-list-offer"


@dataclass(frozen=True, slots=True)
class Claim:
    """An offer that is claimed: which entry's, of which ticket, and until when its places were held."""

    entry: WaitingListEntry
    ticket_id: int
    until: datetime

    def note(self, session: Session, order_id: int, viewer_id: int | None) -> None:
        """Note the order that was made of it."""
        self.entry.order_id = order_id
        values = {"id": self.entry.id, "state": CLAIMED, "former": OFFERED, "viewer_id": viewer_id}
        signals.emit(session, "waiting-list-entry.ended", **values)


def offered_in(context: Context, requested: BasketRequest) -> frozenset[int]:
    """The ticket that is offered to whoever asks for the price of it; none without an offer in the request.

    Raises Problem 404, 409 and 422 as claim().
    """
    if requested.offer is None:
        return frozenset()
    return frozenset({_demand_exactly(_found(context, requested.offer), requested)})


def claim(context: Context, requested: BasketRequest) -> Claim | None:
    """Give the places of the offer in the request to its order, which takes them in this transaction.

    None without one. Raises Problem 404 for an unknown offer, 403 where it was made to somebody else, 409
    where it has lapsed or was claimed, and 422 where other tickets are ordered.
    """
    if requested.offer is None:
        return None
    session = context.session
    found = _found(context, requested.offer)
    _demand_theirs(context, found, requested)
    entry = line.locked(session, found.id)
    ticket_id = _demand_exactly(entry, requested)
    until = entry.expires_at
    if until is None:
        raise conflict("This offer has ended.", _MEMBER)
    # Nobody gets these places in between: the stock stays locked until the order has them.
    line.looks(session, on=True)
    line.finish(session, entry, CLAIMED)
    line.looks(session, on=False)
    line.wait_for_rest(session, entry)
    return Claim(entry, ticket_id, until)


def proves_address(session: Session, offer: str, viewer: Viewer) -> bool:
    """Whether this is the secret of a link that was mailed to the address of the viewer's account."""
    entry = None if is_number(offer) else line.entry_of(session, offer)
    if entry is None or entry.user_id not in (None, viewer.id):
        return False
    return viewer.email.lower() == entry.email.lower() != ""


def _found(context: Context, offer: str) -> WaitingListEntry:
    """The entry by the secret of a link; by its id for the account that waits."""
    session, viewer = context.session, context.viewer
    if not is_number(offer):
        entry = line.entry_of(session, offer)
    else:
        entry = session.get(WaitingListEntry, int(offer)) if viewer.id is not None else None
        entry = entry if entry is not None and _is_theirs(context, entry) else None
    if entry is None:
        raise not_found("There is no such offer.", _MEMBER)
    return entry


def _is_theirs(context: Context, entry: WaitingListEntry) -> bool:
    viewer = context.viewer
    return viewer.id == entry.user_id or (viewer.is_verified and viewer.email.lower() == entry.email.lower())


def _demand_theirs(context: Context, entry: WaitingListEntry, requested: BasketRequest) -> None:
    """Raise Problem 403 unless whoever buys is whoever waits."""
    if context.viewer.id is not None:
        is_theirs = _is_theirs(context, entry)
    else:
        is_theirs = requested.buyer is not None and requested.buyer.email.lower() == entry.email.lower()
    if not is_theirs:
        raise Problem(
            403, "This offer was made to another address.", pointer=_MEMBER, code="offer-of-another"
        )


def _demand_exactly(entry: WaitingListEntry, requested: BasketRequest) -> int:
    """The ticket that is offered. Raises Problem 409 where none is any more, 422 where others are wanted."""
    line.demand_active(entry, OFFERED, pointer=_MEMBER)
    ticket_id, quantity = entry.offered_ticket_id, entry.offered_quantity
    ordered = [(ticket.id, ticket.quantity) for ticket in requested.tickets]
    if ticket_id is None or ordered != [(ticket_id, quantity)]:
        raise invalid(
            f"This offer is good for {quantity} of the ticket {ticket_id}, and no others.", "/tickets"
        )
    return ticket_id
