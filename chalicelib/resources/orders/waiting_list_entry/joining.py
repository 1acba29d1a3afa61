"""Joining a waiting list: for kinds of tickets that are sold out, by an account or by an address alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chalicelib import clock, db, signals
from chalicelib.jsonapi.ground.errors import Problem, conflict, invalid
from chalicelib.jsonapi.model.context import Context
from chalicelib.resources.orders.waiting_list_entry import line
from chalicelib.resources.orders.waiting_list_entry.waiting_list_entry import (
    ACTIVE,
    UNVERIFIED,
    WaitingListEntry,
)
from chalicelib.resources.tickets.stock import left

MOST_PLACES: Final = 20  # of one entry
# What of the event decides, with SQL about its row.
EVENT: Final = (
    "json_build_array(event.is_waiting_list_enabled, event.ends_at < $4::timestamptz, "
    "event.is_guest_checkout_enabled)"
)
_TICKETS: Final = f"""
SELECT ticket.id, ticket.name, ticket.min_order, ticket.max_order,
  ticket.sales_starts_at <= $2::timestamptz AND ticket.sales_ends_at > $2::timestamptz, {left("ticket")}
FROM tickets ticket
WHERE ticket.event_id = $1 AND ticket.deleted_at IS NULL AND NOT ticket.is_hidden
ORDER BY ticket.position, ticket.id
"""  # noqa: S608 - no user input
_LINK: Final = """
INSERT INTO waiting_list_entries_tickets (waiting_list_entry_id, ticket_id) SELECT $1, unnest($2::bigint[])
"""
_UNLINK: Final = "DELETE FROM waiting_list_entries_tickets WHERE waiting_list_entry_id = $1"


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody waits for: so many places of one of the kinds of tickets; none named: any on sale.

    `pool_id` stands for all kinds that share it.
    """

    tickets: Sequence[int]
    quantity: int
    takes_fewer: bool

    @classmethod
    def of(cls, session: Session, event_id: int, asked: Mapping[str, Any]) -> "Wish":
        """The wish in a request. Raises Problem 409 where there are tickets to buy, and 422."""
        quantity, named = asked["quantity"], asked["tickets"]
        on_sale = {id: _Kind(*rest) for id, *rest in db.fetch(session, _TICKETS, [event_id, clock.now()])}
        for number, id in enumerate(named):
            if id not in on_sale:
                raise invalid("The event sells no such ticket.", f"/tickets/{number}")
            on_sale[id].demand(quantity, f"/tickets/{number}")
        kinds = named or [id for id, kind in on_sale.items() if kind.is_open and kind.allows(quantity)]
        if not kinds:
            raise conflict("The event sells no tickets now that anybody could wait for.", "/tickets")
        for id in kinds:
            on_sale[id].demand_sold_out(quantity)
        return cls(kinds, quantity, asked["takes_fewer"])


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of ticket that somebody may wait for. `left` is None for any number."""

    name: str
    least: int | None
    most: int | None
    is_open: bool
    left: int | None

    def allows(self, quantity: int) -> bool:
        """Whether an order may have so many of it."""
        return (self.least or 0) <= quantity and (self.most is None or quantity <= self.most)

    def demand(self, quantity: int, pointer: str) -> None:
        """Raise Problem where so many of it could not be ordered: 409 by its time, 422 by the number."""
        if not self.is_open:
            raise conflict(f"{self.name} is not on sale now.", pointer)
        if not self.allows(quantity):
            limit = f"at most {self.most}" if quantity > (self.least or 0) else f"at least {self.least}"
            raise invalid(f"An order has {limit} of {self.name}.", "/quantity")

    def demand_sold_out(self, quantity: int) -> None:
        """Raise Problem 409 where so many are left: who wants them orders them."""
        if self.left is None or self.left >= quantity:
            raise conflict(f"{self.name} is not sold out: order it.", "/tickets")


def demand_open(seen: Sequence[Any], *, is_guest: bool) -> None:
    """Raise Problem where nobody joins the event's waiting list: 409, and 403 for whoever has no account.

    `seen` is what EVENT says.
    """
    is_enabled, is_over, sells_to_guests = seen[:3]
    if not is_enabled:
        raise conflict("This event has no waiting list.", "/data")
    if is_over:
        raise conflict("The event is over.", "/data")
    if is_guest and not sells_to_guests:
        detail = "This event sells to accounts alone: sign in to wait."
        raise Problem(403, detail, pointer="/email", code="guest-checkout-off")


def join(
    context: Context, event_id: int, wish: Wish, name: str, email: str, language: str | None
) -> WaitingListEntry:
    """The entry of whoever asks, in line if their address is verified; else it waits for that.

    An entry that was not verified yet is replaced, so that nobody keeps an address away from its owner.
    Raises Problem 409 where an account waits already; who has no account is not told, but mailed.
    """
    session, viewer = context.session, context.viewer
    account_id = viewer.id if viewer.is_verified else None  # whoever types an address proves nothing
    of_event = (WaitingListEntry.event_id == event_id, WaitingListEntry.state.in_(ACTIVE))
    same = func.lower(WaitingListEntry.email) == email.lower()
    # The account may have had another address when it joined.
    is_theirs = same if account_id is None else same | (WaitingListEntry.user_id == account_id)
    active = select(WaitingListEntry).where(*of_event, is_theirs).order_by(WaitingListEntry.joined_at)
    former = session.scalars(active.with_for_update()).first()
    if former is not None and line.is_verified(former):
        if viewer.id is not None and viewer.is_verified:
            raise conflict("You are on this waiting list already.", "/data")
        _tell(session, former, viewer.id)
        return former
    entry = former or WaitingListEntry(event_id=event_id, state=UNVERIFIED)
    entry.name, entry.email, entry.user_id = name, email, account_id
    entry.quantity, entry.takes_fewer = wish.quantity, wish.takes_fewer
    entry.mail_language, entry.created_at = language, clock.now()
    session.add(entry)
    session.flush()
    if former is not None:
        db.enqueue(session, _UNLINK, [entry.id])
    db.enqueue(session, _LINK, [entry.id, list(wish.tickets)])
    if viewer.is_verified:
        line.begin_waiting(session, entry)
    _tell(session, entry, viewer.id)
    return entry


def verify(session: Session, entry: WaitingListEntry) -> None:
    """The mailed link was opened: who has joined is in line from now on. The entry is locked."""
    if entry.state == UNVERIFIED:
        line.begin_waiting(session, entry)


def _tell(session: Session, entry: WaitingListEntry, viewer_id: int | None) -> None:
    signals.emit(session, "waiting-list-entry.joined", id=entry.id, viewer_id=viewer_id)
