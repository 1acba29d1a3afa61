"""Invitation email to review the submissions of an event."""

from dataclasses import dataclass
from typing import ClassVar, Final

from sqlalchemy.orm import Session

from chalicelib import log, outbox, signals
from chalicelib.limits.declared import INVITES
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.people.user.user import User
from chalicelib.resources.reviews.reviewer import PENDING, Reviewer
from chalicelib.tasks.mail_languages import preference_of
from chalicelib.tasks.mail_template import MailTemplate
from chalicelib.tasks.registry import RetryLater, task
from chalicelib.tasks.send_and_log import send_and_log
from chalicelib.tasks.session_mail_text import event_address

NAME: Final = "send_reviewer_invite_mail"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewerInvitation(MailTemplate):
    """The invitation to review; `inviter` may be empty."""

    folder: ClassVar[str] = "reviewer_invite"
    event: str
    inviter: str


@task(NAME, limited_by=INVITES)
def send_reviewer_invite_mail(session: Session, reviewer_id: int, inviter_id: int | None = None) -> None:
    """Email the invitation. Nothing once it is answered, or the event deleted. Raises RetryLater."""
    reviewer = session.get(Reviewer, reviewer_id)
    if reviewer is None:
        raise RetryLater(f"there is no reviewer {reviewer_id}")
    event = session.get_one(Event, reviewer.event_id)
    if reviewer.status != PENDING or event.deleted_at is not None:
        log.info("nobody waits for this invitation any more", reviewer_id=reviewer_id)
        return
    inviter = session.get(User, inviter_id) if inviter_id is not None else None
    name = (inviter.full_name if inviter is not None else None) or ""
    mail = ReviewerInvitation(event=event.name, inviter=name)
    address = f"{event_address(event)}/reviews/{reviewer.id}"
    guess = preference_of(session, inviter_id)
    send_and_log(session, "reviewer_invite", mail.mail(reviewer.email, address, guess=guess))


@signals.on("reviewer.created")
@signals.on("reviewer.resent")
def _send_the_link(session: Session, *, id: int, viewer_id: int | None = None, **_payload: object) -> None:
    outbox.add(session, NAME, {"reviewer_id": id, "inviter_id": viewer_id})
