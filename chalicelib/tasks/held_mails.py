"""Held mails: rendered when a decision is made, in the language of whom each goes to, and sent once.

A task sends each when it is released.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from chalicelib import log, outbox
from chalicelib.auth.roles import OWNER
from chalicelib.limits.declared import (
    SESSION_MAILS_BY_RECIPIENT,
    SESSION_MAILS_TO_ONE,
    SPEAKER_MAILS,
    SPEAKER_MAILS_UNVERIFIED,
)
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.mails.held_mail import OUTDATED, RELEASED, HeldMail
from chalicelib.resources.programme.session import session as programme
from chalicelib.resources.programme.session.states import MAILED
from chalicelib.tasks.mail_languages import languages_for
from chalicelib.tasks.order_summary import team_of
from chalicelib.tasks.paces import paced_speakers
from chalicelib.tasks.registry import RetryLater, task
from chalicelib.tasks.send_and_log import send_and_log
from chalicelib.tasks.send_session_mails import KIND, SessionState, speakers_by_session
from chalicelib.tasks.session_mail_text import app_name_of, state_text
from chalicelib.values.messages import ORIGINAL

NAME: Final = "send_held_mail"
_AGAIN: Final = "pace_held_mails"
_LATER: Final = 12 * 60 * 60  # seconds; by then half of a day's allowance is free again
# A mail about the value is true of a session in this state too: its speaker has confirmed the acceptance.
_FOLLOWS: Final = {"confirmed": "accepted"}


def hold_session_mails(session: Session, session_ids: Sequence[int]) -> int:
    """Store the mails to the speakers of these sessions of an event, about their states; returns how many.

    The number of statements does not grow with that of sessions.
    """
    chosen = select(programme.Session).where(programme.Session.id.in_(session_ids))
    talks = {talk.id: talk for talk in session.scalars(chosen) if talk.state in MAILED}
    if not talks:
        return 0
    event = session.get_one(Event, next(iter(talks.values())).event_id)
    app_name = app_name_of(session)
    speakers = speakers_by_session(session, talks)
    due = [
        (talks[id], speaker)
        for id in session_ids
        for speaker in speakers.get(id, ())
        if speaker.email and not speaker.is_email_overridden
    ]
    languages = languages_for(session, [(speaker.email or "", speaker.user_id) for _, speaker in due])
    for (talk, speaker), language in zip(due, languages, strict=True):
        subject, message = _stored(*state_text(talk, event, app_name, language))
        session.add(
            HeldMail(
                recipient=speaker.email,
                subject=subject,
                message=message,
                kind=KIND,
                language=language,
                about_state=talk.state,
                event_id=talk.event_id,
                session_id=talk.id,
            )
        )
    session.flush()
    return len(due)


def enqueue_released(session: Session, event_id: int, ids: Sequence[int]) -> list[int]:
    """Enqueue a task for each of these mails, at the pace of mails to speakers; returns which wait longer.

    Those that would have to wait for more than a day are looked at again in half a day, until all are sent.
    """
    waiting = []
    mails = list(session.scalars(select(HeldMail).where(HeldMail.id.in_(ids)).order_by(HeldMail.id)))
    owners = team_of(session, event_id, OWNER)
    delays = paced_speakers(
        session, event_id, owners[0] if owners else None, [mail.recipient for mail in mails]
    )
    for mail, delay in zip(mails, delays, strict=True):
        if delay is None:
            waiting.append(mail.id)
        else:
            outbox.add(session, NAME, {"mail_id": mail.id}, key=f"held-mail-{mail.id}", delay=delay)
    if waiting:
        arguments = {"event_id": event_id, "mails": ",".join(map(str, waiting))}
        outbox.add(session, _AGAIN, arguments, delay=_LATER)
    return waiting


@task(_AGAIN)
def pace_held_mails(session: Session, event_id: int, mails: str) -> None:
    """Enqueue those of these released mails (ids, joined by commas) whose turn has come."""
    enqueue_released(session, event_id, [int(id) for id in mails.split(",")])


@task(
    NAME,
    limited_by=(
        SESSION_MAILS_TO_ONE,
        SESSION_MAILS_BY_RECIPIENT,
        SPEAKER_MAILS,
        SPEAKER_MAILS_UNVERIFIED,
    ),
)
def send_held_mail(session: Session, mail_id: int) -> None:
    """Send a released mail, if what it says is still so. Raises RetryLater."""
    held = session.get(HeldMail, mail_id)
    if held is None:
        raise RetryLater(f"there is no held mail {mail_id}")
    event = session.get_one(Event, held.event_id)
    if held.state != RELEASED:
        log.info("this mail is not sent any more", mail_id=mail_id, state=held.state)
        return
    if not _is_true(session, held) or not team_of(session, event.id):
        log.info("this mail is outdated", mail_id=mail_id)
        held.state = OUTDATED
        return
    owners = team_of(session, event.id, OWNER)
    subject, message = _text(session, held)
    text = SessionState(subject=subject, lines=[line for line in message.splitlines() if line.strip()])
    draft = text.mail(held.recipient, reply_to=owners[0].email if owners else "")
    draft = replace(draft, language=held.language or "")
    send_and_log(session, held.kind, draft, event_id=held.event_id)
    if held.session_id is not None:
        changed = update(programme.Session).where(programme.Session.id == held.session_id)
        session.execute(changed.values(is_mail_sent=True))


def _is_true(session: Session, held: HeldMail) -> bool:
    if session.get_one(Event, held.event_id).deleted_at is not None:
        return False
    if held.session_id is None:
        return True
    talk = session.get_one(programme.Session, held.session_id)
    return talk.deleted_at is None and held.about_state in (talk.state, _FOLLOWS.get(talk.state))


def _text(session: Session, held: HeldMail) -> tuple[str, str]:
    """Subject and message: as an organizer has edited them, else of the state that the session has by now."""
    talk = session.get(programme.Session, held.session_id) if held.session_id is not None else None
    if talk is None or talk.state == held.about_state or held.about_state is None:
        return held.subject, held.message
    language = held.language or ORIGINAL
    event, app_name = session.get_one(Event, talk.event_id), app_name_of(session)
    usual = _stored(*state_text(talk, event, app_name, language, held.about_state))
    now = _stored(*state_text(talk, event, app_name, language))
    return now if (held.subject, held.message) == usual else (held.subject, held.message)


def _stored(subject: str, lines: Sequence[str]) -> tuple[str, str]:
    return " ".join(subject.split()), "\n".join(" ".join(line.split()) for line in lines)
