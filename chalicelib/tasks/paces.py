"""Throttling of emails whose recipient or text somebody else chooses: a few at once, the others delayed.

The buyer chooses the guests, and the email contains the organizer's text, which could be abused for spam. So
the first few per hour are sent at once and the others one by one, at the rate of the limit. After a day they
are dropped: the buyer's own email has those tickets. Emails to the event's team are throttled likewise, and
those about sessions: to speakers, whose addresses a team may enter, and to owners about new ones.
"""

import math
from collections.abc import Sequence
from typing import Final

from sqlalchemy.orm import Session

from chalicelib import log
from chalicelib.limits import scopes, store
from chalicelib.limits.declared import (
    GUEST_MAILS,
    GUEST_MAILS_PAID,
    GUEST_MAILS_TO_ONE,
    ORGANIZER_MAILS,
    SESSION_MAILS_TO_ONE,
    SPEAKER_MAILS,
    SUBMISSION_MAILS,
)
from chalicelib.limits.limit import Counter, Limit
from chalicelib.resources.orders.order import states
from chalicelib.settings import settings
from chalicelib.tasks.order_summary import Admission, OrderSummary

LATEST: Final = 24 * 60 * 60.0


def paced_guests(session: Session, summary: OrderSummary) -> list[tuple[Sequence[Admission], int]]:
    """(tickets of one guest, delay in seconds) for each guest to be mailed; counted in this transaction."""
    guests = summary.of_guests()
    by_buyer = _by_buyer(summary)
    by_guest = [_active(GUEST_MAILS_TO_ONE, scopes.address(guest[0].address)) for guest in guests]
    counters = {counter.key: counter for counter in (by_buyer, *by_guest) if counter is not None}
    ordered = [counters[key] for key in sorted(counters)]
    times = [len(guests) if counter is by_buyer else 1 for counter in ordered]
    waits = dict(zip(sorted(counters), store.reserve(session, ordered, times, LATEST), strict=True))
    paced: list[tuple[Sequence[Admission], int]] = []
    for number, (admissions, own) in enumerate(zip(guests, by_guest, strict=True), start=1):
        wait = waits[own.key] if own is not None else 0.0
        if by_buyer is not None:
            wait = max(wait, waits[by_buyer.key] - (len(guests) - number) * by_buyer.rate.step)
        if wait <= LATEST:
            paced.append((admissions, math.ceil(wait)))
    if len(paced) < len(guests):
        left_out = len(guests) - len(paced)
        log.warning("guests are not mailed: there are too many", order_id=summary.order.id, count=left_out)
    return paced


def paced_team(session: Session, summary: OrderSummary) -> int | None:
    """The delay in seconds before the event's team is mailed; None for not at all."""
    counter = _active(ORGANIZER_MAILS, _buyer(summary))
    waits = store.reserve(session, [counter], [1], LATEST) if counter is not None else [0.0]
    if waits[0] <= LATEST:
        return math.ceil(waits[0])
    log.warning("the team is not mailed: there are too many orders", order_id=summary.order.id)
    return None


def paced_speaker(session: Session, event_id: int, owner_id: int | None, email: str) -> int | None:
    """The delay in seconds before a speaker is mailed; None for not at all.

    Counted for the event's owner, or for the event if it has none: any account can have events, and enter
    any addresses there.
    """
    who = f"event {event_id}" if owner_id is None else f"account {owner_id}"
    of_owner = _active(SPEAKER_MAILS, who)
    return _paced(session, of_owner, _active(SESSION_MAILS_TO_ONE, scopes.address(email)))


def paced_submission(session: Session, session_id: int, creator_id: int | None) -> int | None:
    """The delay in seconds before an owner is mailed about a new session; None for not at all."""
    who = f"session {session_id}" if creator_id is None else f"account {creator_id}"
    return _paced(session, _active(SUBMISSION_MAILS, who))


def _paced(session: Session, *counters: Counter | None) -> int | None:
    ordered = sorted(filter(None, counters), key=lambda counter: counter.key)  # in lock order
    wait = max(store.reserve(session, ordered, [1] * len(ordered), LATEST), default=0.0)
    if wait <= LATEST:
        return math.ceil(wait)
    log.warning("a mail is left out: there are too many", limits=[counter.limit.name for counter in ordered])
    return None


def _by_buyer(summary: OrderSummary) -> Counter | None:
    is_paid = summary.order.status == states.COMPLETED and bool(summary.order.amount)
    return _active(GUEST_MAILS_PAID if is_paid else GUEST_MAILS, _buyer(summary))


def _buyer(summary: OrderSummary) -> str:
    # Orders of a deleted account are counted by order.
    buyer = summary.order.user_id
    return f"account {buyer}" if buyer is not None else f"order {summary.order.id}"


def _active(limit: Limit, value: str) -> Counter | None:
    return limit.counter(value) if settings().limits and limit.rate.number else None
