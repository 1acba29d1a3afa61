"""Demo data of people: a group, favourites, notifications, pages and logs.

The content is in demo_people.json; it is about the first event and its owner.
"""

import json
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chalicelib import clock
from chalicelib.auth.roles import MODERATOR_ROLE, ORGANIZER_ROLE, OWNER_ROLE
from chalicelib.resources.access.role.role import Role
from chalicelib.resources.access.role_invite import ACCEPTED, RoleInvite
from chalicelib.resources.access.users_events_roles import UsersEventsRoles
from chalicelib.resources.admin.activity import Activity
from chalicelib.resources.admin.import_job import ImportJob
from chalicelib.resources.admin.mail import Mail
from chalicelib.resources.admin.page import Page
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.groups.group.group import Group
from chalicelib.resources.groups.user_follow_group import UserFollowGroup
from chalicelib.resources.groups.users_groups_role import UsersGroupsRole
from chalicelib.resources.people.email_notification import EmailNotification
from chalicelib.resources.people.notification.content import NotificationContent, notification_actors
from chalicelib.resources.people.notification.notification import Notification
from chalicelib.resources.people.profile.profile import Profile
from chalicelib.resources.people.push_subscription import PushSubscription
from chalicelib.resources.people.user.user import User
from chalicelib.resources.people.user_email import UserEmail
from chalicelib.resources.people.user_favourite_event import UserFavouriteEvent
from chalicelib.resources.programme.session.session import Session as Talk

_DATA: dict[str, Any] = json.loads((Path(__file__).parent / "demo_people.json").read_text(encoding="utf-8"))


def create(session: Session, users: dict[str, User]) -> None:
    """Make everything; the events and these users, by address, are there already."""
    session.flush()
    event = session.scalars(select(Event).order_by(Event.id).limit(1)).one()
    roles = {role.name: role.id for role in session.scalars(select(Role))}
    owned = select(User).join(UsersEventsRoles, UsersEventsRoles.user_id == User.id)
    owner = session.scalars(
        owned.where(UsersEventsRoles.event_id == event.id, UsersEventsRoles.role_id == roles[OWNER_ROLE])
    ).one()
    follower = users[_DATA["follower"]]
    _invite(session, event, roles)
    _group(session, event, owner, follower, roles)
    _tell(session, event, owner, follower)
    session.add_all(Page(**page) for page in _DATA["pages"])
    session.add_all(
        [
            UserEmail(user_id=owner.id, **_DATA["further_address"]),
            PushSubscription(user_id=follower.id, **_DATA["browser"]),
            UserFavouriteEvent(user_id=follower.id, event_id=event.id),
            EmailNotification(user_id=follower.id, event_id=event.id, next_event=True, session_schedule=True),
            Activity(actor=owner.email, action=f"Created the event {event.name}"),
            Mail(recipient=owner.email, **_DATA["mail"]),
            Profile(user_id=owner.id, **_DATA["profile"]),
            ImportJob(user_id=owner.id, starts_at=clock.now(), **_DATA["import"]),
        ]
    )


def _invite(session: Session, event: Event, roles: dict[str, int]) -> None:
    names = {id: name for name, id in roles.items()}
    held = session.execute(
        select(User.email, UsersEventsRoles.event_id, UsersEventsRoles.role_id).join(
            UsersEventsRoles, UsersEventsRoles.user_id == User.id
        )
    )
    for email, event_id, role_id in held.all():
        session.add(
            RoleInvite(
                email=email, event_id=event_id, role_id=role_id, role_name=names[role_id], status=ACCEPTED
            )
        )
    session.add(
        RoleInvite(
            email=_DATA["invited"],
            event_id=event.id,
            role_id=roles[MODERATOR_ROLE],
            role_name=MODERATOR_ROLE,
        )
    )


def _group(session: Session, event: Event, owner: User, follower: User, roles: dict[str, int]) -> None:
    group = Group(user_id=owner.id, **_DATA["group"])
    session.add(group)
    session.flush()
    event.group_id = group.id
    session.add_all(
        [
            UsersGroupsRole(email=_DATA["curator"], group_id=group.id, role_id=roles[ORGANIZER_ROLE]),
            UserFollowGroup(user_id=follower.id, group_id=group.id),
        ]
    )


def _tell(session: Session, event: Event, owner: User, actor: User) -> None:
    talk = session.scalars(select(Talk).where(Talk.event_id == event.id).order_by(Talk.id).limit(1)).one()
    content = NotificationContent(
        **_DATA["notification"],
        target_id=talk.id,
        details={
            "session": {"id": talk.id, "title": talk.title},
            "event": {"id": event.id, "identifier": event.identifier, "name": event.name},
        },
    )
    session.add(content)
    session.flush()
    session.execute(notification_actors.insert().values(content_id=content.id, user_id=actor.id))
    session.add(Notification(user_id=owner.id, content_id=content.id))
