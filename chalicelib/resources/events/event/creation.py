"""Creation of an event: its creator becomes the owner, and the attendee form asks for an address."""

from dataclasses import replace
from typing import Any

from chalicelib.auth.roles import OWNER_ROLE
from chalicelib.auth.viewer import Viewer
from chalicelib.jsonapi.ground.errors import Problem
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context


def make_creator_owner(context: Context, change: Change) -> None:
    """The creator gets the role owner."""
    if not change.is_new:
        return
    from chalicelib.resources.access.role.role import Role  # lazy: three types, for new events alone
    from chalicelib.resources.access.role_invite import RoleInvite
    from chalicelib.resources.access.users_events_roles import UsersEventsRoles

    viewer = context.viewer
    role_id = context.session.query(Role.id).filter(Role.name == OWNER_ROLE).scalar()
    if role_id is None or viewer.id is None:
        raise Problem(500, "There is no owner for this event.")
    owner = {"user_id": viewer.id, "profile_id": viewer.profile_id}
    context.session.add(UsersEventsRoles(**owner, event_id=change.row.id, role_id=role_id))
    context.session.add(
        RoleInvite(
            email=viewer.email,
            event_id=change.row.id,
            role_id=role_id,
            role_name=OWNER_ROLE,
            status="accepted",
        )
    )


def as_owner(event: Any, creator: Viewer) -> Viewer:
    """The viewer with the role owner at the event just created."""
    owned = creator.grants.get(OWNER_ROLE, frozenset()) | {event.id}
    return replace(creator, grants={**creator.grants, OWNER_ROLE: owned})


def ask_attendees_for_their_address(context: Context, change: Change) -> None:
    """A new event's attendee form starts with one field: the email address."""
    if change.is_new:
        from chalicelib.resources.forms.custom_form.custom_form import CustomForm  # lazy: new events alone

        address = CustomForm(
            event_id=change.row.id,
            form="attendee",
            field_identifier="email",
            name="Email",
            type="email",
            is_required=True,
            is_included=True,
            is_fixed=True,
        )
        context.session.add(address)
