"""Held mails: rendered when a decision is made, in the language of whom each goes to, and sent once.

A task sends each when it is released.
"""

from collections.abc import Sequence
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
from chalicelib.resources.mails.held_mail import RELEASED, HeldMail
from chalicelib.resources.programme.session import session as programme
from chalicelib.resources.programme.session.states import MAILED
from chalicelib.tasks.order_summary import team_of
from chalicelib.tasks.paces import paced_speakers
from chalicelib.tasks.registry import RetryLater, task
from chalicelib.tasks.send_and_log import languages_for, send_and_log
from chalicelib.tasks.send_session_mails import (
    KIND,
    SessionState,
    app_name_of,
    speakers_by_session,
    state_text,
)

NAME: Final = "send_held_mail"


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
        (talks[id], speaker.email)
        for id in session_ids
        for speaker in speakers.get(id, ())
        if speaker.email and not speaker.is_email_overridden
    ]
    languages = languages_for(session, {email for _, email in due})
    for talk, email in due:
        subject, lines = state_text(talk, event, app_name, languages[email])
        session.add(
            HeldMail(
                recipient=email,
                subject=" ".join(subject.split()),
                message="\n".join(" ".join(line.split()) for line in lines),
                kind=KIND,
                about_state=talk.state,
                event_id=talk.event_id,
                session_id=talk.id,
            )
        )
    session.flush()
    return len(due)


def enqueue_released(session: Session, event_id: int, ids: Sequence[int]) -> list[int]:
    """Enqueue a task for each of these mails, at the pace of mails to speakers; returns which.

    What would have to wait for more than a day is left out.
    """
    enqueued = []
    mails = list(session.scalars(select(HeldMail).where(HeldMail.id.in_(ids)).order_by(HeldMail.id)))
    owners = team_of(session, event_id, OWNER)
    delays = paced_speakers(
        session, event_id, owners[0] if owners else None, [mail.recipient for mail in mails]
    )
    for mail, delay in zip(mails, delays, strict=True):
        if delay is not None:
            enqueued.append(mail.id)
            outbox.add(session, NAME, {"mail_id": mail.id}, key=f"held-mail-{mail.id}", delay=delay)
    return enqueued


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
    if held.state != RELEASED or not _is_true(session, held) or not team_of(session, event.id):
        log.info("this mail is not sent any more", mail_id=mail_id, state=held.state)
        return
    owners = team_of(session, event.id, OWNER)
    text = SessionState(
        subject=held.subject, lines=[line for line in held.message.splitlines() if line.strip()]
    )
    draft = text.mail(held.recipient, reply_to=owners[0].email if owners else "")
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
    return talk.deleted_at is None and talk.state == held.about_state
