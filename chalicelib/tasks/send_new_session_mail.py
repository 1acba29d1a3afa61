"""Email to the owner of an event, and notifications, when a session is submitted and has speakers.

A session is often submitted before its speakers are linked with it. So each of these events looks whether
both are there, and the first to find it so enqueues the email, under a key that allows one.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from chalicelib import clock, log, outbox, signals
from chalicelib.auth.roles import ORGANIZERS, OWNER
from chalicelib.limits.declared import SUBMISSION_MAILS
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.events.event.pages import organizers_page
from chalicelib.resources.programme.session import session as programme
from chalicelib.tasks.mail_template import MailTemplate
from chalicelib.tasks.notify import NewNotification, notify
from chalicelib.tasks.order_summary import profiles_at, team_of
from chalicelib.tasks.paces import paced_submission
from chalicelib.tasks.registry import RetryLater, task
from chalicelib.tasks.send_and_log import send_and_log
from chalicelib.tasks.send_session_mails import details_of, speakers_of

NAME: Final = "look_at_new_session"
KIND: Final = "new_session"
_MAIL: Final = "send_new_session_mail"
_OF_SPEAKER: Final = "look_at_sessions_of_speaker"
_NEW_FOR: Final = timedelta(days=7)  # shorter than the outbox keeps the key of a message


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSession(MailTemplate):
    """A session that was submitted, with the names of its speakers."""

    folder: ClassVar[str] = "new_session"
    event: str
    title: str
    speakers: list[str]


@task(NAME)
def look_at_new_session(session: Session, session_id: int) -> None:
    """Enqueue the email, once, for a session submitted lately that has speakers. Raises RetryLater."""
    talk = session.get(programme.Session, session_id)
    if talk is None:
        raise RetryLater(f"there is no session {session_id}")
    is_new = talk.submitted_at is not None and talk.submitted_at > clock.now() - _NEW_FOR
    if not is_new or talk.state == "draft" or not speakers_of(session, session_id):
        log.info("this session is not submitted, or has no speakers", session_id=session_id)
        return
    delay = paced_submission(session, session_id, talk.creator_id)
    if delay is not None:
        outbox.add(session, _MAIL, {"session_id": session_id}, key=f"{_MAIL}-{session_id}", delay=delay)


@task(_OF_SPEAKER)
def look_at_sessions_of_speaker(session: Session, speaker_id: int) -> None:
    """The same for the sessions of a speaker who was linked with some."""
    links = programme.speakers_sessions.c
    for session_id in session.scalars(select(links.session_id).where(links.speaker_id == speaker_id)):
        outbox.add(session, NAME, {"session_id": session_id})


@task(_MAIL, limited_by=(SUBMISSION_MAILS,))
def send_new_session_mail(session: Session, session_id: int) -> None:
    """Email the owner, and notify owner and organizers. Nothing if it is deleted. Raises RetryLater."""
    talk = session.get(programme.Session, session_id)
    if talk is None:
        raise RetryLater(f"there is no session {session_id}")
    event = session.get_one(Event, talk.event_id)
    if talk.deleted_at is not None or event.deleted_at is not None:
        log.info("this session is deleted", session_id=session_id)
        return
    names = [speaker.name for speaker in speakers_of(session, session_id)]
    mail = NewSession(event=event.name, title=talk.title, speakers=names)
    for owner in team_of(session, event.id, OWNER)[:1]:
        address = organizers_page(event.identifier, "sessions/pending")
        send_and_log(session, KIND, mail.mail(owner.email, address), event_id=event.id)
    news = NewNotification(
        kind=KIND,
        title=f"New session for {event.name}",
        message=f"The session {talk.title} was submitted to {event.name}.",
        target_type="Session",
        target_id=talk.id,
        target_action=KIND,
        actor_ids=() if talk.creator_id is None else (talk.creator_id,),
        details=details_of(talk, event),
    )
    organizers = [user.id for user in team_of(session, event.id, ORGANIZERS)]
    notify(session, news, organizers, profiles_at(session, event.id))


@signals.on("session.proposed")
def _it_is_proposed(session: Session, *, id: int, **_payload: object) -> None:
    outbox.add(session, NAME, {"session_id": id})


@signals.on("speaker.sessions_changed")
def _somebody_speaks(session: Session, *, id: int, **_payload: object) -> None:
    outbox.add(session, _OF_SPEAKER, {"speaker_id": id})
