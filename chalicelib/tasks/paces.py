"""When others than the buyer are mailed about an order: at once as long as they are few, else later.

Guests are whoever the buyer names, and the mail has the organiser's words in it. So the first few of an hour
are mailed at once and the others one after the other, in the time in which as many are allowed. Nobody is
mailed after a day: those tickets are in the buyer's own mail. It is the same with mails to the event's team,
whom one buyer could flood with orders.
"""

import math
from collections.abc import Sequence
from typing import Final

from sqlalchemy.orm import Session

from chalicelib import log
from chalicelib.limits import scopes, store
from chalicelib.limits.declared import GUEST_MAILS, GUEST_MAILS_PAID, GUEST_MAILS_TO_ONE, ORGANIZER_MAILS
from chalicelib.limits.limit import Counter, Limit
from chalicelib.resources.orders.order import states
from chalicelib.settings import settings
from chalicelib.tasks.purchase import Admission, Purchase

LATEST: Final = 24 * 60 * 60.0


def paced_guests(session: Session, purchase: Purchase) -> list[tuple[Sequence[Admission], int]]:
    """The guests to be mailed, each with the seconds to wait before; it is counted in this transaction."""
    guests = purchase.of_guests()
    by_buyer = _by_buyer(purchase)
    by_guest = [_active(GUEST_MAILS_TO_ONE, scopes.address(one[0].address)) for one in guests]
    counters = {one.key: one for one in (by_buyer, *by_guest) if one is not None}
    ordered = [counters[key] for key in sorted(counters)]
    times = [len(guests) if one is by_buyer else 1 for one in ordered]
    waits = dict(zip(sorted(counters), store.reserve(session, ordered, times, LATEST), strict=True))
    found: list[tuple[Sequence[Admission], int]] = []
    for number, (admissions, own) in enumerate(zip(guests, by_guest, strict=True), start=1):
        wait = waits[own.key] if own is not None else 0.0
        if by_buyer is not None:
            wait = max(wait, waits[by_buyer.key] - (len(guests) - number) * by_buyer.rate.step)
        if wait <= LATEST:
            found.append((admissions, math.ceil(wait)))
    if len(found) < len(guests):
        left_out = len(guests) - len(found)
        log.warning("guests are not mailed: there are too many", order_id=purchase.order.id, count=left_out)
    return found


def paced_team(session: Session, purchase: Purchase) -> int | None:
    """The seconds to wait before the event's team is mailed; None where that would be too late."""
    counter = _active(ORGANIZER_MAILS, _buyer(purchase))
    waits = store.reserve(session, [counter], [1], LATEST) if counter is not None else [0.0]
    if waits[0] <= LATEST:
        return math.ceil(waits[0])
    log.warning("the team is not mailed: there are too many orders", order_id=purchase.order.id)
    return None


def _by_buyer(purchase: Purchase) -> Counter | None:
    is_paid = purchase.order.status == states.COMPLETED and bool(purchase.order.amount)
    return _active(GUEST_MAILS_PAID if is_paid else GUEST_MAILS, _buyer(purchase))


def _buyer(purchase: Purchase) -> str:
    # An account that is gone is counted by its order.
    buyer = purchase.order.user_id
    return f"account {buyer}" if buyer is not None else f"order {purchase.order.id}"


def _active(limit: Limit, value: str) -> Counter | None:
    return limit.counter(value) if settings().limits and limit.rate.number else None
