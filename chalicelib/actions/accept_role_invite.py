"""Invitations to a role: the invited address, accepting with the token from the email, and sending the email
again.
"""

from datetime import timedelta
from typing import Final

from sqlalchemy import select

from chalicelib import clock, signals
from chalicelib.actions.account_requests import data, note_verified, text
from chalicelib.auth import tokens, viewer
from chalicelib.auth.roles import COORGANIZERS, ORGANIZER_ROLE, OWNER_ROLE
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import Problem, conflict, forbidden, not_found
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.write.changing import lock_visible
from chalicelib.limits.declared import INVITATION_AGAIN, INVITATIONS, TOKEN_GUESSES
from chalicelib.resources.access.role.role import Role
from chalicelib.resources.access.role_invite import ACCEPTED, ROLE_INVITE, RoleInvite
from chalicelib.resources.access.users_events_roles import UsersEventsRoles
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.people.user.account_lookup import account_with
from chalicelib.resources.people.user.user import User

_PROVES_FOR: Final = timedelta(days=30)  # how long the token proves ownership of the mailbox


@action("POST", "/v1/role_invites/user", lenient=True, reads_token=False, limited_by=(TOKEN_GUESSES,))
@documented(
    who="whoever has the token",
    open=True,
    request={"data": {"token": "INVITE_TOKEN"}},
    response={"email": "ada@example.org"},
    errors=(400, 404, 413),
)
def show_invited_address(context: Context) -> Answer:
    """{data: {token}} -> {email} of the invited person, who may still have to sign up. 404 if unknown."""
    return plain({"email": _invite(context).email})


@action(
    "POST", "/v1/role_invites/accept-invite", lenient=True, reads_token=False, limited_by=(TOKEN_GUESSES,)
)
@documented(
    who="whoever has the token",
    open=True,
    request={"data": {"token": "INVITE_TOKEN"}},
    response={
        "type": "event",
        "event": 1,
        "event_identifier": "6e9304cd",
        "email": "ada@example.org",
        "name": "Ada Lovelace",
        "role": "owner",
    },
    errors=(400, 404, 409, 413),
)
def accept_role_invite(context: Context) -> Answer:
    """{data: {token}} -> the invited person has the role from now on, and their address is verified if the
    invitation is not older than 30 days.

    A new owner takes the event out of the former owner's group, and makes them an organizer. Accepting twice
    changes nothing. With the invited person's own token for a profile, the role is held under that profile.
    404 for an unknown token, and while no account has the invited address; 409 where they hold the role under
    another profile.
    """
    invite = _invite(context)
    event, user = _event(context, invite), _user(context, invite)
    if invite.status != ACCEPTED:
        if invite.role_name == OWNER_ROLE:
            _retire_owner(context, event, user)
        _hold(context, event.id, user.id, invite.role_id, _profile(context, user))
        invite.status = ACCEPTED
        if clock.now() - invite.created_at <= _PROVES_FOR:
            note_verified(context, user)
        signals.emit(context.session, "role-invite.accepted", id=invite.id, user_id=user.id)
    return plain(
        {
            "type": "event",
            "event": event.id,
            "event_identifier": event.identifier,
            "email": invite.email,
            "name": user.full_name,
            "role": invite.role_name,
        }
    )


@action(
    "POST", "/v1/role-invites/{id}/resend-invite", lenient=True, limited_by=(INVITATIONS, INVITATION_AGAIN)
)
@documented(
    who="owner, organizers and coorganizers of the event",
    response={"success": True, "message": "The invitation is on its way again."},
    errors=(401, 403, 404, 409),
)
def resend_role_invite(context: Context, id: str) -> Answer:
    """Sends the invitation email again, for the event's owner, organizers and coorganizers. 409 once it was
    accepted.
    """
    context.demand_account()
    invite: RoleInvite = lock_visible(context, ROLE_INVITE, id)
    if not context.viewer.has_role(COORGANIZERS, invite.event_id):
        raise forbidden("Only the event's team sends invitations.")
    if invite.status == ACCEPTED:
        raise conflict("The invitation was accepted already.")
    signals.emit(context.session, "role-invite.resent", id=invite.id)
    return plain({"success": True, "message": "The invitation is on its way again."})


def _invite(context: Context) -> RoleInvite:
    token = text(data(context), "token", at="/data")
    invitation = select(RoleInvite).where(RoleInvite.hash == token).with_for_update()
    invite = context.session.scalars(invitation).one_or_none()
    if invite is None:
        raise not_found("There is no invitation with this token.", "/data/token")
    return invite


def _event(context: Context, invite: RoleInvite) -> Event:
    event = context.session.get(Event, invite.event_id, with_for_update=True)
    if event is None or event.deleted_at is not None:
        raise not_found("The event of this invitation is gone.", "/data/token")
    return event


def _user(context: Context, invite: RoleInvite) -> User:
    # Locked: an account whose address is being changed is not the invited one, and not verified.
    user = account_with(context.session, invite.email, locked=True)
    if user is None:
        raise not_found("Nobody has an account with the invited address yet: sign up first.", "/data/token")
    return user


def _retire_owner(context: Context, event: Event, successor: User) -> None:
    session = context.session
    ids = {role.name: role.id for role in session.scalars(select(Role))}
    owned = select(UsersEventsRoles).where(
        UsersEventsRoles.event_id == event.id,
        UsersEventsRoles.role_id == ids[OWNER_ROLE],
        UsersEventsRoles.user_id != successor.id,
    )
    for event_role in session.scalars(owned).all():
        former, profile = event_role.user_id, event_role.profile_id
        session.delete(event_role)
        session.flush()
        _retain(context, event.id, former, ids[ORGANIZER_ROLE], profile)
    event.group_id = None


def _profile(context: Context, user: User) -> int | None:
    """The profile in the invited person's own token, if one was sent; other tokens are ignored."""
    try:
        claims = tokens.from_header(context.request.headers.get("authorization", ""))
    except Problem:
        return None
    if claims.user_id != user.id:
        return None
    new_viewer = viewer.load(context.session, user.id, claims.profile_id, version=claims.version)
    if new_viewer is None:
        return None
    return claims.profile_id


def _hold(context: Context, event_id: int, user_id: int, role_id: int, profile_id: int | None) -> None:
    event_role = _retain(context, event_id, user_id, role_id, profile_id)
    if event_role.profile_id != profile_id:
        raise conflict("You hold this role under another profile: give it up there first.", "/data/token")


def _retain(
    context: Context, event_id: int, user_id: int, role_id: int, profile_id: int | None
) -> UsersEventsRoles:
    key = {"event_id": event_id, "user_id": user_id, "role_id": role_id}
    event_role = context.session.scalars(select(UsersEventsRoles).filter_by(**key)).one_or_none()
    if event_role is None:
        event_role = UsersEventsRoles(**key, profile_id=profile_id)
        context.session.add(event_role)
    return event_role
