"""Invitation email to speak at a session, with the link to the event's call for speakers."""

from dataclasses import dataclass
from typing import ClassVar, Final

from sqlalchemy.orm import Session

from chalicelib import log, outbox, signals
from chalicelib.limits.declared import INVITES
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.people.user.user import User
from chalicelib.resources.programme.session import session as programme
from chalicelib.resources.programme.speaker_invite import SpeakerInvite
from chalicelib.tasks.mail_languages import preference_of
from chalicelib.tasks.mail_template import MailTemplate
from chalicelib.tasks.registry import RetryLater, task
from chalicelib.tasks.send_and_log import send_and_log
from chalicelib.tasks.session_mail_text import event_address

NAME: Final = "send_speaker_invite_mail"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakerInvitation(MailTemplate):
    """The invitation to be a speaker of a session; `inviter` may be empty."""

    folder: ClassVar[str] = "speaker_invite"
    event: str
    title: str
    inviter: str


@task(NAME, limited_by=INVITES)
def send_speaker_invite_mail(session: Session, invite_id: int, inviter_id: int | None = None) -> None:
    """Email the invitation. Nothing once it is answered, or session or event deleted. Raises RetryLater."""
    invite = session.get(SpeakerInvite, invite_id)
    if invite is None:
        raise RetryLater(f"there is no invitation {invite_id}")
    talk, event = (
        session.get_one(programme.Session, invite.session_id),
        session.get_one(Event, invite.event_id),
    )
    if invite.status != "pending" or talk.deleted_at is not None or event.deleted_at is not None:
        log.info("nobody waits for this invitation any more", invite_id=invite_id)
        return
    inviter = session.get(User, inviter_id) if inviter_id is not None else None
    name = (inviter.full_name if inviter is not None else None) or ""
    mail = SpeakerInvitation(event=event.name, title=talk.title, inviter=name)
    guess = preference_of(session, inviter_id)
    draft = mail.mail(invite.email, f"{event_address(event)}/cfs", guess=guess)
    send_and_log(session, "speaker_invite", draft, event_id=event.id)


@signals.on("speaker-invite.created")
def _send_the_link(session: Session, *, id: int, viewer_id: int | None = None, **_payload: object) -> None:
    outbox.add(session, NAME, {"invite_id": id, "inviter_id": viewer_id})
