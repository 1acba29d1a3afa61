"""Invitation email for a role at an event, with the link to accept."""

from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import quote

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chalicelib import log, outbox, signals
from chalicelib.limits.declared import INVITATION_AGAIN, INVITES
from chalicelib.resources.access.role.role import Role
from chalicelib.resources.access.role_invite import RoleInvite
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.people.user.user import User
from chalicelib.settings import settings
from chalicelib.tasks.mail_languages import preference_of
from chalicelib.tasks.mail_template import MailTemplate
from chalicelib.tasks.notify import NewNotification, notify
from chalicelib.tasks.registry import RetryLater, task
from chalicelib.tasks.send_and_log import send_and_log

NAME = "send_event_role_mail"
KIND = "event_role"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRole(MailTemplate):
    """The invitation to play a role at an event."""

    folder: ClassVar[str] = "event_role"
    event: str
    role: str


@task(NAME, limited_by=(*INVITES, INVITATION_AGAIN))
def send_event_role_mail(session: Session, invite_id: int, inviter_id: int | None = None) -> None:
    """Email the invitation, and notify an existing account in the app. Nothing once it is answered. Raises
    RetryLater.
    """
    invite = session.get(RoleInvite, invite_id)
    if invite is None:
        raise RetryLater(f"there is no invitation {invite_id}")
    event = session.get_one(Event, invite.event_id)
    if invite.status != "pending" or event.deleted_at is not None:
        log.info("nobody waits for this invitation any more", invite_id=invite_id)
        return
    role = session.get_one(Role, invite.role_id)
    part = role.title_name or role.name
    address = f"{settings().web_url}/role-invites?token={quote(invite.hash, safe='')}"
    guess = preference_of(session, inviter_id)
    draft = EventRole(event=event.name, role=part).mail(invite.email, address, guess=guess)
    send_and_log(session, KIND, draft, event_id=event.id)
    _tell(session, invite, event, part, inviter_id)


def _tell(session: Session, invite: RoleInvite, event: Event, part: str, inviter_id: int | None) -> None:
    invited = select(User.id).where(func.lower(User.email) == invite.email.lower(), User.deleted_at.is_(None))
    notification = NewNotification(
        kind=KIND,
        title=f"Invitation to help with {event.name}",
        message=f"You are invited to take part in {event.name} as {part}.",
        target_type="RoleInvite",
        target_id=invite.id,
        target_action=KIND,
        actor_ids=(inviter_id,) if inviter_id is not None else (),
        details={
            "event": {"id": event.id, "identifier": event.identifier, "name": event.name},
            "event_invite": {"id": invite.id, "status": invite.status},
            "role": {"name": invite.role_name, "title_name": part},
        },
    )
    notify(session, notification, session.scalars(invited))


@signals.on("role-invite.created")
@signals.on("role-invite.resent")
def _send_the_link(session: Session, *, id: int, viewer_id: int | None = None, **_payload: object) -> None:
    outbox.add(session, NAME, {"invite_id": id, "inviter_id": viewer_id})
