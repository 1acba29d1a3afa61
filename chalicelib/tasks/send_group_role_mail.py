"""Invitation email for organizing a group, with the link to accept."""

from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import quote

from sqlalchemy.orm import Session

from chalicelib import log, outbox, signals
from chalicelib.limits.declared import INVITATION_AGAIN, INVITES
from chalicelib.resources.groups.group.group import Group
from chalicelib.resources.groups.users_groups_role import UsersGroupsRole
from chalicelib.settings import settings
from chalicelib.tasks.mail_languages import preference_of
from chalicelib.tasks.mail_template import MailTemplate
from chalicelib.tasks.registry import RetryLater, task
from chalicelib.tasks.send_and_log import send_and_log

NAME = "send_group_role_mail"


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRole(MailTemplate):
    """The invitation to organize a group."""

    folder: ClassVar[str] = "group_role"
    group: str


@task(NAME, limited_by=(*INVITES, INVITATION_AGAIN))
def send_group_role_mail(session: Session, invite_id: int, inviter_id: int | None = None) -> None:
    """Email the invitation. Nothing once it is accepted. Raises RetryLater."""
    invite = session.get(UsersGroupsRole, invite_id)
    if invite is None:
        raise RetryLater(f"there is no invitation {invite_id}")
    group = session.get_one(Group, invite.group_id)
    if invite.accepted or group.deleted_at is not None:
        log.info("nobody waits for this invitation any more", invite_id=invite_id)
        return
    address = f"{settings().web_url}/group-invites?token={quote(invite.token, safe='')}"
    guess = preference_of(session, inviter_id)
    send_and_log(session, "group_role", GroupRole(group=group.name).mail(invite.email, address, guess=guess))


@signals.on("users-groups-role.created")
@signals.on("users-groups-role.resent")
def _send_the_link(session: Session, *, id: int, viewer_id: int | None = None, **_payload: object) -> None:
    outbox.add(session, NAME, {"invite_id": id, "inviter_id": viewer_id})
