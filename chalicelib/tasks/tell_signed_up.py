"""Emails and notifications to who has signed up for a session: a place, another time or room, called off.

A place is told by a message that the database writes when it gives one (the function `move_up`). Each email
is a task of its own; the present state decides whether it is still true.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chalicelib import db, log, outbox, signals
from chalicelib.auth.roles import OWNER
from chalicelib.limits.declared import (
    SESSION_MAILS_BY_RECIPIENT,
    SESSION_MAILS_TO_ONE,
    SIGN_UP_MAILS,
    SPEAKER_MAILS_UNVERIFIED,
)
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.orders.attendee.attendee import Attendee
from chalicelib.resources.orders.order.table import Order
from chalicelib.resources.people.user.user import User
from chalicelib.resources.programme.microlocation import Microlocation
from chalicelib.resources.programme.session import session as programme
from chalicelib.resources.programme.session.states import PUBLIC
from chalicelib.resources.programme.session_sign_up import SessionSignUp
from chalicelib.resources.programme.sign_up_rules import CANCELLED, CONFIRMED
from chalicelib.tasks.mail_template import MailTemplate
from chalicelib.tasks.notify import NewNotification, notify
from chalicelib.tasks.order_summary import team_of
from chalicelib.tasks.paces import paced_sign_ups
from chalicelib.tasks.registry import task
from chalicelib.tasks.send_and_log import send_and_log
from chalicelib.tasks.send_session_mails import KIND, details_of
from chalicelib.tasks.session_mail_text import event_address
from chalicelib.values.zones import local, zone

NAME: Final = "tell_signed_up"
PLACE: Final = "tell_of_place"  # written by the database too
_MAIL: Final = "send_sign_up_mail"
BATCH: Final = 200
CONFIRMED_NEWS, MOVED, CALLED_OFF = "confirmed", "moved", "called-off"
_MOVED_BY: Final = frozenset({"starts_at", "ends_at", "microlocation_id", "microlocation"})
_TITLES: Final = {
    CONFIRMED_NEWS: "You have a place in {}",
    MOVED: "{} was moved",
    CALLED_OFF: "{} does not take place",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUpNews(MailTemplate):
    """What somebody who has signed up is told. `when` (in the zone) and `where` are empty if not known."""

    folder: ClassVar[str] = "session_sign_up"
    session: str
    event: str
    attendee: str
    when: datetime | None
    zone: str
    where: str
    is_moved: bool
    is_called_off: bool


@task(PLACE)
def tell_of_place(session: Session, sign_up_id: int) -> None:
    """Tell one who has a place by now."""
    sign_up = session.get(SessionSignUp, sign_up_id)
    talk = None if sign_up is None else _talk(session, sign_up.session_id, CONFIRMED_NEWS)
    if sign_up is not None and talk is not None and sign_up.state == CONFIRMED:
        _tell(session, talk, [sign_up], CONFIRMED_NEWS)


@task(NAME)
def tell_signed_up(session: Session, session_id: int, news: str, after: int = 0) -> None:
    """Tell a batch of those who have a place or wait for one; the next batch is a message of its own."""
    talk = _talk(session, session_id, news)
    if talk is None:
        return
    line = select(SessionSignUp).where(
        SessionSignUp.session_id == session_id, SessionSignUp.state != CANCELLED, SessionSignUp.id > after
    )
    batch = list(session.scalars(line.order_by(SessionSignUp.id).limit(BATCH)))
    if batch:
        _tell(session, talk, batch, news)
    if len(batch) == BATCH:
        outbox.add(session, NAME, {"session_id": session_id, "news": news, "after": batch[-1].id})


@task(
    _MAIL,
    limited_by=(SIGN_UP_MAILS, SPEAKER_MAILS_UNVERIFIED, SESSION_MAILS_TO_ONE, SESSION_MAILS_BY_RECIPIENT),
)
def send_sign_up_mail(session: Session, sign_up_id: int, news: str) -> None:
    """Email one who still is in the line."""
    sign_up = session.get(SessionSignUp, sign_up_id)
    talk = None if sign_up is None else _talk(session, sign_up.session_id, news)
    if sign_up is None or talk is None or sign_up.state == CANCELLED:
        log.info("who signed up is not mailed any more", sign_up_id=sign_up_id)
        return
    to, name, _ = _person(session, sign_up)
    kept = _kept_languages(session, sign_up)
    if not to:
        return
    event = session.get_one(Event, talk.event_id)
    room = session.get(Microlocation, talk.microlocation_id) if talk.microlocation_id is not None else None
    mail = SignUpNews(
        session=talk.title,
        event=event.name,
        attendee=name,
        when=None if talk.starts_at is None else local(talk.starts_at, zone(event.timezone)),
        zone=event.timezone,
        where=room.name if room is not None and room.deleted_at is None else "",
        is_moved=news == MOVED,
        is_called_off=news == CALLED_OFF,
    )
    page = f"{event_address(event)}/session/{talk.id}"
    send_and_log(session, KIND, mail.mail(to, page, kept=kept))


@signals.on("session-sign-up.created")
@signals.on("session-sign-up.updated")
def _the_line_has_changed(session: Session, **_payload: object) -> None:
    db.after_commit(session, outbox.relay_what_was_written)


@signals.on("session.updated")
def _it_was_changed(session: Session, *, id: int, changed: list[str], **_payload: object) -> None:
    if "sign_up_places" in changed:
        db.after_commit(session, outbox.relay_what_was_written)
    if _MOVED_BY.intersection(changed):
        _begin(session, id, MOVED)


@signals.on("session.state_changed")
def _its_state_changed(session: Session, *, id: int, former: str, state: str, **_payload: object) -> None:
    if former in PUBLIC and state not in PUBLIC:
        _begin(session, id, CALLED_OFF)


@signals.on("session.deleted")
def _it_was_removed(session: Session, *, id: int, **_payload: object) -> None:
    _begin(session, id, CALLED_OFF)


def _begin(session: Session, id: int, news: str) -> None:
    line = select(SessionSignUp.id).where(SessionSignUp.session_id == id, SessionSignUp.state != CANCELLED)
    if session.scalar(line.limit(1)) is not None:
        outbox.add(session, NAME, {"session_id": id, "news": news})


def _talk(session: Session, id: int, news: str) -> programme.Session | None:
    """The session, if the news are still true, its event is there, and somebody of its team may act."""
    talk = session.get(programme.Session, id)
    if talk is None:
        return None
    event = session.get_one(Event, talk.event_id)
    is_on = talk.state in PUBLIC and talk.deleted_at is None
    holds = is_on != (news == CALLED_OFF) and event.deleted_at is None
    return talk if holds and team_of(session, event.id) else None


def _tell(session: Session, talk: programme.Session, sign_ups: list[SessionSignUp], news: str) -> None:
    people = [(sign_up, *_person(session, sign_up)) for sign_up in sign_ups]
    reached = [(sign_up.id, email) for sign_up, email, _, _ in people if email]
    owners = team_of(session, talk.event_id, OWNER)
    emails = [email for _, email in reached]
    delays = paced_sign_ups(session, talk.event_id, owners[0] if owners else None, emails)
    for (id, _), delay in zip(reached, delays, strict=True):
        if delay is not None:
            outbox.add(session, _MAIL, {"sign_up_id": id, "news": news}, delay=delay)
    event = session.get_one(Event, talk.event_id)
    title = _TITLES[news].format(talk.title)
    notification = NewNotification(
        kind=KIND,
        title=title,
        message=f"{title}: {event.name}.",
        target_type="Session",
        target_id=talk.id,
        target_action=news,
        details=details_of(talk, event),
    )
    notify(session, notification, _accounts(session, [(email, buyer) for _, email, _, buyer in people]))


def _person(session: Session, sign_up: SessionSignUp) -> tuple[str, str, int | None]:
    """Address and name of who has signed up, and the account that bought the ticket.

    The address is the buyer's where the attendee has none.
    """
    attendee = session.get_one(Attendee, sign_up.attendee_id)
    order = session.get(Order, attendee.order_id) if attendee.order_id is not None else None
    buyer = session.get(User, order.user_id) if order is not None and order.user_id is not None else None
    name = " ".join(filter(None, (attendee.firstname, attendee.lastname)))
    may_be_told = buyer is not None and buyer.deleted_at is None
    address = attendee.email or (buyer.email if buyer is not None and may_be_told else "")
    return address or "", name, buyer.id if buyer is not None and may_be_told else None


def _kept_languages(session: Session, sign_up: SessionSignUp) -> tuple[str | None, ...]:
    """What the attendee calls their native language, and in which one the ticket was ordered."""
    attendee = session.get_one(Attendee, sign_up.attendee_id)
    order = session.get(Order, attendee.order_id) if attendee.order_id is not None else None
    return attendee.native_language, order.mail_language if order is not None else None


def _accounts(session: Session, people: list[tuple[str, int | None]]) -> set[int]:
    """The accounts of attendees with a verified address, and of the buyers of the others."""
    addresses = [email.lower() for email, _ in people if email]
    rows: Any = session.execute(
        select(func.lower(User.email), User.id).where(
            func.lower(User.email).in_(addresses), User.is_verified, User.deleted_at.is_(None)
        )
    ).all()
    known: dict[str, int] = dict(tuple(row) for row in rows)
    accounts = (known.get(email.lower(), buyer) for email, buyer in people)
    return {account for account in accounts if account is not None}
