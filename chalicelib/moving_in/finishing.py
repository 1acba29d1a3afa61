"""What follows from rows that came: payments of orders, places of events, counters of sessions.

The old database has none of it, or has it in another form. Every step can be repeated.
"""

import json
from collections.abc import Sequence
from typing import Final

from sqlalchemy.orm import Session

from chalicelib import db
from chalicelib.jsonapi.model.objects_sent import cleaned
from chalicelib.resources.identifiers import slug
from chalicelib.resources.orders.order.states import COMPLETED
from chalicelib.values.money import SMALLEST_UNIT

# As the migration that has made payments of former orders: paid outside of our providers, since only the old
# server's account knows the payment there. A refund is noted, and made there.
_PAYMENTS: Final = f"""
INSERT INTO payments (identifier, order_id, event_id, provider, mode, amount_minor, currency, state,
  transaction_id, method, brand, last4, exp_month, exp_year, created_at, paid_at, checked_at)
SELECT gen_random_uuid()::text, paid.id, paid.event_id, 'offline',
  coalesce(paid.payment_mode, nullif(paid.paid_via, ''), 'bank'),
  round(paid.amount / CASE paid.code {SMALLEST_UNIT}), paid.code, 'succeeded', paid.transaction_id,
  nullif(paid.paid_via, ''), paid.brand, paid.last4, paid.exp_month, paid.exp_year, paid.created_at,
  coalesce(paid.completed_at, paid.created_at), NULL
FROM (
  SELECT sold.*, coalesce(sold.currency, 'USD') AS code FROM orders sold
  WHERE sold.id = ANY($1) AND sold.status = $2 AND sold.amount > 0
) paid
WHERE NOT EXISTS (SELECT FROM payments made WHERE made.order_id = paid.id)
ORDER BY paid.id
"""  # noqa: S608 - no user input
_NAMED: Final = """
SELECT DISTINCT btrim(searchable_location_name) FROM events
WHERE id = ANY($1) AND event_location_id IS NULL AND btrim(searchable_location_name) <> '' ORDER BY 1
"""
_PLACE: Final = "INSERT INTO event_locations (name, slug) VALUES ($1, $2) ON CONFLICT (slug) DO NOTHING"
_LINK: Final = """
UPDATE events SET event_location_id = (SELECT id FROM event_locations WHERE slug = $2)
WHERE id = ANY($3) AND event_location_id IS NULL AND btrim(searchable_location_name) = $1
"""
_COUNT: Final = """
UPDATE sessions SET rating_count = counted.ratings, average_rating = counted.average,
  favourite_count = counted.favourites
FROM (
  SELECT shown.id, count(given.id) AS ratings, coalesce(avg(given.rating), 0) AS average,
    (SELECT count(*) FROM user_favourite_sessions liked WHERE liked.session_id = shown.id) AS favourites
  FROM sessions shown
  LEFT JOIN feedbacks given ON given.session_id = shown.id AND given.deleted_at IS NULL
  WHERE shown.id > $1 AND shown.id <= $2 GROUP BY shown.id
) counted
WHERE sessions.id = counted.id AND (sessions.rating_count, sessions.average_rating, sessions.favourite_count)
  IS DISTINCT FROM (counted.ratings, counted.average, counted.favourites)
"""
_MODERATORS: Final = """
UPDATE video_stream_moderators SET user_id = account.id FROM users account
WHERE video_stream_moderators.id = ANY($1) AND account.deleted_at IS NULL
  AND lower(account.email) = lower(video_stream_moderators.email)
"""
# What a notification is about, for those kinds that clients show with a link.
_ABOUT: Final = """
SELECT content.id, jsonb_strip_nulls(jsonb_build_object(
  'event', CASE WHEN event.id IS NOT NULL THEN
    jsonb_build_object('id', event.id, 'identifier', event.identifier, 'name', event.name) END,
  'order', CASE WHEN bought.id IS NOT NULL THEN jsonb_build_object('id', bought.id, 'identifier',
    bought.identifier, 'reference', bought.reference, 'status', bought.status, 'amount', bought.amount) END,
  'session', CASE WHEN shown.id IS NOT NULL THEN jsonb_build_object('id', shown.id, 'title', shown.title) END,
  'event_invite', CASE WHEN invited.id IS NOT NULL THEN
    jsonb_build_object('id', invited.id, 'status', invited.status) END,
  'event_invoice', CASE WHEN billed.id IS NOT NULL THEN
    jsonb_build_object('id', billed.id, 'identifier', billed.identifier) END))::text
FROM notification_contents content
LEFT JOIN orders bought ON content.target_type = 'Order' AND bought.id = content.target_id
LEFT JOIN sessions shown ON content.target_type = 'Session' AND shown.id = content.target_id
LEFT JOIN role_invites invited ON content.target_type = 'RoleInvite' AND invited.id = content.target_id
LEFT JOIN event_invoices billed ON content.target_type = 'EventInvoice' AND billed.id = content.target_id
JOIN events event ON event.id =
  coalesce(bought.event_id, shown.event_id, invited.event_id, billed.event_id)
WHERE content.id = ANY($1) AND content.details IS NULL
"""
_DESCRIBE: Final = """
UPDATE notification_contents SET details = told.details
FROM unnest($1::bigint[], $2::text[]::jsonb[]) AS told (id, details) WHERE notification_contents.id = told.id
"""
_LAST_OF_PAGE: Final = """
SELECT max(id) FROM (SELECT id FROM sessions WHERE id > $1 ORDER BY id LIMIT $2) page
"""


def record_payments(session: Session, order_ids: Sequence[int]) -> None:
    """Record the payments of paid orders, so that the books agree."""
    db.fetch(session, _PAYMENTS, [list(order_ids), COMPLETED])


def link_locations(session: Session, event_ids: Sequence[int]) -> None:
    """Link events with the places that they name, as an event does that is written here."""
    for (name,) in db.fetch(session, _NAMED, [list(event_ids)]):
        key = slug(name) or name.lower()
        db.fetch(session, _PLACE, [name, key])
        db.fetch(session, _LINK, [name, key, list(event_ids)])


def name_moderators(session: Session, moderator_ids: Sequence[int]) -> None:
    """Link moderators with the accounts that have their addresses."""
    db.fetch(session, _MODERATORS, [list(moderator_ids)])


def describe_notifications(session: Session, content_ids: Sequence[int]) -> None:
    """Note the facts that clients show with a notification, as it is done when one is made."""
    rows = db.fetch(session, _ABOUT, [list(content_ids)])
    described = [(id, json.dumps(cleaned(json.loads(text)))) for id, text in rows]
    if described:
        db.fetch(session, _DESCRIBE, [[id for id, _ in described], [text for _, text in described]])


def count_for_sessions(session: Session, after: int, size: int) -> int | None:
    """Count ratings and favourites of the next sessions with ids above `after`; gives the last id."""
    last: int | None = db.fetch(session, _LAST_OF_PAGE, [after, size])[0][0]
    if last is not None:
        db.fetch(session, _COUNT, [after, last])
    return last
