"""What people do in half a simulated day, as SQL for many at once: they order, check in, sign in."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from benchmarks.rows import copy_rows
from chalicelib import db, scheduled_jobs, signals
from chalicelib.resources.orders.attendee.attendee import Attendee
from chalicelib.resources.orders.order.table import Order
from chalicelib.resources.people.user.user import User
from tests.factories.attendee import make_attendee
from tests.factories.event import make_event
from tests.factories.order import make_order
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user

_USERS: Final = 500
_ORDERS: Final = 24  # of half a day
_TOKENS: Final = 24
_HITS: Final = 40  # of rate limits
_ORDERED: Final = {
    "identifier": "gen_random_uuid()::text",
    "reference": "NULL",
    "status": "'initializing'",
    "created_at": "{now}",
    "expires_at": "{now} + interval '10 minutes'",
}
_AFTER_THEM: Final = (
    # Four of five orders are completed, the others expire; most wait for their buyer's money in between.
    """UPDATE orders SET status = 'pending', payment_mode = 'stripe', city = 'Hamburg'
        WHERE created_at = {now} AND id % 5 <> 0""",
    """UPDATE orders SET status = 'completed', completed_at = {now}, expires_at = NULL
        WHERE created_at = {now} AND id % 5 <> 0""",
    """UPDATE orders SET status = 'expired' WHERE created_at = {now} AND id % 5 = 0""",
    """UPDATE attendees SET deleted_at = {now}
        WHERE order_id IN (SELECT id FROM orders WHERE created_at = {now} AND id % 5 = 0)""",
    """UPDATE attendees SET firstname = 'Radia', email = 'radia.' || id || '@example.org'
        WHERE order_id IN (SELECT id FROM orders WHERE created_at = {now} AND id % 5 <> 0)""",
    # A month later they come.
    """UPDATE attendees SET is_checked_in = true, checkin_times = to_json({now})::text
        WHERE order_id IN (
          SELECT id FROM orders WHERE created_at = {now} - interval '30 days' AND id % 5 <> 0)""",
    """INSERT INTO write_marks (user_id, mark) SELECT id, pg_current_xact_id()::text::bigint FROM users
        WHERE id % 10 = {hour} ON CONFLICT (user_id) DO UPDATE SET mark = excluded.mark""",
    """UPDATE users SET last_accessed_at = {now} WHERE id % 10 = {hour}""",
    """INSERT INTO rate_limits AS kept (key, free_at, period, wait)
       SELECT 'sign-in ' || n % 20, extract(epoch FROM {now}) + 60, 900, 0 FROM generate_series(1, {hits}) n
        WHERE n <= 20 ON CONFLICT (key) DO UPDATE SET free_at = excluded.free_at""",
    """INSERT INTO one_time_tokens (hash, purpose, email, expires_at, user_id)
       SELECT gen_random_uuid()::text, 'verify', 'a@example.org', {now} + interval '1 day', {user} + n
         FROM generate_series(1, {tokens}) n""",
    """INSERT INTO refresh_families (key, user_id, current, keeps_its_token, expires_at)
       SELECT gen_random_uuid()::text, {user} + n, gen_random_uuid()::text, false, {now} + interval '365 days'
         FROM generate_series(1, {tokens}) n""",
    """UPDATE refresh_families SET previous = current, current = gen_random_uuid()::text, rotated_at = {now}
        WHERE expires_at IN ({now} + interval '364 days', {now} + interval '358 days')""",
    """INSERT INTO task_results (key, task, message_key, state, created_at, expires_at, user_id)
       SELECT gen_random_uuid()::text, 'export', gen_random_uuid()::text, 'WAITING', {now},
              {now} + interval '1 day', {user} + n FROM generate_series(1, {tokens}) n""",
    """UPDATE task_results
          SET state = 'SUCCESS', result = '{{"n": 1}}', expires_at = {now} + interval '25 hours'
        WHERE created_at = {now}""",
    """INSERT INTO notifications (created_at, is_read, user_id)
       SELECT {now}, false, {user} + n FROM generate_series(1, {tokens}) n""",
    """UPDATE notifications SET is_read = true WHERE created_at = {now} - interval '2 days' AND id % 2 = 0""",
    """DELETE FROM notifications WHERE is_read AND created_at < {now} - interval '90 days'""",
)
_JOBS: Final = (
    """INSERT INTO scheduled_jobs (name, period_seconds, known_since) SELECT name, 60, now()
         FROM unnest(CAST(:names AS text[])) name ON CONFLICT (name) DO NOTHING""",
    "UPDATE scheduled_jobs SET started_at = now()",
    "UPDATE scheduled_jobs SET handled = handled + 1, runs = runs + 1, completed_at = now()",
)
_RUNS: Final = 5  # of the scheduled jobs in half a day; in truth 720


class People:
    """Those of an event with two tickets, and an order of two of them that others are like."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        with signals.muted(), db.transaction() as session:
            event, user = make_event(session), make_user(session)
            tickets = [make_ticket(session, event=event, quantity=1_000_000) for _ in range(2)]
            order = make_order(session, event=event, user=user)
            for ticket in tickets:
                blank = {"firstname": None, "lastname": None, "email": None}
                make_attendee(session, event=event, order=order, ticket=ticket, **blank)
            self._order, self._user = order.id, user.id
        db.forget()
        email = {"email": "'person.' || n || '@example.org'", "reset_token": "NULL", "facebook_id": "NULL"}
        copy_rows(
            connection, User, f"users r, generate_series(1, {_USERS}) n WHERE r.id = {self._user}", email
        )

    def live(self, now: datetime) -> None:
        """Let them do what they do in half a day."""
        moment = f"'{now.isoformat()}'::timestamptz"
        told = {
            "now": moment,
            "user": self._user,
            "hits": _HITS,
            "tokens": _TOKENS,
            "hour": now.hour % 10 + now.day % 8,
        }
        self._order_tickets(told)
        for statement in _AFTER_THEM:
            self._connection.run(statement.format(**told))
        names = [job.name for job in scheduled_jobs.JOBS]
        for _ in range(_RUNS):
            self._connection.run(_JOBS[0], names=names)
            for statement in _JOBS[1:]:
                self._connection.run(statement)

    def _order_tickets(self, told: Mapping[str, object]) -> None:
        values = {name: value.format(**told) for name, value in _ORDERED.items()}
        source = f"orders r, generate_series(1, {_ORDERS}) n WHERE r.id = {self._order}"
        copy_rows(self._connection, Order, source, values)
        blank = {"order_id": "o.id", "identifier": "gen_random_uuid()::text"}
        copy_rows(
            self._connection,
            Attendee,
            f"attendees r, orders o WHERE r.order_id = {self._order} AND o.created_at = {told['now']}",
            blank,
        )
