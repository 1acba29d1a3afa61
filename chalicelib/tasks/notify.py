"""In-app notifications, unless staff has disabled this kind."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chalicelib.jsonapi.model.markup import sanitize
from chalicelib.jsonapi.model.objects_sent import cleaned
from chalicelib.resources.people.notification.content import NotificationContent, notification_actors
from chalicelib.resources.people.notification.notification import Notification
from chalicelib.resources.people.notification_setting import NotificationSetting


@dataclass(frozen=True, slots=True)
class NewNotification:
    """One notification. `kind` is the type of a notification setting, such as "event_role".

    `details` are short facts for the client, by name: {"event": {"id": 1, "name": "..."}}.
    """

    kind: str
    title: str
    message: str
    target_type: str
    target_id: int
    target_action: str
    actor_ids: tuple[int, ...] = ()
    details: dict[str, Any] | None = None


def notify(
    session: Session,
    notification: NewNotification,
    user_ids: Iterable[int],
    profiles: Mapping[int, int | None] | None = None,
) -> None:
    """Notify these users, each once; all share one text, which clients render as markup.

    `profiles`: by user id the profile that it concerns, or None.
    """
    recipients = sorted(set(user_ids))
    select_enabled = select(NotificationSetting.enabled).where(NotificationSetting.type == notification.kind)
    if not recipients or session.scalar(select_enabled) is False:
        return
    content = NotificationContent(
        type=notification.kind,
        title=sanitize(notification.title),
        message=sanitize(notification.message),
        target_type=notification.target_type,
        target_id=notification.target_id,
        target_action=notification.target_action,
        details=cleaned(notification.details),
    )
    session.add(content)
    session.flush()
    for actor_id in notification.actor_ids:
        session.execute(notification_actors.insert().values(content_id=content.id, user_id=actor_id))
    of = profiles or {}
    session.add_all(
        Notification(user_id=user_id, profile_id=of.get(user_id), content_id=content.id)
        for user_id in recipients
    )
