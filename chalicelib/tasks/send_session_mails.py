"""Emails and notifications about the state of a session: to its speakers, with a copy to the event's team.

Each email is a task of its own. The session's current state decides: if it has another one by then, nobody is
mailed.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from chalicelib import log, outbox, signals
from chalicelib.auth.roles import EVENT_TEAM, OWNER
from chalicelib.jsonapi.model.plain_text import plain_lines
from chalicelib.limits.declared import (
    SESSION_MAILS,
    SESSION_MAILS_BY_RECIPIENT,
    SESSION_MAILS_TO_ONE,
    SPEAKER_MAILS,
    SPEAKER_MAILS_UNVERIFIED,
)
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.people.user.user import User
from chalicelib.resources.programme.session import session as programme
from chalicelib.resources.programme.speaker import Speaker
from chalicelib.tasks.mail_languages import languages_for
from chalicelib.tasks.mail_template import Draft, MailTemplate
from chalicelib.tasks.notify import NewNotification, notify
from chalicelib.tasks.order_summary import team_of
from chalicelib.tasks.paces import paced_speakers
from chalicelib.tasks.registry import RetryLater, task
from chalicelib.tasks.send_and_log import send_and_log
from chalicelib.tasks.session_mail_text import app_name_of, values_of
from chalicelib.tasks.session_texts import TEXTS
from chalicelib.values.messages import MAILS, translated
from chalicelib.values.placeholders import filled

NAME: Final = "send_session_mails"
KIND: Final = "session_state_change"
_TO_SPEAKER: Final = "send_session_mail_to_speaker"
_TO_USER: Final = "send_session_mail_to_user"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionState(MailTemplate):
    """The state of a session: the text of the state, or what the team has made of it."""

    folder: ClassVar[str] = "session_state_change"
    subject: str
    lines: list[str]


@task(NAME)
def send_session_mails(
    session: Session, session_id: int, state: str, subject: str = "", message: str = "", bcc: str = ""
) -> None:
    """Enqueue the emails, and notify the speakers. `subject` and `message` replace the state's own text.

    `bcc`: ids of accounts that get a copy too, joined by commas.
    """
    talk = _talk_in(session, session_id, state)
    if talk is None or state not in TEXTS:
        return
    arguments = {"session_id": session_id, "state": state, "subject": subject, "message": message}
    speakers = [
        speaker
        for speaker in speakers_of(session, session_id)
        if speaker.email and not speaker.is_email_overridden
    ]
    owners = team_of(session, talk.event_id, OWNER)
    emails = [speaker.email or "" for speaker in speakers]
    reached = []
    delays = paced_speakers(session, talk.event_id, owners[0] if owners else None, emails)
    for speaker, delay in zip(speakers, delays, strict=True):
        if delay is not None:
            reached.append(speaker.email or "")
            outbox.add(session, _TO_SPEAKER, {**arguments, "speaker_id": speaker.id}, delay=delay)
    told = {(speaker.email or "").lower() for speaker in speakers}
    more = select(User).where(
        User.id.in_([int(id) for id in bcc.split(",") if id]), User.deleted_at.is_(None)
    )
    for user in [*team_of(session, talk.event_id), *session.scalars(more)]:
        if user.email.lower() not in told:
            told.add(user.email.lower())
            outbox.add(session, _TO_USER, {**arguments, "user_id": user.id})
    # Without the time of the last change: nobody has changed the session.
    changed = update(programme.Session).where(programme.Session.id == session_id)
    session.execute(changed.values(is_mail_sent=True))
    _tell(session, talk, reached)


@task(
    _TO_SPEAKER,
    limited_by=(
        *(SESSION_MAILS, SESSION_MAILS_TO_ONE, SESSION_MAILS_BY_RECIPIENT),
        *(SPEAKER_MAILS, SPEAKER_MAILS_UNVERIFIED),
    ),
)
def send_session_mail_to_speaker(
    session: Session, session_id: int, state: str, subject: str, message: str, speaker_id: int
) -> None:
    """Email a speaker who is still on the session."""
    talk = _talk_in(session, session_id, state)
    if talk is None:
        return
    for speaker in speakers_of(session, session_id):
        if speaker.id == speaker_id and speaker.email:
            draft = _mail(session, talk, speaker.email, subject, message, speaker.user_id)
            send_and_log(session, KIND, draft, event_id=talk.event_id)


@task(_TO_USER, limited_by=(SESSION_MAILS,))
def send_session_mail_to_user(
    session: Session, session_id: int, state: str, subject: str, message: str, user_id: int
) -> None:
    """Email a copy to somebody who still has a role at the event."""
    talk = _talk_in(session, session_id, state)
    if talk is None:
        return
    for user in team_of(session, talk.event_id, EVENT_TEAM):
        if user.id == user_id:
            draft = _mail(session, talk, user.email, subject, message)
            send_and_log(session, KIND, draft, event_id=talk.event_id)


@signals.on("session.state_changed")
def _it_is_decided(session: Session, *, id: int, state: str, send_email: bool, **_payload: object) -> None:
    if send_email:
        outbox.add(session, NAME, {"session_id": id, "state": state})


@signals.on("session.mails_requested")
def _they_are_wanted(
    session: Session, *, id: int, state: str, subject: str, message: str, bcc: list[int], **_payload: object
) -> None:
    arguments = {"session_id": id, "state": state, "subject": subject, "message": message}
    outbox.add(session, NAME, {**arguments, "bcc": ",".join(map(str, bcc))})


def speakers_of(session: Session, session_id: int) -> list[Speaker]:
    """The speakers of a session, in the order of their ids."""
    return speakers_by_session(session, [session_id])[session_id]


def speakers_by_session(session: Session, session_ids: Collection[int]) -> dict[int, list[Speaker]]:
    """The speakers of each of these sessions, in the order of their ids."""
    links = programme.speakers_sessions.c
    living = (
        select(links.session_id, Speaker)
        .join(Speaker, Speaker.id == links.speaker_id)
        .where(links.session_id.in_(session_ids), Speaker.deleted_at.is_(None))
        .order_by(Speaker.id)
    )
    speakers: dict[int, list[Speaker]] = {id: [] for id in session_ids}
    for id, speaker in session.execute(living):
        speakers[id].append(speaker)
    return speakers


def _talk_in(session: Session, session_id: int, state: str) -> programme.Session | None:
    """The session, if still in this state, neither it nor its event is deleted, and somebody of its team may
    act: what a blocked account has asked for is not mailed any more. Raises RetryLater.
    """
    talk = session.get(programme.Session, session_id)
    if talk is None:
        raise RetryLater(f"there is no session {session_id}")
    event = session.get_one(Event, talk.event_id)
    holds = talk.state == state and talk.deleted_at is None and event.deleted_at is None
    if holds and team_of(session, talk.event_id):
        return talk
    log.info("nobody is mailed about this session any more", session_id=session_id, state=talk.state)
    return None


def _mail(
    session: Session,
    talk: programme.Session,
    to: str,
    subject: str,
    message: str,
    submitter_id: int | None = None,
) -> Draft:
    event = session.get_one(Event, talk.event_id)
    text, values = TEXTS[talk.state], values_of(talk, event, app_name_of(session))
    (language,) = languages_for(session, [(to, submitter_id)])
    own = [translated(line, language, MAILS) for line in plain_lines(text["message"])]
    lines = message.splitlines() or own
    owners = team_of(session, talk.event_id, OWNER)
    template = SessionState(
        subject=filled(subject or translated(text["subject"], language, MAILS), values),
        lines=[filled(line, values) for line in lines],
    )
    return replace(template.mail(to, reply_to=owners[0].email if owners else ""), language=language)


def _tell(session: Session, talk: programme.Session, emails: list[str]) -> None:
    # An unverified address does not prove who its owner is.
    has_address = func.lower(User.email).in_([email.lower() for email in emails])
    speakers = session.scalars(
        select(User.id).where(has_address, User.is_verified, User.deleted_at.is_(None))
    )
    event = session.get_one(Event, talk.event_id)
    news = NewNotification(
        kind=KIND,
        title=f"Your session {talk.title} is {talk.state}",
        message=f"Your session {talk.title} for {event.name} is {talk.state}.",
        target_type="Session",
        target_id=talk.id,
        target_action=talk.state,
        details=details_of(talk, event),
    )
    notify(session, news, speakers)


def details_of(talk: programme.Session, event: Event) -> dict[str, Any]:
    """What clients of a notification are told of a session and its event."""
    return {
        "event": {"id": event.id, "identifier": event.identifier, "name": event.name},
        "session": {"id": talk.id, "title": talk.title, "state": talk.state},
    }
