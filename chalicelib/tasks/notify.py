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
class News:
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
    session: Session, news: News, user_ids: Iterable[int], profiles: Mapping[int, int | None] | None = None
) -> None:
    """Notify these users, each once; all share one text, which clients render as markup.

    `profiles`: by user id the profile that it concerns, or None.
    """
    recipients = sorted(set(user_ids))
    wanted = select(NotificationSetting.enabled).where(NotificationSetting.type == news.kind)
    if not recipients or session.scalar(wanted) is False:
        return
    content = NotificationContent(
        type=news.kind,
        title=sanitize(news.title),
        message=sanitize(news.message),
        target_type=news.target_type,
        target_id=news.target_id,
        target_action=news.target_action,
        details=cleaned(news.details),
    )
    session.add(content)
    session.flush()
    for actor_id in news.actor_ids:
        session.execute(notification_actors.insert().values(content_id=content.id, user_id=actor_id))
    of = profiles or {}
    session.add_all(
        Notification(user_id=user_id, profile_id=of.get(user_id), content_id=content.id)
        for user_id in recipients
    )
