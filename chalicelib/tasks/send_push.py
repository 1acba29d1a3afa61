"""Web Push: one message about a notification to one browser, unless it has been read meanwhile."""

import base64
import hashlib
import json
from typing import Any, Final

from sqlalchemy.orm import Session

from chalicelib import db, log, outbox, web_push
from chalicelib.jsonapi.model.plain_text import plain_text
from chalicelib.settings import settings
from chalicelib.tasks.registry import PermanentFailure, RetryLater, task
from chalicelib.web_push import Receiver

NAME: Final = "send_push"
_TTL: Final = 24 * 3600  # seconds for which a push service keeps it
_LONGEST_TITLE: Final = 120
_LONGEST_BODY: Final = 400
_GONE: Final = (404, 410)
_SUBSCRIBED: Final = """
SELECT browser.id, told.id, told.count
FROM notifications told JOIN push_subscriptions browser ON browser.user_id = told.user_id
WHERE told.content_id = $1 AND browser.kinds @> to_jsonb($2::text)
  AND (browser.only_profile_id IS NULL OR browser.only_profile_id = told.profile_id)
ORDER BY browser.id
"""
# Looked at again: it may be read, and the kind may be switched off by user or staff.
_TO_SEND: Final = """
SELECT browser.endpoint, browser.p256dh, browser.auth, told.count, content.type, content.title,
  content.message, content.target_type, content.target_id
FROM push_subscriptions browser
JOIN notifications told ON told.id = $2 AND told.user_id = browser.user_id AND NOT told.is_read
JOIN notification_contents content ON content.id = told.content_id
JOIN users reader ON reader.id = told.user_id AND reader.deleted_at IS NULL AND NOT reader.is_blocked
WHERE browser.id = $1 AND browser.kinds @> to_jsonb(content.type)
  AND (browser.only_profile_id IS NULL OR browser.only_profile_id = told.profile_id)
  AND NOT EXISTS (
    SELECT FROM notification_settings switch WHERE switch.type = content.type AND NOT switch.enabled
  )
"""
# The browser may have subscribed anew meanwhile.
_END: Final = "DELETE FROM push_subscriptions WHERE id = $1 AND endpoint = $2"


def push_later(session: Session, kind: str, content_id: int) -> None:
    """Enqueue a message for each browser that is to be told of this content's notifications."""
    if not web_push.is_set_up():
        return
    for browser_id, notification_id, count in db.fetch(session, _SUBSCRIBED, [content_id, kind]):
        arguments = {"subscription_id": browser_id, "notification_id": notification_id, "count": count}
        outbox.add(session, NAME, arguments, key=f"{NAME}-{browser_id}-{notification_id}-{content_id}")


@task(NAME, attempts=6, delays=(30, 120, 600, 3600), min_seconds=14.0)
def send_push(session: Session, subscription_id: int, notification_id: int, count: int) -> None:
    """Send it; a subscription that its service does not know any more is deleted.

    Nothing where the notification was read, or has grown: then a later message is on its way. Raises
    RetryLater where the service wants to be asked later, NoAnswer, and PermanentFailure for other refusals.
    """
    rows = db.fetch(session, _TO_SEND, [subscription_id, notification_id])
    if not rows or rows[0][3] > count:
        log.info("nothing to push any more", subscription_id=subscription_id)
        return
    endpoint, p256dh, auth, *content = rows[0]
    if not web_push.is_service(endpoint):  # staff has taken it off the list
        log.info("this push service is not known any more", subscription_id=subscription_id)
        return
    message = _message(notification_id, content)
    reply = web_push.push(Receiver(endpoint, p256dh, auth), message, ttl=_TTL, topic=_topic(notification_id))
    if reply.status in _GONE:
        db.fetch(session, _END, [subscription_id, endpoint])
        log.info("a subscription has ended", subscription_id=subscription_id, status=reply.status)
    elif reply.status == 429 or reply.status >= 500:
        raise RetryLater(f"the push service answers {reply.status}")
    elif not 200 <= reply.status < 300:
        raise PermanentFailure(f"the push service refuses: {reply.status}")


def _message(notification_id: int, content: list[Any]) -> bytes:
    """What the browser gets, as JSON; texts are plain, and shortened."""
    count, kind, title, text, target_type, target_id = content
    about = {
        "notification": str(notification_id),
        "kind": kind,
        "title": _shortened(title, _LONGEST_TITLE),
        "body": _shortened(text, _LONGEST_BODY),
        "count": count,
        "target-type": target_type,
        "target-id": None if target_id is None else str(target_id),
        "url": settings().web_url,
    }
    return json.dumps(about, ensure_ascii=False).encode()


def _shortened(markup: str | None, longest: int) -> str:
    text = plain_text(markup)
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _topic(notification_id: int) -> str:
    """Of a group only the newest is kept for a browser that is off: 32 characters, which tell nothing."""
    digest = hashlib.sha256(f"notification {notification_id}".encode()).digest()
    return base64.urlsafe_b64encode(digest)[:32].decode()
