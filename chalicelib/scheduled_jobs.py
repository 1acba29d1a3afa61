"""The scheduled jobs, as data: what the sweep has the dispatcher run, how often, and by whose days.

Each is idempotent. Those that look at a state find what an earlier run has left; those that look at what has
happened since the last day are told how many days they stand for (daily.py). docs/tasks.md has the table.
"""

from typing import Final

from chalicelib import daily, outbox, retention, task_results
from chalicelib.jsonapi.http import idempotency_key
from chalicelib.jsonapi.write import trash
from chalicelib.limits import store
from chalicelib.resources.admin import old_activities, old_mails
from chalicelib.resources.onsite import old_door_scans
from chalicelib.resources.orders import billing
from chalicelib.resources.orders.attendee import asking, transferring
from chalicelib.resources.orders.order import links, overdue_orders
from chalicelib.resources.orders.payment import events, reconciling
from chalicelib.resources.orders.waiting_list_entry import overdue_offers
from chalicelib.resources.people.notification import old_notifications
from chalicelib.resources.people.user import one_time_tokens, password_reset_request, refresh_families
from chalicelib.resources.programme.session import overdue
from chalicelib.scheduled import DAY, SWEEP, Job
from chalicelib.settings import settings
from chalicelib.uploads import temporary

_NOTIFICATIONS: Final = old_notifications.RETENTION.task
_SCANS: Final = old_door_scans.RETENTION.task
_ACTIVITIES: Final = old_activities.RETENTION.task
_MAILS: Final = old_mails.RETENTION.task

JOBS: Final = (
    Job(trash.TASK, DAY, lambda: retention.plan(trash.TASK, settings().trash_days)),
    Job(overdue.TASK, DAY, overdue.plan),
    Job(daily.SALES_END, DAY, lambda: daily.plan((daily.SALES_END,)), zone="the event's"),
    Job(daily.AFTER_EVENT, DAY, lambda: daily.plan((daily.AFTER_EVENT,))),
    Job(daily.ZONE_RULES, DAY, lambda: daily.plan((daily.ZONE_RULES,)), zone="the event's"),
    Job(_NOTIFICATIONS, DAY, lambda: retention.plan(_NOTIFICATIONS, settings().notification_days)),
    Job(_SCANS, DAY, lambda: retention.plan(_SCANS, settings().door_scan_days)),
    Job(_ACTIVITIES, DAY, lambda: retention.enqueue_today(_ACTIVITIES)),
    Job(_MAILS, DAY, lambda: retention.plan(_MAILS, settings().mail_days)),
    Job(reconciling.TASK, reconciling.EVERY, reconciling.plan),
    Job(billing.TASK, DAY, billing.plan, zone="the platform's"),
    Job("expire_orders", SWEEP, overdue_orders.plan),
    Job("outbox", SWEEP, outbox.sweep),
    Job("forget_task_results", SWEEP, task_results.forget_old),
    Job("forget_idempotency_keys", SWEEP, idempotency_key.forget_old),
    Job("forget_one_time_tokens", SWEEP, one_time_tokens.forget_old),
    Job("forget_refresh_tokens", SWEEP, refresh_families.forget_old),
    Job("forget_rate_limits", SWEEP, store.forget_old),
    Job("forget_password_resets", SWEEP, password_reset_request.forget_old),
    Job("forget_temporary_uploads", SWEEP, temporary.forget_old),
    Job("forget_payment_events", SWEEP, events.forget_old),
    Job("forget_order_links", SWEEP, links.forget_old),
    Job("expire_ticket_transfers", SWEEP, transferring.expire_offers),
    Job("watch_waiting_lists", SWEEP, overdue_offers.plan),
    Job("forget_waiting_lists", SWEEP, overdue_offers.forget_old),
    Job("remind_of_attendee_forms", SWEEP, asking.remind),
)
