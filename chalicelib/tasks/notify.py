"""In-app notifications, unless staff has disabled this kind.

While one of the same kind and target is unread, its row becomes the newest one, counts them and keeps their
texts (a group); one that has LARGEST_GROUP is left as it is, and another one begins. A unique
index sees to that, so that two that are told at once are one group too.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from chalicelib import clock, db
from chalicelib.jsonapi.model.markup import sanitize
from chalicelib.jsonapi.model.objects_sent import cleaned
from chalicelib.resources.people.notification.content import NotificationContent, notification_actors
from chalicelib.resources.people.notification_setting import NotificationSetting
from chalicelib.tasks.send_push import push_later

LARGEST_GROUP: Final = 20  # texts; nothing that was told is lost before it is read
# A group that is full is none any more: the next one begins anew.
_LEAVE: Final = f"""
UPDATE notifications SET group_key = NULL WHERE id IN (
  SELECT id FROM notifications WHERE user_id = ANY ($1::bigint[]) AND group_key = $2 AND NOT is_read
    AND cardinality(earlier_content_ids) >= {LARGEST_GROUP - 1}
  ORDER BY user_id FOR UPDATE
)
"""  # noqa: S608 - no user input
# $1 users and $2 profiles, in the order in which rows are locked; $3 content, $4 group, $5 now.
_ADD: Final = """
INSERT INTO notifications AS told (user_id, profile_id, content_id, group_key, created_at, is_read)
SELECT recipient.id, recipient.profile_id, $3::bigint, $4, $5::timestamptz, false
FROM unnest($1::bigint[], $2::bigint[]) AS recipient (id, profile_id) ORDER BY recipient.id
ON CONFLICT (user_id, coalesce(profile_id, 0::bigint), group_key)
WHERE group_key IS NOT NULL AND NOT is_read
DO UPDATE SET content_id = excluded.content_id, created_at = excluded.created_at, count = told.count + 1,
  earlier_content_ids = told.earlier_content_ids || told.content_id,
  first_received_at = coalesce(told.first_received_at, told.created_at),
  earlier_actor_ids = ARRAY(
    SELECT acted.user_id FROM notification_actors acted WHERE acted.content_id = told.content_id
    UNION SELECT unnest(told.earlier_actor_ids) LIMIT 50
  )
"""


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
    group = f"{notification.kind}/{notification.target_type}/{notification.target_id}"
    told = [recipients, [of.get(user_id) for user_id in recipients], content.id, group, clock.now()]
    db.fetch(session, _LEAVE, [recipients, group])
    db.fetch(session, _ADD, told)
    push_later(session, notification.kind, content.id)
