"""Emails to the followers of a group about an event, in batches: one email is one task.

Each batch is a transaction of its own with the message for the next, so that it resumes where it stopped. A
follower is mailed once about an event. Addresses that are not verified get none.
"""

from dataclasses import dataclass
from typing import ClassVar, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from chalicelib import clock, log, outbox, signals
from chalicelib.limits.declared import ANNOUNCEMENTS
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.groups.group.group import Group
from chalicelib.resources.groups.user_follow_group import UserFollowGroup
from chalicelib.resources.people.user.user import User
from chalicelib.tasks.mail_template import MailTemplate
from chalicelib.tasks.order_mails import time_and_place
from chalicelib.tasks.order_templates import TimeAndPlace
from chalicelib.tasks.registry import task
from chalicelib.tasks.send_and_log import send_and_log
from chalicelib.tasks.session_mail_text import event_address

NAME: Final = "send_announcements"
KIND: Final = "announce_event"
BATCH: Final = 200
_TO_ONE: Final = "send_announcement"


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement(MailTemplate):
    """An event that a group announces to its followers."""

    folder: ClassVar[str] = "announce_event"
    bulk: ClassVar[bool] = True
    group: str
    event: str
    at: TimeAndPlace


@task(NAME)
def send_announcements(session: Session, event_id: int, group_id: int, after: int = 0) -> None:
    """Enqueue the emails to the next followers, in the order in which they began to follow."""
    if _announced(session, event_id, group_id) is None:
        return
    following = UserFollowGroup
    found = select(following.id).where(following.group_id == group_id, following.id > after)
    batch = session.scalars(found.order_by(following.id).limit(BATCH)).all()
    arguments = {"event_id": event_id, "group_id": group_id}
    for id in batch:
        outbox.add(session, _TO_ONE, {**arguments, "follow_id": id}, key=f"{_TO_ONE}-{event_id}-{id}")
    if len(batch) == BATCH:
        outbox.add(session, NAME, {**arguments, "after": batch[-1]})


@task(_TO_ONE, limited_by=(ANNOUNCEMENTS,))
def send_announcement(session: Session, event_id: int, group_id: int, follow_id: int) -> None:
    """Email one follower, if they still are one."""
    both = _announced(session, event_id, group_id)
    follower = session.scalars(
        select(User)
        .join(UserFollowGroup, UserFollowGroup.user_id == User.id)
        .where(UserFollowGroup.id == follow_id, User.deleted_at.is_(None))
        .where(User.is_verified, User.is_blocked.is_(False))
    ).one_or_none()
    if both is not None and follower is not None:
        event, group = both
        mail = Announcement(group=group.name, event=event.name, at=time_and_place(event))
        draft = mail.mail(follower.email, event_address(event))
        send_and_log(session, KIND, draft, event_id=event.id, is_shown=False)


@signals.on("event.announced")
def _it_is_announced(session: Session, *, id: int, group_id: int, **_payload: object) -> None:
    outbox.add(session, NAME, {"event_id": id, "group_id": group_id})


def _announced(session: Session, event_id: int, group_id: int) -> tuple[Event, Group] | None:
    """Event and group, while the announcement holds and the group's owner may act."""
    event, group = session.get(Event, event_id), session.get(Group, group_id)
    if event is None or group is None or event.deleted_at is not None or group.deleted_at is not None:
        return None
    owner = session.get_one(User, group.user_id)
    may_act = owner.deleted_at is None and not owner.is_blocked
    holds = event.is_announced and event.group_id == group_id and event.state == "published"
    if may_act and holds and event.ends_at > clock.now():
        return event, group
    log.info("this event is not announced any more", event_id=event_id, group_id=group_id)
    return None
