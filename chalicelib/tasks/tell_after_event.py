"""Emails once an event is over: to owner and organizers, and to speakers of accepted and confirmed sessions.

A daily job looks for events that have ended since the last one, and enqueues a task for each; that one
enqueues the emails, each a task of its own, under a key that allows one for this end of the event. Speakers
are mailed at the pace of the event's owner, as about their sessions: any account can enter any addresses.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from chalicelib import clock, daily, log, outbox, scheduled
from chalicelib.auth.roles import ORGANIZERS, OWNER
from chalicelib.limits.declared import (
    SESSION_MAILS_BY_RECIPIENT,
    SESSION_MAILS_TO_ONE,
    SPEAKER_MAILS,
    SPEAKER_MAILS_UNVERIFIED,
)
from chalicelib.limits.limit import Exempt
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.events.event.pages import organizers_page
from chalicelib.resources.people.user.user import User
from chalicelib.resources.programme.session import session as programme
from chalicelib.resources.programme.session.states import PUBLIC
from chalicelib.resources.programme.speaker import Speaker
from chalicelib.tasks.mail_languages import preference_of
from chalicelib.tasks.mail_template import MailTemplate
from chalicelib.tasks.order_summary import team_of
from chalicelib.tasks.paces import paced_speakers
from chalicelib.tasks.registry import task
from chalicelib.tasks.send_and_log import send_and_log
from chalicelib.tasks.session_mail_text import event_address

NAME: Final = daily.AFTER_EVENT
BATCH: Final = 500
_OF_EVENT: Final = "tell_after_event_of_event"
_TO_TEAM: Final = "send_after_event_mail"
_TO_SPEAKER: Final = "send_after_event_mail_to_speaker"
_EXEMPT: Final = Exempt("sent by the clock: one to each of the team when an event is over")
_LIMITS: Final = (
    *(SESSION_MAILS_TO_ONE, SESSION_MAILS_BY_RECIPIENT),
    *(SPEAKER_MAILS, SPEAKER_MAILS_UNVERIFIED),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AfterEvent(MailTemplate):
    """An event that is over, for those who organized it."""

    folder: ClassVar[str] = "after_event"
    bulk: ClassVar[bool] = True
    event: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AfterEventToSpeaker(MailTemplate):
    """An event that is over, for those who spoke there."""

    folder: ClassVar[str] = "after_event_speaker"
    bulk: ClassVar[bool] = True
    event: str
    speaker: str


@task(NAME)
def tell_after_event(session: Session, day: str, days: int, after: int = 0) -> None:
    """Look at a batch of events; more batches follow in messages of their own."""
    over = (
        select(Event.id, Event.ends_at)
        .where(Event.state == "published", Event.deleted_at.is_(None), Event.id > after)
        .where(Event.ends_at <= clock.now(), Event.ends_at > daily.began(day) - timedelta(days=days + 1))
    )
    batch = session.execute(over.order_by(Event.id).limit(BATCH)).all()
    for id, ends_at in batch:
        ended = int(ends_at.timestamp())
        outbox.add(session, _OF_EVENT, {"event_id": id, "ended": ended}, key=f"{_OF_EVENT}-{id}-{ended}")
    if len(batch) == BATCH:
        outbox.add(session, NAME, {"day": day, "days": days, "after": batch[-1].id})
    scheduled.handled(session, NAME, len(batch), is_last=len(batch) < BATCH)


@task(_OF_EVENT)
def tell_after_event_of_event(session: Session, event_id: int, ended: int, after: int = 0) -> None:
    """Enqueue the emails to a batch of speakers, and with the first batch those to the team; more batches
    follow in messages of their own. No two speakers of an event have the same address.
    """
    if _event_over(session, event_id) is None:
        return
    team = team_of(session, event_id, ORGANIZERS)
    for user in () if after else team:
        arguments = {"event_id": event_id, "user_id": user.id}
        outbox.add(session, _TO_TEAM, arguments, key=f"{_TO_TEAM}-{event_id}-{ended}-{user.id}")
    batch = session.execute(_spoke(event_id).where(Speaker.id > after).limit(BATCH)).all()
    known = {user.email.lower() for user in team}
    emails = {row.id: row.email for row in batch if row.email and row.email.lower() not in known}
    owners = team_of(session, event_id, OWNER)
    delays = paced_speakers(session, event_id, owners[0] if owners else None, list(emails.values()))
    for speaker_id, delay in zip(emails, delays, strict=True):
        if delay is not None:
            arguments = {"event_id": event_id, "speaker_id": speaker_id}
            key = f"{_TO_SPEAKER}-{event_id}-{ended}-{speaker_id}"
            outbox.add(session, _TO_SPEAKER, arguments, key=key, delay=delay)
    if len(batch) == BATCH:
        outbox.add(session, _OF_EVENT, {"event_id": event_id, "ended": ended, "after": batch[-1].id})


@task(_TO_TEAM, limited_by=(_EXEMPT,))
def send_after_event_mail(session: Session, event_id: int, user_id: int) -> None:
    """Email one of owner and organizers."""
    event, user = _event_over(session, event_id), session.get(User, user_id)
    if event is not None and user is not None and user.deleted_at is None and not user.is_blocked:
        mail = AfterEvent(event=event.name).mail(user.email, organizers_page(event.identifier))
        send_and_log(session, "after_event", mail, event_id=event.id)


@task(_TO_SPEAKER, limited_by=_LIMITS)
def send_after_event_mail_to_speaker(session: Session, event_id: int, speaker_id: int) -> None:
    """Email a speaker who still is one."""
    event = _event_over(session, event_id)
    if event is None:
        return
    speaker = session.execute(_spoke(event_id).where(Speaker.id == speaker_id)).one_or_none()
    if speaker is not None and speaker.email:
        mail = AfterEventToSpeaker(event=event.name, speaker=speaker.name)
        guess = preference_of(session, speaker.user_id)
        draft = mail.mail(speaker.email, event_address(event), guess=guess)
        send_and_log(session, "after_event_speaker", draft, event_id=event.id)


def _event_over(session: Session, event_id: int) -> Event | None:
    """The event, while it is published and over, which it may not be any more, and somebody of its team may
    act: for a blocked account nobody is mailed.
    """
    event = session.get(Event, event_id)
    is_told = event is not None and event.deleted_at is None and event.state == "published"
    if event is not None and is_told and event.ends_at <= clock.now() and team_of(session, event_id):
        return event
    log.info("this event is not over, not published, or nobody's", event_id=event_id)
    return None


def _spoke(event_id: int) -> Select[int, str, str | None, int | None]:
    """Id, name, address, account of who spoke and whose address is their own, in the order of their ids."""
    links, talk = programme.speakers_sessions.c, programme.Session
    on_stage = (
        select(links.speaker_id)
        .join(talk, talk.id == links.session_id)
        .where(talk.event_id == event_id, talk.state.in_(PUBLIC), talk.deleted_at.is_(None))
    )
    return (
        select(Speaker.id, Speaker.name, Speaker.email, Speaker.user_id)
        .where(Speaker.id.in_(on_stage), Speaker.deleted_at.is_(None), Speaker.email != "")
        .where(Speaker.is_email_overridden.is_(False))
        .order_by(Speaker.id)
    )
