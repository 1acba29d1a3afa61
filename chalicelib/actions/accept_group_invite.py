"""Invitations to organize a group: accepting one as the invited person, and sending the email again."""

from sqlalchemy import select

from chalicelib import signals
from chalicelib.actions.account_requests import data, own_account, text
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import conflict, forbidden, not_found
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.write.changing import lock_editable
from chalicelib.limits.declared import INVITATION_AGAIN, INVITATIONS, TOKEN_GUESSES
from chalicelib.resources.access.role.role import Role
from chalicelib.resources.groups.group.group import Group
from chalicelib.resources.groups.users_groups_role import USERS_GROUPS_ROLE, UsersGroupsRole


@action("POST", "/v1/users-groups-roles/accept-invite", lenient=True, limited_by=(TOKEN_GUESSES,))
@documented(
    who="the invited person, signed in",
    request={"data": {"token": "GROUP_INVITE_TOKEN"}},
    response={
        "type": "group",
        "group_id": 1,
        "email": "ada@example.org",
        "name": "Ada Lovelace",
        "role": "organizer",
    },
    errors=(400, 401, 403, 404, 413),
)
def accept_group_invite(context: Context) -> Answer:
    """{data: {token}} -> the caller, whose address was invited, organizes the group from now on.

    Raises Problem: 401, 403 for another person's invitation, 404 for an unknown token.
    """
    user = own_account(context)
    token = text(data(context), "token", at="/data")
    invitation = select(UsersGroupsRole).where(UsersGroupsRole.token == token).with_for_update()
    invite = context.session.scalars(invitation).one_or_none()
    group = context.session.get(Group, invite.group_id) if invite is not None else None
    if invite is None or group is None or group.deleted_at is not None:
        raise not_found("There is no invitation with this token.", "/data/token")
    if invite.email.lower() != user.email.lower():
        raise forbidden("This invitation is for another address than yours.", "/data/token")
    if not invite.accepted:
        invite.accepted = True
        invite.user_id, invite.profile_id = user.id, context.viewer.profile_id
        signals.emit(context.session, "users-groups-role.accepted", id=invite.id, user_id=user.id)
    role = context.session.get_one(Role, invite.role_id)
    return plain(
        {
            "type": "group",
            "group_id": group.id,
            "email": invite.email,
            "name": user.full_name,
            "role": role.name,
        }
    )


@action(
    "POST",
    "/v1/group-role-invites/{id}/resend-invite",
    lenient=True,
    limited_by=(INVITATIONS, INVITATION_AGAIN),
)
@documented(
    who="the group's owner",
    response={"success": True, "message": "The invitation is on its way again."},
    errors=(401, 403, 404, 409),
)
def resend_group_invite(context: Context, id: str) -> Answer:
    """Sends the invitation email again, for the group's owner. 409 once it was accepted."""
    own_account(context)
    invite: UsersGroupsRole = lock_editable(context, USERS_GROUPS_ROLE, id)
    if invite.accepted:
        raise conflict("The invitation was accepted already.")
    signals.emit(context.session, "users-groups-role.resent", id=invite.id)
    return plain({"success": True, "message": "The invitation is on its way again."})
