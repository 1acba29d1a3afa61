"""Somebody is invited to organise a group: mail them the link with which to say yes."""

from urllib.parse import quote

from sqlalchemy.orm import Session

from chalicelib import log, outbox, signals
from chalicelib.limits.declared import INVITATION_AGAIN, INVITES
from chalicelib.mail import Mail
from chalicelib.resources.groups.group.group import Group
from chalicelib.resources.groups.users_groups_role import UsersGroupsRole
from chalicelib.settings import settings
from chalicelib.tasks.post import post
from chalicelib.tasks.registry import NotYet, task

NAME = "send_group_role_mail"


@task(NAME, limited_by=(*INVITES, INVITATION_AGAIN))
def send_group_role_mail(session: Session, invite_id: int) -> None:
    """Mail the invitation. Nothing once it is accepted."""
    invite = session.get(UsersGroupsRole, invite_id)
    if invite is None:
        raise NotYet(f"there is no invitation {invite_id}")
    group = session.get_one(Group, invite.group_id)
    if invite.accepted or group.deleted_at is not None:
        log.info("nobody waits for this invitation any more", invite_id=invite_id)
        return
    post(
        session,
        "group_role",
        Mail(
            to=invite.email,
            subject=f"Invitation to help with {group.name}",
            paragraphs=(
                f"You are invited to organise the events of {group.name}.",
                "Follow the link and sign in with this address to accept.",
            ),
            link=(
                "Accept the invitation",
                f"{settings().web_url}/group-invites?token={quote(invite.token, safe='')}",
            ),
        ),
    )


@signals.on("users-groups-role.created")
@signals.on("users-groups-role.resent")
def _send_the_link(session: Session, *, id: int, **_payload: object) -> None:
    outbox.add(session, NAME, {"invite_id": id})
