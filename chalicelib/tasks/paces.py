"""Throttling of emails whose recipient or text somebody else chooses: a few at once, the others delayed.

The buyer chooses the guests, and the email contains the organizer's text, which could be abused for spam. So
the first few per hour are sent at once and the others one by one, at the rate of the limit. After a day they
are dropped: the buyer's own email has those tickets. Emails to the event's team are throttled likewise, and
those about sessions: to speakers, whose addresses a team may enter, and to owners about new ones.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from chalicelib import log
from chalicelib.limits import scopes, store
from chalicelib.limits.declared import (
    GUEST_MAILS,
    GUEST_MAILS_BY_RECIPIENT,
    GUEST_MAILS_PAID,
    GUEST_MAILS_TO_ONE,
    ORGANIZER_MAILS,
    SESSION_MAILS_BY_RECIPIENT,
    SESSION_MAILS_TO_ONE,
    SIGN_UP_MAILS,
    SPEAKER_MAILS,
    SPEAKER_MAILS_UNVERIFIED,
    SUBMISSION_MAILS,
)
from chalicelib.limits.limit import Counter, Limit
from chalicelib.resources.orders.order import states
from chalicelib.resources.people.user.user import User
from chalicelib.settings import settings
from chalicelib.tasks.order_summary import Admission, OrderSummary

LATEST: Final = 24 * 60 * 60.0


@dataclass(frozen=True, slots=True)
class _Sender:
    """Whose mails are counted: altogether, for each recipient, and for each recipient beside all others'."""

    name: str
    of_all: Counter | None
    to_one: Limit
    by_recipient: Limit


def paced_guests(session: Session, summary: OrderSummary) -> list[tuple[Sequence[Admission], int]]:
    """(tickets of one guest, delay in seconds) for each guest to be mailed; counted in this transaction."""
    guests = summary.of_guests()
    is_paid = summary.order.status == states.COMPLETED and bool(summary.order.amount)
    of_all = _active(GUEST_MAILS_PAID if is_paid else GUEST_MAILS, _buyer(summary))
    sender = _Sender(_buyer(summary), of_all, GUEST_MAILS_TO_ONE, GUEST_MAILS_BY_RECIPIENT)
    delays = _delays(session, sender, [guest[0].address for guest in guests])
    paced: list[tuple[Sequence[Admission], int]] = [
        (guest, delay) for guest, delay in zip(guests, delays, strict=True) if delay is not None
    ]
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


def paced_speakers(
    session: Session, event_id: int, owner: User | None, emails: Sequence[str]
) -> list[int | None]:
    """The delay in seconds before each speaker is mailed; None for not at all.

    Counted for the event's owner, since any account can have events, and enter any addresses there. An owner
    whose address is not verified has a small allowance, and so has an event without an owner.
    """
    of_all = _active(SPEAKER_MAILS if _answers(owner) else SPEAKER_MAILS_UNVERIFIED, _whose(event_id, owner))
    return _paced_for_owner(session, event_id, owner, emails, of_all)


def paced_sign_ups(
    session: Session, event_id: int, owner: User | None, emails: Sequence[str]
) -> list[int | None]:
    """The delay in seconds before each of those who have signed up for sessions is mailed, likewise."""
    of_all = _active(SIGN_UP_MAILS if _answers(owner) else SPEAKER_MAILS_UNVERIFIED, _whose(event_id, owner))
    return _paced_for_owner(session, event_id, owner, emails, of_all)


def paced_submission(session: Session, session_id: int, creator_id: int | None) -> int | None:
    """The delay in seconds before an owner is mailed about a new session; None for not at all."""
    who = f"session {session_id}" if creator_id is None else f"account {creator_id}"
    return _paced(session, _active(SUBMISSION_MAILS, who))


def _answers(owner: User | None) -> bool:
    return owner is not None and owner.is_verified


def _whose(event_id: int, owner: User | None) -> str:
    return f"event {event_id}" if owner is None else f"account {owner.id}"


def _paced_for_owner(
    session: Session, event_id: int, owner: User | None, emails: Sequence[str], of_all: Counter | None
) -> list[int | None]:
    sender = _Sender(_whose(event_id, owner), of_all, SESSION_MAILS_TO_ONE, SESSION_MAILS_BY_RECIPIENT)
    delays = _delays(session, sender, emails)
    if None in delays:
        left_out = delays.count(None)
        log.warning("there are too many mails about sessions", event_id=event_id, count=left_out)
    return delays


def _delays(session: Session, sender: _Sender, emails: Sequence[str]) -> list[int | None]:
    """The delay in seconds before each of them is mailed; None for not at all.

    In two steps, so that what is left out for the sender's own limits does not count for the recipients:
    nobody uses up the mails that others may send them. That is one order of locks too.
    """
    addresses = [scopes.address(email) for email in emails]
    own = {address: _active(sender.to_one, sender.name, address) for address in addresses}
    of_all, many = sender.of_all, len(addresses)
    waits = _reserved(
        session, [of_all, *own.values()], [many, *(addresses.count(address) for address in own)]
    )
    longest = []
    for number, address in enumerate(addresses, start=1):
        earlier = (many - number) * of_all.rate.step if of_all is not None else 0.0
        longest.append(max(waits[of_all] - earlier, waits[own[address]], 0.0))
    within = [address for address, wait in zip(addresses, longest, strict=True) if wait <= LATEST]
    shared = {address: _active(sender.by_recipient, address) for address in within}
    more = _reserved(session, [*shared.values()], [within.count(address) for address in shared])
    both = (max(wait, more[shared.get(address)]) for address, wait in zip(addresses, longest, strict=True))
    return [math.ceil(wait) if wait <= LATEST else None for wait in both]


def _reserved(
    session: Session, counters: Sequence[Counter | None], times: Sequence[int]
) -> dict[Counter | None, float]:
    """The wait of the last hit of each counter; 0 for a limit that is switched off."""
    known = {counter: number for counter, number in zip(counters, times, strict=True) if counter is not None}
    ordered = sorted(known, key=lambda counter: counter.key)  # in lock order
    waits = store.reserve(session, ordered, [known[counter] for counter in ordered], LATEST)
    return {None: 0.0, **dict(zip(ordered, waits, strict=True))}


def _paced(session: Session, *counters: Counter | None) -> int | None:
    ordered = sorted(filter(None, counters), key=lambda counter: counter.key)  # in lock order
    wait = max(store.reserve(session, ordered, [1] * len(ordered), LATEST), default=0.0)
    if wait <= LATEST:
        return math.ceil(wait)
    log.warning("a mail is left out: there are too many", limits=[counter.limit.name for counter in ordered])
    return None


def _buyer(summary: OrderSummary) -> str:
    # Orders of a deleted account are counted by order, and those without an account by address.
    buyer, email = summary.order.user_id, summary.order.guest_email
    if buyer is None and email:
        return f"guest {scopes.address(email)}"
    return f"account {buyer}" if buyer is not None else f"order {summary.order.id}"


def _active(limit: Limit, *values: str) -> Counter | None:
    return limit.counter(*values) if settings().limits and limit.rate.number else None
